from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.correspondence.enums import NoticeKind
from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ServiceMethod(models.TextChoices):
    """How a notice reached, or was to reach, the debtor."""

    POST = "post", _("Post")
    REGISTERED_POST = "registered_post", _("Registered post")
    COURIER = "courier", _("Courier")
    HAND = "hand", _("By hand")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")


METHOD_OF_CHANNEL = {
    "letter": ServiceMethod.POST,
    "email": ServiceMethod.EMAIL,
    "sms": ServiceMethod.SMS,
}
# What must have been served before each kind may be given.
BEFORE = {
    NoticeKind.SECOND: NoticeKind.FIRST,
    NoticeKind.FINAL: NoticeKind.SECOND,
    NoticeKind.PRE_LEGAL: NoticeKind.FINAL,
}


class NoticeStatus(StatusChoices):
    SENT = "sent", Tone.WAIT, "send", _("Sent")
    SERVED = "served", Tone.GOOD, "circle-check", _("Service proved")
    RETURNED = "returned", Tone.STOP, "mail-x", _("Came back")


FORMAL_NOTICE = Lifecycle(
    "campaigns.formalnotice",
    initial=NoticeStatus.SENT,
    edges=[
        Edge(
            NoticeStatus.SENT,
            NoticeStatus.SERVED,
            verb=_("Record proof of service"),
            permission="campaigns.record_service",
            audit="notice.served",
            url_name="campaigns:formal_notice_served",
        ),
        Edge(
            (NoticeStatus.SENT, NoticeStatus.SERVED),
            NoticeStatus.RETURNED,
            verb=_("It came back"),
            permission="campaigns.record_service",
            audit="notice.returned",
            url_name="campaigns:formal_notice_returned",
        ),
    ],
)
