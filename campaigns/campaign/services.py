"""The verbs of a campaign: plan, submit, approve (which freezes it), run, close."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.ledger.models import Account
from campaigns.campaign.enums import ACTIVITY, CAMPAIGN, CampaignStatus
from campaigns.campaign.models import Campaign, CampaignActivity, CampaignNote, CampaignPick
from campaigns.campaign.queries import audience_of, possible_members
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class CampaignNotOpen(Refused):
    """The campaign is past the point where it can be changed."""


class NobodySelected(Refused):
    """The segment selects no account."""


class ListHasChanged(Refused):
    """The list is not the one that was looked at."""


class DaysOutOfOrder(Refused):
    """An activity ends before it begins, or lies outside the campaign."""


@transaction.atomic
def save_campaign(*, actor, as_of: date, campaign: Campaign | None = None, **fields: Any) -> Campaign:
    """Make or change a campaign that has not been submitted. Raises DaysOutOfOrder."""
    require(actor, "campaigns.propose_campaign")
    if campaign:
        _check_is_open(campaign)
    if fields["ends_on"] < fields["starts_on"]:
        raise DaysOutOfOrder(_("It ends before it starts."), field="ends_on")
    is_new = campaign is None
    before = {} if is_new else {name: getattr(campaign, name) for name in fields}
    campaign = campaign or Campaign(made_by=actor)
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save()
    if is_new:
        CAMPAIGN.start(campaign, actor=actor, as_of=as_of)
    audit.record("campaign.saved", campaign, actor=actor, before=before, after=fields)
    return campaign


@transaction.atomic
def add_accounts(*, campaign: Campaign, account_ids, actor, as_of: date) -> list[int]:
    """Add accounts of the account list to a campaign that was not submitted; returns the ids added.

    Accounts that are not open, owe nothing overdue, are another creditor's or team's than the
    campaign's, or that its maker may not see are left alone. Raises CampaignNotOpen, NobodySelected.
    """
    require(actor, "campaigns.propose_campaign")
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    _check_is_open(locked)
    wanted = Account.objects.visible_to(actor).filter(pk__in=list(account_ids))
    fitting = set(possible_members(locked, accounts=wanted).values_list("pk", flat=True))
    if not fitting:
        raise NobodySelected(
            _(
                "None of these accounts can be a member. A member is open, has something overdue, and is"
                " of the campaign's creditor and team."
            )
        )
    known = locked.picks.filter(account_id__in=fitting).values_list("account_id", flat=True)
    added = sorted(fitting - set(known))
    CampaignPick.objects.bulk_create(
        CampaignPick(campaign=locked, account_id=pk, picked_by=actor) for pk in added
    )
    audit.record_set(
        "campaign.accounts_added", Account, ids=added, actor=actor, after={"campaign": locked.pk}
    )
    return added


@transaction.atomic
def plan_from_accounts(*, account_ids, actor, as_of: date, **fields: Any) -> tuple[Campaign, list[int]]:
    """Make a draft whose members are these accounts and no others."""
    campaign = save_campaign(actor=actor, as_of=as_of, is_by_hand=True, **fields)
    return campaign, add_accounts(campaign=campaign, account_ids=account_ids, actor=actor, as_of=as_of)


@transaction.atomic
def take_out(*, campaign: Campaign, account_id: int, actor) -> None:
    """Take an account that was picked by hand out of a campaign that was not submitted."""
    require(actor, "campaigns.propose_campaign")
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    _check_is_open(locked)
    removed, _rows = locked.picks.filter(account_id=account_id).delete()
    if removed:
        audit.record_set(
            "campaign.account_taken_out", Account, ids=[account_id], actor=actor,
            after={"campaign": locked.pk},
        )  # fmt: skip


def _check_is_open(campaign: Campaign) -> None:
    if campaign.status not in (CampaignStatus.DRAFT, CampaignStatus.REJECTED):
        raise CampaignNotOpen(_("A campaign that was submitted can't be changed; have it sent back first."))


@transaction.atomic
def submit_campaign(*, campaign: Campaign, actor, as_of: date) -> Campaign:
    """Put a campaign before its approver. Raises NobodySelected."""
    if not audience_of(campaign, as_of=as_of).count:
        raise NobodySelected(_("The segment selects no overdue account. Change the filters first."))
    return CAMPAIGN.advance(campaign, to=CampaignStatus.SUBMITTED, actor=actor, as_of=as_of)


@transaction.atomic
def approve_campaign(*, campaign: Campaign, seen_hash: str, actor, as_of: date) -> Campaign:
    """Approve exactly the list that was looked at, and freeze its members and amounts.

    Never by its maker. Raises NobodySelected, ListHasChanged when a payment, a hold or a new account changed
    the list since the page was drawn.
    """
    require(actor, "campaigns.approve_campaign")
    locked = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    audience = audience_of(locked, as_of=as_of)
    if audience.content_hash != seen_hash:
        raise ListHasChanged(
            _("The list has changed since you looked: %(count)s accounts now. Look, then approve.")
            % {"count": audience.count}
        )
    if not audience.count:
        raise NobodySelected(_("The segment selects no overdue account any more."))
    moment = _freeze(campaign, audience.account_ids)
    return CAMPAIGN.advance(
        campaign,
        to=CampaignStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        frozen_at=moment,
        content_hash=audience.content_hash,
        approved_by=actor,
        approved_at=moment,
    )


def _freeze(campaign: Campaign, account_ids) -> datetime:
    """Write the members; returns the moment by the clock that stamps payments, for they are compared."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO campaigns_campaignmember
                (campaign_id, account_id, currency, frozen_balance, frozen_overdue, area, building)
            SELECT %s, a.id, a.currency, s.balance, s.overdue, coalesce(p.area, ''), coalesce(p.building, '')
            FROM accounts_account a
            JOIN accounts_standing s ON s.account_id = a.id
            LEFT JOIN LATERAL (
                SELECT area, building FROM accounts_contactpoint c
                WHERE c.debtor_id = a.debtor_id AND c.kind = 'address' AND c.valid_to IS NULL
                  AND c.status IN ('good', 'unverified')
                ORDER BY c.is_primary DESC, c.id LIMIT 1
            ) p ON true
            WHERE a.id = ANY(%s) ORDER BY a.id
            """,
            [campaign.pk, list(account_ids)],
        )
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@transaction.atomic
def send_back(*, campaign: Campaign, reason: str, actor, as_of: date) -> Campaign:
    """Return a submitted campaign to its maker with a reason."""
    return CAMPAIGN.advance(campaign, to=CampaignStatus.REJECTED, actor=actor, as_of=as_of, reason=reason)


@transaction.atomic
def start_campaign(*, campaign: Campaign, actor, as_of: date) -> Campaign:
    """Let an approved campaign's activities begin. Raises what CAMPAIGN.advance does."""
    return CAMPAIGN.advance(campaign, to=CampaignStatus.RUNNING, actor=actor, as_of=as_of)


