"""Keeps days of the book: month-ends with the balance of every account, and today's ageing.

A kept day is behind the ledger's lock, so it holds all that was recorded by its moment. Later
knowledge is added by readers (`kept`); here the days are brought up to it, so that there is little
to add. Nothing is lost when a kept day is thrown away.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from accounts.ledger.ageing import reckoned_rows
from accounts.ledger.ageing_sql import EDGES, Row
from accounts.ledger.kept import (
    KEPT_BASES,
    LEARNED,
    MOST_LEARNED,
    ORDERS_IN_FORCE,
    kept_rows,
)
from accounts.ledger.models import DayEnd, DayEndAge, LedgerEntry
from accounts.ledger.posting import LEDGER_LOCK

# A year back and the month before it: what an ageing is compared with.
MONTH_ENDS = 13
SIGNED = "CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END"
BALANCES = f"""
    INSERT INTO accounts_dayendbalance (day_end_id, account_id, currency, balance)
    SELECT %(day_end)s, e.account_id, e.currency, sum({SIGNED})
    FROM accounts_ledgerentry e
    WHERE {{scope}} e.value_date <= %(as_of)s AND e.recorded_at <= %(known_at)s
    GROUP BY e.account_id, e.currency HAVING sum({SIGNED}) <> 0 ORDER BY e.account_id
"""
KEPT_SINCE = {"after": "%(kept_at)s", "until": "%(known_at)s"}


def cut_off() -> datetime:
    """A moment before which every posting that is recorded earlier has committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def month_end_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


def keep_days(*, as_of: date) -> dict[str, int]:
    """Keep the ends of the last months and of `as_of`, and bring those kept before up to now.

    Returns how many days were kept anew, brought up and dropped. Sets alone; safe to run again, not
    beside itself. Outside a transaction a large book is reckoned on several cores.
    """
    wanted = {as_of: False} | dict.fromkeys(_month_ends(as_of), True)
    _rows, dropped = DayEnd.objects.exclude(day__in=wanted).delete()
    known = {day_end.day: day_end for day_end in DayEnd.objects.all()}
    anew = brought_up = 0
    for day, is_month_end in wanted.items():
        day_end = known.get(day)
        if day_end is None or (is_month_end and not day_end.has_balances):
            keep_day(day, with_balances=is_month_end)
            anew += 1
        elif bring_up(day_end):
            brought_up += 1
        else:
            keep_day(day, with_balances=is_month_end)
            anew += 1
    return {"kept": anew, "brought_up": brought_up, "dropped": dropped.get(DayEnd._meta.label, 0)}


def _month_ends(as_of: date) -> list[date]:
    """The month-ends to keep, oldest first: none before the book began."""
    first = LedgerEntry.objects.order_by("value_date").values_list("value_date", flat=True).first()
    days: list[date] = []
    day = as_of + timedelta(days=1)  # the last day of a month is one itself
    while first is not None and len(days) < MONTH_ENDS:
        day = month_end_before(day)
        if day < first:
            break
        days.append(day)
    return days[::-1]


def keep_day(day: date, *, with_balances: bool) -> DayEnd:
    """Reckon the end of a day from the entries and keep it in place of what was kept of it."""
    known_at = cut_off()
    orders = _orders(day, known_at)
    params = {"as_of": day, "known_at": known_at, "creditor": None, "ids": None, "edges": list(EDGES)}
    told = {basis: reckoned_rows(basis, params, by_creditor=True) for basis in KEPT_BASES}
    with transaction.atomic():
        DayEnd.objects.filter(day=day).delete()
        day_end = DayEnd.objects.create(day=day, known_at=known_at, orders=orders, has_balances=with_balances)
        for basis, rows in told.items():
            _write_ages(day_end, basis, rows)
        if with_balances:
            with connection.cursor() as cursor:
                cursor.execute(
                    BALANCES.format(scope=""), {"day_end": day_end.pk, "as_of": day, "known_at": known_at}
                )
    if with_balances:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accounts_dayendbalance")
    return day_end


def bring_up(day_end: DayEnd) -> bool:
    """Add what was learned since; False where the day must be kept anew: another order of payment
    is in force for it, or too much was learned."""
    known_at = cut_off()
    if _orders(day_end.day, known_at) != list(day_end.orders):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        held = DayEnd.objects.select_for_update(no_key=True).get(pk=day_end.pk)
        params = {
            "as_of": held.day,
            "known_at": known_at,
            "kept_at": held.known_at,
            "day_end": held.pk,
            "most": MOST_LEARNED + 1,
        }
        cursor.execute("DROP TABLE IF EXISTS pg_temp.learned_account")
        cursor.execute(
            "CREATE TEMP TABLE learned_account ON COMMIT DROP AS"
            f" SELECT account_id FROM ({LEARNED.format(**KEPT_SINCE)} LIMIT %(most)s) learned",
            params,
        )
        learned = cursor.rowcount
        if learned > MOST_LEARNED:
            return False
        if learned:
            for basis in KEPT_BASES:
                rows = kept_rows(as_of=held.day, basis=basis, known_at=known_at, by_creditor=True)
                if rows is None:
                    return False
                DayEndAge.objects.filter(day_end=held, basis=basis).delete()
                _write_ages(held, basis, rows)
            if held.has_balances:
                cursor.execute(
                    "DELETE FROM accounts_dayendbalance WHERE day_end_id = %(day_end)s"
                    " AND account_id IN (SELECT account_id FROM learned_account)",
                    params,
                )
                scope = "e.account_id IN (SELECT account_id FROM learned_account) AND"
                cursor.execute(BALANCES.format(scope=scope), params)
        held.known_at = known_at
        held.save(update_fields=["known_at"])
    return True


def _orders(day: date, known_at: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            ORDERS_IN_FORCE.format(day="%(day)s", known="AND v.approved_at <= %(known_at)s"),
            {"day": day, "known_at": known_at},
        )
        return list(cursor.fetchone()[0])


def _write_ages(day_end: DayEnd, basis: str, rows: list[Row]) -> None:
    """One row for each creditor, currency and age, whichever range of accounts told a part of it."""
    sums: dict[tuple, list] = {}
    for creditor_id, currency, box, balance, contested, accounts in rows:
        row = sums.setdefault((creditor_id, currency, box), [Decimal(0), Decimal(0), 0])
        for place, value in enumerate((balance, contested, accounts)):
            row[place] += value
    DayEndAge.objects.bulk_create(
        DayEndAge(
            day_end=day_end,
            creditor_id=creditor_id,
            currency=currency,
            basis=basis,
            box=box,
            balance=balance,
            contested=contested,
            accounts=accounts,
        )
        for (creditor_id, currency, box), (balance, contested, accounts) in sums.items()
        if box is None or balance or accounts
    )
