import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError

from accounts.disputes.models import Dispute, DisputeEvidence
from accounts.disputes.queries import evidence_of, open_disputes, waits
from accounts.disputes.rules import may_answer
from accounts.disputes.services import (
    LATE_ANSWER,
    TO_ROUTE,
    AnswerMissing,
    AnswerNotYours,
    DisputeAccountClosed,
    DisputeMoreThanOpen,
    DisputeNamesNothing,
    EvidenceRefused,
    QuestionForNobody,
    add_evidence,
    answer_dispute,
    chase_late_answers,
    raise_dispute,
    route_dispute,
    withdraw_dispute,
)
from accounts.disputes.signals import dispute_resolved
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import balances, open_items
from accounts.ledger.services import close_account
from accounts.position.queries import chaseable_items, positions
from accounts.tasks.models import Task
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers
from collections_app.testing.hang import HANG_SECONDS

MONDAY = date(2026, 3, 2)
pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return makers.account()


@pytest.fixture
def charges(account):
    """300.00 three times, due in January, February and March."""
    return [
        makers.entry(
            account=account,
            amount="300.00",
            value_date=date(2026, month, 1),
            due_date=date(2026, month, 20),
            as_of=MONDAY,
            description=f"Bill {month}",
        )
        for month in (1, 2, 3)
    ]


def opened(account, as_of=MONDAY):
    """(open, contested) of each item of the account that is open."""
    return {
        item.description: (item.open, item.contested)
        for item in open_items([account.pk], as_of=as_of)[account.pk]
    }


def answer(dispute, upheld, *, actor=None, as_of=MONDAY, text="Checked"):
    return answer_dispute(
        dispute=dispute,
        answer=text,
        upheld_amount=Decimal(upheld),
        actor=actor or dispute.asked,
        as_of=as_of,
    )


def test_it_contests_the_named_part_only_and_money_passes_it_by(account, charges):
    makers.dispute(account=account, items=[(charges[0], "120.00")], as_of=MONDAY)
    makers.entry(account=account, amount="300.00", kind="payment", value_date=MONDAY)
    assert opened(account) == {
        "Bill 1": (Decimal("120.00"), Decimal("120.00")),
        "Bill 2": (Decimal("180.00"), 0),
        "Bill 3": (Decimal("300.00"), 0),
    }


def test_upheld_it_is_credited_to_its_own_item(account, charges):
    dispute = makers.dispute(account=account, items=[(charges[1], "120.00")], as_of=MONDAY)
    answer(dispute, "120.00")
    dispute.refresh_from_db()
    assert dispute.status == "upheld"
    assert (dispute.credit_note.kind, dispute.credit_note.source) == ("credit_note", "dispute")
    assert dispute.chase_again_on is None
    assert balances([account.pk], as_of=MONDAY) == {account.pk: Decimal("780.00")}
    assert opened(account)["Bill 1"] == (Decimal("300.00"), 0)
    assert opened(account)["Bill 2"] == (Decimal("180.00"), 0)


def test_rejected_the_original_due_date_stands_and_it_rests_for_some_days(account, charges):
    makers.policy("after_rejection", {"days": 3})
    dispute = makers.dispute(account=account, items=[(charges[0], "120.00")], as_of=MONDAY)
    answer(dispute, "0")
    dispute.refresh_from_db()
    assert (dispute.status, dispute.credit_note) == ("rejected", None)
    assert dispute.chase_again_on == MONDAY + timedelta(days=3)
    assert opened(account)["Bill 1"] == (Decimal("300.00"), 0)
    [item] = [i for i in open_items([account.pk], as_of=MONDAY)[account.pk] if i.description == "Bill 1"]
    assert item.due_date == date(2026, 1, 20)
    demanded = [demand_for(account, MONDAY + timedelta(days=ahead)) for ahead in (0, 2, 3)]
    assert demanded == [Decimal("480.00"), Decimal("480.00"), Decimal("600.00")]


def demand_for(account, day):
    """What a message may demand, which must be the same by item and by account."""
    total = sum((item.demanded for item in chaseable_items([account.pk], as_of=day)[account.pk]), Decimal(0))
    assert positions([account.pk], as_of=day)[account.pk].chaseable == total
    return total


def test_partly_upheld_only_the_rest_rests(account, charges):
    dispute = makers.dispute(
        account=account, items=[(charges[0], "100.00"), (charges[1], "100.00")], as_of=MONDAY
    )
    assert demand_for(account, MONDAY) == Decimal("400.00")
    answer(dispute, "150.00")
    assert demand_for(account, MONDAY) == Decimal("400.00")
    assert demand_for(account, dispute.chase_again_on) == Decimal("450.00")


