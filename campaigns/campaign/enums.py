from django.db import models
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.refusal import NotAllowed


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    RUNNING = "running", _("Running")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Sent back")


class ActivityStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Dropped")


class MemberStatus(models.TextChoices):
    """Exactly one each, by this precedence (domain section 5); they sum to the members."""

    WITHHELD = "withheld", _("Withheld")
    DISPUTED = "disputed", _("Disputed")
    PAID_IN_FULL = "paid_in_full", _("Paid in full")
    PART_PAID = "part_paid", _("Part paid")
    PROMISED = "promised", _("Promised")
    CONTACTED = "contacted", _("Contacted, no result")
    NOT_REACHED = "not_reached", _("Tried, not reached")
    UNREACHABLE = "unreachable", _("Unreachable")
    NOT_TRIED = "not_tried", _("Not yet tried")


class WhyNoNotice(models.TextChoices):
    """Why a member gets no notice, where it is not the contact rules that refuse the visit."""

    SETTLED = "settled", _("Paid, disputed or on hold")
    PROMISED = "promised", _("Promise within its grace")
    PLANNED = "planned", _("Payment plan in force")
    NO_ADDRESS = "no_address", _("No good address")


class NoticeResult(models.TextChoices):
    PENDING = "", _("Not back yet")
    DELIVERED = "delivered", _("Delivered")
    REFUSED = "refused", _("Refused")
    VACANT = "vacant", _("Vacant")
    RETURNED = "returned", _("Brought back")


def not_its_maker(campaign, *, actor, as_of) -> None:
    """Whoever made or owns a campaign does not approve it."""
    if actor.pk in (campaign.made_by_id, campaign.owner_id):
        raise NotAllowed(translate("You made this campaign, so somebody else must approve it."))


CAMPAIGN = Lifecycle(
    "campaigns.campaign",
    initial=CampaignStatus.DRAFT,
    edges=[
        Edge(
            [CampaignStatus.DRAFT, CampaignStatus.REJECTED],
            CampaignStatus.SUBMITTED,
            verb=_("Submit campaign"),
            permission="campaigns.propose_campaign",
            audit="campaign.submitted",
            url_name="campaigns:campaign_submit",
        ),
        Edge(
            CampaignStatus.SUBMITTED,
            CampaignStatus.APPROVED,
            verb=_("Approve campaign"),
            permission="campaigns.approve_campaign",
            audit="campaign.approved",
            guard=not_its_maker,
            url_name="campaigns:campaign_approve",
        ),
        Edge(
            CampaignStatus.SUBMITTED,
            CampaignStatus.REJECTED,
            verb=_("Send back"),
            permission="campaigns.approve_campaign",
            audit="campaign.sent_back",
            url_name="campaigns:campaign_reject",
        ),
        Edge(
            CampaignStatus.APPROVED,
            CampaignStatus.RUNNING,
            verb=_("Start campaign"),
            permission="campaigns.propose_campaign",
            audit="campaign.started",
            url_name="campaigns:campaign_start",
        ),
        Edge(
            [CampaignStatus.APPROVED, CampaignStatus.RUNNING],
            CampaignStatus.CLOSED,
            verb=_("Close campaign"),
            permission="campaigns.propose_campaign",
            audit="campaign.closed",
            url_name="campaigns:campaign_close",
        ),
    ],
)


ACTIVITY = Lifecycle(
    "campaigns.campaignactivity",
    initial=ActivityStatus.PLANNED,
    edges=[
        Edge(ActivityStatus.PLANNED, ActivityStatus.RUNNING, audit="activity.started"),
        Edge([ActivityStatus.PLANNED, ActivityStatus.RUNNING], ActivityStatus.DONE, audit="activity.done"),
        Edge(
            [ActivityStatus.PLANNED, ActivityStatus.RUNNING], ActivityStatus.DROPPED, audit="activity.dropped"
        ),
    ],
)
