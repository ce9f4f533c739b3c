from django.db import models
from django.utils.translation import gettext_lazy as _


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


class NoticeResult(models.TextChoices):
    PENDING = "", _("Not back yet")
    DELIVERED = "delivered", _("Delivered")
    REFUSED = "refused", _("Refused")
    VACANT = "vacant", _("Vacant")
    RETURNED = "returned", _("Brought back")
