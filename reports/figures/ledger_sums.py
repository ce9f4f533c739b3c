"""What the ledger itself says of a run of days: summed from the entries alone, apart from every report.

The report's own figures come from `month_rows`; these come by another way, so that the two can be
held against each other. A report keeps what it said of each account (`write_accounts`), so that a
difference found years later names the account.
"""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from reports.figures.month import Month, Period, SignedMonth
from reports.figures.month_rows import MINUS, MOVEMENTS, ON_LINE, PLUS, SIGNED

# Transfers are no entries: they cancel over the house, and for one owner they are what is left.
SUMMED = ["opening", *MOVEMENTS, "prior_period", "closing"]
NAMED_ACCOUNTS = 20
MEMBER = "accounts.csv"
FIXED_MOMENT = (1980, 1, 1, 0, 0, 0)

_LINES = ", ".join(
    f"coalesce(sum({ON_LINE}) FILTER (WHERE e.line = '{name}' AND e.value_date >= %(first)s), 0) AS {name}"
    for name in MOVEMENTS
)
_OPENING = f"""
    coalesce(sum({SIGNED}) FILTER (
        WHERE (e.value_date < %(first)s AND e.recorded_at <= %(opened_at)s)
           OR (e.value_date >= %(first)s AND e.line = 'opening')), 0)
"""
_PRIOR = f"""
    coalesce(sum({SIGNED}) FILTER (
        WHERE e.value_date < %(first)s AND e.recorded_at > %(opened_at)s), 0)
"""
_BY_ACCOUNT = f"""
    SELECT e.account_id, e.currency, {_OPENING} AS opening, {_LINES}, {_PRIOR} AS prior_period,
           sum({SIGNED}) AS closing
    FROM accounts_ledgerentry e
    WHERE e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s
    GROUP BY e.account_id, e.currency
"""


@dataclass(frozen=True)
class Differing:
    """An account of which a report said something else than the ledger; amounts in its currency."""

    number: str
    currency: str
    figure: str
    built: Decimal
    ledger: Decimal


@dataclass(frozen=True)
class LedgerSums:
    """Sums per currency, how many accounts were compared, and those that differ (the first few)."""

    sums: dict[str, dict[str, Decimal]]
    accounts: int = 0
    differing: tuple[Differing, ...] = ()
    differing_count: int = 0


def write_accounts() -> bytes:
    """What the table `month_row` says of each account, as a zipped CSV; the same rows give the same
    bytes. Inside the transaction that made the table."""
    figures = ", ".join(f"sum(m.{name})" for name in SUMMED)
    entry = zipfile.ZipInfo(MEMBER, date_time=FIXED_MOMENT)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    with (
        zipfile.ZipFile(packed := io.BytesIO(), "w") as archive,
        archive.open(entry, "w", force_zip64=True) as rows,
        connection.cursor() as cursor,
    ):
        # straight into the archive: a large book's rows are never held as text
        cursor.copy_expert(
            f"COPY (SELECT m.account_id, a.number, m.currency, {figures} FROM month_row m"
            " JOIN accounts_account a ON a.id = m.account_id GROUP BY 1, 2, 3 ORDER BY 1)"
            " TO STDOUT WITH (FORMAT csv)",
            rows,
        )
    return packed.getvalue()