@transaction.atomic
def close_campaign(*, campaign: Campaign, reason: str, actor, as_of: date) -> Campaign:
    """End a campaign; its members keep the status they came to. Raises what CAMPAIGN.advance does."""
    return CAMPAIGN.advance(campaign, to=CampaignStatus.CLOSED, actor=actor, as_of=as_of, reason=reason)


@transaction.atomic
def save_activity(
    *, campaign: Campaign, actor, as_of: date, activity: CampaignActivity | None = None, **fields: Any
) -> CampaignActivity:
    """Plan or move an activity; what comes after it moves by as many days as its end did.

    Raises CampaignNotOpen, DaysOutOfOrder.
    """
    require(actor, "campaigns.propose_campaign")
    if campaign.status == CampaignStatus.CLOSED:
        raise CampaignNotOpen(_("The campaign is closed."))
    if fields["ends_on"] < fields["starts_on"]:
        raise DaysOutOfOrder(_("It ends before it starts."), field="ends_on")
    is_new = activity is None
    slip = None if is_new else fields["ends_on"] - activity.ends_on
    activity = activity or CampaignActivity(campaign=campaign)
    for name, value in fields.items():
        setattr(activity, name, value)
    activity.save()
    if is_new:
        ACTIVITY.start(activity, actor=actor, as_of=as_of)
    moved = _move_followers(activity, slip) if slip else []
    audit.record("activity.saved", activity, actor=actor, after={**fields, "moved_with_it": moved})
    return activity


def _move_followers(activity: CampaignActivity, slip) -> list[int]:
    """Ids of the activities that stand after this one, moved by the same number of days."""
    waiting, moved = [activity.pk], []
    while waiting:
        followers = list(
            CampaignActivity.objects.filter(after_id__in=waiting)
            .exclude(pk__in=[*moved, activity.pk])
            .values_list("pk", flat=True)
        )
        CampaignActivity.objects.filter(pk__in=followers).update(
            starts_on=F("starts_on") + slip, ends_on=F("ends_on") + slip
        )
        moved += followers
        waiting = followers
    return moved


@transaction.atomic
def advance_activity(*, activity: CampaignActivity, to: str, actor, as_of: date) -> CampaignActivity:
    """Say that an activity is under way, done or dropped."""
    require(actor, "campaigns.propose_campaign")
    return ACTIVITY.advance(activity, to=to, actor=actor, as_of=as_of)


@transaction.atomic
def add_note(*, campaign: Campaign, body: str, actor) -> CampaignNote:
    """Write a note on a campaign, for whoever sees it. Raises NotAllowed for who only looks."""
    require(actor, "campaigns.note_campaign")
    note = CampaignNote.objects.create(campaign=campaign, body=body, author=actor)
    audit.record("campaign.note_added", campaign, actor=actor, after={"note": note.pk})
    return note
