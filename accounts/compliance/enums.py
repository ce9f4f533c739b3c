from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.statuses import StatusChoices, Tone


class Purpose(models.TextChoices):
    DEMAND = "demand", _("Demand or reminder")
    SERVICE = "service", _("Answer, confirmation or thanks")
    LEGAL_NOTICE = "legal_notice", _("Notice the law demands")
    REQUESTED = "requested", _("Asked for by the debtor")


class Judgement(StatusChoices):
    """What the gate says of a contact that happened: with a permit, or judged afterwards.

    Lawful is what had no permit and kept the rules; what the debtor began is not judged.
    """

    PERMITTED = "permitted", Tone.GOOD, "shield-check", _("Permitted")
    LAWFUL = "lawful", Tone.NONE, "check", _("Lawful")
    BREACH = "breach", Tone.STOP, "alert-triangle", _("Breach")
    NOT_JUDGED = "not_judged", Tone.NONE, "phone-incoming", _("Inbound")


class Rule(models.TextChoices):
    """Why the gate says no, the sentence an officer reads. Permits store the value."""

    DECEASED = "deceased", _("The debtor has died")
    INSOLVENT = "insolvent", _("The debtor is insolvent")
    MINOR = "minor", _("The debtor is a minor")
    REPRESENTED = "represented", _("Represented: contact the representative only")
    OPTED_OUT = "opted_out", _("Asked not to be contacted this way")
    HARDSHIP = "hardship", _("On hold: hardship")
    CLAIMS_PAID = "claims_paid", _("On hold: says it is paid")
    DISPUTE = "dispute", _("On hold: dispute")
    HOLD = "hold", _("On hold")
    NOT_RELEASED = "not_released", _("The creditor is not released for contact yet")
    CHANNEL_NOT_WANTED = "channel_not_wanted", _("Wants other channels only")
    NO_POINT = "no_point", _("No number or address")
    POINT_BAD = "point_bad", _("The number or address is bad")
    WRONG_PARTY = "wrong_party", _("Belongs to somebody else")
    CAP = "cap", _("Tried often enough for now")
    PUBLIC_HOLIDAY = "public_holiday", _("Public holiday")
    OWN_HOURS = "own_hours", _("Outside the hours the debtor asked for")
    CONTACT_HOURS = "contact_hours", _("Outside contact hours")
