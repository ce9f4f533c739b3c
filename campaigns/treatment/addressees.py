"""To whom a step's message goes: one message about one debtor's accounts, and one to each joint debtor.

The pass gathers accounts by who gets the message. A representative of several debtors gets one message
about each of them, and who owes an account jointly gets his own, in his own language, beside it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection

from accounts.hardship.queries import in_hardship
from accounts.ledger.parties import joint_debtors
from campaigns.treatment.book_pass import Group

OWNERS = """
SELECT a.id, coalesce(d.merged_into_id, d.id) FROM accounts_account a
  JOIN accounts_debtor d ON d.id = a.debtor_id WHERE a.id = ANY(%(ids)s)
"""
# The address or number a channel takes, chosen as the pass chooses it. Parameters: ids, as_of.
PEOPLE = """
SELECT d.id, d.language, d.payer_type, p.kind, p.id
  FROM accounts_debtor d LEFT JOIN LATERAL (
       SELECT DISTINCT ON (c.kind) c.kind, c.id FROM accounts_contactpoint c
        WHERE c.debtor_id = d.id AND c.status IN ('good', 'unverified')
          AND c.valid_from <= %(as_of)s AND (c.valid_to IS NULL OR c.valid_to > %(as_of)s)
        ORDER BY c.kind, c.is_primary DESC, (c.status = 'good') DESC, c.noted_on DESC, c.id DESC) p ON TRUE
 WHERE d.id = ANY(%(ids)s)
"""
KIND = {"email": "email", "sms": "phone", "letter": "address"}


def one_debtor_each(groups: Sequence[Group], *, as_of: date) -> list[Group]:
    """The groups, each about the accounts of one debtor; his hardship counts whoever is written to."""
    ids = [pk for group in groups for pk in group.account_ids]
    owners = dict(_rows(OWNERS, {"ids": ids}))
    others = {
        owners[pk] for group in groups for pk in group.account_ids if owners[pk] != group.debtor_id
    }
    hard = in_hardship(others, as_of=as_of) if others else set()
    found = []
    for group in groups:
        about = dict.fromkeys(owners[pk] for pk in group.account_ids)
        for owner in about:
            part = group if len(about) == 1 else _part(group, {pk for pk in ids if owners[pk] == owner})
            found.append(replace(part, in_hardship=True) if owner in hard else part)
    return found


def for_joint_debtors(groups: Sequence[Group], *, as_of: date) -> list[tuple[Group, Group]]:
    """(the group it stands beside, the joint debtor's own) for those who can be reached that way."""
    joint = joint_debtors([pk for group in groups for pk in group.account_ids], as_of=as_of)
    if not joint:
        return []
    ids = sorted({debtor for debtors in joint.values() for debtor in debtors})
    people: dict[int, dict[str, Any]] = {}
    for pk, language, payer_type, kind, point in _rows(PEOPLE, {"ids": ids, "as_of": as_of}):
        people.setdefault(pk, {"language": language, "payer_type": payer_type})[kind] = point
    hard = in_hardship(ids, as_of=as_of)
    found = []
    for group in groups:
        mine: dict[int, set[int]] = {}
        for account_id in group.account_ids:
            for debtor_id in joint.get(account_id, ()):
                mine.setdefault(debtor_id, set()).add(account_id)
        for debtor_id, account_ids in mine.items():
            person = people[debtor_id]
            point = person.get(KIND[group.channel])
            if point is None or debtor_id == group.debtor_id:
                continue
            own = replace(
                _part(group, account_ids),
                debtor_id=debtor_id,
                language=person["language"],
                payer_type=person["payer_type"],
                point_id=point,
                in_hardship=debtor_id in hard,
            )
            found.append((group, own))
    return found


def _part(group: Group, account_ids: set[int]) -> Group:
    """The group about some of its accounts."""
    kept = [place for place, pk in enumerate(group.account_ids) if pk in account_ids]
    columns = ("account_ids", "episode_ids", "step_ids", "due_on", "currencies", "amounts")
    return replace(
        group, **{name: [getattr(group, name)[place] for place in kept] for name in columns}
    )


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
