"""The demonstration book: its money holds, its lists tell many stories, and it is the same again."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.queries import queue
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from reports.demonstration.book import make_book

pytestmark = pytest.mark.django_db
FINGERPRINT = """
    SELECT md5(string_agg(concat_ws('|', account_id, kind, amount, value_date, due_date), ',' ORDER BY
        account_id, kind, value_date, amount)) FROM accounts_ledgerentry
"""


def fingerprint() -> str:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT)
        return cursor.fetchone()[0]


def test_every_officers_first_twenty_rows_show_eight_reasons():
    today = clock.today()
    counts = make_book(accounts=1_200, seed=3, as_of=today)
    assert counts["accounts"] == Account.objects.count() == 1_200
    assert Creditor.objects.filter(released_at__isnull=False).count() == 4
    for officer in User.objects.filter(role=Role.COLLECTION_OFFICER):
        reasons = {row.reason for row in queue(officer, as_of=today, limit=20)}
        assert len(reasons) >= 8, (officer.username, reasons)
    assert WorklistItem.objects.filter(account__status="open").count() == counts["worklist rows"]


def test_the_same_seed_gives_the_same_book_and_another_seed_another():
    today = clock.today()
    first, again, other = (made_and_undone(seed=seed, as_of=today) for seed in (3, 3, 4))
    assert first == again != other


def made_and_undone(*, seed: int, as_of) -> str:
    """The fingerprint of a making that is taken back."""
    start = transaction.savepoint()
    make_book(accounts=40, seed=seed, as_of=as_of)
    made = fingerprint()
    transaction.savepoint_rollback(start)
    return made


def test_a_production_installation_takes_none(settings):
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured):
        make_book(accounts=5, seed=1, as_of=clock.today())
    assert not Account.objects.exists()
