"""What a hold stops, why, and its lifecycle."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.parties.enums import LegalFactKind
from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class HoldScope(models.TextChoices):
    CONTACT = "contact", _("Contact")
    DEMAND = "demand", _("Demand")
    INTEREST = "interest", _("Interest")
    FEE = "fee", _("Fees")
    LEGAL = "legal", _("Legal steps")


class HoldReason(models.TextChoices):
    REQUESTED = "requested", _("Asked for by the debtor")
    CREDITOR = "creditor", _("Asked for by the creditor")
    OPT_OUT = "opt_out", _("Opted out of contact")
    DECEASED = "deceased", _("Deceased")
    INSOLVENT = "insolvent", _("Insolvent")
    REPRESENTED = "represented", _("Represented")
    HARDSHIP = "hardship", _("Hardship")
    BREATHING_SPACE = "breathing_space", _("Breathing space")
    DISPUTE = "dispute", _("Dispute")
    CLAIMS_PAID = "claims_paid", _("Says it is paid")
    BOOKS = "books", _("Books being checked")
    OTHER = "other", _("Other")


# A breathing space is entered as what it is, with its kind, notice and end. That somebody died or is
# insolvent is true of the person: recorded as a legal fact it stops all his accounts, where a hold on
# one of them would leave the others chased.
NOT_PLACED_BY_HAND = {HoldReason.BREATHING_SPACE, HoldReason.DECEASED, HoldReason.INSOLVENT}
PLACED_BY_HAND = [choice for choice in HoldReason.choices if choice[0] not in NOT_PLACED_BY_HAND]


class HoldStatus(StatusChoices):
    ACTIVE = "active", Tone.STOP, "hand-stop", _("Active")
    LIFTED = "lifted", Tone.NONE, "circle-check", _("Lifted")
    LAPSED = "lapsed", Tone.NONE, "clock", _("Lapsed")


# These protect a person; lifting them is not for the officer who would like to go on.
PROTECTING = {
    HoldReason.OPT_OUT,
    HoldReason.DECEASED,
    HoldReason.INSOLVENT,
    HoldReason.REPRESENTED,
    HoldReason.HARDSHIP,
    HoldReason.BREATHING_SPACE,
}

# What a legal fact about a person stops, for every creditor, from the day it is true. Not a policy:
# nobody in the office may decide that a bankrupt or a minor is asked for money after all.
LEGAL_STOPS: dict[str, list[str]] = {
    LegalFactKind.DECEASED: [HoldScope.CONTACT, HoldScope.DEMAND, HoldScope.FEE, HoldScope.LEGAL],
    LegalFactKind.INSOLVENT: list(HoldScope),
    LegalFactKind.MINOR: list(HoldScope),
}

# Whether a hold was lifted by somebody who may is a rule of the service: `rules.may_lift`.
HOLD = Lifecycle(
    "accounts.hold",
    initial=HoldStatus.ACTIVE,
    edges=[
        Edge(
            HoldStatus.ACTIVE,
            HoldStatus.LIFTED,
            verb=_("Lift"),
            permission="accounts.place_hold",
            audit="hold.lifted",
        ),
        Edge(HoldStatus.ACTIVE, HoldStatus.LAPSED, audit="hold.lapsed"),
    ],
)


class BreathingSpaceKind(models.TextChoices):
    """The two moratoria of the Debt Respite Scheme (SI 2020/1311)."""

    STANDARD = "standard", _("Standard")
    CRISIS = "crisis", _("Mental health crisis")


# Days counted with the first: a standard one, what follows a crisis treatment, and how long after the
# beginning of one standard the next may begin.
STANDARD_DAYS = 60
DAYS_AFTER_TREATMENT = 30
MONTHS_BETWEEN = 12
