"""Messages in the story of an account, and why a due step did not reach it."""

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.imports.feeds import late_feeds
from accounts.imports.rules import RELEASE_FEED, VIEW_FEED
from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from campaigns.sending import rules
from campaigns.sending.enums import DeliveryStatus, MessageStatus, Spared
from campaigns.treatment.previewing import who_would_get_what
from campaigns.treatment.queries import spared_reasons
from campaigns.treatment.rules import VIEW_RUN
from collections_app.core import clock, panels
from collections_app.core.story import Story
from collections_app.core.web.figures import amount_text, count_text
from collections_app.core.web.parts import Fact

BANNERS = 3
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


# Each message once: when it was sent or queued, by what, what became of it, what it asked.
MESSAGES = """
SELECT coalesce(m.sent_at, m.queued_at) AS at, 'attempt ' || m.contact_id AS instead_of, m.id,
       m.status, m.delivery, m.spared, m.channel, t.name AS template, l.demanded, l.currency
FROM campaigns_messageaccount l
JOIN campaigns_message m ON m.id = l.message_id
LEFT JOIN campaigns_templateversion v ON v.id = m.template_version_id
LEFT JOIN campaigns_template t ON t.id = v.template_id
WHERE l.account_id = ANY(%(ids)s) AND (m.queued_at AT TIME ZONE %(office_zone)s)::date <= %(as_of)s
ORDER BY m.id DESC LIMIT 100
"""


def message_event(row, as_of) -> dict:
    channel, status = Channel(row.channel), MessageStatus(row.status)
    detail = status.label
    if status == MessageStatus.SENT:
        detail = DeliveryStatus(row.delivery).label if row.delivery else _("sent")
    elif row.spared:
        detail = f"{detail}: {Spared(row.spared).label}"
    return {
        "kind": "letter" if channel == Channel.LETTER else "message",
        "icon": ICONS.get(channel, "mail"),
        "tone": LOOK[status],
        "title": _("%(text)s by %(channel)s")
        % {"text": row.template or _("Message"), "channel": channel.label.lower()},
        "detail": detail,
        "amount": row.demanded or None,
        "currency": row.currency,
        "url": reverse("campaigns:message_detail", args=[row.id]),
    }


def office_zone(ids) -> dict:
    """`%(office_zone)s` of a story: the zone in which the reader's days begin."""
    return {"office_zone": timezone.get_current_timezone_name()}


message_events = Story(MESSAGES, message_event, office_zone)


# Said already, and better, by the slices whose facts these are.
SAID_ELSEWHERE = {Spared.HOLD, Spared.PROMISE, Spared.PLAN, Spared.DISPUTED}


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
    """For the command that releases a creditor: what the first run would send, and whom it spares."""
    creditor = Creditor.objects.get(pk__in=ids)
    preview = who_would_get_what(creditor, as_of, now=clock.now())
    gets = [
        Fact(
            _("%(stage)s by %(channel)s")
            % {"stage": step.stage_label, "channel": step.channel_label.lower()},
            count_text(step.debtors),
            note=_sums_text(step.totals),
        )
        for step in preview.steps
    ]
    spared = [
        Fact(
            _("Spared: %(reason)s") % {"reason": row.why_spared},
            count_text(row.accounts),
            note=_sums_text(row.totals),
        )
        for row in preview.spared_sums
    ]
    queued = Fact(
        _("Messages a run of today would queue"),
        count_text(preview.messages),
        note=_("%(accounts)s accounts, %(n)s accounts spared")
        % {
            "accounts": count_text(preview.accounts),
            "n": count_text(sum(preview.spared.values())),
        },
    )
    return [*gets, *spared, queued]


def _sums_text(totals) -> str:
    return ", ".join(f"{amount_text(value, code)} {code}" for code, value in totals.items())


panels.register(
    "account.timeline", order=40, provider=message_events, permission=rules.VIEW, name="messages"
)
panels.register("why_not", order=40, provider=why_not, name="treatment.spared")
panels.register(
    "release.facts",
    order=40,
    provider=release_facts,
    permission=VIEW_RUN,
    name="treatment.who_would_get_what",
)


# ---- missed feeds ----


def _late_words(row) -> str:
    return _("No feed from %(creditor)s since %(moment)s: its reminders wait.") % {
        "creditor": row["creditor__name"],
        "moment": date_format(timezone.localtime(row["fed_until"]), "j M Y, H:i"),
    }


def feed_banners(ids, user, as_of) -> list[dict]:
    """One banner for each missed feed, up to three; more are one sentence."""
    late = late_feeds(user, is_kept=True)
    shown = [
        {
            "tone": "stop",
            "icon": "clock-exclamation",
            "text": _late_words(row),
            "url": reverse("campaigns:feed_detail", args=[row["creditor_id"]]),
            "link": _("See what waits"),
        }
        for row in late[:BANNERS]
    ]
    if len(late) > BANNERS:
        shown[-1] = {
            "tone": "stop",
            "icon": "clock-exclamation",
            "text": _("The feeds of %(n)s creditors are late: their reminders wait.") % {"n": len(late)},
            "url": reverse("campaigns:feed_list") + "?state=late",
            "link": _("See which"),
        }
        return shown[-1:]
    return shown


def feeds_waiting(ids, user, as_of) -> list[dict]:
    """Missed feeds among what waits for a supervisor or manager today."""
    return [
        {
            "by": _("Feeds"),
            "at": row["fed_until"],
            "text": _("%(creditor)s: no feed, reminders wait") % {"creditor": row["creditor__name"]},
            "url": reverse("campaigns:feed_detail", args=[row["creditor_id"]]),
        }
        for row in late_feeds(user)
    ]


panels.register("banner", order=20, provider=feed_banners, permission=VIEW_FEED, name="feeds.late")
panels.register(
    "today.waiting", order=15, provider=feeds_waiting, permission=RELEASE_FEED, name="feeds.waiting"
)
