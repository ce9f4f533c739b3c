"""What the words of a policy's rows are called to a reader; typed and stored they are codes.

The slices above have the same names for the same things: a test holds the two against each other.
"""

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

DAYS = dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), WEEKDAYS_ABBR.values(), strict=True))
CHANNELS = {
    "call": _("Call"),
    "sms": _("Text message"),
    "email": _("E-mail"),
    "letter": _("Letter"),
    "visit": _("Visit"),
}
OUTCOMES = {
    "no_answer": _("No answer"),
    "not_connected": _("Busy, did not connect"),
    "not_in_service": _("Number not in service"),
    "left_word": _("Left word"),
    "paid_already": _("Paid already"),
    "cannot_pay": _("Can't pay"),
    "wrong_party": _("Wrong party"),
    "refuses": _("Refuses"),
    "reached": _("Reached, no result"),
    "promise": _("Promise"),
    "disputes": _("Disputes"),
    "call_back": _("Call back"),
}
REASONS = {
    "call_back": _("Call back asked for"),
    "follow_up_late": _("Follow-up late"),
    "follow_up_today": _("Follow-up for today"),
    "promise_broken": _("Promise broken"),
    "promise_partly": _("Promise partly kept"),
    "plan_broken": _("Payment plan broken"),
    "instalment_late": _("Instalment late"),
    "payment_returned": _("Payment returned"),
    "dispute_rejected": _("Dispute rejected, ask again"),
    "high_worsening": _("High and worsening"),
    "paying_later": _("Paying later than usual"),
    "high_no_contact": _("High, no contact in 30 days"),
    "reminder_unanswered": _("Reminder unanswered"),
    "no_answer": _("No answer so far"),
    "first_time": _("First time overdue"),
    "overdue": _("Overdue"),
}
ENTRIES = {
    "charge": _("Charge"),
    "fee": _("Fee"),
    "interest": _("Interest"),
    "penalty": _("Penalty"),
    "credit_note": _("Credit note"),
    "discount": _("Settlement discount"),
}
METHODS = {
    "post": _("Post"),
    "registered_post": _("Registered post"),
    "courier": _("Courier"),
    "hand": _("By hand"),
    "email": _("E-mail"),
    "sms": _("Text message"),
}
NOTICES = {
    "first": _("First notice"),
    "second": _("Second notice"),
    "final": _("Final notice"),
    "pre_legal": _("Pre-legal notice"),
}