@transaction.atomic
def ledger_sums(
    *,
    month: Month | Period,
    known_at: datetime,
    previous: SignedMonth | None = None,
    accounts: bytes | None = None,
) -> LedgerSums:
    """What the entries recorded by `known_at` come to over the month's days, per currency.

    With `accounts` (what `write_accounts` kept) every account is compared one by one. Writes
    nothing but temporary tables.
    """
    params = {
        "first": month.first_day,
        "last": month.last_day,
        "known_at": known_at,
        "opened_at": previous.known_at if previous else known_at,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS ledger_row")
        cursor.execute(f"CREATE TEMPORARY TABLE ledger_row ON COMMIT DROP AS {_BY_ACCOUNT}", params)
        sums = ", ".join(f"sum({name})" for name in SUMMED)
        cursor.execute(f"SELECT currency, {sums} FROM ledger_row GROUP BY currency ORDER BY currency")
        found = {
            currency: dict(zip(SUMMED, amounts, strict=True)) for currency, *amounts in cursor.fetchall()
        }
        if accounts is None:
            return LedgerSums(found)
        _load(cursor, accounts)
        cursor.execute("SELECT count(*) FROM reported_row")
        compared = cursor.fetchone()[0]
        differing, count = _differing(cursor)
    return LedgerSums(found, compared, tuple(differing), count)


def _load(cursor, accounts: bytes) -> None:
    columns = ", ".join(f"{name} numeric" for name in SUMMED)
    cursor.execute("DROP TABLE IF EXISTS reported_row")
    cursor.execute(
        f"CREATE TEMPORARY TABLE reported_row (account_id bigint, number text, currency text, {columns})"
        " ON COMMIT DROP"
    )
    with zipfile.ZipFile(io.BytesIO(accounts)) as archive, archive.open(MEMBER) as rows:
        cursor.copy_expert("COPY reported_row FROM STDIN WITH (FORMAT csv)", rows)
    cursor.execute("ANALYZE reported_row, ledger_row")


def _differing(cursor) -> tuple[list[Differing], int]:
    built = ", ".join(f"coalesce(r.{name}, 0)" for name in SUMMED)
    fresh = ", ".join(f"coalesce(l.{name}, 0)" for name in SUMMED)
    cursor.execute(
        f"""
        SELECT coalesce(r.number, a.number), coalesce(l.currency, r.currency),
               ARRAY[{built}], ARRAY[{fresh}], count(*) OVER ()
        FROM reported_row r
        FULL JOIN ledger_row l ON l.account_id = r.account_id AND l.currency = r.currency
        LEFT JOIN accounts_account a ON a.id = l.account_id
        WHERE ({built}) IS DISTINCT FROM ({fresh})
        ORDER BY abs(coalesce(l.closing, 0) - coalesce(r.closing, 0)) DESC, 1 LIMIT {NAMED_ACCOUNTS}
        """
    )
    rows, found = cursor.fetchall(), []
    for number, currency, reported, ledger, _count in rows:
        # the closing says most; where it agrees, the first line that does not
        order = [len(SUMMED) - 1, *range(len(SUMMED) - 1)]
        at = next(place for place in order if reported[place] != ledger[place])
        found.append(Differing(number, currency, SUMMED[at], reported[at], ledger[at]))
    return found, rows[0][-1] if rows else 0


_OWNER = """
    LEFT JOIN LATERAL (
        SELECT s.officer_id FROM accounts_accountassignment s
        WHERE s.account_id = e.account_id AND s.recorded_at <= %(known_at)s
          AND s.effective_date <= {day}
        ORDER BY s.effective_date DESC, s.id DESC LIMIT 1
    ) {name} ON true
"""


def officer_sums(
    *, officer_id: int, first_day: date, last_day: date, known_at: datetime
) -> dict[str, dict[str, Decimal]]:
    """The same for the accounts of one officer, each entry on the side of its owner of that day.

    `moved` is what his accounts brought in less what they took along when they changed hands.
    """
    own = "o.officer_id = %(officer)s AND e.value_date >= %(first)s"
    lines = ", ".join(
        f"coalesce(sum({ON_LINE}) FILTER (WHERE e.line = '{name}' AND {own}), 0)" for name in MOVEMENTS
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.currency,
                   coalesce(sum({SIGNED}) FILTER (
                       WHERE (e.value_date < %(first)s AND f.officer_id = %(officer)s)
                          OR (e.line = 'opening' AND {own})), 0),
                   {lines},
                   coalesce(sum({SIGNED}) FILTER (WHERE l.officer_id = %(officer)s), 0)
            FROM accounts_ledgerentry e
            {_OWNER.format(day="greatest(e.value_date, %(first)s)", name="o")}
            {_OWNER.format(day="%(first)s", name="f")}
            {_OWNER.format(day="%(last)s", name="l")}
            WHERE e.account_id IN (SELECT account_id FROM accounts_accountassignment
                                   WHERE officer_id = %(officer)s)
              AND e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s
            GROUP BY e.currency ORDER BY e.currency
            """,
            {"officer": officer_id, "first": first_day, "last": last_day, "known_at": known_at},
        )
        found = {}
        for currency, opening, *moved, closing in cursor.fetchall():
            figures: dict[str, Any] = {"opening": opening, **dict(zip(MOVEMENTS, moved, strict=True))}
            reached = (
                opening
                + sum(figures.get(name, Decimal(0)) for name in PLUS)
                - sum(figures.get(name, Decimal(0)) for name in MINUS)
            )
            found[currency] = {**figures, "closing": closing, "moved": closing - reached}
    return found
