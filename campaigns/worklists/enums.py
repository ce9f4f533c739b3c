from django.db import models
from django.utils.translation import gettext_lazy as _


class RankReason(models.TextChoices):
    """Why an account is in the queue; the first that is true names the row (D17)."""

    CALL_BACK = "call_back", _("Call back asked for")
    FOLLOW_UP_LATE = "follow_up_late", _("Follow-up late")
    FOLLOW_UP_TODAY = "follow_up_today", _("Follow-up for today")
    PROMISE_BROKEN = "promise_broken", _("Promise broken")
    PROMISE_PARTLY = "promise_partly", _("Promise partly kept")
    PLAN_BROKEN = "plan_broken", _("Payment plan broken")
    INSTALMENT_LATE = "instalment_late", _("Instalment late")
    PAYMENT_RETURNED = "payment_returned", _("Payment returned")
    DISPUTE_REJECTED = "dispute_rejected", _("Dispute rejected, ask again")
    HIGH_WORSENING = "high_worsening", _("High and worsening")
    PAYING_LATER = "paying_later", _("Paying later than usual")
    HIGH_NO_CONTACT = "high_no_contact", _("High, no contact in 30 days")
    REMINDER_UNANSWERED = "reminder_unanswered", _("Reminder unanswered")
    NO_ANSWER = "no_answer", _("No answer so far")
    FIRST_TIME = "first_time", _("First time overdue")
    OVERDUE = "overdue", _("Overdue")


class NextAction(models.TextChoices):
    """What happens next on an overdue account, by whom it is the row's officer (D16)."""

    CALL = "call", _("Call")
    CALL_BACK = "call_back", _("Call back")
    EMAIL = "email", _("E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Visit")
    CHECK = "check", _("Check")
    OTHER = "other", _("Other")
    AWAIT_PROMISE = "await_promise", _("Wait for promise")
    AWAIT_INSTALMENT = "await_instalment", _("Wait for instalment")
    AWAIT_ANSWER = "await_answer", _("Wait for answer")
    AWAIT_GROWTH = "await_growth", _("Wait until it grows")


# tone and icon of a reason; the icon alone is coloured in a row
REASON_LOOK = {
    RankReason.CALL_BACK: ("wait", "clock"),
    RankReason.FOLLOW_UP_LATE: ("attn", "clock-exclamation"),
    RankReason.FOLLOW_UP_TODAY: ("wait", "clock"),
    RankReason.PROMISE_BROKEN: ("stop", "alert-triangle"),
    RankReason.PROMISE_PARTLY: ("stop", "alert-triangle"),
    RankReason.PLAN_BROKEN: ("stop", "alert-triangle"),
    RankReason.INSTALMENT_LATE: ("attn", "clock-exclamation"),
    RankReason.PAYMENT_RETURNED: ("stop", "alert-triangle"),
    RankReason.DISPUTE_REJECTED: ("attn", "trending-up"),
    RankReason.HIGH_WORSENING: ("attn", "trending-up"),
    RankReason.PAYING_LATER: ("attn", "trending-up"),
    RankReason.HIGH_NO_CONTACT: ("attn", "trending-up"),
}
QUIET_LOOK = ("none", "point")
