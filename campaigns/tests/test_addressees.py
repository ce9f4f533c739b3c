"""Who gets a letter: the representative for the debtor, each joint debtor for himself, in his language."""

from datetime import date, timedelta

import pytest

from accounts.contacts.services import close_trace_not_found
from accounts.holds.services import place_hold
from accounts.ledger.models import AccountParty
from accounts.tasks.models import Task
from campaigns.folder.queries import folder
from campaigns.notices.giving import give_notice
from campaigns.notices.models import FormalNotice
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import Message
from campaigns.sending.printing import print_letters
from campaigns.sending.services import send_due
from campaigns.tests.test_treatment import DUE, at, owing, run
from campaigns.why_not.enums import DayReason
from campaigns.why_not.queries import answer_of
from collections_app.core.enums import Role
from collections_app.testing import makers

DAY = DUE + timedelta(days=1)
pytestmark = pytest.mark.django_db


def party(account, role, *, name, language="", **fields):
    """Another person with an address and an e-mail address of his own, in a role to the account."""
    other = makers.debtor(creditor=account.creditor, name=name, language=language)
    makers.contact_point(debtor=other, kind="email", value=f"{other.pk}@example.com")
    makers.contact_point(debtor=other, kind="address", value=f"Allee {other.pk}, 10117 Berlin")
    AccountParty.objects.create(
        account=account, debtor=other, role=role, valid_from=date(2026, 1, 1), **fields
    )
    return other


def test_the_representative_gets_one_message_about_each_debtor_and_the_debtors_none(mailbox):
    first, second = owing(email="a@example.com"), owing(email="b@example.com")
    lawyer = party(first, "representative", name="Weber Law")
    second.debtor.creditor = second.creditor = first.creditor
    second.debtor.save()
    second.save()
    AccountParty.objects.create(
        account=second, debtor=lawyer, role="representative", valid_from=date(2026, 1, 1)
    )
    place_hold(
        scopes=["contact"], reason="represented", first_day=DUE, account=first, actor=makers.system(),
        as_of=DUE,
    )  # fmt: skip
    run(DAY)
    messages = list(Message.objects.order_by("pk"))
    assert [message.debtor for message in messages] == [lawyer, lawyer]
    assert {message.lines.get().account_id for message in messages} == {first.pk, second.pk}
    assert answer_of(first, now=at(DAY)).reason == DayReason.MESSAGE
    for _turn in range(2):
        send_due(now=at(DAY, 12), limit=10, actor=makers.system())
    sent = mailbox.to(f"{lawyer.pk}@example.com")
    assert len(sent) == Message.objects.filter(status=MessageStatus.SENT).count() >= 1
    named = {first.debtor.name, second.debtor.name}
    for message in Message.objects.filter(status=MessageStatus.SENT):
        owner = message.lines.get().account.debtor
        assert message.body.startswith(f"This concerns {owner.name}.")
        assert not any(name in message.body for name in named - {owner.name})
    assert not mailbox.to("a@example.com")
    assert not mailbox.to("b@example.com")
    filed = folder(debtor=first.debtor, user=makers.user(role=Role.MANAGER))
    assert len(filed) == Message.objects.filter(lines__account=first, status=MessageStatus.SENT).count()


def test_who_stopped_being_a_representative_gets_nothing():
    account = owing()
    party(account, "representative", name="Former Law", valid_to=DUE)
    run(DAY)
    assert Message.objects.get().debtor == account.debtor


def test_each_joint_debtor_gets_his_own_letter_in_his_language():
    account = owing(due=DUE - timedelta(days=29), email="main@example.com")
    other = owing(due=DUE - timedelta(days=29), debtor=account.debtor)
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    wife = party(account, "joint_debtor", name="ليلى", language="ar")
    party(account, "guarantor", name="A guarantor")
    run(DAY)
    main, own = Message.objects.order_by("pk")
    assert (main.debtor, own.debtor) == (account.debtor, wife)
    assert (main.language, own.language) == ("en", "ar")
    assert set(main.lines.values_list("account", flat=True)) == {account.pk, other.pk}
    assert list(own.lines.values_list("account", flat=True)) == [account.pk]
    run(DAY)
    assert Message.objects.count() == 2
    print_letters(now=at(DAY, 12), actor=makers.user(role=Role.MANAGER))
    own.refresh_from_db()
    assert own.status == MessageStatus.SENT
    assert own.body.startswith(f"بشأن: {account.debtor.name}.")


