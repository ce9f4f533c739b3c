from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class HardshipStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "clock", _("Waiting for a decision")
    GRANTED = "granted", Tone.GOOD, "circle-check", _("Granted")
    DECLINED = "declined", Tone.STOP, "circle-x", _("Declined")
    ENDED = "ended", Tone.NONE, "point", _("Ended")


class HardshipMarker(models.TextChoices):
    INCOME_LOST = "income_lost", _("Lost income")
    ILLNESS = "illness", _("Illness")
    BEREAVEMENT = "bereavement", _("Bereavement")
    SEPARATION = "separation", _("Separation")
    OVERCOMMITTED = "overcommitted", _("Too many debts")
    DISASTER = "disaster", _("Disaster")
    OTHER = "other", _("Other")


HARDSHIP = Lifecycle(
    "accounts.hardshipcase",
    initial=HardshipStatus.OPEN,
    edges=[
        Edge(
            HardshipStatus.OPEN,
            HardshipStatus.GRANTED,
            verb=_("Grant"),
            permission="accounts.decide_hardship",
            audit="hardship.granted",
        ),
        Edge(
            HardshipStatus.OPEN,
            HardshipStatus.DECLINED,
            verb=_("Decline"),
            permission="accounts.decide_hardship",
            audit="hardship.declined",
        ),
        Edge(
            [HardshipStatus.OPEN, HardshipStatus.GRANTED],
            HardshipStatus.ENDED,
            verb=_("End"),
            permission="accounts.decide_hardship",
            audit="hardship.ended",
        ),
    ],
)
