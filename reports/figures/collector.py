"""What one officer's accounts did in a period: money by the identity, contacts, promises, proofs."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from reports.figures.dataset import amount_text
from reports.figures.month import Period
from reports.figures.month_rows import FIGURES, make_month_rows


@transaction.atomic
def collector_figures(
    *, officer_id: int, first_day: date, last_day: date, known_at: datetime
) -> dict[str, Any]:
    """The officer's own row of the Collection Report over any period, and what he did for it.

    `receipts` are the payments on his accounts, by value date; each needs a proof where money
    passed through the office's hands (cash, cheque). Amounts as text.
    """
    period = Period(first_day, last_day)
    make_month_rows(month=period, known_at=known_at, previous=None, officer_id=officer_id)
    params = {"officer": officer_id, "first": first_day, "last": last_day, "known_at": known_at}
    with connection.cursor() as cursor:
        sums = ", ".join(f"sum({name})" for name in FIGURES)
        cursor.execute(
            f"SELECT currency, {sums} FROM month_row WHERE officer_id = %(officer)s GROUP BY 1 ORDER BY 1",
            params,
        )
        money = {
            currency: {
                name: amount_text(value, currency) for name, value in zip(FIGURES, values, strict=True)
            }
            for currency, *values in cursor.fetchall()
        }
        cursor.execute(
            """
            SELECT e.id, e.value_date, a.number, a.currency, e.amount, e.method, e.reference
            FROM accounts_ledgerentry e
            JOIN accounts_account a ON a.id = e.account_id
            JOIN LATERAL (
                SELECT s.officer_id FROM accounts_accountassignment s
                WHERE s.account_id = a.id AND s.effective_date <= e.value_date
                  AND s.recorded_at <= %(known_at)s
                ORDER BY s.effective_date DESC, s.id DESC LIMIT 1
            ) o ON o.officer_id = %(officer)s
            WHERE e.account_id IN (SELECT s.account_id FROM accounts_accountassignment s
                                   WHERE s.officer_id = %(officer)s)
              AND e.kind = 'payment' AND e.value_date BETWEEN %(first)s AND %(last)s
              AND e.recorded_at <= %(known_at)s
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id
                              AND r.value_date <= %(last)s AND r.recorded_at <= %(known_at)s)
            ORDER BY e.value_date, e.id
            """,
            params,
        )
        receipts = [
            {
                "entry": pk, "value_date": day.isoformat(), "account": number, "currency": currency,
                "amount": amount_text(amount, currency), "method": method, "reference": reference,
            }
            for pk, day, number, currency, amount, method, reference in cursor.fetchall()
        ]  # fmt: skip
        cursor.execute(
            """
            SELECT t.channel, count(*), count(*) FILTER (WHERE t.is_contact_made),
                   count(*) FILTER (WHERE t.is_right_party)
            FROM accounts_contactattempt t JOIN accounts_creditor c ON c.id = t.creditor_id
            WHERE t.officer_id = %(officer)s AND t.recorded_at <= %(known_at)s
              AND (t.at AT TIME ZONE c.time_zone)::date BETWEEN %(first)s AND %(last)s
              AND NOT EXISTS (SELECT 1 FROM accounts_contactattempt x WHERE x.supersedes_id = t.id
                              AND x.recorded_at <= %(known_at)s)
            GROUP BY 1 ORDER BY 1
            """,
            params,
        )
        contacts = [
            {"channel": channel, "attempts": number, "contacts_made": made, "right_party": right}
            for channel, number, made, right in cursor.fetchall()
        ]
        cursor.execute(
            """
            SELECT status, currency, count(*), sum(amount) FROM accounts_promise
            WHERE taken_by_id = %(officer)s AND taken_on BETWEEN %(first)s AND %(last)s
              AND recorded_at <= %(known_at)s GROUP BY 1, 2 ORDER BY 1, 2
            """,
            params,
        )
        promises = [
            {"status": status, "currency": currency, "count": number, "amount": amount_text(amount, currency)}
            for status, currency, number, amount in cursor.fetchall()
        ]
    return {"money": money, "receipts": receipts, "contacts": contacts, "promises": promises}