def test_partly_upheld_goes_to_the_oldest_disputed_items_first(account, charges):
    dispute = makers.dispute(
        account=account, items=[(charges[2], "100.00"), (charges[1], "100.00")], as_of=MONDAY
    )
    assert dispute.amount == Decimal("200.00")
    answer(dispute, "150.00")
    assert dispute.status == "partly_upheld"
    assert {name: open_ for name, (open_, _c) in opened(account).items()} == {
        "Bill 1": Decimal("300.00"),
        "Bill 2": Decimal("200.00"),
        "Bill 3": Decimal("250.00"),
    }


def test_two_disputes_of_one_item_add_up_and_end_apart(account, charges):
    first = makers.dispute(account=account, items=[(charges[0], "100.00")], as_of=MONDAY)
    second = makers.dispute(account=account, items=[(charges[0], "50.00")], as_of=MONDAY)
    assert opened(account)["Bill 1"] == (300, 150)
    withdraw_dispute(dispute=first, reason="He pays", actor=makers.user(), as_of=MONDAY)
    assert opened(account)["Bill 1"] == (300, 50)
    answer(second, "50")
    assert opened(account)["Bill 1"] == (250, 0)


def test_no_more_than_is_open_and_undisputed(account, charges):
    makers.dispute(account=account, items=[(charges[0], "250.00")], as_of=MONDAY)
    for wrong in ("50.01", "300.00"):
        with pytest.raises(DisputeMoreThanOpen) as refusal:
            makers.dispute(account=account, items=[(charges[0], wrong)], as_of=MONDAY)
        assert refusal.value.field == "items"
    makers.dispute(account=account, items=[(charges[0], "50.00")], as_of=MONDAY)


@pytest.mark.parametrize("amount", ["0", "-1", "1.005"])
def test_amounts_that_are_none(account, charges, amount):
    with pytest.raises(DisputeNamesNothing):
        makers.dispute(account=account, items=[(charges[0], amount)], as_of=MONDAY)


def test_what_else_is_refused(account, charges):
    clerk = makers.department_user(makers.department())
    department = clerk.department_memberships.get().department
    officer = makers.user()
    base = {
        "account": account,
        "items": [(charges[0], Decimal("1.00"))],
        "reason": "amount",
        "statement": "",
        "department": department,
        "asked": clerk,
        "question": "Is it right?",
        "actor": officer,
        "as_of": MONDAY,
    }
    foreign = makers.entry(account=makers.account(), amount="5.00", value_date=MONDAY)
    payment = makers.entry(account=account, amount="5.00", kind="payment", value_date=MONDAY)
    for wrong, refusal in (
        ({"items": []}, DisputeNamesNothing),
        ({"items": [(foreign, Decimal(1))]}, DisputeNamesNothing),
        ({"items": [(payment, Decimal(1))]}, DisputeNamesNothing),
        ({"asked": None}, QuestionForNobody),
        ({"asked": makers.user()}, QuestionForNobody),
        ({"question": " "}, QuestionForNobody),
        ({"actor": clerk}, NotAllowed),
        ({"actor": makers.user(role=Role.AUDITOR)}, NotAllowed),
    ):
        with pytest.raises(refusal):
            raise_dispute(**{**base, **wrong})
    assert not Dispute.objects.exists()


def test_a_closed_account_is_not_disputed():
    account = makers.account()
    charge = makers.entry(account=account, amount="5.00", value_date=MONDAY)
    makers.entry(account=account, amount="5.00", kind="payment", value_date=MONDAY)
    close_account(account=account, reason="Paid", actor=makers.system(), as_of=MONDAY)
    with pytest.raises(DisputeAccountClosed):
        makers.dispute(account=account, items=[(charge, "1.00")], as_of=MONDAY)


def test_the_clock_is_the_departments_own_days_in_business_days(account, charges):
    clerk = makers.department_user(makers.department(answer_days=5))
    dispute = makers.dispute(account=account, items=[(charges[0], "1.00")], asked=clerk, as_of=MONDAY)
    assert dispute.answer_due == date(2026, 3, 9)


