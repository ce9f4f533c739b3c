"""The demonstration book: its money holds, its lists tell many stories, and it is the same again."""

from datetime import time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Count
from django.test import TestCase

from accounts.arrangements.models import PaymentPlan, Promise
from accounts.arrangements.services import review_promises
from accounts.compliance.models import CountedContact
from accounts.compliance.replay import replay
from accounts.contacts.models import ContactAttempt
from accounts.holds.models import BreathingSpace
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.verification import verify_ledger
from accounts.parties.models import Debtor, Identity
from campaigns.campaign.models import Campaign
from campaigns.why_not.models import DayAnswer
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.queries import queue
from collections_app.core import clock, pdf
from collections_app.core.enums import Role
from collections_app.core.models import User
from reports.closing.models import ReportBuild
from reports.closing.services import load_dataset, verify_build
from reports.demonstration.book import make_book
from reports.demonstration.closing import sign_months
from reports.demonstration.totals import month_totals
from reports.figures.collection import collection_dataset
from reports.figures.month import Month

pytestmark = pytest.mark.django_db
LINES = (
    "opening", "charges", "fees", "payments_returned", "credit_notes", "collected", "written_off", "closing",
)  # fmt: skip
FINGERPRINT = """
    SELECT md5(string_agg(concat_ws('|', account_id, kind, amount, value_date, due_date), ',' ORDER BY
        account_id, kind, value_date, amount)) FROM accounts_ledgerentry
"""


def fingerprint() -> str:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT)
        return cursor.fetchone()[0]


@pytest.fixture
def undrawn(monkeypatch):
    """Papers are drawn once: these tests look at no paper."""
    drawn = pdf.from_html("<p>Drawn once.</p>")
    monkeypatch.setattr(pdf, "from_html", lambda _html, **_given: drawn)


OFFICERS = (Role.COLLECTION_OFFICER, Role.SENIOR_OFFICER, Role.FIELD_OFFICER)


@pytest.mark.long
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("seed", [1, 2])
def test_every_officers_first_twenty_rows_show_eight_reasons(seed):
    """A third book is that of the tests below."""
    today = clock.today()
    show_eight_reasons(make_book(accounts=1_200, seed=seed, as_of=today), today)


def show_eight_reasons(book, today) -> None:
    assert book.counts["accounts"] == Account.objects.count() == 1_200
    for officer in User.objects.filter(role__in=OFFICERS):
        reasons = {row.reason for row in queue(officer, as_of=today, limit=20)}
        assert len(reasons) >= 8, (officer.username, reasons)
    assert WorklistItem.objects.filter(account__status="open").count() == book.counts["worklist rows"]


