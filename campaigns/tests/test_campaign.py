"""A campaign from segment to notices: who may, what is frozen, where members stand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.http import QueryDict

from accounts.contacts.models import ContactAttempt
from accounts.payments.services import post_payment
from accounts.position.filtersets import AccountFilterSet
from campaigns.campaign.enums import CampaignStatus, MemberStatus
from campaigns.campaign.models import Campaign
from campaigns.campaign.notices import (
    CampaignNotRunning,
    ResultAlreadyKnown,
    open_round,
    print_round,
    record_result,
)
from campaigns.campaign.queries import (
    audience_of,
    member_statuses,
    notice_counts,
    progress_of,
    segment_in_words,
)
from campaigns.campaign.services import (
    DaysOutOfOrder,
    ListHasChanged,
    approve_campaign,
    save_activity,
    submit_campaign,
)
from campaigns.tests import making
from collections_app.core import clock, documents, pdf
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def creditor(team):
    return makers.creditor(teams=[team])


def an_account(creditor, team, **fields):
    return makers.account(debtor=makers.debtor(creditor=creditor), team=team, **fields)


def test_the_maker_never_approves_and_the_approver_freezes_what_he_saw(creditor, team):
    account, as_of = an_account(creditor, team), clock.today()
    maker = makers.user(role=Role.MANAGER)
    campaign = making.campaign(account=account, status="submitted", maker=maker)
    seen = audience_of(campaign, as_of=as_of).content_hash
    with pytest.raises(NotAllowed):
        approve_campaign(campaign=campaign, seen_hash=seen, actor=maker, as_of=as_of)
    boss = makers.user(role=Role.MANAGER)
    makers.entry(account=account, amount="20", value_date=as_of, kind="payment")
    with pytest.raises(ListHasChanged):
        approve_campaign(campaign=campaign, seen_hash=seen, actor=boss, as_of=as_of)
    seen = audience_of(campaign, as_of=as_of).content_hash
    approve_campaign(campaign=campaign, seen_hash=seen, actor=boss, as_of=as_of)
    campaign.refresh_from_db()
    [member] = campaign.members.all()
    assert (campaign.status, campaign.content_hash) == (CampaignStatus.APPROVED, seen)
    assert (member.frozen_overdue, member.frozen_balance) == (Decimal("100"), Decimal("100"))


def test_an_officer_can_neither_plan_nor_approve(creditor, team):
    campaign = making.campaign(account=an_account(creditor, team))
    officer = makers.teammate(team=team)
    with pytest.raises(NotAllowed):
        submit_campaign(campaign=campaign, actor=officer, as_of=clock.today())
    assert list(Campaign.objects.visible_to(officer)) == [campaign]
    assert not Campaign.objects.visible_to(makers.teammate(team=makers.team())).exists()


def test_a_campaign_without_a_team_is_no_trace_of_another_creditor(creditor, team):
    account = an_account(creditor, team)
    senior = makers.teammate(team=team, role=Role.SENIOR_OFFICER)
    campaign = making.campaign(account=account, status="running", maker=senior)
    other = makers.team()
    makers.creditor(teams=[other])
    stranger, colleague = makers.teammate(team=other), makers.teammate(team=team)
    for fields in ({"creditor": creditor}, {"creditor": None}):
        Campaign.objects.filter(pk=campaign.pk).update(team=None, **fields)
        assert not Campaign.objects.visible_to(stranger).exists()
        assert Campaign.objects.visible_to(colleague).exists()
        assert Campaign.objects.visible_to(senior).exists()


def test_the_segment_knows_the_words_that_the_worklist_adds_to_the_list(creditor, team):
    as_of = clock.today()
    account = an_account(creditor, team)
    campaign = making.campaign(account=account, segment="no_next_action=false&q=Debtor")
    assert audience_of(campaign, as_of=as_of).count == 1
    campaign.segment = "no_next_action=true"
    assert audience_of(campaign, as_of=as_of).count == 0
    words = segment_in_words("q=Tower&overdue_min=500", user=campaign.made_by, as_of=as_of)
    assert words == ["Search: Tower", "Overdue: from 500"]


def test_the_segment_is_the_account_lists_own_filters(creditor, team):
    account = an_account(creditor, team)
    campaign = making.campaign(account=account, segment="age=31-60&overdue_min=100")
    assert audience_of(campaign, as_of=clock.today()).account_ids == (account.pk,)
    campaign.segment = "overdue_min=500"
    assert audience_of(campaign, as_of=clock.today()).count == 0
    assert AccountFilterSet(QueryDict(campaign.segment)).is_valid()


def test_each_member_has_one_status_and_they_sum_to_the_members(creditor, team):
    as_of = clock.today()
    accounts = [an_account(creditor, team) for _number in range(7)]
    for account in accounts[1:]:
        makers.entry(
            account=account, amount="120", value_date=as_of - timedelta(days=60),
            due_date=as_of - timedelta(days=40), as_of=as_of,
        )  # fmt: skip
    for account in accounts[:6]:
        makers.contact_point(debtor=account.debtor)
    campaign = making.campaign(account=accounts[0], status="running")

    def pay(account, amount):
        post_payment(
            account=account, amount=Decimal(amount), value_date=as_of, method="cash",
            actor=makers.system(), as_of=as_of,
        )  # fmt: skip

    pay(accounts[0], "120")
    pay(accounts[1], "50")
    makers.hold(account=accounts[2], first_day=as_of, as_of=as_of)
    pay(accounts[2], "10")
    makers.open_promise(accounts[3], due=as_of + timedelta(days=3))
    charge = accounts[4].entries.get(kind="charge")
    makers.dispute(account=accounts[4], items=[(charge, Decimal("30"))], as_of=as_of)
    pay(accounts[4], "10")
    members = {member.account_id: member.pk for member in campaign.members.all()}
    found = member_statuses(campaign, as_of=as_of, member_ids=members.values())
    assert [found[members[account.pk]] for account in accounts] == [
        MemberStatus.PAID_IN_FULL, MemberStatus.PART_PAID, MemberStatus.WITHHELD, MemberStatus.PROMISED,
        MemberStatus.DISPUTED, MemberStatus.NOT_TRIED, MemberStatus.UNREACHABLE,
    ]  # fmt: skip
    progress = progress_of(campaign, as_of=as_of)
    assert sum(progress.counts.values()) == progress.members == 7
    assert progress.withheld_paid == 1


def test_what_follows_an_activity_moves_with_it(creditor, team):
    campaign = making.campaign(account=an_account(creditor, team))
    start = campaign.starts_on
    first = making.activity(campaign=campaign, title="Letters", ends_on=start + timedelta(days=2))
    second = making.activity(
        campaign=campaign,
        title="Calls",
        after=first,
        starts_on=start + timedelta(days=3),
        ends_on=start + timedelta(days=5),
    )
    fields = {"title": "Letters", "campaign": campaign, "activity": first, "actor": makers.system(),
              "as_of": clock.today()}  # fmt: skip
    save_activity(**fields, starts_on=start, ends_on=start + timedelta(days=6))
    second.refresh_from_db()
    assert (second.starts_on, second.ends_on) == (start + timedelta(days=7), start + timedelta(days=9))
    with pytest.raises(DaysOutOfOrder):
        save_activity(**fields, starts_on=start, ends_on=start - timedelta(days=1))


MIDDAY = datetime(2026, 9, 9, 10, 30, tzinfo=UTC)


@time_machine.travel(MIDDAY, tick=False)
def test_notices_go_to_permitted_doors_in_route_order_and_come_back_once(creditor, team):
    as_of = clock.today()
    accounts = [an_account(creditor, team, number=f"N-{number}") for number in range(4)]
    for account in accounts[1:]:
        makers.entry(
            account=account, amount="120", value_date=as_of - timedelta(days=60),
            due_date=as_of - timedelta(days=40), as_of=as_of,
        )  # fmt: skip
    for account, unit in zip(accounts[:3], ("12", "3", "7"), strict=True):
        makers.contact_point(
            debtor=account.debtor, kind="address", value=f"Tower {unit}", building="Tower", unit=unit,
            area="Marina", city="Berlin", country="DE",
        )  # fmt: skip
    makers.hold(account=accounts[2], first_day=as_of, as_of=as_of)
    manager = makers.user(role=Role.MANAGER)
    waiting = making.campaign(account=accounts[0], status="approved", maker=manager)
    with pytest.raises(CampaignNotRunning):
        open_round(campaign=waiting, actor=manager, as_of=as_of, at=MIDDAY)
    Campaign.objects.filter(pk=waiting.pk).update(status=CampaignStatus.RUNNING)
    made, left_out = open_round(campaign=waiting, actor=manager, as_of=as_of, at=MIDDAY)
    doors = list(made.notices.order_by("route_order").values_list("address__unit", "permit__is_allowed"))
    assert doors == [("3", True), ("12", True)]
    assert sorted(row.account for row in left_out) == ["N-2", "N-3"]
    print_round(notice_round=made, actor=manager, as_of=as_of)
    assert pdf.page_count(documents.read(made.notices_file)) == 2
    notice = made.notices.first()
    record_result(notice=notice, result="delivered", actor=manager, at=MIDDAY)
    attempt = ContactAttempt.objects.get(channel="visit")
    assert (attempt.permit, attempt.outcome) == (notice.permit, "delivered")
    counts = notice_counts(waiting)
    assert (counts.delivered, counts.pending, counts.failed, counts.none) == (1, 1, 0, 2)
    assert sorted(reason for _account, reason in made.left_out) == ["no_address", "settled"]
    with pytest.raises(ResultAlreadyKnown):
        record_result(notice=notice, result="vacant", actor=manager, at=MIDDAY)
