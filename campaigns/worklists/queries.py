"""Reads of the worklist: one officer's queue, its head, and the counts that stand above it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q

from accounts.holds.queries import held_sql
from accounts.ledger.models import Account
from accounts.teams.queries import deputised_by, present_team_ids
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.ranking import WAITING
from collections_app.core import prepared
from collections_app.core.enums import Role

ROW = """
    w.account_id, a.number, d.id, d.name, d.payer_type, s.currency, s.overdue, s.contested,
    s.oldest_due_date, w.rank, w.reason, w.reason_values, w.stage, w.stage_name, w.next_action,
    w.next_action_on, w.last_contact_at, w.last_outcome, w.last_channel, c.name, c.time_zone
"""
JOINS = """
    JOIN accounts_account a ON a.id = w.account_id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN accounts_creditor c ON c.id = a.creditor_id
    JOIN accounts_standing s ON s.account_id = w.account_id
"""

# Overdue accounts without a row of their own.
UNRANKED = """
    a.status = 'open'
    AND EXISTS (SELECT 1 FROM accounts_standing s WHERE s.account_id = a.id AND s.overdue > 0)
    AND NOT EXISTS (SELECT 1 FROM campaigns_worklistitem w WHERE w.account_id = a.id)
"""

# How far down the list the next account is looked for.
COMING_READ = 1_000


@dataclass(slots=True)
class QueueRow:
    """One row of a worklist, as read; `overdue` and `contested` are in `currency`."""

    account_id: int
    number: str
    debtor_id: int
    debtor_name: str
    payer_type: str
    currency: str
    overdue: Decimal
    contested: Decimal
    oldest_due_date: date
    rank: int
    reason: str
    reason_values: dict
    stage: int | None
    stage_name: str
    next_action: str
    next_action_on: date
    last_contact_at: datetime | None
    last_outcome: str
    last_channel: str
    creditor_name: str
    time_zone: str
    verdict: object = field(default=None)


def workers_of(user, as_of: date) -> list[int]:
    """The officers whose lists the user works today: himself and those he stands in for."""
    return [user.pk, *sorted(deputised_by(user, as_of))]


def queue(
    user,
    *,
    as_of: date,
    limit: int = 50,
    after: tuple[int, int] | None = None,
    payer: str = "",
    officers: list[int] | None = None,
) -> list[QueueRow]:
    """The user's rows to work now, first first; `after` is (rank, account_id) of the row above.

    A page that has asked `workers_of` already hands its answer on as `officers`.
    """
    officers = officers or workers_of(user, as_of)
    params: dict = {"officers": officers}
    more = ""
    # One officer's rows come in the index's order and stop at the limit; of several they are sorted.
    whose = "= %(officers)s" if len(officers) == 1 else "= ANY(%(officers)s)"
    if len(officers) == 1:
        params["officers"] = officers[0]
    if after is not None:
        more += " AND (w.rank, w.account_id) > (%(rank)s, %(account)s)"
        params |= {"rank": after[0], "account": after[1]}
    if payer:
        more += " AND d.payer_type <> 'consumer'"
    # To plan it takes twice as long as to run it; a limit it could not see would be taken for many rows.
    found = prepared.select(
        f"SELECT {ROW} FROM campaigns_worklistitem w {JOINS}"
        f" WHERE w.officer_id {whose} AND w.rank < {WAITING} {more}"
        f" ORDER BY w.rank, w.account_id LIMIT {limit:d}",
        params,
    )
    rows = [QueueRow(*columns) for columns in found]
    for row in rows:
        if isinstance(row.reason_values, str):
            row.reason_values = json.loads(row.reason_values)
    return rows


def to_work(user, as_of: date, officers: list[int] | None = None) -> int:
    """How many rows stand in the user's list now; `officers` as for `queue`."""
    officers = officers or workers_of(user, as_of)
    return WorklistItem.objects.filter(officer__in=officers, rank__lt=WAITING).count()


def next_account(
    user, as_of: date, *, after: int | None = None, below: int | None = None
) -> int | None:
    """The account to work next: the head of the list, or the one below `after`."""
    return next((row.account_id for row in coming(user, as_of, after=after, below=below, limit=1)), None)