def test_who_owes_it_too_or_stands_for_it_and_is_reached_by_nothing_is_looked_for_once():
    """The account's officer looks; the debtor's message does not wait, and the search is not begun anew."""
    officer = makers.user()
    shared, spoken_for = owing(officer=officer), owing(officer=officer)
    reachable, gone, lawyer = (
        party(shared, "joint_debtor", name="Reachable"),
        party(shared, "joint_debtor", name="Gone"),
        party(spoken_for, "representative", name="Lost Law"),
    )
    reachable.contact_points.filter(kind="email").delete()
    gone.contact_points.update(status="bad")
    lawyer.contact_points.all().delete()
    party(shared, "guarantor", name="A guarantor").contact_points.all().delete()
    run(DAY)
    assert Message.objects.get().debtor == shared.debtor
    tasks = {task.subject_id: task for task in Task.objects.all()}
    assert set(tasks) == {gone.pk, lawyer.pk}
    assert {(task.kind, task.assignee) for task in tasks.values()} == {("trace", officer)}
    assert shared.number in tasks[gone.pk].detail
    assert spoken_for.number in tasks[lawyer.pk].detail
    # not found anywhere: the same officer is asked for each step of the search, then a senior decides
    for _step in range(5):
        for task in Task.objects.filter(kind="trace", status="open"):
            assert task.assignee == officer
            close_trace_not_found(task=task, actor=makers.system(), as_of=DAY)
    assert Task.objects.filter(kind="untraced", status="open").count() == 2
    Task.objects.filter(status="open").update(status="done")
    run(DUE + timedelta(days=7))
    assert not Task.objects.filter(status="open").exists()


def test_a_joint_debtor_in_hardship_gets_the_soft_text_alone():
    account = owing(due=DUE - timedelta(days=29), email="main@example.com")
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    partner = party(account, "joint_debtor", name="Partner")
    case = makers.hardship_case(debtor=partner, as_of=DAY)
    type(case.hold).objects.filter(pk=case.hold_id).update(lifted_on=DAY)
    run(DAY)
    codes = dict(Message.objects.values_list("debtor", "template_version__template__code"))
    assert codes[partner.pk] == "considerate"
    assert codes[account.debtor_id] != "considerate"


def test_a_formal_notice_goes_to_every_joint_debtor():
    account = owing(due=DUE - timedelta(days=29), email="main@example.com")
    creditor = account.creditor
    creditor.sender_phone, creditor.payment_instructions = "+49 30 555 0100", "Bank transfer"
    creditor.save()
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    partner = party(account, "joint_debtor", name="Partner")
    manager = makers.user(role=Role.MANAGER)
    message = give_notice(
        accounts=[account], kind="first", channel="letter", pay_within_days=14, actor=manager,
        as_of=DAY, now=at(DAY),
    )  # fmt: skip
    assert message.debtor == account.debtor
    print_letters(now=at(DAY, 12), actor=manager)
    assert set(FormalNotice.objects.values_list("debtor", flat=True)) == {account.debtor_id, partner.pk}


def test_thanks_go_to_who_represents_him_now_and_to_no_former_one(mailbox):
    account = owing(email="a@example.com")
    old = owing(debtor=makers.reachable(creditor=account.creditor))
    former = party(old, "representative", name="Former Law")
    run(DAY)
    send_due(now=at(DAY, 12), limit=10, actor=makers.system())
    assert {row.debtor for row in Message.objects.all()} == {account.debtor, former}
    lawyer = party(account, "representative", name="Weber Law")
    paid = DAY + timedelta(days=3)
    AccountParty.objects.filter(debtor=former).update(valid_to=paid)
    for one in (account, old):
        makers.entry(account=one, amount="100.00", value_date=paid, kind="payment")
    run(paid)
    thanks = {row.lines.get().account_id: row for row in Message.objects.filter(purpose="service")}
    assert (thanks[account.pk].debtor, thanks[old.pk].debtor) == (lawyer, old.debtor)
    send_due(now=at(paid, 12), limit=10, actor=makers.system())
    thanks[account.pk].refresh_from_db()
    assert thanks[account.pk].body.startswith(f"This concerns {account.debtor.name}.")
    run(paid + timedelta(days=1))
    assert Message.objects.filter(purpose="service").count() == 2
