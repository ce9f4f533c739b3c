from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    DEFERRED = "deferred", _("Deferred")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Unknown, a person must look")
    WITHHELD = "withheld", _("Withheld")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class DeliveryStatus(models.TextChoices):
    NONE = "", _("No news")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
