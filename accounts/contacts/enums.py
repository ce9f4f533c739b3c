"""Outcomes and what each says: was it contact, was it the right party, what form follows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactDirection(models.TextChoices):
    OUT = "out", _("Out")
    IN = "in", _("In")


class Outcome(models.TextChoices):
    NO_ANSWER = "no_answer", _("No answer")
    LEFT_WORD = "left_word", _("Left word")
    PROMISE = "promise", _("Promise")
    PAID_ALREADY = "paid_already", _("Paid already")
    DISPUTES = "disputes", _("Disputes")
    CANNOT_PAY = "cannot_pay", _("Can't pay")
    WRONG_PARTY = "wrong_party", _("Wrong party")
    CALL_BACK = "call_back", _("Call back")
    REFUSES = "refuses", _("Refuses")
    REACHED = "reached", _("Reached, no result")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    REFUSED_DELIVERY = "refused_delivery", _("Refused at the door")
    VACANT = "vacant", _("Vacant")
    RECEIVED = "received", _("Received")
    OTHER = "other", _("Other")


# The nine keys of the call panel, in order of their number.
CALL_OUTCOMES = [
    Outcome.NO_ANSWER,
    Outcome.LEFT_WORD,
    Outcome.PROMISE,
    Outcome.PAID_ALREADY,
    Outcome.DISPUTES,
    Outcome.CANNOT_PAY,
    Outcome.WRONG_PARTY,
    Outcome.CALL_BACK,
    Outcome.REFUSES,
]

# Contact was made with somebody; the rest are attempts only.
CONTACT_MADE = {
    Outcome.LEFT_WORD,
    Outcome.PROMISE,
    Outcome.PAID_ALREADY,
    Outcome.DISPUTES,
    Outcome.CANNOT_PAY,
    Outcome.WRONG_PARTY,
    Outcome.CALL_BACK,
    Outcome.REFUSES,
    Outcome.REACHED,
    Outcome.REFUSED_DELIVERY,
    Outcome.RECEIVED,
}


class PersonReached(models.TextChoices):
    NOBODY = "nobody", _("Nobody")
    DEBTOR = "debtor", _("The debtor")
    REPRESENTATIVE = "representative", _("Representative")
    THIRD_PARTY = "third_party", _("Third party")


class NonPaymentReason(models.TextChoices):
    FORGOT = "forgot", _("Forgot")
    NO_INVOICE = "no_invoice", _("No invoice received")
    INCOME_LATE = "income_late", _("Salary or income late")
    INCOME_LOST = "income_lost", _("Lost job or income")
    ILLNESS = "illness", _("Illness")
    CASH_FLOW = "cash_flow", _("Waits for own customers")
    DISPUTE = "dispute", _("Disputes the bill")
    PAID = "paid", _("Says it is paid")
    APPROVAL = "approval", _("Waits for internal approval")
    UNWILLING = "unwilling", _("Will not pay")
    ABROAD = "abroad", _("Away or moved")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Not known")


class ContactSource(models.TextChoices):
    PRODUCT = "product", _("Made here")
    LOGGED = "logged", _("Logged afterwards")
    IMPORTED = "imported", _("Imported")
    TELEPHONE = "telephone", _("Telephone system")


class FollowUpStatus(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    SUPERSEDED = "superseded", _("Superseded")


class FollowUpKind(models.TextChoices):
    CALL = "call", _("Call")
    CALL_BACK = "call_back", _("Call back")
    EMAIL = "email", _("E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Visit")
    CHECK = "check", _("Check")
    OTHER = "other", _("Other")