@pytest.mark.long
class OneBookTests(TestCase):
    """Tests that only read a book share one."""

    @classmethod
    def setUpTestData(cls):
        cls.today = clock.today()
        cls.book = make_book(accounts=1_200, seed=3, as_of=cls.today)

    def test_every_officers_first_twenty_rows_show_eight_reasons(self):
        show_eight_reasons(self.book, self.today)

    def test_payment_plans_are_of_every_kind(self):
        found = set(PaymentPlan.objects.values_list("status", flat=True))
        assert found == {"in_force", "offered", "waiting", "broken", "completed"}
        assert PaymentPlan.objects.late(self.today).exists()

    def test_two_breathing_spaces_run_and_nobody_was_contacted_in_them(self):
        spaces = {space.kind: space for space in BreathingSpace.objects.all()}
        assert set(spaces) == {"standard", "crisis"}
        for space in spaces.values():
            assert not ContactAttempt.objects.filter(
                debtor=space.debtor, at__date__gte=space.first_day
            ).exists()
            assert DayAnswer.objects.filter(
                account__debtor=space.debtor, reason="hold_breathing_space"
            ).exists()

    def test_a_year_of_contacts_is_decided_again_without_a_disagreement(self):
        found = replay(first=self.today - timedelta(days=365), last=self.today)
        assert found.disagreements == []
        # taken over without permits: each judged, a few broke a rule, and the pages say which
        assert found.judged > 300
        assert 0 < len(found.breaches) < found.judged / 20
        wrong = CountedContact.objects.filter(judgement="lawful").latest("pk")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE accounts_countedcontact SET at = at - interval '1 minute' WHERE id = %s", [wrong.pk]
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
        named = {
            row.pk for row in replay(first=self.today - timedelta(days=365), last=self.today).disagreements
        }
        assert wrong.pk in named

    def test_the_plan_knows_what_the_reports_must_say(self):
        expected = month_totals(self.book.plan)
        last = Month.of(self.today).previous
        for month in (last.previous.previous, last.previous, last):
            dataset = collection_dataset(month=month, known_at=clock.now())
            assert [check for check in dataset["checks"] if not check["holds"]] == []
            plan = expected[str(month)]
            assert set(plan) == set(dataset["currencies"])
            for currency, lines in dataset["currencies"].items():
                for line in LINES:
                    wanted = Decimal(plan[currency].get(line, "0"))
                    assert Decimal(lines[line]) == wanted, (month, currency, line)

    def test_the_steps_after_the_plan_post_nothing_but_what_was_recovered(self):
        """What they show rests on entries of the plan: posted again, it would be paid twice."""
        by_hand = LedgerEntry.objects.exclude(actor=User.objects.system())
        payments = by_hand.filter(reference__startswith="REC-", kind="payment", value_date=self.today)
        # the ledger's own answer to each of them: so much of the write-off is taken back
        answers = by_hand.filter(source="rule", line="write_offs_reversed")
        assert list(by_hand.difference(payments, answers).values_list("reference", "amount")) == []
        assert payments.count() == answers.count() >= 2
        dataset = collection_dataset(month=Month.of(self.today), known_at=clock.now())
        for currency in {payment.currency for payment in payments}:
            recovered = sum(row.amount for row in payments if row.currency == currency)
            memo = dataset["currencies"][currency]["memo"]
            assert Decimal(memo["recovered_after_write_off"]) == recovered
        assert not Account.objects.filter(pk__in=payments.values("account"), status="open").exists()

    def test_no_story_contradicts_itself(self):
        assert verify_ledger(as_of=self.today).faults == []
        promises = Promise.objects.order_by("pk").values_list("pk", "status", "received", "judged_on")
        was = list(promises)
        review_promises(as_of=self.today, actor=User.objects.system())
        assert was == list(promises.all())
        assert {status for _pk, status, _received, _day in was} >= {"kept", "partly_kept", "broken", "open"}
        assert not Account.objects.filter(status="closed").exclude(standing__balance=0).exists()
        assert Account.objects.filter(status="closed").exists()
        assert not ContactAttempt.objects.filter(at__gt=clock.now()).exists()
        dead = Debtor.objects.filter(identity__legal_facts__kind="deceased")
        assert not ContactAttempt.objects.filter(debtor__in=dead).exists()
        assert not WorklistItem.objects.filter(account__debtor__in=dead).exists()
        assert Identity.objects.annotate(records=Count("debtors__creditor", distinct=True)).filter(records=2)
        local = [attempt.at.astimezone(ZoneInfo(attempt.debtor.time_zone)) for attempt in attempts()]
        assert all(time(9) <= moment.time() <= time(18) for moment in local)

    def test_one_campaign_runs_and_one_waits(self):
        running = Campaign.objects.get(status="running")
        assert running.members.exists()
        assert running.activities.count() == 4
        assert Campaign.objects.filter(status="submitted").count() == 1


@pytest.mark.long
@pytest.mark.usefixtures("undrawn")
def test_the_same_seed_gives_the_same_book_another_another_and_signed_months_chain_and_still_hold():
    """Their PDFs are drawn and read back by the first start of `test_supervisor`, and by `test_ties`."""
    today = clock.today()
    first, other = (made_and_undone(accounts=60, seed=seed, as_of=today) for seed in (5, 4))
    make_book(accounts=60, seed=5, as_of=today)
    assert first == fingerprint() != other
    assert sign_months(months=2, as_of=today, formats=("json", "xlsx")) == 6
    last = ReportBuild.objects.filter(kind="collection").latest("month")
    assert last.previous is not None
    assert last.status == "signed"
    assert verify_build(last)[0]
    dataset = load_dataset(last)
    assert all(Decimal(lines["prior_period"]) == 0 for lines in dataset["currencies"].values())


def attempts():
    return ContactAttempt.objects.select_related("debtor")


def made_and_undone(*, accounts: int, seed: int, as_of) -> str:
    """The fingerprint of a making that is taken back."""
    start = transaction.savepoint()
    make_book(accounts=accounts, seed=seed, as_of=as_of)
    made = fingerprint()
    transaction.savepoint_rollback(start)
    return made


def test_a_production_installation_takes_none(settings):
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured):
        make_book(accounts=5, seed=1, as_of=clock.today())
    assert not Account.objects.exists()
