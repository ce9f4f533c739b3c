"""Messages in the story of an account, and why a due step did not reach it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from campaigns.sending import rules
from campaigns.sending.enums import MessageStatus
from campaigns.sending.models import MessageAccount
from campaigns.treatment.queries import spared_reasons
from collections_app.core import panels

SHOWN = 100
ICONS = {Channel.EMAIL: "mail", Channel.SMS: "message", Channel.LETTER: "file-text"}
# a message that was sent stands in the story as a contact already; here is what did not become one
LOOK = {
    MessageStatus.QUEUED: "wait",
    MessageStatus.DEFERRED: "wait",
    MessageStatus.SENDING: "wait",
    MessageStatus.SENT: "good",
    MessageStatus.UNKNOWN: "attn",
    MessageStatus.WITHHELD: "none",
    MessageStatus.FAILED: "stop",
    MessageStatus.CANCELLED: "none",
}


def message_events(ids, user, as_of) -> list[dict]:
    """One event a message: when it was sent or queued, by what, what became of it, what it asked."""
    rows = (
        MessageAccount.objects.filter(account__in=ids, message__queued_at__date__lte=as_of)
        .select_related("message__template_version__template")
        .order_by("-message_id")[:SHOWN]
    )
    events = []
    for line in rows:
        message = line.message
        template = message.template_version.template if message.template_version else None
        detail = message.get_status_display()
        if message.status == MessageStatus.SENT:
            detail = message.get_delivery_display() if message.delivery else _("sent")
        elif message.spared:
            detail = f"{detail}: {message.get_spared_display()}"
        events.append(
            {
                "at": message.sent_at or message.queued_at,
                "kind": "letter" if message.channel == Channel.LETTER else "message",
                "icon": ICONS.get(message.channel, "mail"),
                "tone": LOOK[message.status],
                "title": _("%(text)s by %(channel)s")
                % {
                    "text": template.name if template else _("Message"),
                    "channel": message.get_channel_display().lower(),
                },
                "detail": detail,
                "amount": line.demanded or None,
                "currency": line.currency,
                "url": reverse("campaigns:message_detail", args=[message.pk]),
            }
        )
    return events


def why_not(ids, user, as_of) -> dict[int, dict]:
    """Account id to the reason its due step was spared for."""
    return {
        account_id: {
            "reason": record.spared,
            "label": record.get_spared_display(),
            "detail": _("%(step)s, due %(day)s")
            % {"step": record.step.title, "day": f"{record.due_on:%d.%m.%Y}"},
        }
        for account_id, record in spared_reasons(ids).items()
    }


panels.register(
    "account.timeline", order=40, provider=message_events, permission=rules.VIEW, name="messages"
)
panels.register("why_not", order=40, provider=why_not, name="treatment.spared")
