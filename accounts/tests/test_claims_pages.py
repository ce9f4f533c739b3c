"""The pages of promises, disputes, holds, hardship, tasks, approvals and policies in use."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.approvals.services import ask_approval
from accounts.arrangements.models import Promise
from accounts.disputes.models import Dispute
from accounts.disputes.queries import evidence_of
from accounts.disputes.services import add_evidence, answer_dispute
from accounts.hardship.models import HardshipCase
from accounts.holds.models import Hold
from accounts.holds.queries import held
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import policy
from accounts.tasks.models import Task
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AccessRecord, StoredFile
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def enter(client, team):
    def sign_in(role=Role.COLLECTION_OFFICER, person=None):
        person = person or makers.teammate(team=team, role=role)
        client.force_login(person, backend=BACKEND)
        return person

    return sign_in


def owing(team, today, officer=None, **fields):
    account = makers.account(team=team, officer=officer, **fields)
    charge = makers.entry(
        account=account,
        amount="300.00",
        value_date=today - timedelta(days=40),
        due_date=today - timedelta(days=20),
        as_of=today,
        description="Water, January",
        reference="INV-7",
    )
    return account, charge


def text(answer):
    return answer.content.decode()


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
    assert answer.status_code == 200, answer
    return len(captured)


def make_promise(team, today):
    return makers.promise(account=owing(team, today)[0], due_date=today + timedelta(days=3), as_of=today)


def make_dispute(team, today, **fields):
    account, charge = owing(team, today)
    return makers.dispute(account=account, items=[(charge, "40.00")], as_of=today, **fields)


ROWS = {
    "promise_list": make_promise,
    "dispute_list": make_dispute,
    "hold_list": lambda team, today: makers.hold(account=owing(team, today)[0], as_of=today),
    "hardship_list": lambda team, today: makers.hardship_case(
        debtor=owing(team, today)[0].debtor, as_of=today
    ),
    "task_list": lambda team, today: makers.task(team=team),
    "approval_list": lambda team, today: ask_approval(
        kind="sample",
        subject=makers.team(),
        summary="A sample",
        content={},
        permission="accounts.decide_approval",
        team=team,
        actor=makers.user(),
        as_of=today,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_list_costs_the_same_for_one_row_and_for_thirty(client, enter, team, today, name):
    enter(Role.SENIOR_OFFICER)
    url = reverse(f"accounts:{name}")
    ROWS[name](team, today)
    client.get(url)
    one = queries_of(client, url)
    for _number in range(29):
        ROWS[name](team, today)
    assert queries_of(client, url) == one
    assert one <= {"task_list": 11, "approval_list": 10}.get(name, 7)


def test_the_account_page_with_all_of_it_costs_the_same_for_more(client, enter, team, today):
    enter()
    account, charge = owing(team, today)
    url = reverse("accounts:account_detail", args=[account.pk])

    def add(day):
        makers.promise(account=account, amount="1.00", due_date=today + timedelta(days=day), as_of=today)
        makers.dispute(account=account, items=[(charge, "1.00")], as_of=today)
        makers.hold(
            account=account, scopes=["fee"], note=str(day), last_day=today + timedelta(days=day), as_of=today
        )

    add(1)
    client.get(url)
    one = queries_of(client, url)
    for day in range(2, 8):
        add(day)
    assert queries_of(client, url) == one
    page = text(client.get(url))
    for words in ("Promised for", "Disputes:", "Hold begins", "Take a promise", "Raise a dispute"):
        assert words in page


class TestPromises:
    def test_taken_in_the_browser_and_sent_twice(self, client, enter, team, today):
        officer = enter()
        account, _charge = owing(team, today)
        url = reverse("accounts:promise_new", args=[account.pk])
        assert "money counts until" in text(client.get(url))
        form = {"amount": "120.00", "due_date": str(today + timedelta(days=4)), "_key": str(uuid4())}
        for _time in range(2):
            answer = client.post(url, form)
            assert answer.status_code == 302, text(answer)
        promise = Promise.objects.get()
        assert (promise.amount, promise.taken_by) == (120, officer)

    def test_a_refusal_stands_at_its_field(self, client, enter, team, today):
        enter()
        account, _charge = owing(team, today)
        answer = client.post(
            reverse("accounts:promise_new", args=[account.pk]),
            {"amount": "300.01", "due_date": str(today)},
        )
        assert answer.status_code == 422
        assert "At most 300.00 can be promised." in text(answer)

    def test_the_officer_reads_the_news_and_it_goes(self, client, enter, team, today):
        officer = enter()
        account, _charge = owing(team, today, officer)
        makers.promise(account=account, due_date=today, as_of=today)
        makers.entry(account=account, amount="100.00", kind="payment", value_date=today)
        url = reverse("accounts:promise_list") + "?news=true"
        page = text(client.get(url))
        assert "I have read these" in page
        assert "Kept" in page
        client.post(reverse("accounts:promise_seen"), {"ids": str(Promise.objects.get().pk)})
        assert "I have read these" not in text(client.get(url))

    def test_cancelled_by_a_senior_only(self, client, enter, team, today):
        promise = make_promise(team, today)
        url = reverse("accounts:promise_cancel", args=[promise.pk])
        enter()
        assert client.post(url, {"reason": "?"}).status_code == 403
        enter(Role.SENIOR_OFFICER)
        assert client.post(url, {"reason": "Wrong account"}).status_code == 302
        promise.refresh_from_db()
        assert promise.status == "cancelled"

    def test_by_week(self, client, enter, team, today):
        enter()
        make_promise(team, today)
        page = text(client.get(reverse("accounts:promise_calendar")))
        assert "100.00" in page


class TestDisputes:
    def test_raised_answered_and_seen_by_each_as_far_as_he_should(self, client, enter, team, today):
        enter()
        debtor = makers.debtor(name="Rahman, Layla", reference="REFERENCE-9")
        account, charge = owing(team, today, debtor=debtor, number="NUMBER-44871")
        clerk = makers.department_user(makers.department())
        membership = clerk.department_memberships.get()
        url = reverse("accounts:dispute_new", args=[account.pk])
        assert "Water, January" in text(client.get(url))
        answer = client.post(
            url,
            {
                f"item_{charge.pk}": "120.00",
                "reason": "amount",
                "asked": membership.pk,
                "statement": "The meter was read wrong",
                "question": "What did the meter show?",
                "evidence": [
                    SimpleUploadedFile("one.txt", b"12"),
                    SimpleUploadedFile("two.txt", b"13"),
                ],
            },
        )
        assert answer.status_code == 302, text(answer)
        dispute = Dispute.objects.get()
        detail = text(client.get(reverse("accounts:dispute_detail", args=[dispute.pk])))
        assert "one.txt" in detail
        assert "two.txt" in detail

        enter(person=clerk)
        assert client.get(reverse("accounts:dispute_detail", args=[dispute.pk])).status_code == 403
        assert client.get(reverse("accounts:account_detail", args=[account.pk])).status_code == 403
        page = text(client.get(reverse("accounts:question_detail", args=[dispute.pk])))
        for shown in ("What did the meter show?", "INV-7", "120.00", "one.txt"):
            assert shown in page
        for hidden in (account.number, account.debtor.name, account.debtor.reference):
            assert hidden not in page
        sent = {"answer": "It showed 12", "outcome": "part", "upheld_amount": "20.00"}
        url = reverse("accounts:question_detail", args=[dispute.pk])
        assert client.post(url, {**sent, "upheld_amount": ""}).status_code == 422
        assert client.post(url, {**sent, "upheld_amount": "121"}).status_code == 422
        assert client.post(url, sent).status_code == 302
        dispute.refresh_from_db()
        assert (dispute.status, dispute.upheld_amount) == ("partly_upheld", 20)
        assert "It showed 12" in text(client.get(url))

    def test_documents_come_later_from_both_sides(self, client, enter, team, today):
        dispute = make_dispute(team, today)
        sent = {"kind": "photo", "dated": today.isoformat(), "note": "of the meter"}
        sides = [(None, "dispute", "office.txt"), (dispute.asked, "question", "sales.txt")]
        for person, noun, name in sides:
            enter(person=person)
            page = reverse(f"accounts:{noun}_detail", args=[dispute.pk])
            url = reverse(f"accounts:{noun}_evidence_new", args=[dispute.pk])
            assert url in text(client.get(page))
            assert client.post(url, sent).status_code == 422
            answer = client.post(url, {**sent, "document": SimpleUploadedFile(name, b"12")})
            assert answer.url == page
            for shown in (name, "Photo or reading", "of the meter"):
                assert shown in text(client.get(page))
        for name, person in (("office.txt", dispute.asked), ("sales.txt", makers.teammate(team=team))):
            file = StoredFile.objects.get(filename=name)
            url = reverse("core:file_download", args=[file.token])
            client.force_login(person, backend=BACKEND)
            assert client.get(url).status_code == 200
            enter(person=makers.teammate(team=makers.team()))
            assert client.get(url).status_code == 404

    def test_evidence_costs_the_same_for_one_document_and_for_ten(self, client, enter, team, today):
        dispute, officer = make_dispute(team, today), enter()
        page = reverse("accounts:dispute_detail", args=[dispute.pk])
        costs = []
        for upto in (1, 10):
            while evidence_of(dispute).count() < upto:
                add_evidence(
                    dispute=dispute,
                    filename="a.txt",
                    content=b"12",
                    kind="other",
                    actor=officer,
                    as_of=today,
                )
            client.get(page)
            costs.append(queries_of(client, page))
        assert costs[0] == costs[1]

    def test_the_questions_to_answer_and_those_answered(self, client, enter, team, today):
        dispute = make_dispute(team, today, question="What was delivered?")
        url = reverse("accounts:question_list")
        enter(person=dispute.asked)
        assert "What was delivered?" in text(client.get(url))
        assert "What was delivered?" not in text(client.get(url, {"which": "answered"}))
        answer_dispute(
            dispute=dispute, answer="It was not", upheld_amount=0, actor=dispute.asked, as_of=today
        )
        assert "What was delivered?" not in text(client.get(url))
        assert "What was delivered?" in text(client.get(url, {"which": "answered"}))

    def test_a_question_of_another_does_not_exist(self, client, enter, team, today):
        dispute = make_dispute(team, today)
        enter(person=makers.department_user(dispute.department))
        url = reverse("accounts:question_detail", args=[dispute.pk])
        assert client.get(url).status_code == 404
        assert client.post(url, {"answer": "x", "outcome": "right"}).status_code == 404

    def test_routed_anew_and_withdrawn(self, client, enter, team, today):
        enter()
        dispute = make_dispute(team, today)
        other = makers.department_user(makers.department(name="Legal"))
        url = reverse("accounts:dispute_route", args=[dispute.pk])
        membership = other.department_memberships.get()
        assert client.post(url, {"asked": membership.pk, "question": "And now?"}).status_code == 302
        dispute.refresh_from_db()
        assert dispute.asked == other
        url = reverse("accounts:dispute_withdraw", args=[dispute.pk])
        assert client.post(url, {"reason": "He pays"}).status_code == 302
        dispute.refresh_from_db()
        assert dispute.status == "withdrawn"

    def test_waiting_time(self, client, enter, team, today):
        enter()
        make_dispute(team, today)
        assert "Sales" in text(client.get(reverse("accounts:dispute_waits")))


class TestHolds:
    @pytest.mark.parametrize("subject", ["account", "debtor", "entry"])
    def test_placed_on_each_subject_and_lifted(self, client, enter, team, today, subject):
        enter()
        account, charge = owing(team, today)
        chosen = f"entry-{charge.pk}" if subject == "entry" else subject
        answer = client.post(
            reverse("accounts:hold_new", args=[account.pk]),
            {"subject": chosen, "scopes": ["demand"], "reason": "books", "first_day": str(today)},
        )
        assert answer.status_code == 302, text(answer)
        hold = Hold.objects.get()
        assert getattr(hold, subject) is not None
        assert client.get(reverse("accounts:hold_detail", args=[hold.pk])).status_code == 200
        url = reverse("accounts:hold_lift", args=[hold.pk])
        assert client.post(url, {"reason": "Checked"}).status_code == 302
        assert held([account.pk], today) == {}

    def test_what_is_true_of_the_person_is_no_hold_on_one_account(self, client, enter, team, today):
        enter()
        account, _charge = owing(team, today)
        url = reverse("accounts:hold_new", args=[account.pk])
        sent = {"subject": "account", "scopes": ["contact"], "first_day": str(today)}
        for reason in ("deceased", "insolvent"):
            assert client.post(url, {**sent, "reason": reason}).status_code == 422
        soon = str(today + timedelta(days=14))
        assert "leave this day empty" in text(
            client.post(url, {**sent, "reason": "opt_out", "last_day": soon})
        )
        early = {**sent, "reason": "other", "first_day": str(account.opened_date - timedelta(days=1))}
        assert "no account before" in text(client.post(url, early))
        assert client.post(url, {**sent, "reason": "opt_out"}).status_code == 302

    def test_a_protecting_hold_is_not_lifted_by_an_officer(self, client, enter, team, today):
        enter()
        hold = makers.hold(account=owing(team, today)[0], reason="represented", as_of=today)
        url = reverse("accounts:hold_lift", args=[hold.pk])
        assert client.post(url, {"reason": "x"}).status_code == 403
        assert "senior officer" in text(client.get(url))
        assert "Lift hold" not in text(client.get(reverse("accounts:hold_detail", args=[hold.pk])))

    def test_ends_within_seven_days(self, client, enter, team, today):
        enter()
        soon = makers.hold(account=owing(team, today)[0], as_of=today, last_day=today + timedelta(days=7))
        makers.hold(account=owing(team, today)[0], as_of=today, last_day=today + timedelta(days=8))
        makers.hold(account=owing(team, today)[0], as_of=today)
        page = text(client.get(reverse("accounts:hold_list") + "?ends_within=7"))
        assert reverse("accounts:hold_detail", args=[soon.pk]) in page
        assert len(re.findall(r"/holds/\d+/", page)) == 1

    def test_a_legal_fact_on_the_debtors_page(self, client, enter, team, today):
        enter(Role.SUPERVISOR)
        account, _charge = owing(team, today)
        url = reverse("accounts:legal_fact_new", args=[account.debtor_id])
        sent = {"kind": "deceased", "effective_date": str(today), "source": "Certificate"}
        assert client.post(url, sent).status_code == 302
        page = text(client.get(reverse("accounts:debtor_detail", args=[account.debtor_id])))
        assert "Certificate" in page
        assert "contact" in held([account.pk], today)[account.pk]


class TestHardship:
    def test_opened_decided_and_its_detail_seen_by_few(self, client, enter, team, today):
        enter()
        account, _charge = owing(team, today)
        url = reverse("accounts:hardship_new", args=[account.debtor_id])
        assert "Stops at once" in text(client.get(url))
        assert client.post(url, {"marker": "illness", "note": "In hospital"}).status_code == 302
        case = HardshipCase.objects.get()
        detail = reverse("accounts:hardship_detail", args=[case.pk])
        reveal = reverse("accounts:hardship_reveal", args=[case.pk])
        assert "In hospital" not in text(client.get(detail))
        assert client.post(reveal).status_code == 403

        senior = enter(Role.SENIOR_OFFICER)
        assert "In hospital" not in text(client.get(detail))
        assert client.get(reveal).status_code == 405
        assert not AccessRecord.objects.filter(user=senior).exists()
        assert "In hospital" in text(client.post(reveal))
        assert AccessRecord.objects.filter(user=senior, kind="revealed").count() == 1
        url = reverse("accounts:hardship_decide", args=[case.pk])
        assert client.post(url, {"outcome": "declined", "decision": "He can"}).status_code == 302
        case.refresh_from_db()
        assert case.status == "declined"
        assert held([account.pk], today) == {}


class TestTasks:
    def test_raised_completed_and_not_by_others(self, client, enter, team, today):
        enter(Role.SUPERVISOR)
        officer = makers.teammate(team=team)
        sent = {"title": "Ring the bank", "assignee": officer.pk, "due_on": str(today)}
        assert client.post(reverse("accounts:task_new"), sent).status_code == 302
        task = Task.objects.get()
        url = reverse("accounts:task_complete", args=[task.pk])
        enter(person=makers.teammate(team=makers.team()))
        assert client.post(url, {}).status_code == 404
        enter(person=officer)
        assert "Ring the bank" in text(client.get(reverse("accounts:task_list") + "?mine=true"))
        assert client.post(url, {"outcome": "Returned for lack of funds"}).status_code == 302
        task.refresh_from_db()
        assert task.status == "done"

    def test_for_nobody_is_refused_in_words(self, client, enter):
        enter()
        answer = client.post(reverse("accounts:task_new"), {"title": "Do it"})
        assert answer.status_code == 422
        assert "for whom" in text(answer)


class TestApprovals:
    def test_decided_by_who_may_and_not_by_its_maker(self, client, enter, team, today):
        approval = ROWS["approval_list"](team, today)
        url = reverse("accounts:approval_decide", args=[approval.pk])
        enter(person=makers.teammate(team=makers.team()))
        assert client.get(url).status_code == 404
        enter(person=approval.requested_by)
        assert client.post(url, {"decision": "approve"}).status_code == 404
        enter()
        assert "A sample" in text(client.get(reverse("accounts:approval_list")))
        assert client.post(url, {"decision": "refuse"}).status_code == 422
        assert client.post(url, {"decision": "refuse", "comment": "Too many"}).status_code == 302
        approval.refresh_from_db()
        assert (approval.status, approval.comment) == ("refused", "Too many")


class TestPolicies:
    def test_proposed_by_one_and_approved_by_another(self, client, enter, today):
        enter(Role.SUPERVISOR)
        url = reverse("accounts:policy_new", args=["contact_rules"])
        page = client.get(url)
        assert "call mon-fri 08:00-20:00" in text(page)
        form = page.context["form"]
        sent = {name: form[name].value() or "" for name in form.fields} | {"note": "Summer"}
        sent["valid_from"] = str(today)
        answer = client.post(url, {**sent, "value_hours": "call mon 20:00-08:00"})
        assert answer.status_code == 422
        assert "ends before it begins" in text(answer)
        hours = sent["value_hours"].replace("call mon-fri 08:00-20:00", "call mon-fri 09:00-18:00")
        answer = client.post(url, {**sent, "value_hours": hours})
        assert answer.status_code == 302, text(answer)
        version = PolicyVersion.objects.get(note="Summer")
        client.post(reverse("accounts:policy_submit", args=[version.pk]))
        detail = reverse("accounts:policy_detail", args=[version.pk])
        page = text(client.get(detail))
        assert "<ins>" in page
        assert "Approve policy" not in page
        approve = reverse("accounts:policy_approve", args=[version.pk])
        assert client.post(approve).status_code == 403

        enter(Role.MANAGER)
        assert "Approve policy" in text(client.get(detail))
        client.post(approve)
        rule = policy("contact_rules", as_of=today)
        assert rule["hours"]["call"]["mon"][0].hour == 9
        assert "Summer" in text(client.get(detail))

    def test_a_manager_does_not_approve_his_own(self, client, enter, today):
        enter(Role.MANAGER)
        url = reverse("accounts:policy_new", args=["after_rejection"])
        client.post(url, {"value_days": "3", "value_unit": "calendar", "valid_from": str(today), "note": "x"})
        version = PolicyVersion.objects.get(note="x")
        client.post(reverse("accounts:policy_submit", args=[version.pk]))
        assert client.post(reverse("accounts:policy_approve", args=[version.pk])).status_code == 403
        version.refresh_from_db()
        assert version.status == "submitted"

    @pytest.mark.parametrize("role", [Role.COLLECTION_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
    def test_others_only_look(self, client, enter, role):
        enter(role)
        assert client.get(reverse("accounts:policy_list")).status_code == 200
        page = client.get(reverse("accounts:policy_kind", args=["feed"]))
        assert "Propose a change" not in text(page)
        assert client.get(reverse("accounts:policy_new", args=["feed"])).status_code == 403

    def test_an_unknown_kind_does_not_exist(self, client, enter):
        enter(Role.MANAGER)
        assert client.get(reverse("accounts:policy_kind", args=["nonsense"])).status_code == 404
