"""Where a message stands, in sentences: why it waits or was not sent, and what a person can do."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.compliance.enums import Rule
from accounts.compliance.models import Permit
from accounts.compliance.wording import clocks_words, limits_of, rule_words
from accounts.parties.enums import Channel
from campaigns.sending.enums import FOREWARNED, DeliveryStatus, MessageStatus, Spared
from campaigns.sending.mail_reading import MailKind
from campaigns.sending.models import GatewayEvent, Message, SendingPause
from campaigns.sending.rules import MAX_ATTEMPTS
from collections_app.core.said import retold

SHOWN_ZONES = 2

WHY_SPARED = {
    Spared.PAID: gettext_lazy("Nothing of what it would ask for is unpaid any more."),
    Spared.CLOSED: gettext_lazy("Its accounts are closed."),
    Spared.HOLD: gettext_lazy("A hold stops demands to this debtor or about these accounts."),
    Spared.OPTED_OUT: gettext_lazy("The debtor has asked not to be written to this way."),
    Spared.PROMISE: gettext_lazy("The debtor has promised to pay, and the promise still runs."),
    Spared.PLAN: gettext_lazy("The debtor pays by a payment plan, and it is in force."),
    Spared.DISPUTED: gettext_lazy("What it would ask for is in dispute."),
    Spared.SMALL: gettext_lazy("What is left is below the smallest amount that is chased."),
    Spared.NO_CONTACT_POINT: gettext_lazy("There is no good address for this channel."),
    Spared.NO_TEXT: gettext_lazy("No text is approved for this step and channel."),
    Spared.NOT_RELEASED: gettext_lazy("No manager has released this creditor for contact."),
    Spared.GATE: gettext_lazy("The contact rules do not allow it within the days it may wait."),
    Spared.FEED: gettext_lazy("The creditor's books were not fed lately, so the balance may be old."),
    Spared.LATER_STEP: gettext_lazy("A later message took its place."),
    Spared.ANSWERED: gettext_lazy("The debtor was heard of since it was planned."),
    Spared.DAY_GONE: gettext_lazy("The day it was meant for has gone by."),
    Spared.TOO_FIRM: gettext_lazy(
        "The debtor is in hardship: the text presses too hard, and no softer one is approved."
    ),
    Spared.NOTICE: gettext_lazy("The notice before it was not served, or its time still runs."),
    Spared.GIVEN: gettext_lazy("Everybody who must have this notice had it otherwise, by hand say."),
    Spared.RETURNED: gettext_lazy("The notice came back, and must be given again."),
}
# What a person can do about it; where nothing stands, nothing needs doing.
AFTER_SPARED = {
    Spared.HOLD: gettext_lazy("If the hold is over, lift it; the next run looks again."),
    Spared.OPTED_OUT: gettext_lazy("Use a channel the debtor has not refused, by hand."),
    Spared.PROMISE: gettext_lazy("Wait: if the promise is broken, the strategy goes on by itself."),
    Spared.PLAN: gettext_lazy("Wait: if the plan is broken, the strategy goes on by itself."),
    Spared.DISPUTED: gettext_lazy("Have the dispute answered; the strategy goes on afterwards."),
    Spared.NO_CONTACT_POINT: gettext_lazy("Find an address and note it with the debtor."),
    Spared.NO_TEXT: gettext_lazy("Have a text approved; the next run takes the step."),
    Spared.NOTICE: gettext_lazy("Wait; where a notice came back, find an address: it is given again."),
    Spared.RETURNED: gettext_lazy("Find an address: the next run gives the notice again."),
    Spared.TOO_FIRM: gettext_lazy("Have a softer text approved, or speak with the debtor."),
    Spared.NOT_RELEASED: gettext_lazy("Ask a manager to release the creditor."),
    Spared.GATE: gettext_lazy("Wait for the next step, or call when the rules allow it."),
    Spared.FEED: gettext_lazy("Bring in the creditor's latest file; the next run looks again."),
}
NOTHING_TO_DO = gettext_lazy("Nothing needs to be done.")


def zones_of(message: Message) -> list[str]:
    """The clocks the gate judged by: the debtor's own where it is among them, else the first ones."""
    zones = message.permit.facts.get("zones") or []
    own = message.debtor.time_zone
    if own and (own in zones or not zones):
        return [own]
    return zones[:SHOWN_ZONES]


def leaves_words(message: Message, *, today: date) -> list[str]:
    """From when a waiting message may go, on the debtor's clock and the office's; else empty."""
    if message.not_before is None or message.status not in (
        MessageStatus.QUEUED,
        MessageStatus.DEFERRED,
    ):
        return []
    return clocks_words(message.not_before, zones=zones_of(message), today=today)


def short_reason(message: Message) -> str:
    """The few words of a list for why a message has not gone."""
    if message.spared == Spared.GATE and (words := rule_words(message.reason)):
        return words
    if message.spared:
        return message.get_spared_display()
    if message.delivery == DeliveryStatus.BOUNCED:
        return _("Came back")
    if message.status == MessageStatus.DEFERRED:
        if message.reason == FOREWARNED:
            return _("Officers look first")
        return rule_words(message.reason) or _("The gateway was not there")
    return message.reason if message.status not in (MessageStatus.SENT, MessageStatus.QUEUED) else ""


def reason_words(text: str) -> str:
    """A note as it stands in the history: the gate's codes become their sentence."""
    return rule_words(text) or retold(text)


