"""A row's reason, next step and last contact in words, for pages, exports and tests alike."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from accounts.contacts.enums import Outcome
from accounts.parties.enums import Channel
from campaigns.worklists.enums import NextAction, RankReason
from collections_app.core.clock import local_date
from collections_app.core.web.figures import amount_text, day_text

MESSAGE_OUTCOMES = {Outcome.SENT, Outcome.DELIVERED, Outcome.BOUNCED, Outcome.RECEIVED}
# In a row there is no room for more.
OUTCOMES, CHANNELS = frozenset(Outcome.values), frozenset(Channel.values)
SHORT_CHANNELS = {
    Channel.SMS.value: pgettext_lazy("last contact", "text"),
    Channel.EMAIL.value: pgettext_lazy("last contact", "e-mail"),
}
SHORT_OUTCOMES = {
    Outcome.REACHED: gettext_lazy("Reached"),
    Outcome.PAID_ALREADY: gettext_lazy("Says paid"),
    Outcome.CALL_BACK: pgettext_lazy("last contact", "Call back"),
}


def _day(values: Mapping[str, Any], today: date) -> str:
    text = values.get("day")
    if not text:
        return ""
    day = date.fromisoformat(text)
    return _("today") if day == today else day_text(day, today)


WITH_DAY = {
    RankReason.FOLLOW_UP_LATE: gettext_lazy("Follow-up late, %(day)s"),
    RankReason.PROMISE_BROKEN: gettext_lazy("Promise broken %(day)s"),
    RankReason.PROMISE_PARTLY: gettext_lazy("Promise partly kept, %(day)s"),
    RankReason.PLAN_BROKEN: gettext_lazy("Payment plan broken %(day)s"),
    RankReason.INSTALMENT_LATE: gettext_lazy("Instalment late, due %(day)s"),
    RankReason.PAYMENT_RETURNED: gettext_lazy("Payment returned %(day)s"),
    RankReason.REMINDER_UNANSWERED: gettext_lazy("Reminder of %(day)s unanswered"),
    RankReason.NO_ANSWER: gettext_lazy("No answer on %(day)s"),
}
# What an account that is merely overdue waits for, by the value that says so.
WAITS_FOR = {
    "promised": gettext_lazy("Promise due %(day)s"),
    "instalment": gettext_lazy("Instalment due %(day)s"),
    "asked": gettext_lazy("Waits for an answer"),
    "small": gettext_lazy("Too small to chase"),
}


def reason_text(reason: str, values: Mapping[str, Any], *, today: date) -> str:
    """The reason with its day, short enough for a row: "Promise broken on 21 Nov"."""
    day, at = _day(values, today), values.get("time", "")
    if reason == RankReason.CALL_BACK:
        return _("Call back asked for %(time)s") % {"time": at} if at else _("Call back asked for")
    if reason == RankReason.FOLLOW_UP_TODAY:
        return values.get("note") or _("Follow-up for today")
    if reason == RankReason.HIGH_NO_CONTACT:
        return _("High, no contact lately")
    if reason in WITH_DAY:
        return WITH_DAY[RankReason(reason)] % {"day": day}
    if reason == RankReason.OVERDUE:
        for key, words in WAITS_FOR.items():
            if values.get(key):
                return words % {"day": day}
    return str(RankReason(reason).label)


def full_reason_text(reason: str, values: Mapping[str, Any], *, currency: str, today: date) -> str:
    """The reason with every value it rests on, for the band and the account page."""

    def amount(key: str) -> str:
        return amount_text(Decimal(str(values.get(key) or 0)), currency)

    day = _day(values, today)
    if reason == RankReason.PROMISE_BROKEN:
        return _("Promise of %(amount)s by %(day)s broken") % {"amount": amount("amount"), "day": day}
    if reason == RankReason.PROMISE_PARTLY:
        return _("%(received)s of %(amount)s came by %(day)s") % {
            "received": amount("received"),
            "amount": amount("amount"),
            "day": day,
        }
    if reason == RankReason.PAYMENT_RETURNED:
        return _("Payment of %(amount)s returned %(day)s") % {"amount": amount("amount"), "day": day}
    if reason == RankReason.INSTALMENT_LATE:
        return _("Instalment of %(amount)s due %(day)s has not come") % {
            "amount": amount("instalment"),
            "day": day,
        }
    if reason == RankReason.DISPUTE_REJECTED:
        return _("Dispute rejected on %(day)s, ask again") % {"day": day}
    if reason == RankReason.FOLLOW_UP_LATE and values.get("note"):
        return _("Late since %(day)s: %(note)s") % {"day": day, "note": values["note"]}
    if reason in (RankReason.HIGH_WORSENING, RankReason.PAYING_LATER) and day:
        return _("%(reason)s: last paid %(day)s, usually every %(usual)s days") % {
            "reason": RankReason(reason).label,
            "day": day,
            "usual": values.get("usual", "–"),
        }
    return reason_text(reason, values, today=today)


def last_contact_text(at: datetime | None, outcome: str, channel: str, *, today: date) -> str:
    """How long ago and how it went: "3 d, no answer"; "never" where nothing is known."""
    if at is None:
        return pgettext("last contact", "never")
    return _contact_words((today - local_date(at)).days, outcome, channel, get_language() or "en")


@lru_cache(maxsize=4096)
def _contact_words(days: int, outcome: str, channel: str, language: str) -> str:
    """A worklist says the same few contacts over and over; `language` is the one that is active."""
    when = _("today") if days <= 0 else _("%(days)s d") % {"days": days}
    if outcome in MESSAGE_OUTCOMES:
        how = SHORT_CHANNELS.get(channel) or (Channel(channel).label if channel in CHANNELS else "")
    else:
        how = SHORT_OUTCOMES.get(outcome) or (
            Outcome(outcome).label if outcome in OUTCOMES else ""
        )
    how = str(how)
    return _("%(when)s, %(how)s") % {"when": when, "how": how[:1].lower() + how[1:]} if how else when


def step_text(next_action: str) -> str:
    """The next step: "Call", "Wait for promise"."""
    return str(NextAction(next_action).label) if next_action in NextAction.values else next_action
