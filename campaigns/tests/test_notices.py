"""Formal notices: what they must say, when they count as served, and that none comes before its day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.ledger.models import AccountParty
from accounts.parties.models import ContactPoint
from accounts.policies.kinds import KINDS
from accounts.policies.notices import FIELDS, NOTICE_KINDS, SERVICE_METHODS
from accounts.tasks.models import Task
from campaigns.correspondence.enums import NoticeKind
from campaigns.correspondence.placeholders import PLACEHOLDERS
from campaigns.correspondence.services import approve_text, submit_text
from campaigns.correspondence.texts import TextNotAllowed
from campaigns.notices.enums import ServiceMethod
from campaigns.notices.giving import give_notice
from campaigns.notices.models import FormalNotice
from campaigns.notices.rules import NoticeRefused, PrematureNotice, service_clock
from campaigns.notices.services import enter_by_hand, record_return, record_service
from campaigns.sending.decisions import cancel_message
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.sending.services import send_due
from campaigns.strategies.models import Strategy
from campaigns.strategies.rules import StrategyIncomplete
from campaigns.strategies.services import NewStep, create_strategy, draft_version, save_version
from campaigns.tests import making
from campaigns.treatment.models import Episode, StepRecord
from campaigns.treatment.previewing import who_would_get_what
from campaigns.treatment.services import run_reminders
from collections_app.core.clock import BusinessCalendar, written
from collections_app.core.enums import Role
from collections_app.testing import makers

DUE = date(2026, 8, 3)
DAY = date(2026, 9, 8)  # a Tuesday
pytestmark = pytest.mark.django_db


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def house():
    return makers.creditor(
        released_at=at(DUE),
        released_by=makers.system(),
        sender_phone="+49 30 555 0100",
        payment_instructions="Bank transfer to the account you know",
    )


@pytest.fixture
def account(house):
    debtor = makers.debtor(creditor=house)
    makers.contact_point(debtor=debtor, kind="address", value="Ring 1, 10115 Berlin")
    makers.contact_point(debtor=debtor, kind="email", value="n@example.com")
    account = makers.account(debtor=debtor)
    makers.entry(
        account=account, amount="100.00", value_date=DUE - timedelta(days=14), due_date=DUE, as_of=DAY
    )
    return account


@pytest.fixture
def senior(account):
    return makers.user(role=Role.MANAGER)


def by_hand(account, kind, day, **fields):
    return enter_by_hand(
        accounts=[account],
        kind=kind,
        method=fields.pop("method", "hand"),
        sent_on=day,
        note="Handed over at the door",
        actor=makers.system(),
        as_of=fields.pop("as_of", day),
        **fields,
    )


# ---- the clock ----


def test_the_policy_and_the_texts_speak_of_the_same_fields_kinds_and_methods():
    assert set(FIELDS) <= set(PLACEHOLDERS)
    assert list(NOTICE_KINDS) == NoticeKind.values
    assert list(SERVICE_METHODS) == ServiceMethod.values


VALUES = KINDS["formal_notice"].python(KINDS["formal_notice"].defaults())


def test_a_dubai_notice_of_thirty_days_over_a_public_holiday():
    """Posted on 26 November: five business days on, National Day left out, and then thirty days in full."""
    calendar = BusinessCalendar("AE")
    clock = service_clock(
        VALUES, kind="pre_legal", method="post", sent_on=date(2026, 11, 26), calendar=calendar
    )
    business = [
        date(2026, 11, 26) + timedelta(days=ahead)
        for ahead in range(1, 30)
        if calendar.is_business_day(date(2026, 11, 26) + timedelta(days=ahead))
    ]
    assert clock.served_on == business[4]
    assert clock.next_step_from > clock.served_on + timedelta(days=30)


@given(
    sent_on=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    kind=st.sampled_from(NOTICE_KINDS),
    method=st.sampled_from(SERVICE_METHODS),
    country=st.sampled_from(["DE", "US", "AE", "GB", "AU", "SA"]),
)
def test_nobody_has_less_than_his_days(sent_on, kind, method, country):
    calendar = BusinessCalendar(country)
    clock = service_clock(VALUES, kind=kind, method=method, sent_on=sent_on, calendar=calendar)
    wait = timedelta(days=VALUES["wait"][kind])
    assert clock.served_on >= sent_on
    assert clock.next_step_from > clock.served_on + wait
    assert calendar.is_business_day(clock.next_step_from - timedelta(days=1))
    later = service_clock(
        VALUES, kind=kind, method=method, sent_on=sent_on + timedelta(days=1), calendar=calendar
    )
    assert later.next_step_from >= clock.next_step_from


# ---- in order, and not before the day ----


def test_a_second_notice_without_a_first_is_refused(account):
    with pytest.raises(PrematureNotice, match="first notice"):
        by_hand(account, "second", DAY)


def test_a_second_notice_before_its_day_is_refused_with_the_day(account):
    first = by_hand(account, "first", date(2026, 8, 20))
    assert first.served_on == date(2026, 8, 20)
    assert first.next_step_from == date(2026, 9, 4)
    with pytest.raises(PrematureNotice, match="4 Sep 2026"):
        by_hand(account, "second", date(2026, 9, 3))
    assert by_hand(account, "second", date(2026, 9, 4)).kind == "second"


def test_one_that_came_back_does_not_count(account):
    first = by_hand(account, "first", date(2026, 8, 20), method="registered_post")
    record_return(notice=first, note="Unknown at this address", actor=makers.system(), as_of=DAY)
    with pytest.raises(PrematureNotice):
        by_hand(account, "second", DAY + timedelta(days=60))


def test_a_proof_of_service_sets_the_clock_anew(account):
    first = by_hand(account, "first", date(2026, 8, 20), method="post")
    assert first.served_on == date(2026, 8, 27)
    proved = record_service(
        notice=first,
        served_on=date(2026, 9, 1),
        note="Signed receipt",
        actor=makers.system(),
        as_of=DAY,
    )
    assert proved.next_step_from == date(2026, 9, 16)
    with pytest.raises(NoticeRefused):
        record_service(
            notice=proved,
            served_on=DAY + timedelta(days=1),
            note="x",
            actor=makers.system(),
            as_of=DAY,
        )


def test_a_notice_from_before_the_present_arrears_is_about_something_else(account):
    by_hand(account, "first", DUE - timedelta(days=60), as_of=DAY)
    with pytest.raises(PrematureNotice):
        by_hand(account, "second", DAY)


# ---- what it must say ----


def test_a_text_that_leaves_a_field_out_is_not_approved():
    senior = makers.user(role=Role.SENIOR_OFFICER)
    draft = making.text_version(maker=senior, notice="first")
    with pytest.raises(TextNotAllowed, match="how_to_pay"):
        submit_text(version=draft, actor=senior, as_of=DAY)


def test_the_same_text_is_fine_where_it_is_no_notice():
    senior = makers.user(role=Role.SENIOR_OFFICER)
    draft = making.text_version(maker=senior)
    submit_text(version=draft, actor=senior, as_of=DAY)
    draft.refresh_from_db()
    assert approve_text(version=draft, actor=makers.user(role=Role.MANAGER), as_of=DAY)


def test_a_field_that_becomes_mandatory_stops_an_approval():
    senior = makers.user(role=Role.SENIOR_OFFICER)
    draft = making.text_version(
        maker=senior,
        notice="first",
        body="{{ creditor_name }} {{ creditor_phone }} {{ debtor_name }} {{ reference }} {{ total }} "
        "{{ due_date }} {{ pay_by_date }} {{ how_to_pay }} {{ today }}",
    )
    submit_text(version=draft, actor=senior, as_of=DAY)
    values = KINDS["formal_notice"].defaults()
    makers.policy("formal_notice", values | {"mandatory": [*values["mandatory"], "creditor_address"]})
    draft.refresh_from_db()
    with pytest.raises(TextNotAllowed, match="creditor_address"):
        approve_text(version=draft, actor=makers.user(role=Role.MANAGER), as_of=DAY)


# ---- through the outbox ----


def test_a_notice_given_by_letter_begins_its_clock_when_it_is_sent(account, senior):
    message = give_notice(
        accounts=[account],
        kind="first",
        channel="letter",
        pay_within_days=14,
        actor=senior,
        as_of=DAY,
        now=at(DAY),
    )
    assert not FormalNotice.objects.exists()
    making.sent([message.pk])
    notice = FormalNotice.objects.get()
    assert (notice.kind, notice.method, notice.message) == ("first", "post", message)
    assert [line.account_id for line in notice.lines.all()] == [account.pk]
    making.sent([message.pk])
    assert FormalNotice.objects.count() == 1


def test_a_notice_is_not_given_again_while_its_time_runs(account, senior):
    def give(day):
        return give_notice(
            accounts=[account],
            kind="first",
            channel="letter",
            pay_within_days=14,
            actor=senior,
            as_of=day,
            now=at(day),
        )

    notice = by_hand(account, "first", DAY)
    last = notice.next_step_from - timedelta(days=1)
    with pytest.raises(NoticeRefused, match=f"again from {written(notice.next_step_from)} on") as refused:
        give(last)
    assert refused.value.field == "kind"
    record_return(notice=notice, note="spoilt", actor=senior, as_of=DAY)
    queued = give(DAY)
    assert queued.status == MessageStatus.QUEUED
    for beside_it in (lambda: give(DAY + timedelta(days=2)), lambda: by_hand(account, "first", DAY)):
        with pytest.raises(NoticeRefused, match="queued already"):
            beside_it()
    cancel_message(message=queued, note="handed over", actor=senior, now=at(DAY))
    # cancelled, it may be given anew the same day
    cancel_message(message=give(DAY), note="not yet", actor=senior, now=at(DAY))
    second = by_hand(account, "first", DAY)
    with pytest.raises(NoticeRefused, match=f"again from {written(second.next_step_from)} on"):
        by_hand(account, "first", second.next_step_from - timedelta(days=1))
    # entered late, of a day when none ran
    assert by_hand(account, "first", DAY - timedelta(days=1), as_of=DAY)
    assert give(second.next_step_from)


def test_an_ordinary_message_is_no_notice(account):
    making.sent([making.message(account=account).pk])
    assert not FormalNotice.objects.exists()


def test_a_notice_whose_creditor_has_no_telephone_is_not_issued(account, house, mailbox):
    senior = makers.user(role=Role.SENIOR_OFFICER)
    draft = making.text_version(
        maker=senior,
        notice="first",
        body="{{ creditor_name }} {{ creditor_phone }} {{ debtor_name }} {{ reference }} {{ total }} "
        "{{ due_date }} {{ pay_by_date }} {{ how_to_pay }} {{ today }}",
    )
    submit_text(version=draft, actor=senior, as_of=DAY)
    draft.refresh_from_db()
    approve_text(version=draft, actor=makers.user(role=Role.MANAGER), as_of=DAY)
    house.sender_phone = ""
    house.save(update_fields=["sender_phone"])
    message = give_notice(
        accounts=[account],
        kind="first",
        channel="email",
        pay_within_days=14,
        actor=makers.user(role=Role.MANAGER),
        as_of=DAY,
        now=at(DAY),
    )
    send_due(now=at(DAY, 12), limit=10, actor=makers.system())
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert "creditor_phone" in message.reason
    assert not mailbox.to("n@example.com")
    assert not FormalNotice.objects.exists()


def test_a_strategy_waits_for_the_notice_before(account, house):
    """The second notice's step comes while the first one's time runs: the ladder waits, then goes on."""
    version = _notices_strategy(house)
    run = {"actor": makers.system(), "creditor": house}
    begin = DUE + timedelta(days=31)
    run_reminders(as_of=begin, now=at(begin), **run)
    first = Message.objects.get()
    assert first.template_version.template.code == "first-notice"
    making.sent([first.pk])
    notice = FormalNotice.objects.get()
    FormalNotice.objects.filter(pk=notice.pk).update(
        sent_on=begin, served_on=begin, next_step_from=begin + timedelta(days=15)
    )
    for ahead in (4, 14):
        day = begin + timedelta(days=ahead)
        run_reminders(as_of=day, now=at(day), **run)
    assert Message.objects.count() == 1
    waiting = StepRecord.objects.get(account=account, step__code="second")
    assert (waiting.status, waiting.spared) == ("spared", Spared.NOTICE)
    day = begin + timedelta(days=15)
    run_reminders(as_of=day, now=at(day), **run)
    assert Message.objects.count() == 2
    assert version.steps.count() == 2


FIRST = NewStep("first", "First", 1, 30, "letter", "first-notice")
SECOND = NewStep("second", "Second", 2, 33, "letter", "second-notice")


def _notices_strategy(house, *steps, code="notices"):
    maker, leader = makers.user(role=Role.SENIOR_OFFICER), makers.user(role=Role.MANAGER)
    made = Strategy.objects.filter(code=code).first() or create_strategy(
        code=code, name="Notices", actor=maker, creditor=house
    )
    version = draft_version(strategy=made, actor=maker, as_of=DUE)
    version = save_version(version=version, steps=list(steps) or [FIRST, SECOND], actor=maker)
    return making.approved(version, actor=leader, as_of=DUE)


def steps_run(house, day) -> list[str]:
    """The steps whose messages the run of a day queues; they are sent at once."""
    run_reminders(as_of=day, now=at(day), actor=makers.system(), creditor=house)
    queued = Message.objects.filter(status__in=["queued", "deferred"])
    found = list(queued.values_list("step_records__step__code", flat=True))
    making.sent(list(queued.values_list("pk", flat=True)))
    FormalNotice.objects.filter(sent_on=date(2026, 1, 1)).update(
        sent_on=day, served_on=day, next_step_from=day + timedelta(days=15)
    )
    return found


def test_who_comes_in_past_the_first_notice_gets_it_first(account, house):
    _notices_strategy(house)
    begin = DUE + timedelta(days=36)
    assert steps_run(house, begin) == ["first"]
    assert steps_run(house, begin + timedelta(days=14)) == []
    assert steps_run(house, begin + timedelta(days=15)) == ["second"]


def test_who_had_no_address_or_was_moved_past_the_first_notice_gets_it_before_the_second(account, house):
    """Passed by for want of an address it comes once there is one; after a change of version, too."""
    between = NewStep("between", "Between", 1, 31, "email", "friendly")
    _notices_strategy(house, FIRST, between, SECOND)
    address = account.debtor.contact_points.get(kind="address")
    ContactPoint.objects.filter(pk=address.pk).update(status="bad")
    moved = makers.account(debtor=makers.reachable(creditor=house))
    makers.contact_point(debtor=moved.debtor, kind="address", value="Ring 2, 10115 Berlin")
    makers.entry(account=moved, amount="100.00", value_date=DUE, due_date=DUE, as_of=DAY)
    ahead = [DUE + timedelta(days=n) for n in (31, 34, 35)]
    elsewhere = making.strategy_version(creditor=None)
    Episode.objects.create(
        account=moved, first_due_date=DUE, version=elsewhere, began_after=0, reached=32,
        reached_on=DUE + timedelta(days=32),
    )  # fmt: skip
    assert steps_run(house, ahead[0]) == ["between"]
    assert steps_run(house, ahead[1]) == ["first"]
    assert StepRecord.objects.get(account=account, step__code="first").status == "missed"
    ContactPoint.objects.filter(pk=address.pk).update(status="good")
    assert steps_run(house, ahead[2]) == ["first"]
    assert set(
        StepRecord.objects.filter(step__code="first", status="done").values_list("account", flat=True)
    ) == {account.pk, moved.pk}


def test_a_notice_that_came_back_goes_again_once_and_what_rests_on_it_waits(account, house):
    """Returned mail: the address is bad; an e-mail beside the ladder, a later plain step and an escalation
    wait; with a new address it goes again, its clock begins anew, and nothing done is repeated."""
    between = NewStep("between", "Between", 1, 31, "email", "friendly")
    later = NewStep("later", "Later", 2, 40, "email", "friendly")
    handed = NewStep("legal", "Legal", 3, 41, "", "", kind="escalation")
    _notices_strategy(house, FIRST, between, later, handed)
    day = [DUE + timedelta(days=n) for n in range(120)]
    assert steps_run(house, day[30]) == ["first"]
    assert steps_run(house, day[34]) == ["between"]
    first = FormalNotice.objects.get()
    address = first.message.contact_point
    record_return(notice=first, note="Moved", actor=makers.system(), as_of=day[35])
    ContactPoint.objects.filter(pk=address.pk).update(status="bad")
    assert [steps_run(house, day[n]) for n in (36, 41, 50)] == [[], [], []]
    waits = StepRecord.objects.get(account=account, step__code="later")
    assert (waits.status, waits.spared) == ("spared", Spared.NOTICE)
    makers.contact_point(debtor=account.debtor, kind="address", value="Allee 2, 10115 Berlin")
    assert steps_run(house, day[51]) == ["first"]
    again = FormalNotice.objects.exclude(pk=first.pk).get()
    assert again.message.key.endswith("-again-1")
    FormalNotice.objects.filter(pk=again.pk).update(
        sent_on=day[51], served_on=day[56], next_step_from=day[71]
    )
    assert [steps_run(house, day[n]) for n in (52, 60, 70)] == [[], [], []]
    assert steps_run(house, day[71]) == ["later"]
    record = StepRecord.objects.get(account=account, step__code="first")
    assert (record.status, record.message) == ("done", again.message)
    assert not StepRecord.objects.filter(step__code="legal", status="done")
    steps_run(house, day[74])
    assert StepRecord.objects.filter(step__code="legal", status="done").exists()
    assert StepRecord.objects.filter(step__code="between").count() == 1


def test_each_joint_debtor_is_served_before_the_next_notice(account, house, client):
    """Who owes it too gets his own; while his came back nobody's clock is over, and only he gets it again."""
    joint = makers.debtor(creditor=house, name="Jo Beside")
    his = makers.contact_point(debtor=joint, kind="address", value="Weg 9, 10115 Berlin")
    AccountParty.objects.create(account=account, debtor=joint, role="joint_debtor", valid_from=DUE)
    _notices_strategy(house)
    day = [DUE + timedelta(days=n) for n in range(120)]
    run_reminders(as_of=day[31], now=at(day[31]), actor=makers.system(), creditor=house)
    making.sent(list(Message.objects.values_list("pk", flat=True)))
    sent = {row.debtor_id: row for row in FormalNotice.objects.all()}
    assert set(sent) == {account.debtor_id, joint.pk}
    FormalNotice.objects.update(sent_on=day[31], served_on=day[31], next_step_from=day[46])
    FormalNotice.objects.filter(debtor=joint).update(next_step_from=day[60])
    with pytest.raises(PrematureNotice, match=f"{day[60].day} .* for Jo Beside"):
        by_hand(account, "second", day[50])
    FormalNotice.objects.filter(debtor=joint).update(next_step_from=day[46])
    record_return(notice=sent[joint.pk], note="Moved", actor=makers.system(), as_of=day[40])
    ContactPoint.objects.filter(pk=his.pk).update(status="bad")
    with pytest.raises(PrematureNotice, match="Jo Beside, who owes it too"):
        by_hand(account, "second", day[50])
    client.force_login(makers.user(role=Role.MANAGER))
    page = client.get(reverse("campaigns:formal_notice_detail", args=[sent[account.debtor_id].pk]))
    assert "Not served yet" in page.content.decode()
    came_back = reverse("campaigns:formal_notice_detail", args=[sent[joint.pk].pk])
    came_back = client.get(came_back).content.decode()
    assert reverse("campaigns:formal_notice_give", args=[account.pk]) + "?kind=first" in came_back
    by_hand_page = client.get(reverse("campaigns:formal_notice_by_hand", args=[account.pk]))
    assert "Jo Beside" in by_hand_page.content.decode()
    (waits,) = who_would_get_what(house, day[47], now=at(day[47])).rows
    assert (waits.reason, waits.lacking) == (Spared.NOTICE, ["Jo Beside"])
    assert waits.why_spared.endswith(": Jo Beside")
    assert steps_run(house, day[47]) == []
    makers.contact_point(debtor=joint, kind="address", value="Weg 10, 10115 Berlin")
    (gets,) = who_would_get_what(house, day[50], now=at(day[50])).rows
    assert (gets.reason, gets.to) == ("", ["Jo Beside"])
    assert steps_run(house, day[50]) == ["first"]
    assert FormalNotice.objects.filter(kind="first", debtor=account.debtor).count() == 1
    again = FormalNotice.objects.filter(kind="first", debtor=joint).exclude(status="returned").get()
    FormalNotice.objects.filter(pk=again.pk).update(
        sent_on=day[50], served_on=day[50], next_step_from=day[65]
    )
    assert steps_run(house, day[64]) == []
    assert "second" in steps_run(house, day[65])


