"""Which accounts of a list can be worked at this moment: a call needs somebody who may be called.

An account whose next step is a letter, a visit or a look is worked at any time.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from accounts.compliance.decision import Verdict
from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked, known_for
from accounts.contacts.queries import asked_to_call_back
from accounts.ledger.party_changes import SPEAKS
from accounts.parties.enums import Channel
from campaigns.worklists.enums import NextAction
from campaigns.worklists.queries import Coming, coming
from collections_app.core import clock

CALLS = frozenset({NextAction.CALL.value, NextAction.CALL_BACK.value})
# So many are asked about at once: mostly the first few hold the answer, at night none does.
FIRST_LOOK, LOOK = 20, 200

# (account, person, whether he is its debtor), the debtor first
PEOPLE = """
SELECT a.id, a.debtor_id, TRUE FROM accounts_account a WHERE a.id = ANY(%(ids)s)
 UNION ALL
SELECT p.account_id, p.debtor_id, FALSE
  FROM accounts_accountparty p JOIN accounts_account a ON a.id = p.account_id
 WHERE p.account_id = ANY(%(ids)s) AND p.role = ANY(%(roles)s) AND p.debtor_id <> a.debtor_id
   AND p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)
 ORDER BY 3 DESC, 1, 2
"""


def call_verdicts(account_ids: Iterable[int], at: datetime) -> dict[int, Verdict]:
    """The verdict on a call about each account now: to its debtor, or, where he may not be called, to
    who speaks for him. Nothing is stored; a fixed number of statements for any set."""
    with connection.cursor() as cursor:
        cursor.execute(
            PEOPLE, {"ids": list(account_ids), "roles": list(SPEAKS), "as_of": clock.local_date(at)}
        )
        people: list[tuple[int, int, bool]] = cursor.fetchall()
    wished = asked_to_call_back({account_id for account_id, _person, _is_debtor in people}, at)
    answers = known_for(
        [Asked(person, (account_id,), Channel.CALL, at) for account_id, person, _is_debtor in people]
    )
    found: dict[int, Verdict] = {}
    for (account_id, _person, is_debtor), known in zip(people, answers, strict=True):
        is_wish = is_debtor and account_id in wished
        verdict = known.reading_out().verdict(Channel.CALL, Purpose.REQUESTED if is_wish else None)
        if account_id not in found or _is_sooner(verdict, found[account_id]):
            found[account_id] = verdict
    return found


def _is_sooner(verdict: Verdict, other: Verdict) -> bool:
    """Whether this one may be called before the other."""
    if verdict.allowed or other.allowed:
        return verdict.allowed and not other.allowed
    if verdict.next_moment is None or other.next_moment is None:
        return verdict.next_moment is not None
    return verdict.next_moment < other.next_moment


def is_workable(next_action: str, verdict: Verdict | None) -> bool:
    """Whether the next step can be taken now."""
    return next_action not in CALLS or verdict is None or verdict.allowed


@dataclass
class NextToWork:
    """The account to go to, None where none can be worked now. `passed` counts by rule those that come
    before it and must wait, from `first` to `last` of them as they were met; `opens` is the earliest
    moment at which one of them may be called."""

    account_id: int | None = None
    passed: Counter[str] = field(default_factory=Counter)
    first: Coming | None = None
    last: Coming | None = None
    opens: datetime | None = None


def next_to_work(
    user, as_of: date, *, now: datetime, after: int | None = None, below: int | None = None
) -> NextToWork:
    """The next account of the list that can be worked now, and what was passed over on the way."""
    rows = coming(user, as_of, after=after, below=below)
    found = NextToWork()
    while rows:
        size = LOOK if found.passed else FIRST_LOOK
        some, rows = rows[:size], rows[size:]
        verdicts = call_verdicts([row.account_id for row in some if row.next_action in CALLS], now)
        for row in some:
            verdict = verdicts.get(row.account_id)
            if verdict is None or is_workable(row.next_action, verdict):
                found.account_id = row.account_id
                return found
            _pass_over(found, row, verdict)
    return found


def _pass_over(found: NextToWork, row: Coming, verdict: Verdict) -> None:
    found.first, found.last = found.first or row, row
    found.passed[verdict.rule] += 1
    if verdict.next_moment is not None:
        found.opens = min(found.opens or verdict.next_moment, verdict.next_moment)
