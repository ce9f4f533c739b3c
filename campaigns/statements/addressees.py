"""To whom a paper goes: to who represents the debtor, as every letter and notice does, else to him.

The paper stays the debtor's own: it stands in his folder and names him. Nobody else gets one: a
statement tells of accounts that a joint debtor does not owe. A receipt and a clearance letter go the same
way: no law reserves them for the debtor himself.
"""

from collections.abc import Sequence
from datetime import date

from accounts.ledger.parties import representatives
from accounts.parties.models import Debtor


def addressees(papers: Sequence[tuple[Debtor, Sequence[int]]], *, as_of: date) -> list[Debtor | None]:
    """For each paper (whose it is, the accounts it is about) the record it is addressed to.

    None where other people stand for some of its accounts: neither may hear of the rest. Two statements.
    """
    spoken_for = representatives([pk for _debtor, ids in papers for pk in ids], as_of=as_of)
    people = Debtor.objects.select_related("creditor").in_bulk(set(spoken_for.values())) if spoken_for else {}
    found: list[Debtor | None] = []
    for debtor, ids in papers:
        each = {spoken_for.get(pk) for pk in ids}
        if len(each) > 1:
            found.append(None)
        else:
            found.append(next((people[pk] for pk in each if pk is not None), debtor))
    return found
