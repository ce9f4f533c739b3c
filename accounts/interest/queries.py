"""What has accrued to a day, for one account or for all; and what of it was posted."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max

from accounts.arrangements.queries import stopped_by_plans
from accounts.holds.enums import HoldScope
from accounts.holds.queries import held
from accounts.interest.calculation import AMOUNTS, as_tables, groups_of, one_statement, params_of
from accounts.interest.day import accrual_of_day
from accounts.interest.enums import ChargeKind, RunStatus
from accounts.interest.models import InterestPosting, InterestRun
from accounts.interest.terms import BEGINNING, Segment, segments, versions
from accounts.interest.windows import Window
from accounts.ledger.enums import Direction
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.policies.queries import amount_in

__all__ = [
    "Accrued",
    "accrual_of_day",
    "accrued",
    "fees_to_come",
    "posted_interest",
    "postings_of",
    "terms_of",
    "unposted_interest",
]

# Up to so many accounts one statement without temporary tables serves.
A_FEW = 200
# The choice of a policy by which nothing is ever posted, and what bears fees where it does not say.
NEVER, BEARING = "never", ("charge", "opening_balance")
COLUMNS = "account_id, entry_id, first, last, days, base, rate, year_days, interest, frozen, period"
WANTED = (
    "SELECT unnest(%(ids)s::bigint[]) AS account_id, %(since)s::date AS since, %(through)s::date AS through"
)


@dataclass(frozen=True)
class Accrued:
    """The interest of one account to a day: its windows by item, and its months in money."""

    windows: list[Window]
    months: dict[date, Decimal]

    @property
    def amount(self) -> Decimal:
        return sum(self.months.values(), Decimal(0))


def terms_of(account_ids, *, as_of: date) -> list[Segment]:
    """The terms of interest of some accounts, divided where a version begins; empty where none bear."""
    ids = list(account_ids)
    return segments("interest", groups_of("WHERE id = ANY(%(ids)s)", {"ids": ids}), as_of=as_of)


def accrued(
    account_ids, *, as_of: date, known_at: datetime | None = None, few: int = A_FEW
) -> dict[int, Accrued]:
    """Interest of each account from its beginning through a day, by the terms in force on that day.

    Whether it was posted plays no part. Accounts that bear none have no key. Only reads for up to
    `few` accounts; more are reckoned through temporary tables, to the same windows.
    """
    ids = list(account_ids)
    found = terms_of(ids, as_of=as_of)
    if not found:
        return {}
    params = params_of(found, known_at=known_at, ids=ids, since=BEGINNING, through=as_of)
    result: dict[int, Accrued] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        if len(ids) <= few:
            body = one_statement(WANTED, known=known_at is not None)
        else:
            body = as_tables(WANTED, params)
        amounts = f"interest_amounts AS ({AMOUNTS})"
        cursor.execute(
            f"{body}, {amounts} SELECT w.*, a.amount FROM (SELECT {COLUMNS} FROM interest_windows) w"
            " JOIN interest_amounts a USING (account_id, period)"
            " ORDER BY account_id, last, first, entry_id",
            params,
        )
        for account_id, entry_id, *window, frozen, period, money in cursor:
            one = result.setdefault(account_id, Accrued([], {}))
            one.windows.append(Window(*window, frozen=frozen, key=entry_id))
            one.months[period] = money
    return result


def postings_of(account_id: int, *, kind: str | None = None):
    """What runs posted to an account and still stands, newest month first."""
    rows = InterestPosting.objects.filter(account_id=account_id, is_live=True, entry__isnull=False)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.select_related("entry", "item", "run").order_by("-period", "-id")


def posted_interest(account_ids, *, as_of: date, known_at: datetime | None = None) -> dict[int, Decimal]:
    """Interest on each account by the ledger on a day: what was posted and not taken back by then; with
    `known_at` by what was recorded until then."""
    known = "AND {}.recorded_at <= %(known_at)s".format if known_at else (lambda _alias: "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.account_id, sum(e.amount) FROM accounts_ledgerentry e
            WHERE e.account_id = ANY(%(ids)s) AND e.kind = %(kind)s AND e.value_date <= %(as_of)s {known("e")}
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                              WHERE r.reverses_id = e.id AND r.value_date <= %(as_of)s {known("r")})
            GROUP BY e.account_id
            """,
            {
                "ids": list(account_ids),
                "kind": ChargeKind.INTEREST,
                "as_of": as_of,
                "known_at": known_at,
            },  # fmt: skip
        )
        return dict(cursor.fetchall())


