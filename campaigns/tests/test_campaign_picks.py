"""Accounts added to a campaign from the account list, by hand."""

import pytest
from django.urls import reverse

from campaigns.campaign.models import Campaign
from campaigns.campaign.queries import audience_of
from campaigns.campaign.services import (
    CampaignNotOpen,
    NobodySelected,
    add_accounts,
    approve_campaign,
    submit_campaign,
    take_out,
)
from campaigns.tests import making
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
ADD = "campaigns:campaign_add_accounts"


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def creditor(team):
    return makers.creditor(teams=[team])


@pytest.fixture
def senior(team):
    return makers.teammate(team=team, role=Role.SENIOR_OFFICER)


def overdue(creditor, team, amount="120"):
    account = makers.account(debtor=makers.debtor(creditor=creditor), team=team)
    as_of = clock.today()
    makers.entry(account=account, amount=amount, value_date=as_of, due_date=account.opened_date, as_of=as_of)
    return account


def add(client, user, accounts, **fields):
    client.force_login(user)
    return client.post(
        reverse(ADD), {"ids": [account.pk for account in accounts], "_chosen": "1"} | fields, follow=True
    )


def new_one(**fields):
    return {"name": "By hand", "starts_on": "2026-11-23", "ends_on": "2026-12-18"} | fields


def test_a_new_campaign_from_ticked_accounts_has_them_and_no_others(client, creditor, team, senior):
    picked, other = [overdue(creditor, team) for _number in range(2)], overdue(creditor, team)
    settled = makers.account(debtor=makers.debtor(creditor=creditor), team=team)
    answer = add(client, senior, [*picked, settled], **new_one())
    assert "2 accounts added to By hand." in answer.content.decode()
    campaign, as_of = Campaign.objects.get(), clock.today()
    assert campaign.is_by_hand
    audience = audience_of(campaign, as_of=as_of)
    assert audience.account_ids == tuple(account.pk for account in picked)
    assert other.number not in answer.content.decode()
    submit_campaign(campaign=campaign, actor=senior, as_of=as_of)
    boss = makers.user(role=Role.MANAGER)
    approve_campaign(campaign=campaign, seen_hash=audience.content_hash, actor=boss, as_of=as_of)
    assert set(campaign.members.values_list("account", flat=True)) == set(audience.account_ids)
    with pytest.raises(CampaignNotOpen):
        add_accounts(campaign=campaign, account_ids=[other.pk], actor=senior, as_of=as_of)


def test_accounts_join_what_the_segment_selects_once_and_can_be_taken_out(client, creditor, team, senior):
    as_of, big, small = clock.today(), overdue(creditor, team, "900"), overdue(creditor, team, "15")
    campaign = making.campaign(account=big, segment="overdue_min=500", maker=senior)
    assert audience_of(campaign, as_of=as_of).account_ids == (big.pk,)
    for expected in ("1 account added", "0 accounts added"):
        answer = add(client, senior, [small], campaign=campaign.pk)
        assert expected in answer.content.decode()
    assert set(audience_of(campaign, as_of=as_of).account_ids) == {big.pk, small.pk}
    record = AuditRecord.objects.get(code="campaign.accounts_added")
    assert (record.actor, record.after["campaign"], record.after["ids"]) == (
        senior, campaign.pk, [small.pk],
    )  # fmt: skip
    client.post(reverse("campaigns:campaign_take_out", args=[campaign.pk]), {"account": small.pk})
    assert audience_of(campaign, as_of=as_of).account_ids == (big.pk,)
    assert AuditRecord.objects.filter(code="campaign.account_taken_out").count() == 1


def test_nobody_adds_what_is_not_his_or_not_the_campaigns(client, creditor, team, senior):
    as_of, account = clock.today(), overdue(creditor, team)
    campaign = making.campaign(account=account, maker=senior)
    foreign = overdue(makers.creditor(), makers.team())
    with pytest.raises(NobodySelected):
        add_accounts(campaign=campaign, account_ids=[foreign.pk], actor=senior, as_of=as_of)
    officer = makers.teammate(team=team)
    with pytest.raises(NotAllowed):
        add_accounts(campaign=campaign, account_ids=[account.pk], actor=officer, as_of=as_of)
    with pytest.raises(NotAllowed):
        take_out(campaign=campaign, account_id=account.pk, actor=officer)
    client.force_login(officer)
    assert client.post(reverse(ADD), {"ids": [account.pk], "_chosen": "1"}).status_code == 403
    assert "Add to campaign" not in client.get(reverse("accounts:account_list")).content.decode()
    elsewhere = making.campaign(account=overdue(makers.creditor(), makers.team()))
    answer = add(client, senior, [account], campaign=elsewhere.pk)
    assert answer.status_code == 422
    assert not campaign.picks.exists()


def test_a_new_campaign_says_what_it_needs(client, creditor, team, senior):
    account = overdue(creditor, team)
    answer = add(client, senior, [account], **new_one(name="", ends_on=""))
    assert set(answer.context["form"].errors) == {"name", "ends_on"}
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("number", [1, 30])
def test_adding_costs_the_same_for_one_and_thirty(
    client, creditor, team, senior, number, django_assert_max_num_queries
):
    accounts = [overdue(creditor, team) for _number in range(number)]
    campaign = making.campaign(account=accounts[0], segment="overdue_min=99999", maker=senior)
    client.force_login(senior)
    with django_assert_max_num_queries(22):
        client.post(
            reverse(ADD),
            {"ids": [account.pk for account in accounts], "_chosen": "1", "campaign": campaign.pk},
        )
    assert campaign.picks.count() == number
