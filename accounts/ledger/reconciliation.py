"""Opening + movements = closing, account by account: from a kept month-end to another or to today.

The opening is the kept balance, the movements are the entries of the days between, and the closing
is what the product says elsewhere: the kept balance of the last day, or the standing. Kept balances
are corrected by the entries recorded since they were kept. Three accounts of one thing, so a row
that was changed behind the product's back shows by its account number.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.ledger.models import DayEnd

NAMED_FAULTS = 20
SIGNED = "CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END"
KEPT = """
    SELECT account_id, currency, balance AS amount FROM accounts_dayendbalance
    WHERE day_end_id = %({place})s
"""
# What was dated up to a kept day and recorded after it was kept.
LATE = f"""
    SELECT e.account_id, e.currency, {SIGNED} AS amount FROM accounts_ledgerentry e
    WHERE e.recorded_at > %(kept_at_{{place}})s AND e.value_date <= %(kept_day_{{place}})s
"""
# The same by what was known at an earlier moment: what was recorded between the two moments comes to it
# or goes off, whichever came first.
KNOWN = f"""
    SELECT e.account_id, e.currency,
           CASE WHEN %(known_at)s > %(kept_at_{{place}})s THEN 1 ELSE -1 END * ({SIGNED}) AS amount
    FROM accounts_ledgerentry e
    WHERE e.recorded_at > least(%(known_at)s, %(kept_at_{{place}})s)
      AND e.recorded_at <= greatest(%(known_at)s, %(kept_at_{{place}})s)
      AND e.value_date <= %(kept_day_{{place}})s
"""
CORRECTED = """
    SELECT account_id, currency, sum(amount) AS amount FROM ({kept} UNION ALL {late}) told
    GROUP BY account_id, currency
"""
# A standing that the roll of the day has yet to reach is not wrong.
NOW = """
    SELECT account_id, currency, balance AS amount,
           coalesce(next_change_date <= %(last_day)s, FALSE) AS is_behind
    FROM accounts_standing
"""
NOW_KNOWN = f"""
    SELECT account_id, currency, sum(amount) AS amount, bool_or(is_behind) AS is_behind FROM (
        {NOW}
        UNION ALL
        SELECT e.account_id, e.currency, -({SIGNED}), FALSE FROM accounts_ledgerentry e
        WHERE e.recorded_at > %(known_at)s AND e.value_date <= %(last_day)s
    ) told GROUP BY account_id, currency
"""
# The two lists of balances first: both are read in the order of their accounts. All entries of an
# account have its currency, so it divides nothing here; it tells that of who owed nothing before
# and after, and is in neither list.
COMPARED = """
    WITH compared AS (
        SELECT account_id, coalesce(c.currency, o.currency, m.currency) AS currency,
               coalesce(o.amount, 0) AS opening, coalesce(m.debits, 0) AS debits,
               coalesce(m.credits, 0) AS credits, coalesce(c.amount, 0) AS closing,
               coalesce(o.amount, 0) + coalesce(m.debits, 0) - coalesce(m.credits, 0)
               <> coalesce(c.amount, 0) AND NOT coalesce(c.is_behind, FALSE) AS differs
        FROM ({closing}) c
        FULL JOIN ({opening}) o USING (account_id)
        FULL JOIN (
            SELECT account_id, currency, sum(amount) FILTER (WHERE direction = 'debit') AS debits,
                   sum(amount) FILTER (WHERE direction = 'credit') AS credits
            FROM accounts_ledgerentry
            WHERE value_date BETWEEN %(first_day)s AND %(last_day)s GROUP BY account_id, currency
        ) m USING (account_id)
    )
"""
TOTALS = """
    {compared}
    SELECT currency, count(*), sum(opening), sum(debits), sum(credits), sum(closing),
           count(*) FILTER (WHERE differs)
    FROM compared GROUP BY currency ORDER BY currency