def test_a_joint_debtor_without_an_address_gets_the_notice_once_he_has_one(account, house):
    """He holds the next one up until then, and somebody looks for his address; the debtor is not given
    the first a second time."""
    joint = makers.debtor(creditor=house, name="Jo Beside")
    makers.contact_point(debtor=joint, kind="email", value="jo@example.com")
    AccountParty.objects.create(account=account, debtor=joint, role="joint_debtor", valid_from=DUE)
    _notices_strategy(house)
    day = [DUE + timedelta(days=n) for n in range(120)]
    assert [steps_run(house, day[n]) for n in (31, 47, 48)] == [["first"], [], []]
    assert Task.objects.get(kind="trace").subject_id == joint.pk
    makers.contact_point(debtor=joint, kind="address", value="Weg 9, 10115 Berlin")
    steps_run(house, day[50])
    steps_run(house, day[51])
    assert sorted(FormalNotice.objects.values_list("debtor", "kind")) == [
        (account.debtor_id, "first"), (joint.pk, "first"),
    ]  # fmt: skip
    assert steps_run(house, day[64]) == []
    assert "second" in steps_run(house, day[66])


def test_a_notice_is_about_no_account_that_lacks_the_one_before(account, house):
    """Two accounts of one debtor, one at the second notice and one at the first: a notice each."""
    later = makers.account(debtor=account.debtor)
    due = DUE + timedelta(days=16)
    makers.entry(account=later, amount="50.00", value_date=due, due_date=due, as_of=DAY)
    _notices_strategy(house)
    day = [DUE + timedelta(days=n) for n in range(60)]
    assert steps_run(house, day[30]) == ["first"]
    assert steps_run(house, day[46]) == ["second"]
    second = FormalNotice.objects.get(kind="second")
    assert [line.account for line in second.lines.all()] == [account]
    assert steps_run(house, day[47]) == ["first"]
    assert FormalNotice.objects.filter(kind="first", lines__account=later).count() == 1


