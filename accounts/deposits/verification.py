"""Proves slips against what stands on them, and differences against their cases."""

from collections.abc import Iterator

from django.db import connection

from accounts.deposits.models import Deposit


def deposit_faults() -> Iterator[str]:
    """What does not hold of deposits, in words; nothing where all does."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.code, s.last_number, count(d.id) FROM accounts_numberseries s
            JOIN accounts_deposit d ON d.series_id = s.id
            GROUP BY s.id HAVING count(d.id) <> s.last_number ORDER BY s.code
            """
        )
        for code, last, slips in cursor.fetchall():
            yield f"Series {code}: the last number is {last}, but {slips} slips are there."
        cursor.execute(
            """
            SELECT d.code, d.total_amount, d.currency, coalesce(sum(i.amount), 0)
            FROM accounts_deposit d LEFT JOIN accounts_deposititem i ON i.deposit_id = d.id
            GROUP BY d.id HAVING d.total_amount <> coalesce(sum(i.amount), 0) ORDER BY d.id
            """
        )
        for code, total, currency, items in cursor.fetchall():
            yield f"Deposit {code} is about {total} {currency}, what stands on it comes to {items}."
        cursor.execute(
            """
            SELECT d.code, d.credited_amount, d.currency, coalesce(sum(e.amount), 0) FROM accounts_deposit d
            LEFT JOIN accounts_presentment p ON p.deposit_reference = d.code
            LEFT JOIN accounts_chequepayment c ON c.presentment_id = p.id
            LEFT JOIN accounts_ledgerentry e ON e.id = c.entry_id
                 AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id)
            WHERE d.by_cheques GROUP BY d.id
            HAVING d.credited_amount <> coalesce(sum(e.amount), 0) ORDER BY d.id
            """
        )
        for code, credited, currency, paid in cursor.fetchall():
            yield f"Deposit {code} is credited with {credited} {currency}, its cheques were paid {paid}."
        cursor.execute(
            """
            SELECT d.code FROM accounts_deposit d
            WHERE d.status = 'differing' AND NOT EXISTS (
                SELECT 1 FROM accounts_irregularity i
                WHERE i.subject_type = %s AND i.subject_id = d.id) ORDER BY d.id
            """,
            [Deposit._meta.label_lower],
        )
        for (code,) in cursor.fetchall():
            yield f"Deposit {code} was credited with a difference, and nobody was asked about it."
