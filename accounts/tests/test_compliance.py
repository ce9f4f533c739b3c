"""Facts gathered for a set, permits, the count ledger and the judgement of what happened."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from accounts.compliance.enums import Judgement, Purpose, Rule
from accounts.compliance.models import Permit
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.services import (
    Happened,
    NoAccountNamed,
    ask_permit,
    ask_permits,
    count_contacts,
    give_permits,
    preview,
)
from accounts.contacts.models import ContactAttempt
from accounts.holds.models import Hold
from accounts.ledger.models import AccountParty
from accounts.parties.models import HolidayOverride, Identity, LegalFact
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

# Monday 23 November 2026, 10:42 in Berlin
MORNING = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=made.debtor, value="+493012345678")
    return made


@pytest.fixture
def officer():
    return makers.user()


def ask(account, officer, at=MORNING, channel="call", **more):
    return ask_permit(
        debtor=account.debtor, accounts=[account], channel=channel, at=at, actor=officer, **more
    )


def count_contact(*, contact, actor):
    return count_contacts(contacts=[contact], actor=actor)[0]


def verdict(account, at=MORNING, channel="call"):
    return preview(account_ids=[account.pk], at=at)[account.pk][channel]


def test_a_permit_is_stored_whether_given_or_refused(account, officer):
    given = ask(account, officer)
    refused = ask(account, officer, NIGHT)
    given.refresh_from_db()
    assert given.is_allowed
    assert given.facts["zones"] == ["Europe/Berlin"]
    assert given.facts["counts"]["call attempts 7/7d"] == 0
    assert (refused.is_allowed, refused.rule) == (False, Rule.CONTACT_HOURS)
    # at 9 in Berlin: where nobody wrote a profile, the strictest of all binds
    assert refused.next_moment == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert refused.facts["laws"] == ["strict 2025-03-06"]
    assert refused.profile_version is not None or refused.profile == "default"
    codes = AuditRecord.objects.filter(code__startswith="permit.").values_list("code", flat=True)
    assert set(codes) == {"permit.given", "permit.refused"}


def test_who_may_not_contact_gets_no_permit(account):
    with pytest.raises(NotAllowed):
        ask(account, makers.user(role=Role.AUDITOR))
    with pytest.raises(NotAllowed):
        ask(account, makers.user(role=Role.ADMINISTRATOR))


def test_a_permit_names_an_account(account, officer):
    with pytest.raises(NoAccountNamed):
        ask_permit(debtor=account.debtor, accounts=[], channel="call", at=MORNING, actor=officer)


def test_a_permit_cannot_be_changed_afterwards(account, officer):
    refused = ask(account, officer, NIGHT)
    with pytest.raises(Exception, match="append_only"):
        Permit.objects.filter(pk=refused.pk).update(is_allowed=True)


def test_an_attempt_made_here_needs_an_allowed_permit_even_by_sql(account, officer):
    counted = count_contact(
        contact=Happened(account.debtor_id, (account.pk,), "call", MORNING), actor=officer
    )
    with pytest.raises(IntegrityError):
        ContactAttempt.objects.create(
            debtor=account.debtor,
            creditor=account.creditor,
            channel="call",
            direction="out",
            at=MORNING,
            outcome="no_answer",
            officer=officer,
            permit=ask(account, officer, NIGHT),
            counted=counted,
        )


def test_calls_are_counted_over_the_person_whatever_the_creditor(account, officer):
    identity = Identity.objects.create()
    account.debtor.identity = identity
    account.debtor.save()
    elsewhere = makers.account(debtor=makers.debtor(identity=identity))
    for hours in range(1, 8):
        count_contact(
            contact=Happened(
                elsewhere.debtor_id, (elsewhere.pk,), "call", MORNING - timedelta(hours=hours * 2)
            ),
            actor=officer,
        )
    refused = ask(account, officer)
    assert refused.rule == Rule.CAP
    # the oldest try was 14 hours before; seven days after it is 20:42 the evening before, and where
    # nobody wrote a profile the day begins at 9, the strictest of all
    assert refused.next_moment == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def test_a_correction_supersedes_and_does_not_add(account, officer):
    first = count_contact(
        contact=Happened(account.debtor_id, (account.pk,), "call", MORNING - timedelta(hours=1)),
        actor=officer,
    )
    count_contact(
        contact=Happened(
            account.debtor_id,
            (account.pk,),
            "call",
            MORNING - timedelta(hours=2),
            is_inbound=True,
            supersedes=first,
        ),
        actor=officer,
    )
    assert verdict(account).counts[0].used == 0


def test_holds_of_the_account_the_debtor_and_his_merged_records_bind(account, officer):
    twin = makers.debtor(creditor=account.creditor, merged_into=account.debtor)
    for subject in ({"account": account}, {"debtor": account.debtor}, {"debtor": twin}):
        hold = Hold.objects.create(
            scopes=["contact"],
            reason="requested",
            first_day=date(2026, 11, 1),
            placed_by=officer,
            **subject,
        )
        assert verdict(account).rule == Rule.HOLD
        Hold.objects.filter(pk=hold.pk).update(lifted_on=date(2026, 11, 2))
        assert verdict(account).allowed


def test_a_represented_debtor_is_reached_through_his_representative_only(account, officer):
    lawyer = makers.debtor(creditor=account.creditor, name="Weber Law")
    makers.contact_point(debtor=lawyer)
    AccountParty.objects.create(
        account=account, debtor=lawyer, role="representative", valid_from=date(2026, 1, 1)
    )
    Hold.objects.create(
        scopes=["contact"],
        reason="represented",
        first_day=date(2026, 11, 1),
        account=account,
        placed_by=officer,
    )
    assert ask(account, officer).rule == Rule.REPRESENTED

    def ask_lawyer(at=MORNING):
        return ask_permit(debtor=lawyer, accounts=[account], channel="call", at=at, actor=officer)

    assert ask_lawyer().is_allowed
    # where his last day is known he is asked until then, and the debtor from then on
    AccountParty.objects.update(valid_to=MORNING.date() + timedelta(days=7))
    Hold.objects.update(last_day=MORNING.date() + timedelta(days=6))
    assert ask_lawyer().is_allowed
    assert ask(account, officer).rule == Rule.REPRESENTED
    after = MORNING + timedelta(days=7)
    assert ask_lawyer(after).rule == Rule.THIRD_PARTY
    debtor = account.debtor
    assert ask_permit(debtor=debtor, accounts=[account], channel="call", at=after, actor=officer).is_allowed


@pytest.mark.parametrize(
    ("told_on", "judgement"),
    [(date(2026, 11, 2), Judgement.BREACH), (date(2026, 11, 21), Judgement.LAWFUL)],
)
def test_a_lifted_hold_still_bound_on_its_days_once_we_were_told(account, officer, told_on, judgement):
    Hold.objects.create(
        scopes=["contact"],
        reason="requested",
        first_day=date(2026, 11, 1),
        lifted_on=date(2026, 11, 23),
        account=account,
        placed_by=officer,
        recorded_at=datetime.combine(told_on, time(12), UTC),
    )
    happened = Happened(account.debtor_id, (account.pk,), "call", MORNING - timedelta(days=3))
    assert count_contact(contact=happened, actor=officer).judgement == judgement
    assert verdict(account).allowed


def test_a_wrong_number_is_stopped_on_every_record_that_has_it(account):
    stranger = makers.debtor()
    makers.contact_point(
        debtor=stranger,
        value="+493012345678",
        status="wrong_party",
        status_on=date(2026, 11, 20),
    )
    assert verdict(account).rule == Rule.WRONG_PARTY


def test_facts_about_the_person_hold_for_every_creditor(account, officer):
    account.debtor.identity = Identity.objects.create()
    account.debtor.save()
    fact = LegalFact.objects.create(
        identity=account.debtor.identity,
        kind="insolvent",
        effective_date=date(2026, 11, 1),
        actor=officer,
    )
    assert verdict(account).rule == Rule.INSOLVENT
    LegalFact.objects.create(
        identity=account.debtor.identity,
        kind="insolvent",
        effective_date=date(2026, 11, 20),
        ends=fact,
        actor=officer,
    )
    assert verdict(account).allowed


def test_zones_come_from_debtor_address_and_phone(account):
    def zones(debtor):
        (known,) = known_for([Asked(debtor.pk, (), "call", MORNING)])
        return set(known.facts.zones), known.facts.is_zone_known

    assert zones(account.debtor) == ({"Europe/Berlin"}, True)
    perth = makers.debtor(country="AU", time_zone="Australia/Perth")
    makers.contact_point(debtor=perth, value="+61412345678")
    assert zones(perth) == ({"Australia/Perth"}, True)
    moved = makers.debtor(country="DE")
    makers.contact_point(debtor=moved, value="+971505550142")
    assert zones(moved) == ({"Europe/Berlin", "Asia/Dubai"}, True)
    nobody = makers.debtor(country="")
    names, is_known = zones(nobody)
    assert not is_known
    assert "Europe/Berlin" in names


def test_own_wishes_and_the_creditors_holiday_bind(account):
    account.debtor.contact_from = time(17)
    account.debtor.save()
    assert verdict(account).rule == Rule.OWN_HOURS
    HolidayOverride.objects.create(
        creditor=account.creditor, day=date(2026, 11, 23), is_business_day=False, name="Closed"
    )
    assert verdict(account).rule == Rule.PUBLIC_HOLIDAY


def test_an_unreleased_creditor_stops_the_system_but_not_an_officer(officer):
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(released_at=None)))
    makers.contact_point(debtor=account.debtor, kind="email", value="a@b.example")
    assert ask(account, officer, channel="email").is_allowed
    assert ask(account, makers.system(), channel="email").rule == Rule.NOT_RELEASED


def test_a_policy_of_the_creditor_goes_before_the_offices_from_its_day_on(account):
    strict = {"hours": {"call": {"mon": "14:00-15:00"}}}
    makers.policy(
        "contact_rules",
        strict,
        valid_from=date(2026, 11, 23),
        scope_type="creditor",
        scope_id=account.creditor_id,
    )
    assert verdict(account).next_moment == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    assert verdict(account, MORNING - timedelta(days=7)).allowed


@pytest.mark.parametrize(
    ("at", "is_inbound", "judgement"),
    [
        (MORNING, False, Judgement.LAWFUL),
        (NIGHT, False, Judgement.BREACH),
        (NIGHT, True, Judgement.NOT_JUDGED),
    ],
)
def test_what_happened_without_a_permit_is_judged_at_its_time(account, officer, at, is_inbound, judgement):
    contact = Happened(account.debtor_id, (account.pk,), "call", at, is_inbound=is_inbound)
    row = count_contact(contact=contact, actor=officer)
    assert row.judgement == judgement
    found = AuditRecord.objects.filter(code="contact.breach_found", subject_id=row.pk)
    assert found.exists() == (judgement == Judgement.BREACH)


def test_a_set_of_contacts_is_judged_with_its_own_earlier_ones(account, officer):
    tries = [
        Happened(account.debtor_id, (account.pk,), "call", MORNING + timedelta(minutes=n)) for n in range(9)
    ]
    rows = count_contacts(contacts=list(reversed(tries)), actor=officer)
    judged = [row.judgement for row in sorted(rows, key=lambda row: row.at)]
    assert judged == [Judgement.LAWFUL] * 7 + [Judgement.BREACH] * 2


def test_a_number_stopped_later_is_not_held_against_an_earlier_call(account, officer):
    point = makers.contact_point(
        debtor=account.debtor, value="+4930999", status="wrong_party", status_on=date(2026, 11, 20)
    )

    def judged(at):
        happened = Happened(account.debtor_id, (account.pk,), "call", at, point_id=point.pk)
        return count_contact(contact=happened, actor=officer).judgement

    assert judged(MORNING - timedelta(days=5)) == Judgement.LAWFUL
    assert judged(MORNING) == Judgement.BREACH


@pytest.mark.parametrize("number", [1, 30])
def test_a_set_costs_the_same_statements_whatever_its_size(number, officer):
    creditor = makers.creditor()
    accounts = [makers.account(debtor=makers.debtor(creditor=creditor)) for _ in range(number)]
    for account in accounts:
        makers.contact_point(debtor=account.debtor, value=f"+4930{account.pk:07}")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answers = preview(account_ids=[account.pk for account in accounts], at=MORNING)
    assert len(answers) == number
    assert len(captured) == 9
    assert all(answers[account.pk]["call"].allowed for account in accounts)


def test_ask_permits_answers_in_order(account, officer):
    other = makers.account(debtor=makers.debtor())
    requests = [
        Asked(account.debtor_id, (account.pk,), "call", NIGHT),
        Asked(account.debtor_id, (account.pk,), "call", MORNING),
        Asked(other.debtor_id, (other.pk,), "call", MORNING, Purpose.SERVICE),
    ]
    permits = ask_permits(requests=requests, actor=officer)
    assert [permit.rule for permit in permits] == [Rule.CONTACT_HOURS, "", Rule.NO_POINT]
    assert all(permit.pk for permit in permits)


def test_permits_for_a_queue_say_what_ask_permit_says_and_wait_for_the_next_moment(account, officer):
    """Asked in the night: the refusal is kept, and the answer is for the morning."""
    asked = Asked(account.debtor_id, (account.pk,), "call", NIGHT)
    (given,) = give_permits(requests=[asked], wait=timedelta(days=1), actor=officer)
    assert given.is_allowed
    assert given.moment == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    refused, allowed = Permit.objects.order_by("pk")
    assert (refused.is_allowed, refused.next_moment) == (False, given.moment)
    assert (allowed.pk, allowed.moment) == (given.pk, given.moment)
    for stored in (refused, allowed):
        alone = ask_permits(requests=[replace(asked, moment=stored.moment)], actor=officer)[0]
        alone.refresh_from_db()
        for name in ("is_allowed", "rule", "rule_source", "next_moment", "profile", "facts", "account_ids"):
            assert getattr(alone, name) == getattr(stored, name), name


def test_permits_for_a_queue_do_not_wait_longer_than_said(account, officer):
    asked = Asked(account.debtor_id, (account.pk,), "call", NIGHT)
    (given,) = give_permits(requests=[asked], wait=timedelta(minutes=1), actor=officer)
    assert not given.is_allowed
    assert Permit.objects.count() == 1


def test_a_point_that_ends_before_the_later_moment_is_no_way_to_reach_him(account, officer):
    account.debtor.contact_points.update(valid_to=NIGHT.date() + timedelta(days=1))
    asked = Asked(account.debtor_id, (account.pk,), "call", NIGHT)
    (given,) = give_permits(requests=[asked], wait=timedelta(days=2), actor=officer)
    assert (given.is_allowed, given.rule) == (False, Rule.NO_POINT)


def test_every_record_of_a_person_is_found_for_each_of_many_debtors_at_once():
    identity = makers.identity()
    debtors = [makers.debtor(identity=identity if number < 3 else None) for number in range(6)]
    known = known_for([Asked(debtor.pk, (), "call", MORNING) for debtor in debtors])
    same = {debtor.pk for debtor in debtors[:3]}
    assert [row.person_ids for row in known[:3]] == [same] * 3
    assert [row.person_ids for row in known[3:]] == [{debtor.pk} for debtor in debtors[3:]]