def test_what_was_given_by_hand_is_not_given_again_by_the_ladder(account, house):
    _notices_strategy(house)
    by_hand(account, "first", DUE + timedelta(days=20), as_of=DUE + timedelta(days=20))
    assert steps_run(house, DUE + timedelta(days=31)) == []
    assert StepRecord.objects.get().spared == Spared.GIVEN
    assert steps_run(house, DUE + timedelta(days=36)) == ["second"]
    assert StepRecord.objects.get(step__code="first").status == "missed"


def test_a_strategy_that_never_serves_the_first_notice_is_not_submitted(house):
    with pytest.raises(StrategyIncomplete, match="first notice"):
        _notices_strategy(house, SECOND)


# ---- pages ----


def test_an_officer_gives_a_notice_and_a_senior_records_its_service(client, account):
    manager = makers.user(role=Role.MANAGER)
    client.force_login(manager)
    page = client.get(reverse("campaigns:formal_notice_by_hand", args=[account.pk]))
    assert page.status_code == 200
    done = client.post(
        reverse("campaigns:formal_notice_by_hand", args=[account.pk]),
        {"kind": "second", "method": "hand", "sent_on": "2026-09-08", "note": "x"},
    )
    assert "must come before" in done.content.decode()
    assert not FormalNotice.objects.exists()


@pytest.mark.parametrize("role", [Role.COLLECTION_OFFICER, Role.AUDITOR])
def test_others_are_refused(client, account, role):
    client.force_login(makers.user(role=role))
    address = reverse("campaigns:formal_notice_give", args=[account.pk])
    assert client.get(address).status_code == 403