def unposted_interest(account_ids, *, as_of: date) -> dict[int, Decimal]:
    """What a run will still charge each account for days through `as_of`; accounts with nothing have
    no key, nor those whose interest is never posted. A month that was waived stays waived."""
    ids = list(account_ids)
    never = {segment.group for segment in terms_of(ids, as_of=as_of) if segment.values["posting"] == NEVER}
    posted: dict[tuple[int, date], Decimal | None] = {}
    rows = InterestPosting.objects.filter(account__in=ids, kind=ChargeKind.INTEREST, is_live=True)
    for account_id, period, amount, waived_by, taken_back in rows.values_list(
        "account_id", "period", "amount", "waived_by", "entry__reversed_by"
    ):
        posted[account_id, period] = None if waived_by or taken_back else amount
    found = {}
    for account_id, group in _groups_by_account(ids).items():
        one = accrued([account_id], as_of=as_of).get(account_id) if group not in never else None
        left = Decimal(0)
        for period, amount in one.months.items() if one else ():
            stands = posted.get((account_id, period), Decimal(0))
            left += amount - stands if stands is not None else Decimal(0)
        if left > 0:
            found[account_id] = left
    return found


def fees_to_come(account_ids, *, as_of: date) -> set[int]:
    """Accounts that the next run will charge a fee or penalty: an item was open when its day came,
    after the last posted run, and nothing was held on that day."""
    ids = list(account_ids)
    groups = _groups_by_account(ids)
    found: set[int] = set()
    for kind in (ChargeKind.LATE_FEE, ChargeKind.PENALTY):
        terms = {
            segment.group: segment.values
            for segment in segments(kind, set(groups.values()), as_of=as_of)
            if segment.values["posting"] != NEVER
        }
        of_it = {account_id: terms[group] for account_id, group in groups.items() if group in terms}
        if of_it:
            found |= _charged_next(kind, of_it, groups, as_of)
    return found


def _groups_by_account(ids: list[int]) -> dict[int, tuple[int, int | None, str]]:
    rows = Account.objects.filter(pk__in=ids).values_list("pk", "creditor_id", "portfolio_id", "currency")
    return {pk: (creditor_id, portfolio_id, currency) for pk, creditor_id, portfolio_id, currency in rows}


def _charged_next(kind: str, terms: dict[int, dict], groups: dict[int, tuple], as_of: date) -> set[int]:
    """Of the accounts under terms of fees, those with a hit of a step that no run has looked at."""
    runs = dict(
        InterestRun.objects.filter(kind=kind, status=RunStatus.POSTED)
        .order_by()
        .values_list("creditor_id")
        .annotate(Max("last_day"))
    )
    first = min((version.valid_from for version in versions(kind, as_of=as_of)), default=as_of)
    hits: dict[date, dict[int, int]] = {}
    items = LedgerEntry.objects.filter(
        account__in=list(terms), direction=Direction.DEBIT, due_date__isnull=False, due_date__lt=as_of
    )
    for pk, account_id, item_kind, due_date in items.values_list("pk", "account_id", "kind", "due_date"):
        if item_kind not in terms[account_id].get("kinds", BEARING):
            continue
        seen = runs.get(groups[account_id][0], first - timedelta(days=1))
        for step in terms[account_id]["steps"]:
            day = due_date + timedelta(days=step)
            if seen < day <= as_of:
                hits.setdefault(day, {})[pk] = account_id
    found: set[int] = set()
    for day, entries in sorted(hits.items()):
        wanted = sorted(set(entries.values()) - found)
        still_open = {
            item.entry_id
            for account_id, rows in open_items(wanted, as_of=day).items()
            for item in rows
            if item.open and item.open >= amount_in(terms[account_id]["minimum_debt"], groups[account_id][2])
        }
        stopped, planned = held(wanted, as_of=day), stopped_by_plans(wanted, as_of=day)
        found |= {
            account_id
            for entry_id, account_id in entries.items()
            if entry_id in still_open
            and HoldScope.FEE not in stopped.get(account_id, ())
            and HoldScope.FEE not in planned.get(account_id, ())
        }
    return found