"""
NAMED = """
    {compared}
    SELECT a.currency, a.number, x.opening + x.debits - x.credits, x.closing
    FROM compared x JOIN accounts_account a ON a.id = x.account_id
    WHERE x.differs ORDER BY a.id LIMIT {most}
"""


class NotKept(LookupError):
    """The day the movements begin after is no kept month-end."""


@dataclass(frozen=True)
class Differing:
    """An account whose opening and movements do not make its closing, in its currency."""

    number: str
    expected: Decimal
    closing: Decimal


@dataclass(frozen=True)
class Reconciled:
    """One currency of a reconciliation: `differing` accounts, of which some are named."""

    currency: str
    accounts: int
    opening: Decimal
    debits: Decimal
    credits: Decimal
    closing: Decimal
    differing: int
    named: list[Differing] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.differing == 0


def reconcile(*, first_day: date, last_day: date | None = None) -> list[Reconciled]:
    """Reconcile every account from the kept end of the day before `first_day`; one row a currency.

    `last_day` is a kept month-end; without it the closing is the standings as they are, and the
    movements are those that they count. Raises NotKept. At most twenty accounts are named.
    """
    params: dict[str, Any] = {"first_day": first_day}
    with _one_moment(), connection.cursor() as cursor:
        opening = opening_of(cursor, first_day, params)
        closing = closing_of(cursor, last_day, params)
        compared = COMPARED.format(opening=opening, closing=closing)
        cursor.execute(TOTALS.format(compared=compared), params)
        totals = cursor.fetchall()
        named: dict[str, list[Differing]] = {}
        if any(differing for *_figures, differing in totals):
            cursor.execute(NAMED.format(compared=compared, most=NAMED_FAULTS), params)
            for currency, number, expected, is_ in cursor.fetchall():
                named.setdefault(currency, []).append(Differing(number, expected, is_))
    return [Reconciled(*figures, named=named.get(figures[0], [])) for figures in totals]


def opening_of(cursor, first_day: date, params: dict[str, Any]) -> str:
    """SQL of what each account owed before a day, as it is kept; adds its parameters. Raises NotKept.

    With a moment `known_at` among the parameters, without what was recorded after it; so `closing_of`.
    """
    return _balances_sql(cursor, _kept(first_day - timedelta(days=1)), "opening", params)


def closing_of(cursor, last_day: date | None, params: dict[str, Any]) -> str:
    """SQL of what each account owes by a kept month-end, or by its standing; adds its parameters, the
    last day that counts among them. Raises NotKept."""
    if last_day is None:
        params["last_day"] = _standing_day(cursor)
        return NOW_KNOWN if params.get("known_at") else NOW
    params["last_day"] = last_day
    kept = _balances_sql(cursor, _kept(last_day), "closing", params)
    return f"SELECT *, FALSE AS is_behind FROM ({kept}) kept"


@contextmanager
def _one_moment() -> Iterator[None]:
    """Several statements that see the same; inside a transaction of the caller's, as he sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _kept(day: date) -> DayEnd:
    found = DayEnd.objects.filter(day=day, has_balances=True).first()
    if found is None:
        raise NotKept(f"{day} is not a kept month-end.")
    return found


def _balances_sql(cursor, day_end: DayEnd, place: str, params: dict[str, Any]) -> str:
    """The balances of a kept day, with what was learned since where anything was."""
    params |= {place: day_end.pk, f"kept_at_{place}": day_end.known_at, f"kept_day_{place}": day_end.day}
    kept = KEPT.format(place=place)
    late = (KNOWN if params.get("known_at") else LATE).format(place=place)
    cursor.execute(f"SELECT EXISTS ({late})", params)
    return CORRECTED.format(kept=kept, late=late) if cursor.fetchone()[0] else kept


def _standing_day(cursor) -> date:
    cursor.execute("SELECT max(standing_as_of) FROM accounts_standing")
    return cursor.fetchone()[0]