class TestWhoAnswers:
    @pytest.fixture
    def dispute(self, account, charges):
        return makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)

    @pytest.mark.parametrize("role", sorted(Role))
    def test_nobody_else_whatever_his_role(self, dispute, role):
        if role == Role.SYSTEM:
            other = makers.system()
        else:
            other = makers.user(role=role)
        with pytest.raises(AnswerNotYours):
            answer(dispute, "0", actor=other)

    def test_nor_a_colleague_of_the_department(self, dispute):
        colleague = makers.user(role=Role.DEPARTMENT_USER)
        dispute.department.memberships.create(user=colleague, valid_from=makers.LONG_AGO)
        with pytest.raises(AnswerNotYours):
            answer(dispute, "0", actor=colleague)

    def test_but_his_deputy_on_the_days_of_the_absence(self, dispute):
        deputy = makers.user(role=Role.DEPARTMENT_USER)
        makers.absence(dispute.asked, deputy, MONDAY, MONDAY)
        assert not may_answer(deputy, dispute, MONDAY + timedelta(days=1))
        answer(dispute, "0", actor=deputy)
        assert dispute.answered_by == deputy

    def test_never_the_one_who_raised_it_even_as_deputy(self, account, charges):
        officer = makers.user()
        dispute = makers.dispute(account=account, items=[(charges[0], "10.00")], actor=officer, as_of=MONDAY)
        makers.absence(dispute.asked, officer, MONDAY, MONDAY)
        with pytest.raises(AnswerNotYours):
            answer(dispute, "10.00", actor=officer)

    def test_once(self, dispute):
        answer(dispute, "0")
        with pytest.raises(StatusHasMoved):
            answer(Dispute.objects.get(pk=dispute.pk), "10.00")
        assert not LedgerEntry.objects.filter(kind="credit_note").exists()

    @pytest.mark.parametrize("upheld, text", [("10.01", "x"), ("-1", "x"), ("1.005", "x"), ("1", " ")])
    def test_with_words_and_within_the_amount(self, dispute, upheld, text):
        with pytest.raises(AnswerMissing):
            answer(dispute, upheld, text=text)


def test_without_a_department_a_task_asks_for_the_routing(account, charges):
    officer, clerk = makers.user(), makers.department_user(makers.department())
    team = makers.team()
    account = type(account).objects.get(pk=account.pk)
    account.team = team
    account.save()
    dispute = raise_dispute(
        account=account,
        items=[(charges[0], Decimal("5.00"))],
        reason="quality",
        statement="Bad",
        actor=officer,
        as_of=MONDAY,
    )
    task = Task.objects.get(kind=TO_ROUTE)
    assert (task.subject_id, task.team, task.role) == (dispute.pk, team, "senior_officer")
    with pytest.raises(AnswerNotYours):
        answer(dispute, "0", actor=clerk)
    route_dispute(
        dispute=dispute,
        department=clerk.department_memberships.get().department,
        asked=clerk,
        question="Was it bad?",
        actor=officer,
        as_of=MONDAY,
    )
    assert Task.objects.get(pk=task.pk).status == "done"
    answer(Dispute.objects.get(pk=dispute.pk), "5.00")


def test_withdrawn_by_an_officer_with_a_reason(account, charges):
    dispute = makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)
    with pytest.raises(Refused):
        withdraw_dispute(dispute=dispute, reason="", actor=makers.user(), as_of=MONDAY)
    with pytest.raises(NotAllowed):
        withdraw_dispute(dispute=dispute, reason="?", actor=dispute.asked, as_of=MONDAY)
    withdraw_dispute(dispute=dispute, reason="He found it", actor=makers.user(), as_of=MONDAY)
    assert opened(account)["Bill 1"] == (300, 0)
    assert open_disputes([account.pk]) == {account.pk: []}


def test_late_answers_raise_one_task_each(account, charges):
    dispute = makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)
    due = dispute.answer_due
    assert chase_late_answers(as_of=due, actor=makers.system()) == []
    late = due + timedelta(days=1)
    made = chase_late_answers(as_of=late, actor=makers.system())
    assert chase_late_answers(as_of=late, actor=makers.system()) == []
    assert Task.objects.get(pk__in=made).kind == LATE_ANSWER
    answer(dispute, "0", as_of=late)
    assert Task.objects.get(pk__in=made).status == "done"


def test_waiting_time_of_departments(account, charges):
    first = makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)
    makers.dispute(account=account, items=[(charges[1], "10.00")], asked=first.asked, as_of=MONDAY)
    answer(first, "0", as_of=MONDAY + timedelta(days=4))
    [wait] = waits(as_of=MONDAY + timedelta(days=30), since=MONDAY)
    assert (wait.waiting, wait.late, wait.longest_days) == (1, 1, 30)
    assert (wait.answered, wait.average_days) == (1, Decimal("4.0"))


def test_evidence_is_read_by_the_asked_and_by_who_sees_the_account(charges, account):
    team = makers.team()
    type(account).objects.filter(pk=account.pk).update(team=team)
    dispute = makers.dispute(
        account=account,
        items=[(charges[0], "10.00")],
        evidence=[("photo.txt", b"the meter says 12")],
        actor=makers.user(),
        as_of=MONDAY,
    )
    [file] = evidence_of(dispute)
    readers = {
        dispute.asked: True,
        makers.teammate(team=team): True,
        makers.teammate(team=makers.team()): False,
        makers.department_user(makers.department()): False,
        makers.user(role=Role.AUDITOR): True,
        makers.user(role=Role.ADMINISTRATOR): False,
    }
    assert {reader: documents.may_read(reader, file) for reader in readers} == readers


