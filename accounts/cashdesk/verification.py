"""Proves receipts and counts against each other and against the ledger, in a few statements."""

from collections.abc import Iterator

from django.db import connection

from accounts.cashdesk.queries import series_with_gaps

# Cash of a receipt that stands on accounts: its own payments and those posted anew under its number.
STANDING = """
    SELECT r.id, r.code, r.status, r.amount, r.currency,
           coalesce((SELECT sum(l.amount) FROM accounts_receiptline l
                     WHERE l.receipt_id = r.id), 0) AS printed,
           coalesce((SELECT sum(e.amount) FROM accounts_receiptline l
                     JOIN accounts_ledgerentry e ON e.id = l.entry_id
                     WHERE l.receipt_id = r.id AND e.currency = r.currency AND NOT EXISTS (
                         SELECT 1 FROM accounts_ledgerentry b WHERE b.reverses_id = e.id)), 0)
         + coalesce((SELECT sum(e.amount) FROM accounts_ledgerentry e
                     WHERE e.reference = r.code AND e.reference <> '' AND e.kind = 'payment'
                       AND e.method = 'cash' AND e.receiver = 'office' AND e.currency = r.currency
                       AND NOT EXISTS (SELECT 1 FROM accounts_receiptline l WHERE l.entry_id = e.id)
                       AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry b WHERE b.reverses_id = e.id)), 0)
           AS standing
    FROM accounts_cashreceipt r
"""


def cash_faults() -> Iterator[str]:
    """What does not hold, in words for whoever runs the office's machines; nothing where all does."""
    for gap in series_with_gaps():
        yield f"Series {gap.series}: the last number is {gap.last_number}, there are {gap.receipts} receipts."
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code, status, amount, currency, printed, standing FROM ({STANDING}) s"
            " WHERE printed <> amount OR standing > amount OR (status = 'void' AND standing <> 0)"
            " ORDER BY id"
        )
        for code, status, amount, currency, printed, standing in cursor.fetchall():
            yield (
                f"Receipt {code} ({status}) is about {amount} {currency}: its lines come to {printed}, "
                f"and {standing} stands on accounts."
            )
        cursor.execute(
            f"""
            SELECT s.code, s.amount - s.standing, s.currency FROM ({STANDING}) s
            WHERE s.status = 'issued' AND s.standing < s.amount AND NOT EXISTS (
                SELECT 1 FROM accounts_irregularity i
                WHERE i.subject_type = 'accounts.ledgerentry' AND i.subject_id IN (
                    SELECT l.entry_id FROM accounts_receiptline l WHERE l.receipt_id = s.id
                    UNION ALL
                    SELECT e.id FROM accounts_ledgerentry e
                    WHERE e.reference = s.code AND e.reference <> '' AND e.method = 'cash'))
            ORDER BY s.id
            """
        )
        for code, left, currency in cursor.fetchall():
            yield f"Receipt {code}: {left} {currency} stands on no account, and nobody was asked about it."
        cursor.execute(
            """
            SELECT c.id, d.day, c.currency, c.taken_amount, coalesce(sum(r.amount), 0)
            FROM accounts_cashcount c
            JOIN accounts_cashday d ON d.id = c.cash_day_id AND d.status = 'closed'
            LEFT JOIN accounts_cashreceipt r ON r.cash_day_id = d.id AND r.currency = c.currency
                 AND r.status = 'issued'
            GROUP BY c.id, d.day, c.currency, c.taken_amount
            HAVING c.taken_amount <> coalesce(sum(r.amount), 0) ORDER BY c.id
            """
        )
        for pk, day, currency, taken, receipts in cursor.fetchall():
            yield (
                f"Count {pk} of {day}: {taken} {currency} were counted as taken, receipts come to {receipts}."
            )
        cursor.execute(
            """
            SELECT d.day, u.full_name, c.currency, c.kept_amount, coalesce(sum(m.amount), 0)
            FROM accounts_cashcount c
            JOIN accounts_cashday d ON d.id = c.cash_day_id AND d.status = 'closed'
            JOIN core_user u ON u.id = d.cashier_id
            LEFT JOIN accounts_changemoney m ON m.from_day_id = d.id AND m.currency = c.currency
            WHERE c.kept_amount IS NOT NULL GROUP BY c.id, d.day, u.full_name
            HAVING c.kept_amount <> coalesce(sum(m.amount), 0) ORDER BY c.id
            """
        )
        for day, cashier, currency, kept, held in cursor.fetchall():
            yield (
                f"Day {day} of {cashier}: {kept} {currency} of change money were put aside, {held} have a "
                "holder."
            )
        cursor.execute(
            """
            SELECT d.day, u.full_name, f.currency, f.held_amount, coalesce(sum(m.amount), 0)
            FROM accounts_cashfloat f
            JOIN accounts_cashday d ON d.id = f.cash_day_id JOIN core_user u ON u.id = d.cashier_id
            LEFT JOIN accounts_changemoney m ON m.into_day_id = d.id AND m.currency = f.currency
            WHERE f.held_amount IS NOT NULL GROUP BY f.id, d.day, u.full_name
            HAVING f.held_amount <> coalesce(sum(m.amount), 0) ORDER BY f.id
            """
        )
        for day, cashier, currency, held, brought in cursor.fetchall():
            yield (
                f"Day {day} of {cashier} began with {held} {currency} that were held before; {brought} came "
                "from holders."
            )
