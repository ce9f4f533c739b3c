"""What can be wrong with money, and how a case of it goes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class IrregularityKind(models.TextChoices):
    SHORT = "short", _("Too little")
    OVER = "over", _("Too much")
    DUPLICATE = "duplicate", _("Paid or posted twice")
    WRONG_ACCOUNT = "wrong_account", _("On the wrong account")
    UNIDENTIFIED = "unidentified", _("Payer not known")
    OTHER = "other", _("Other")


# Only a posting puts these right.
POSTED_WRONG = (IrregularityKind.DUPLICATE, IrregularityKind.WRONG_ACCOUNT)


class IrregularityStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "clock", _("Open")
    IN_WORK = "in_work", Tone.WAIT, "progress", _("In work")
    CLOSED = "closed", Tone.GOOD, "circle-check", _("Corrected")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")


UNDER_WAY = (IrregularityStatus.OPEN, IrregularityStatus.IN_WORK)

# Who may take a step depends on the case (`rules.may_work_on`), which the services ask.
IRREGULARITY = Lifecycle(
    "accounts.irregularity",
    initial=IrregularityStatus.OPEN,
    edges=[
        Edge(
            IrregularityStatus.OPEN,
            IrregularityStatus.IN_WORK,
            verb=_("Start work"),
            permission="accounts.work_irregularity",
            audit="irregularity.taken",
        ),
        Edge(
            UNDER_WAY,
            IrregularityStatus.CLOSED,
            verb=_("Close"),
            permission="accounts.work_irregularity",
            audit="irregularity.closed",
        ),
        Edge(
            UNDER_WAY,
            IrregularityStatus.CANCELLED,
            verb=_("Cancel"),
            permission="accounts.work_irregularity",
            audit="irregularity.cancelled",
        ),
    ],
)