def why(
    message: Message, *, refusal: Permit | None = None, pauses: Sequence[SendingPause] = ()
) -> str:
    """Why the message is where it is, in a sentence.

    `refusal` is the permit that was refused last, `pauses` what stops its creditor's sending.
    """
    status = message.status
    if status in (MessageStatus.QUEUED, MessageStatus.DEFERRED) and pauses:
        return _("Sending is paused: %(reason)s") % {"reason": pauses[0].reason}
    if status == MessageStatus.DEFERRED:
        return _why_deferred(message, refusal)
    if status == MessageStatus.WITHHELD:
        return _why_withheld(message, refusal)
    if status == MessageStatus.UNKNOWN:
        return _("Nobody can tell whether it left: %(reason)s") % {"reason": retold(message.reason) or "–"}
    if status == MessageStatus.FAILED:
        return _("It could not be delivered: %(reason)s") % {"reason": retold(message.reason) or "–"}
    if status == MessageStatus.CANCELLED:
        return _("A person took it out: %(reason)s") % {"reason": message.reason or "–"}
    if status == MessageStatus.QUEUED:
        if message.channel == Channel.LETTER:
            return _("It waits to be printed. It is judged again then.")
        return _("It waits for its turn. It is judged again right before it leaves.")
    if status == MessageStatus.SENT and message.delivery == DeliveryStatus.BOUNCED:
        if message.reason:
            return _("It was sent and came back: %(reason)s") % {"reason": message.reason}
        return _("It was sent and came back: the address does not work.")
    return ""


def paper_words(message: Message) -> str:
    """The prints of a letter one after the other: "Spoilt (Paper jam), Printed again"."""
    if message.channel != Channel.LETTER:
        return ""
    prints = message.prints.order_by("number")
    return ", ".join(
        f"{row.get_status_display()} ({row.why})" if row.why else row.get_status_display()
        for row in prints
    )


def _why_deferred(message: Message, refusal: Permit | None) -> str:
    if message.reason == FOREWARNED:
        return _("It waits so that officers may look at it and hold it before it goes.")
    rule = rule_words(message.reason)
    if not rule:
        return _("The gateway did not take it (try %(n)s of %(most)s): %(detail)s") % {
            "n": message.attempts,
            "most": MAX_ATTEMPTS,
            "detail": message.reason or "–",
        }
    if message.reason == Rule.CAP and refusal is not None:
        used = [limit for limit in limits_of(refusal.facts) if limit.is_full]
        if used:
            return _("Tried often enough for now: %(limit)s.") % {"limit": used[0].words}
    return _("%(rule)s. It waits for the next moment the contact rules allow.") % {"rule": rule}


def _why_withheld(message: Message, refusal: Permit | None) -> str:
    said = str(WHY_SPARED[Spared(message.spared)]) if message.spared in Spared.values else ""
    rule = rule_words(message.reason) or (rule_words(refusal.rule) if refusal is not None else "")
    if message.spared == Spared.GATE and rule:
        return _("%(rule)s. %(why)s") % {"rule": rule, "why": said}
    return said or message.reason


def what_next(message: Message) -> str:
    """What the person who reads it can do."""
    status = message.status
    if status == MessageStatus.QUEUED and message.channel == Channel.LETTER:
        return _("Print it with the others under Letters. Cancel it if it should not go.")
    if status in (MessageStatus.QUEUED, MessageStatus.DEFERRED):
        return _("Nothing: it leaves by itself. Cancel it if it should not go.")
    if status == MessageStatus.WITHHELD:
        return str(AFTER_SPARED.get(Spared(message.spared), NOTHING_TO_DO)) if message.spared else ""
    if status == MessageStatus.UNKNOWN:
        return _("Look for its Message-ID with the gateway, then say what became of it.")
    if status == MessageStatus.FAILED or message.delivery == DeliveryStatus.BOUNCED:
        if message.delivery == DeliveryStatus.BOUNCED:
            return _(
                "Where the address does not work, a task asks for another one. Where another channel is "
                "left, another message takes its place."
            )
        return _("Mend what is wrong and try it again, or cancel it.")
    return str(NOTHING_TO_DO) if status != MessageStatus.SENDING else ""


ANSWERS = {
    "sent": pgettext_lazy("a message", "Taken"),
    "again": gettext_lazy("Not now"),
    "refused": gettext_lazy("Refused"),
    "unknown": gettext_lazy("No clear answer"),
    "": gettext_lazy("No answer"),
}
EVENTS = {
    "receipt": gettext_lazy("Receipt"),
    "inbound": gettext_lazy("Text message"),
    MailKind.FAILED: gettext_lazy("Could not be delivered"),
    MailKind.DELAYED: gettext_lazy("Delayed"),
    MailKind.DELIVERED: gettext_lazy("Delivered"),
    MailKind.COMPLAINT: gettext_lazy("Complaint: called spam"),
    MailKind.AUTOMATIC: gettext_lazy("Automatic answer"),
    MailKind.REPLY: gettext_lazy("Reply"),
}


def answer_words(answer: str) -> str:
    """What a gateway said when a message was handed over."""
    return str(ANSWERS.get(answer, answer))


def event_words(event: GatewayEvent) -> str:
    """What kind of news came in."""
    return str(EVENTS.get(event.kind, event.kind))


def event_detail(event: GatewayEvent) -> str:
    """The news in its own words: the text of an answer, or what the server said."""
    said = event.detail or {}
    report = " ".join(part for part in (said.get("status", ""), said.get("detail", "")) if part)
    return report or said.get("text", "") or said.get("subject", "")
