"""What contacts, follow-ups and notes put on the pages of accounts and debtors."""

from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts.enums import (
    ContactDirection,
    FollowUpKind,
    FollowUpStatus,
    NonPaymentReason,
    Outcome,
)
from accounts.contacts.open_calls import unended_call
from accounts.contacts.queries import ATTEMPTS, FOLLOW_UPS, NOTES
from accounts.parties.enums import Channel
from collections_app.core import panels
from collections_app.core.statuses import Tone
from collections_app.core.story import Story, day_of

CHANNEL_ICON = {
    Channel.CALL: "phone",
    Channel.EMAIL: "mail",
    Channel.SMS: "message",
    Channel.LETTER: "file-text",
    Channel.VISIT: "walk",
}
TITLES = {
    (Channel.CALL, ContactDirection.OUT): gettext_lazy("Called"),
    (Channel.CALL, ContactDirection.IN): gettext_lazy("Was called"),
    (Channel.EMAIL, ContactDirection.OUT): gettext_lazy("E-mail"),
    (Channel.EMAIL, ContactDirection.IN): gettext_lazy("E-mail received"),
    (Channel.SMS, ContactDirection.OUT): gettext_lazy("Text message"),
    (Channel.SMS, ContactDirection.IN): gettext_lazy("Text message received"),
    (Channel.LETTER, ContactDirection.OUT): gettext_lazy("Letter"),
    (Channel.LETTER, ContactDirection.IN): gettext_lazy("Letter received"),
    (Channel.VISIT, ContactDirection.OUT): gettext_lazy("Visited"),
    (Channel.VISIT, ContactDirection.IN): gettext_lazy("Came to us"),
}


def attempt_icon(attempt) -> str:
    """The icon of the channel, with its direction for calls."""
    if attempt.channel == Channel.CALL:
        return "phone-incoming" if attempt.direction == ContactDirection.IN else "phone-outgoing"
    return CHANNEL_ICON[Channel(attempt.channel)]


def attempt_event(attempt, as_of) -> dict:
    outcome = Outcome(attempt.outcome)
    parts: list[Any] = [outcome.label]
    if attempt.speaker:
        parts.append(_("with %(name)s") % {"name": attempt.speaker})
    if attempt.is_right_party:
        parts.append(_("right party"))
    if attempt.nonpayment_reason and attempt.nonpayment_reason != NonPaymentReason.UNKNOWN:
        parts.append(NonPaymentReason(attempt.nonpayment_reason).label)
    if attempt.note:
        parts.append(attempt.note.rstrip(" ."))
    if attempt.officer:
        parts.append(attempt.officer)
    return {
        "kind": attempt.channel,
        "icon": attempt_icon(attempt),
        "tone": outcome.tone if outcome.tone == Tone.STOP else Tone.NONE,
        "title": str(TITLES[Channel(attempt.channel), ContactDirection(attempt.direction)]),
        "detail": ", ".join(str(part) for part in parts),
        "url": reverse("accounts:contact_detail", args=[attempt.id]),
    }


def follow_up_event(row, as_of) -> dict:
    return {
        "kind": "follow_ups",
        "icon": "calendar-event",
        "tone": Tone.NONE,
        "title": _("Follow-up: %(kind)s") % {"kind": FollowUpKind(row.kind).label},
        "detail": _("for %(day)s, %(owner)s, %(status)s")
        % {
            "day": formats.date_format(day_of(row.due_on), "j M"),
            "owner": row.owner,
            "status": FollowUpStatus(row.status).label.lower(),
        },
    }


def note_event(note, as_of) -> dict:
    return {"kind": "notes", "icon": "note", "tone": Tone.NONE, "title": _("Note"), "detail": note.body}


def open_call_banner(ids, user, as_of) -> list[dict]:
    """On every other page: that a call waits for its outcome, and the way back to it."""
    call = unended_call(user)
    if call is None:
        return []
    return [
        {
            "tone": "attn",
            "icon": "phone-call",
            "text": _("Your call with %(debtor)s, account %(number)s, has no outcome yet.")
            % {"debtor": call.debtor_name, "number": call.number},
            "url": reverse("accounts:account_detail", args=[call.account_id]),
            "link": _("Go back to the call"),
        }
    ]


panels.register(
    "banner", order=10, permission=MAKE_CONTACT, provider=open_call_banner, name="contacts.open_call"
)
panels.register(
    "account.timeline",
    order=20,
    permission="accounts.view_contact",
    provider=Story(ATTEMPTS, attempt_event),
    name="contacts.attempts",
)
panels.register(
    "account.timeline",
    order=30,
    permission="accounts.view_follow_up",
    provider=Story(FOLLOW_UPS, follow_up_event),
    name="contacts.follow_ups",
)
panels.register(
    "account.timeline",
    order=40,
    permission="accounts.view_contact",
    provider=Story(NOTES, note_event),
    name="contacts.notes",
)