def test_the_news_names_the_account(account, charges):
    heard = []

    def hear(sender, account_ids, dispute_ids, **kwargs):
        heard.append((account_ids, dispute_ids))

    dispute_resolved.connect(hear)
    dispute = makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)
    answer(dispute, "0")
    dispute_resolved.disconnect(hear)
    assert heard == [([account.pk], [dispute.pk])]


@pytest.mark.django_db(transaction=True)
def test_two_browsers_answer_one_dispute():
    account = makers.account()
    charge = makers.entry(account=account, amount="300.00", value_date=MONDAY)
    dispute = makers.dispute(account=account, items=[(charge, "100.00")], as_of=MONDAY)
    asked, outcomes, gate = dispute.asked, [], threading.Barrier(2)

    def send(upheld):
        try:
            gate.wait(HANG_SECONDS)
            answer(Dispute.objects.get(pk=dispute.pk), upheld, actor=asked)
            outcomes.append("answered")
        except StatusHasMoved:
            outcomes.append("too late")
        finally:
            connection.close()

    browsers = [threading.Thread(target=send, args=(upheld,)) for upheld in ("100.00", "40.00")]
    for browser in browsers:
        browser.start()
    for browser in browsers:
        browser.join(HANG_SECONDS)
    assert sorted(outcomes) == ["answered", "too late"]
    resolved = Dispute.objects.get(pk=dispute.pk)
    note = LedgerEntry.objects.get(kind="credit_note")
    assert note.amount == resolved.upheld_amount in {Decimal(100), Decimal(40)}


def test_what_was_open_on_a_past_day(account, charges):
    dispute = makers.dispute(account=account, items=[(charges[0], "10.00")], as_of=MONDAY)
    answer(dispute, "0", as_of=MONDAY + timedelta(days=3))
    on = [
        len(open_disputes([account.pk], as_of=MONDAY + timedelta(days=ahead))[account.pk])
        for ahead in (-1, 0, 2, 3)
    ]
    assert on == [0, 1, 1, 0]


@pytest.fixture
def routed(account, charges):
    """An open dispute of a team's account, put to a department."""
    team = makers.team()
    type(account).objects.filter(pk=account.pk).update(team=team)
    dispute = makers.dispute(
        account=account, items=[(charges[0], "10.00")], actor=makers.user(), as_of=MONDAY
    )
    return team, dispute


def add(dispute, actor, as_of=MONDAY, **changes):
    fields = {"filename": "note.txt", "content": b"delivered on Friday", "kind": "delivery", "note": "signed"}
    return add_evidence(dispute=dispute, actor=actor, as_of=as_of, **fields | changes)


def test_documents_are_added_by_the_office_and_by_the_asked(routed):
    team, dispute = routed
    officer, deputy = makers.teammate(team=team), makers.department_user(dispute.department)
    add(dispute, officer, dated=MONDAY)
    add(dispute, dispute.asked, filename="photo.txt", kind="photo")
    with pytest.raises(NotAllowed):
        add(dispute, deputy)
    makers.absence(dispute.asked, deputy, MONDAY, MONDAY)
    add(dispute, deputy, filename="more.txt")
    found = evidence_of(dispute)
    assert [(file.owner, file.dispute_evidence.kind) for file in found] == [
        (officer, "delivery"),
        (dispute.asked, "photo"),
        (deputy, "delivery"),
    ]
    assert documents.may_read(officer, found[1])
    assert documents.may_read(dispute.asked, found[0])
    records = AuditRecord.objects.filter(code="dispute.evidence_added", subject_id=dispute.pk)
    assert [record.actor for record in records.order_by("id")] == [officer, dispute.asked, deputy]


@pytest.mark.parametrize("role", [Role.COLLECTION_OFFICER, Role.DEPARTMENT_USER, Role.AUDITOR])
def test_others_add_nothing(routed, role):
    _team, dispute = routed
    with pytest.raises(NotAllowed):
        add(dispute, makers.user(role=role))
    assert not evidence_of(dispute).exists()


def test_a_document_is_of_a_day_that_has_come_and_the_dispute_is_open(routed):
    team, dispute = routed
    officer = makers.teammate(team=team)
    with pytest.raises(EvidenceRefused):
        add(dispute, officer, dated=MONDAY + timedelta(days=1))
    answer(dispute, "0")
    with pytest.raises(EvidenceRefused):
        add(dispute, officer)


def test_what_a_document_is_stays_and_goes_with_its_file(routed):
    team, dispute = routed
    added = add(dispute, makers.teammate(team=team))
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        DisputeEvidence.objects.filter(pk=added.pk).update(note="other")
    added.file.delete()
    assert not DisputeEvidence.objects.exists()
