"""Two connections at once: one posts an entry, the other takes its account or the currency away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg2
import pytest
from django.db import connection, transaction
from psycopg2.errors import ForeignKeyViolation, InvalidTransactionState, SerializationFailure

from accounts.ledger.models import Account, LedgerEntry
from accounts.tests.test_entry_keys import COPIES
from collections_app.testing import makers

DAY = date(2026, 3, 2)
CHANGES = (
    "DELETE FROM accounts_account WHERE id = %(account)s",
    "UPDATE accounts_account SET currency = 'USD' WHERE id = %(account)s",
)
KEPT_LOOKS = "REPEATABLE READ", "SERIALIZABLE"


class Colleague:
    """A connection of his own, with a transaction that has taken its first look."""

    def __init__(self, isolation: str = "READ COMMITTED") -> None:
        self.connection = psycopg2.connect(**connection.get_connection_params())
        self.connection.set_session(isolation_level=isolation)
        self.run("SELECT pg_backend_pid() FROM accounts_account")
        self.pid = self.connection.get_backend_pid()

    def run(self, sql: str, params: dict | None = None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)

    def commit(self) -> None:
        self.connection.commit()

    def leave(self) -> None:
        self.connection.close()


@pytest.fixture
def colleague():
    """Makes colleagues who leave at the end."""
    made: list[Colleague] = []

    def come(isolation: str = "READ COMMITTED") -> Colleague:
        made.append(Colleague(isolation))
        return made[-1]

    yield come
    for one in made:
        one.leave()


def meanwhile(waiting: Colleague, does: Callable[[], None], then: Callable[[], None]) -> BaseException | None:
    """What came of what one does while another holds a lock, who goes on when he waits for it."""
    watcher = psycopg2.connect(**connection.get_connection_params())
    watcher.autocommit = True
    with ThreadPoolExecutor(1) as pool, watcher.cursor() as cursor:
        going, is_held_up = pool.submit(does), False
        while not (is_held_up or going.done()):
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [waiting.pid])
            [is_held_up] = cursor.fetchone()
        then()
        fault = going.exception()
    watcher.close()
    assert is_held_up, "nobody waited"
    return fault


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_and_is_refused(colleague):
    """In whatever order, and whatever a transaction goes on seeing, no entry is left without its account."""
    pattern = makers.entry(account=makers.account(), amount="90", value_date=DAY, as_of=DAY)
    number = LedgerEntry.objects.count()

    def bare_account() -> Account:
        """One that nothing else holds: no standing, no party, no owner."""
        made = Account.objects.get(pk=pattern.account_id)
        made.pk, made.number = None, f"bare {Account.objects.count()}"
        made.save(force_insert=True)
        return made

    def entry_on(account: Account) -> dict:
        currency = account.currency
        return {
            "entry": pattern.pk, "kind": pattern.kind, "number": 1, "odd": 1, "account": account.pk,
            "currency": currency,
        }  # fmt: skip

    # who posts is first
    for isolation in ("READ COMMITTED", *KEPT_LOOKS):
        for change in CHANGES:
            account = bare_account()
            poster, other = colleague(), colleague(isolation)
            poster.run(COPIES, entry_on(account))

            def change_and_commit(other=other, change=change, account=account) -> None:
                other.run(change, {"account": account.pk})
                other.commit()

            fault = meanwhile(other, change_and_commit, poster.commit)
            kept_look = isolation in KEPT_LOOKS
            assert isinstance(fault, InvalidTransactionState if kept_look else ForeignKeyViolation), fault
            number += 1

    # who changes is first
    for isolation in ("READ COMMITTED", *KEPT_LOOKS):
        for change in CHANGES:
            account = bare_account()
            changer, poster = colleague(), colleague(isolation)
            changer.run(change, {"account": account.pk})

            def post_and_commit(poster=poster, account=account) -> None:
                poster.run(COPIES, entry_on(account))
                poster.commit()

            fault = meanwhile(poster, post_and_commit, changer.commit)
            kept_look = isolation in KEPT_LOOKS
            assert isinstance(fault, SerializationFailure if kept_look else ForeignKeyViolation), fault

    assert LedgerEntry.objects.count() == number
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM accounts_ledgerentry e WHERE NOT EXISTS ("
            "SELECT FROM accounts_account a WHERE a.id = e.account_id AND a.currency = e.currency)"
        )
        assert cursor.fetchone() == (0,)
