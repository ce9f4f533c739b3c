"""Many people post to one account at once: no update is lost, and nobody is shown a deadlock.

`POSTINGS_AT_ONCE` makes it more than the sixty of the suite.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections

from accounts.ledger.models import LedgerEntry, Standing
from accounts.ledger.queries import balances
from accounts.ledger.services import reverse_entry
from accounts.ledger.verification import verify_ledger
from accounts.payments.services import post_payment
from accounts.payments.splitting import accounts_beside, post_split_payment, proposed_split
from collections_app.core import clock
from collections_app.testing import makers

TIMES = int(os.environ.get("POSTINGS_AT_ONCE", "60"))
PEOPLE = 4


@pytest.mark.django_db(transaction=True)
def test_two_people_post_to_one_account_at_once():
    today = clock.today()
    actor = makers.system()
    debtor = makers.debtor()
    first, second = (makers.account(debtor=debtor) for _number in range(2))
    makers.policy("allocation", {"order": [], "across_accounts": True, "across_order": "oldest"})
    for account in (first, second):
        makers.entry(account=account, amount="100000", value_date=today - timedelta(days=9), as_of=today)

    def work(number: int) -> None:
        """One posting of one person: to one account, to both, or to one and taken back."""
        try:
            day = today - timedelta(days=number % 7)
            if number % 3 == 0:
                parts = {first.pk: Decimal(2), second.pk: Decimal(1)}
                account = first if number % 2 else second
                post_split_payment(
                    account=account, parts=parts, value_date=day, method="cash", actor=actor, as_of=today,
                    reason="as he said",
                )  # fmt: skip
                return
            account = first if number % 3 == 1 else second
            entry = post_payment(
                account=account, amount=Decimal(5), value_date=day, method="cash", actor=actor, as_of=today
            )
            if number % 5 == 0:
                reverse_entry(entry=entry, value_date=today, reason="wrong", actor=actor, as_of=today)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PEOPLE) as people:
        for answer in [people.submit(work, number) for number in range(TIMES)]:
            answer.result()
    taken = {pk: Decimal(100000) for pk in (first.pk, second.pk)}
    for number in range(TIMES):
        if number % 3 == 0:
            taken[first.pk] -= 2
            taken[second.pk] -= 1
        elif number % 5:
            taken[first.pk if number % 3 == 1 else second.pk] -= 5
    assert balances(taken, as_of=today) == taken
    assert {row.pk: row.balance for row in Standing.objects.filter(pk__in=taken)} == taken
    assert LedgerEntry.objects.filter(kind="payment").count() == TIMES + len(range(0, TIMES, 3))
    assert verify_ledger(as_of=today).fault_count == 0
    assert sum(proposed_split(accounts_beside(first), Decimal(7), as_of=today).values()) == 7
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert cursor.fetchone()[0] == 0
