"""Opening + movements = closing, account by account: from a kept month-end to another or to today.

The opening is the kept balance, the movements are the entries of the days between, and the closing
is what the product says elsewhere: the kept balance of the last day, or the standing. Kept balances
are corrected by the entries recorded since they were kept. Three accounts of one thing, so a row
that was changed behind the product's back shows by its account number.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from accounts.ledger.models import DayEnd

NAMED_FAULTS = 20
SIGNED = "CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END"
# What was dated up to a kept day and recorded after it was kept.
LATE = f"""
    SELECT e.account_id, {SIGNED} AS amount FROM accounts_ledgerentry e
    WHERE e.recorded_at > %(kept_at_{{place}})s AND e.value_date <= %(kept_day_{{place}})s
"""
CLOSING_KEPT = f"""
    SELECT account_id, sum(amount) AS amount, FALSE AS is_behind FROM (
        SELECT account_id, balance AS amount FROM accounts_dayendbalance WHERE day_end_id = %(closing)s
        UNION ALL {LATE.format(place="closing")}
    ) kept GROUP BY account_id
"""
# A standing that the roll of the day has yet to reach is not wrong.
CLOSING_NOW = """
    SELECT account_id, balance AS amount, coalesce(next_change_date <= %(last_day)s, FALSE) AS is_behind
    FROM accounts_standing
"""
COMPARED = """
    WITH moved AS (
        SELECT account_id, sum(opening) AS opening, sum(debits) AS debits, sum(credits) AS credits FROM (
            SELECT account_id, balance AS opening, 0::numeric AS debits, 0::numeric AS credits
            FROM accounts_dayendbalance WHERE day_end_id = %(opening)s
            UNION ALL
            SELECT account_id, amount, 0, 0 FROM ({late}) late
            UNION ALL
            SELECT e.account_id, 0, CASE e.direction WHEN 'debit' THEN e.amount ELSE 0 END,
                   CASE e.direction WHEN 'debit' THEN 0 ELSE e.amount END
            FROM accounts_ledgerentry e
            WHERE e.value_date BETWEEN %(first_day)s AND %(last_day)s
        ) parts GROUP BY account_id
    ),
    closed AS ({closing}),
    compared AS (
        SELECT account_id, coalesce(m.opening, 0) AS opening, coalesce(m.debits, 0) AS debits,
               coalesce(m.credits, 0) AS credits, coalesce(c.amount, 0) AS closing,
               coalesce(m.opening, 0) + coalesce(m.debits, 0) - coalesce(m.credits, 0)
               <> coalesce(c.amount, 0) AND NOT coalesce(c.is_behind, FALSE) AS differs
        FROM moved m FULL JOIN closed c USING (account_id)
    )
    SELECT a.currency, count(*), sum(x.opening), sum(x.debits), sum(x.credits), sum(x.closing),
           count(*) FILTER (WHERE x.differs),
           (array_agg(ARRAY[a.number::text, (x.opening + x.debits - x.credits)::text, x.closing::text]
                      ORDER BY x.account_id) FILTER (WHERE x.differs))[1:{named}]
    FROM compared x JOIN accounts_account a ON a.id = x.account_id
    GROUP BY a.currency ORDER BY a.currency
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
    opening = _kept(first_day - timedelta(days=1))
    params = {"opening": opening.pk, "first_day": first_day, **_late(opening, "opening")}
    if last_day is None:
        closing_sql, params["last_day"] = CLOSING_NOW, _standing_day()
    else:
        closing = _kept(last_day)
        closing_sql = CLOSING_KEPT
        params |= {"closing": closing.pk, "last_day": last_day, **_late(closing, "closing")}
    sql = COMPARED.format(late=LATE.format(place="opening"), closing=closing_sql, named=NAMED_FAULTS)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [
            Reconciled(
                *figures,
                named=[Differing(number, Decimal(made), Decimal(said)) for number, made, said in named or ()],
            )
            for *figures, named in cursor.fetchall()
        ]


def _kept(day: date) -> DayEnd:
    found = DayEnd.objects.filter(day=day, has_balances=True).first()
    if found is None:
        raise NotKept(f"{day} is not a kept month-end.")
    return found


def _late(day_end: DayEnd, place: str) -> dict:
    return {f"kept_at_{place}": day_end.known_at, f"kept_day_{place}": day_end.day}


def _standing_day() -> date:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(standing_as_of) FROM accounts_standing")
        return cursor.fetchone()[0]
