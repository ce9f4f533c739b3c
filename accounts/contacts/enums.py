"""Outcomes and what each says: was it contact, was it the right party, what form follows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ContactDirection(models.TextChoices):
    OUT = "out", _("Out")
    IN = "in", _("In")


class Outcome(StatusChoices):
    NO_ANSWER = "no_answer", Tone.NONE, "phone-x", _("No answer")
    LEFT_WORD = "left_word", Tone.NONE, "message", _("Left word")
    PROMISE = "promise", Tone.GOOD, "calendar-dollar", _("Promise")
    PAID_ALREADY = "paid_already", Tone.WAIT, "receipt", _("Paid already")
    DISPUTES = "disputes", Tone.WAIT, "message-question", _("Disputes")
    CANNOT_PAY = "cannot_pay", Tone.ATTENTION, "alert-triangle", _("Can't pay")
    WRONG_PARTY = "wrong_party", Tone.STOP, "user-x", _("Wrong party")
    CALL_BACK = "call_back", Tone.WAIT, "phone-incoming", _("Call back")
    REFUSES = "refuses", Tone.STOP, "hand-stop", _("Refuses")
    REACHED = "reached", Tone.NONE, "phone-check", _("Reached, no result")
    SENT = "sent", Tone.NONE, "send", _("Sent")
    DELIVERED = "delivered", Tone.NONE, "check", _("Delivered")
    BOUNCED = "bounced", Tone.ATTENTION, "mail-x", _("Bounced")
    REFUSED_DELIVERY = "refused_delivery", Tone.ATTENTION, "hand-stop", _("Refused at the door")
    VACANT = "vacant", Tone.ATTENTION, "door", _("Vacant")
    RECEIVED = "received", Tone.NONE, "inbox", _("Received")
    NOT_CONNECTED = "not_connected", Tone.NONE, "phone-off", _("Busy, did not connect")
    NOT_IN_SERVICE = "not_in_service", Tone.ATTENTION, "phone-off", _("Number not in service")
    OTHER = "other", Tone.NONE, "point", _("Other")


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

# Never rang where it was meant to: no attempt of the caps that leave such calls out (12 CFR
# 1006.14(b)(3)(iii)). The key "no answer" asks which of them it was.
NEVER_RANG = {Outcome.NOT_CONNECTED, Outcome.NOT_IN_SERVICE}
# The number dialled is of no use any more.
LOSES_NUMBER = {Outcome.WRONG_PARTY, Outcome.NOT_IN_SERVICE}
ENDS_OF_CALL = frozenset({*CALL_OUTCOMES, *NEVER_RANG})

# What can be said at a door; a promise or a dispute has its own form on the account's page.
VISIT_OUTCOMES = [
    Outcome.NO_ANSWER,
    Outcome.LEFT_WORD,
    Outcome.REACHED,
    Outcome.REFUSES,
    Outcome.PAID_ALREADY,
    Outcome.WRONG_PARTY,
    Outcome.VACANT,
    Outcome.REFUSED_DELIVERY,
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

# What can only be said once the debt was spoken of, so only to the right party.
AFTER_RIGHT_PARTY = {
    Outcome.PROMISE,
    Outcome.PAID_ALREADY,
    Outcome.DISPUTES,
    Outcome.CANNOT_PAY,
    Outcome.REFUSES,
}

# Nobody, or somebody else, answered: no reason for non-payment was heard.
WITHOUT_DEBTOR = {Outcome.NO_ANSWER, Outcome.LEFT_WORD, Outcome.WRONG_PARTY, *NEVER_RANG}


class IdentityItem(models.TextChoices):
    """What the person on the line says and the officer compares; two make the right party."""

    NAME = "name", _("name")
    BIRTH_DATE = "birth_date", _("birth date")
    ADDRESS = "address", _("address")
    POSTCODE = "postcode", _("postcode")
    EMAIL = "email", _("e-mail")
    ACCOUNT_NUMBER = "account_number", _("account number")
    REFERENCE = "reference", _("reference")


ITEMS_NEEDED = 2


class PersonReached(models.TextChoices):
    NOBODY = "nobody", _("Nobody")
    DEBTOR = "debtor", _("The debtor")
    REPRESENTATIVE = "representative", _("Representative")
    THIRD_PARTY = "third_party", _("Third party")


# With whom the debt may be spoken of, and whose word on it counts.
SPEAKS_FOR_DEBTOR = {PersonReached.DEBTOR, PersonReached.REPRESENTATIVE}


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


# The reason for non-payment that an outcome says by itself (D30).
SAID_BY_OUTCOME = {
    Outcome.PAID_ALREADY: NonPaymentReason.PAID,
    Outcome.DISPUTES: NonPaymentReason.DISPUTE,
    Outcome.REFUSES: NonPaymentReason.UNWILLING,
}


class ContactSource(models.TextChoices):
    PRODUCT = "product", _("Made here")
    LOGGED = "logged", _("Logged afterwards")
    IMPORTED = "imported", _("Imported")
    TELEPHONE = "telephone", _("Telephone system")


class TraceStep(models.TextChoices):
    """Where a lost debtor is looked for, in this order; the policy "tracing" names those the office takes."""

    RECORDS = "records", _("Own papers and the debtor's other accounts")
    PARTIES = "parties", _("People with a part in the account")
    REGISTERS = "registers", _("Registers and directories")
    AGENT = "agent", _("Tracing agent")
    VISIT = "visit", _("Visit to the last address")


class FollowUpStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "clock", _("Open")
    DONE = "done", Tone.GOOD, "circle-check", _("Done")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")
    SUPERSEDED = "superseded", Tone.NONE, "repeat", _("Superseded")


FOLLOW_UP = Lifecycle(
    "accounts.followup",
    initial=FollowUpStatus.OPEN,
    edges=[
        Edge(
            FollowUpStatus.OPEN,
            FollowUpStatus.DONE,
            verb=_("Mark done"),
            permission="accounts.plan_follow_up",
            audit="follow_up.done",
            url_name="accounts:follow_up_done",
        ),
        Edge(
            FollowUpStatus.OPEN,
            FollowUpStatus.CANCELLED,
            verb=_("Cancel"),
            permission="accounts.plan_follow_up",
            audit="follow_up.cancelled",
            url_name="accounts:follow_up_cancel",
        ),
        Edge(FollowUpStatus.OPEN, FollowUpStatus.SUPERSEDED, audit="follow_up.superseded"),
    ],
)


class FollowUpKind(models.TextChoices):
    CALL = "call", _("Call")
    CALL_BACK = "call_back", _("Call back")
    EMAIL = "email", _("E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Visit")
    CHECK = "check", _("Check")
    OTHER = "other", _("Other")
