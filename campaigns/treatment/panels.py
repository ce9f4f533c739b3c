"""Messages in the story of an account, and why a due step did not reach it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from campaigns.sending import rules
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.models import MessageAccount
from campaigns.treatment.queries import spared_reasons, who_would_get_what
from campaigns.treatment.rules import VIEW_RUN
from collections_app.core import clock, panels
from collections_app.core.web.figures import amount_text, count_text
from collections_app.core.web.parts import Fact

SHOWN = 100
ICONS = {Channel.EMAIL: "mail", Channel.SMS: "message", Channel.LETTER: "file-text"}
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
                "instead_of": f"attempt {message.contact_id}" if message.contact_id else None,
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


# Said already, and better, by the slices whose facts these are.
SAID_ELSEWHERE = {Spared.HOLD, Spared.PROMISE, Spared.DISPUTED}


def why_not(ids, user, as_of) -> dict[int, list[dict]]:
    """Why the step that is due did not reach the debtor."""
    return {
        account_id: [
            {
                "code": record.spared,
                "text": _("%(step)s spared: %(reason)s")
                % {"step": record.step.title, "reason": record.get_spared_display().lower()},
                "until": None,
                "url": reverse("campaigns:strategy_detail", args=[record.step.version_id]),
            }
        ]
        for account_id, record in spared_reasons(ids).items()
        if record.spared not in SAID_ELSEWHERE
    }


def release_facts(ids, user, as_of) -> list[Fact]:
    """For the page that releases a creditor: what the first run would send, and whom it would spare."""
    creditor = Creditor.objects.get(pk__in=ids)
    preview = who_would_get_what(creditor, as_of, now=clock.now())
    facts = [
        Fact(
            _("%(stage)s by %(channel)s")
            % {"stage": step.stage_name, "channel": step.channel_label.lower()},
            count_text(step.messages),
            note=", ".join(
                amount_text(value, code) + " " + code for code, value in step.totals.items()
            ),
        )
        for step in preview.steps
    ]
    facts.append(
        Fact(
            _("Messages a run of today would queue"),
            count_text(preview.messages),
            url=reverse("campaigns:reminder_preview") + f"?creditor={creditor.pk}&day={as_of}",
            note=_("%(n)s accounts spared") % {"n": count_text(sum(preview.spared.values()))},
        )
    )
    return facts


panels.register(
    "account.timeline", order=40, provider=message_events, permission=rules.VIEW, name="messages"
)
panels.register("why_not", order=40, provider=why_not, name="treatment.spared")
panels.register(
    "creditor.facts",
    order=40,
    provider=release_facts,
    permission=VIEW_RUN,
    name="treatment.who_would_get_what",
)
