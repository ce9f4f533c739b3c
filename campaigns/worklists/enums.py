from django.db import models
from django.utils.translation import gettext_lazy as _


class RankReason(models.TextChoices):
    """Why an account is in the queue; the first that is true names the row (D17)."""

    CALL_BACK = "call_back", _("Call back asked for")
    FOLLOW_UP_LATE = "follow_up_late", _("Follow-up late")
    FOLLOW_UP_TODAY = "follow_up_today", _("Follow-up for today")
    PROMISE_BROKEN = "promise_broken", _("Promise broken")
    PROMISE_PARTLY = "promise_partly", _("Promise partly kept")
    PAYMENT_RETURNED = "payment_returned", _("Payment returned")
    DISPUTE_REJECTED = "dispute_rejected", _("Dispute rejected, ask again")
    HIGH_WORSENING = "high_worsening", _("High and worsening")
    PAYING_LATER = "paying_later", _("Paying later than usual")
    HIGH_NO_CONTACT = "high_no_contact", _("High, no contact in 30 days")
    REMINDER_UNANSWERED = "reminder_unanswered", _("Reminder unanswered")
    NO_ANSWER = "no_answer", _("No answer so far")
    FIRST_TIME = "first_time", _("First time overdue")
    OVERDUE = "overdue", _("Overdue")
