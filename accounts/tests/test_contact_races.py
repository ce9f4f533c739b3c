"""Two officers, one debtor, the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from accounts.compliance.models import CountedContact
from accounts.contacts.models import ContactAttempt, OpenCall
from accounts.contacts.services import open_call, save_outcome
from collections_app.core.refusal import Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)


def at_once(*verbs):
    """Run the verbs in threads that start together; returns results and refusals."""
    start = Barrier(len(verbs))

    def run(verb):
        start.wait()
        try:
            return verb()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=made.debtor)
    return made


def test_of_two_officers_who_dial_at_once_one_must_say_why(account):
    officers = [makers.user(), makers.user()]
    results = at_once(
        *[
            lambda officer=officer: open_call(account=account, officer=officer, at=MORNING)
            for officer in officers
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["ColleagueInTheSameMinute", "OpenCall"]
    assert OpenCall.objects.count() == 1


def test_the_last_try_of_a_week_is_given_once(account):
    """Both state a reason; the cap of one try still lets only one of them call."""
    makers.policy(
        "contact_rules", {"caps": [{"channels": ["call"], "count": "attempts", "limit": 1, "days": 7}]}
    )
    identity = makers.identity()
    account.debtor.identity = identity
    account.debtor.save()
    elsewhere = makers.account(debtor=makers.debtor(country="DE", identity=identity))
    makers.contact_point(debtor=elsewhere.debtor)
    pairs = [(account, makers.user()), (elsewhere, makers.user())]
    results = at_once(
        *[
            lambda about=about, officer=officer: open_call(
                account=about, officer=officer, at=MORNING, colleague_reason="Asked to"
            )
            for about, officer in pairs
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["CallNotAllowed", "OpenCall"]


def test_an_outcome_sent_twice_at_once_is_saved_once(account):
    officer = makers.user()
    call = open_call(account=account, officer=officer, at=MORNING)

    def save():
        return save_outcome(
            call=call, outcome="no_answer", officer=officer, at=MORNING + timedelta(minutes=1)
        )

    results = at_once(save, save)
    assert sorted(type(result).__name__ for result in results) == ["CallNotOpen", "ContactAttempt"]
    assert ContactAttempt.objects.count() == CountedContact.objects.count() == 1
