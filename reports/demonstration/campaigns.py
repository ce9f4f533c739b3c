"""Two campaigns: one that has run for twelve days, one that waits for its approver."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import connection

from campaigns.campaign.enums import ActivityStatus
from campaigns.campaign.models import Campaign
from campaigns.campaign.queries import audience_of
from campaigns.campaign.services import (
    advance_activity,
    approve_campaign,
    save_activity,
    save_campaign,
    start_campaign,
    submit_campaign,
)
from reports.demonstration.office import TIME_ZONE, Office

RUN_DAYS = 12
# title, channel, from, until (days after the start), sign-in name of its owner, how it stands
ACTIVITIES = (
    ("Choose and approve the list", "", -3, 0, "delgado", ActivityStatus.DONE),
    ("Letters", "letter", 1, 5, "amal", ActivityStatus.DONE),
    ("Calls", "call", 5, 16, "amal", ActivityStatus.RUNNING),
    ("Door to door", "visit", 14, 22, "farid", ActivityStatus.PLANNED),
)


def make_campaigns(*, office: Office, as_of: date) -> list[Campaign]:
    """Make both where the book has accounts for them."""
    running = _running(office, as_of)
    waiting = _waiting(office, as_of)
    return [campaign for campaign in (running, waiting) if campaign is not None]


def _running(office: Office, as_of: date) -> Campaign | None:
    users, creditor = office.users, office.creditors["CITYPOWER"]
    begun = as_of - timedelta(days=RUN_DAYS)
    maker, approver = users["delgado"], users["tanaka"]
    campaign = save_campaign(
        actor=maker,
        as_of=begun,
        name="Summer bills, homes",
        purpose="Old household bills: a letter, a call, then a notice at the door.",
        creditor=creditor,
        team=office.teams["Residential"],
        segment=urlencode(
            [("age", "91-180"), ("age", "181-365"), ("officer", users["amal"].pk), ("payer_type", "consumer")]
        ),
        starts_on=begun,
        ends_on=begun + timedelta(days=30),
        owner=users["amal"],
    )
    audience = audience_of(campaign, as_of=as_of)
    if not audience.count:
        campaign.delete()
        return None
    submit_campaign(campaign=campaign, actor=maker, as_of=begun)
    campaign.refresh_from_db()
    approve_campaign(campaign=campaign, seen_hash=audience.content_hash, actor=approver, as_of=as_of)
    campaign.refresh_from_db()
    start_campaign(campaign=campaign, actor=maker, as_of=as_of)
    _date_back(campaign, begun)
    for title, channel, first, last, owner, status in ACTIVITIES:
        activity = save_activity(
            campaign=campaign, actor=maker, as_of=begun, title=title, channel=channel,
            starts_on=max(begun + timedelta(days=first), begun - timedelta(days=3)),
            ends_on=begun + timedelta(days=last), owner=users[owner], team=campaign.team,
        )  # fmt: skip
        if status != ActivityStatus.PLANNED:
            advance_activity(activity=activity, to=ActivityStatus.RUNNING, actor=maker, as_of=begun)
        if status == ActivityStatus.DONE:
            activity.refresh_from_db()
            advance_activity(activity=activity, to=ActivityStatus.DONE, actor=maker, as_of=begun)
    return campaign


def _date_back(campaign: Campaign, day: date) -> None:
    """Frozen on the day it began: what came since stands on top of what was owed then."""
    moment = datetime.combine(day, time(9), ZoneInfo(TIME_ZONE))
    Campaign.objects.filter(pk=campaign.pk).update(frozen_at=moment, approved_at=moment, made_at=moment)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE campaigns_campaignmember m
            SET frozen_balance = m.frozen_balance + p.amount, frozen_overdue = m.frozen_overdue + p.amount
            FROM (SELECT account_id, sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END) AS amount
                  FROM accounts_ledgerentry
                  WHERE line IN ('collected', 'payments_returned') AND value_date > %s GROUP BY 1) p
            WHERE p.account_id = m.account_id AND m.campaign_id = %s
            """,
            [day, campaign.pk],
        )
    campaign.refresh_from_db()


def _waiting(office: Office, as_of: date) -> Campaign | None:
    users = office.users
    campaign = save_campaign(
        actor=users["bauer"],
        as_of=as_of,
        name="Year end, abroad",
        purpose="Telecom customers over three months late, before the books close.",
        creditor=office.creditors["PORTO"],
        team=office.teams["Abroad"],
        segment=urlencode([("age", "91-180"), ("officer", users["kowalska"].pk)]),
        starts_on=as_of + timedelta(days=3),
        ends_on=as_of + timedelta(days=33),
        owner=users["kowalska"],
    )
    if not audience_of(campaign, as_of=as_of).count:
        campaign.delete()
        return None
    submit_campaign(campaign=campaign, actor=users["bauer"], as_of=as_of)
    campaign.refresh_from_db()
    save_activity(
        campaign=campaign, actor=users["bauer"], as_of=as_of, title="Calls", channel="call",
        starts_on=as_of + timedelta(days=3), ends_on=as_of + timedelta(days=20),
        owner=users["kowalska"], team=campaign.team,
    )  # fmt: skip
    return campaign


