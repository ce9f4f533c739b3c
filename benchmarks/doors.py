"""Three ways to post a payment: the product's door, its own statements without it, and by hand.

Each function takes the accounts it will be asked about and returns what posts one payment in a
transaction of its own, committed.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg2
from django.db import connection, transaction

from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.services import post_payment
from collections_app.core import clock
from collections_app.core.models import User
from reports.demonstration.office import TIME_ZONE

AMOUNT = Decimal("1.00")
OFFICER = "delgado"
Poster = Callable[[int], None]


def product(span: list[int]) -> Poster:
    """`post_payment` as a page calls it: permission, period, allocation, standing, promises, reminders,
    worklist, letters and audit."""
    accounts = Account.objects.in_bulk(span)
    actor, today = User.objects.get(username=OFFICER), clock.today(TIME_ZONE)

    def post(account_id: int) -> None:
        post_payment(
            account=accounts[account_id],
            amount=AMOUNT,
            value_date=today,
            method=PaymentMethod.TRANSFER,
            reference="benchmark",
            actor=actor,
            as_of=today,
        )

    return post


def statements(span: list[int]) -> Poster:
    """The very statements that the product runs for a payment, without the product: recorded once,
    sent again with another account, prepared where the product prepares them."""
    account_id = span[-1]
    currencies = dict(Account.objects.filter(pk__in=span).values_list("pk", "currency"))
    recorded: list[tuple[str, Any]] = []

    def record(execute, sql, params, many, context):
        recorded.append((sql, params))
        return execute(sql, params, many, context)

    post = product(span)
    for _time in range(2):  # the second time everything is prepared
        recorded.clear()
        with transaction.atomic():
            with connection.execute_wrapper(record):
                post(account_id)
            entry_id = LedgerEntry.objects.latest("pk").pk
            transaction.set_rollback(True)
    steps = [(sql, params) for sql, params in recorded if "SAVEPOINT" not in sql]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE from_sql ORDER BY name"
        )
        prepared = [row[0] for row in cursor.fetchall()]
    raw = _raw()
    with raw.cursor() as cursor:
        for sql in prepared:
            cursor.execute(sql)
    raw.commit()
    inserting = next(number for number, (sql, _params) in enumerate(steps) if _makes_entry(sql, prepared))

    def send(other_id: int) -> None:
        swap: dict[Any, Any] = {account_id: other_id, currencies[account_id]: currencies[other_id]}
        with raw.cursor() as cursor:
            for number, (sql, params) in enumerate(steps):
                cursor.execute(sql, _swapped(params, swap))
                rows = cursor.fetchall() if cursor.description else []
                if number == inserting:
                    swap[entry_id] = rows[0][0]
        raw.commit()

    return send


def _makes_entry(sql: str, prepared: list[str]) -> bool:
    name = sql.split()[1] if sql.startswith("EXECUTE") else ""
    return any(
        text.startswith(f"PREPARE {name} ") and "INSERT INTO accounts_ledgerentry" in text
        for text in prepared
    )


def _swapped(value: Any, swap: dict[Any, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _swapped(part, swap) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_swapped(part, swap) for part in value)
    return swap.get(value, value) if isinstance(value, (int, str)) else value


TRIAL = (
    "PREPARE t1 AS SELECT pg_advisory_xact_lock_shared(7215002)",
    "PREPARE t2 (bigint) AS SELECT id, currency, status FROM accounts_account WHERE id = $1"
    " FOR NO KEY UPDATE",
    "PREPARE t3 (bigint, text, date) AS INSERT INTO accounts_ledgerentry (account_id, currency, kind,"
    " direction, line, amount, tax_amount, tax_code, value_date, is_due_date_assumed, reference,"
    " description, reason, method, receiver, source, actor_id) VALUES ($1, $2, 'payment', 'credit',"
    " 'collected', 1.00, 0, '', $3, FALSE, 'benchmark', '', '', 'transfer', 'office', 'manual', 1)"
    " RETURNING id",
    "PREPARE t4 (bigint) AS SELECT direction, amount, due_date FROM accounts_ledgerentry"
    " WHERE account_id = $1 ORDER BY due_date, id",
    "PREPARE t5 (bigint, date) AS UPDATE accounts_standing SET balance = balance - 1,"
    " overdue = overdue - least(overdue, 1), not_due = not_due - (1 - least(overdue, 1)),"
    " last_payment_date = $2, last_payment_amount = 1 WHERE account_id = $1 AND overdue + not_due >= 1",
    "PREPARE t6 (bigint) AS INSERT INTO core_auditrecord (code, subject_type, subject_id, actor_id, reason,"
    " before, after, rows, request_id) VALUES ('entry.posted', 'accounts.ledgerentry', $1, 1, '', '{}',"
    " '{}', 1, '')",
    "PREPARE t7 (bigint) AS INSERT INTO core_auditrecord (code, subject_type, subject_id, actor_id, reason,"
    " before, after, rows, request_id) VALUES ('payment.posted', 'accounts.ledgerentry', $1, 1, '', '{}',"
    " '{}', 1, '')",
)


def trial(span: list[int]) -> Poster:
    """Seven prepared statements by hand: lock, account, entry, its items, standing, two records."""
    raw, today = _raw(), clock.today(TIME_ZONE)
    with raw.cursor() as cursor:
        for sql in TRIAL:
            cursor.execute(sql)
    raw.commit()

    def send(account_id: int) -> None:
        with raw.cursor() as cursor:
            cursor.execute("EXECUTE t1")
            cursor.execute("EXECUTE t2 (%s)", [account_id])
            _id, currency, _status = cursor.fetchone()
            cursor.execute("EXECUTE t3 (%s, %s, %s)", [account_id, currency, today])
            entry_id = cursor.fetchone()[0]
            cursor.execute("EXECUTE t4 (%s)", [account_id])
            cursor.fetchall()
            cursor.execute("EXECUTE t5 (%s, %s)", [account_id, today])
            cursor.execute("EXECUTE t6 (%s)", [entry_id])
            cursor.execute("EXECUTE t7 (%s)", [entry_id])
        raw.commit()

    return send


def _raw():
    """A connection without Django."""
    given = connection.get_connection_params()
    given.pop("cursor_factory", None)
    given.pop("context", None)
    return psycopg2.connect(**given)