@dataclass(frozen=True)
class Coming:
    """An account of the list as whoever works down it meets it."""

    account_id: int
    rank: int
    next_action: str

    @property
    def place(self) -> tuple[int, int]:
        """By which the list is ordered."""
        return self.rank, self.account_id


def coming(
    user,
    as_of: date,
    *,
    after: int | None = None,
    below: int | None = None,
    limit: int = COMING_READ,
) -> list[Coming]:
    """What comes next in the list: those below `after`, then from the head again; two statements.

    `below` is the rank that account had when it was opened: worked since, it stands elsewhere or
    nowhere, and who works down the list goes on where he was, not at the head again.
    """
    items = WorklistItem.objects.filter(officer__in=workers_of(user, as_of), rank__lt=WAITING)
    above = items.none()
    if after is not None:
        rank = below
        if rank is None:
            rank = WorklistItem.objects.filter(pk=after).values_list("rank", flat=True).first()
        items = items.exclude(pk=after)
        if rank is not None:
            is_below = Q(rank__gt=rank) | Q(rank=rank, account__gt=after)
            items, above = items.filter(is_below), items.exclude(is_below)
    found: list[Coming] = []
    for rows in (items, above):
        if len(found) < limit:
            columns = rows.order_by("rank", "account").values_list("pk", "rank", "next_action")
            found += [Coming(*row) for row in columns[: limit - len(found)]]
    return found


def place_of(account_id: int, user, as_of: date) -> tuple[int, int] | None:
    """(place, length) of an account in the user's list; None when it is not in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE (w.rank, w.account_id) <= (me.rank, me.account_id)), count(*)
            FROM campaigns_worklistitem me
            JOIN campaigns_worklistitem w ON w.officer_id = ANY(%(officers)s) AND w.rank < %(waiting)s
            WHERE me.account_id = %(account)s AND me.officer_id = ANY(%(officers)s)
              AND me.rank < %(waiting)s
            """,
            {"officers": workers_of(user, as_of), "waiting": WAITING, "account": account_id},
        )
        place, length = cursor.fetchone()
    return (place, length) if place else None


def items_of(account_ids: Iterable[int]) -> dict[int, WorklistItem]:
    """The worklist rows of accounts, for columns and strips."""
    return WorklistItem.objects.in_bulk(list(account_ids))


MISSING = f"""
WITH {held_sql(wanted=UNRANKED)}
SELECT w.account_id FROM held_wanted w
WHERE NOT EXISTS (SELECT 1 FROM held h
                  WHERE h.account_id = w.account_id AND h.scope IN ('contact', 'demand'))
"""


def accounts_without_next_action(as_of: date) -> list[int]:
    """D16: overdue accounts that nothing holds and for which nobody is to do anything; one statement.

    None after the nightly pass. A held account needs no next action.
    """
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"as_of": as_of})
        return [row[0] for row in cursor.fetchall()]


def without_next_action(user, as_of: date) -> dict[str, int]:
    """D16: overdue accounts of the user's teams without a next action, and without an officer.

    The first is zero after the nightly pass; the second is what a supervisor has to assign.
    """
    visible = Account.objects.visible_to(user).overdue()
    missing = accounts_without_next_action(as_of)
    return {
        "no_action": visible.filter(pk__in=missing).count() if missing else 0,
        "no_owner": visible.without_officer().count(),
    }


@dataclass(frozen=True)
class OfficerLoad:
    officer_id: int | None
    name: str
    to_work: int
    waiting: int


def loads(user) -> list[OfficerLoad]:
    """How much stands in each officer's list, for the user's teams (all teams for a manager)."""
    teams = "" if user.role in {Role.MANAGER, Role.AUDITOR} else "AND w.team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT w.officer_id, coalesce(u.full_name, ''),
                   count(*) FILTER (WHERE w.rank < %(waiting)s),
                   count(*) FILTER (WHERE w.rank >= %(waiting)s)
            FROM campaigns_worklistitem w LEFT JOIN core_user u ON u.id = w.officer_id
            WHERE TRUE {teams} GROUP BY 1, 2 ORDER BY 2, 1
            """,
            {"waiting": WAITING, "teams": present_team_ids(user) if teams else []},
        )
        return [OfficerLoad(*columns) for columns in cursor.fetchall()]
