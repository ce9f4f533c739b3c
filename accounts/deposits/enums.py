"""How a deposit goes."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class DepositStatus(StatusChoices):
    PREPARED = "prepared", Tone.WAIT, "clock", _("Prepared")
    DEPOSITED = "deposited", Tone.WAIT, "progress", _("At the bank, not yet credited")
    PARTLY = "partly", Tone.WAIT, "progress", _("Credited in part")
    CREDITED = "credited", Tone.GOOD, "circle-check", _("Credited")
    DIFFERING = "differing", Tone.STOP, "alert-triangle", _("Credited with a difference")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")


TIED = (DepositStatus.CREDITED, DepositStatus.DIFFERING)
# The bank has said something of its money.
ANSWERED = (DepositStatus.PARTLY, *TIED)
AT_THE_BANK = (DepositStatus.DEPOSITED, *ANSWERED)

# Who may take a step depends on the deposit, which the services ask.
DEPOSIT = Lifecycle(
    "accounts.deposit",
    initial=DepositStatus.PREPARED,
    edges=[
        Edge(DepositStatus.PREPARED, DepositStatus.DEPOSITED, audit="deposit.deposited"),
        Edge(DepositStatus.PREPARED, DepositStatus.CANCELLED, audit="deposit.cancelled"),
        Edge(
            (DepositStatus.DEPOSITED, DepositStatus.PARTLY),
            DepositStatus.CREDITED,
            audit="deposit.credited",
        ),
        # its cheques, credited one by one; a last answer may be taken back
        Edge(
            (DepositStatus.DEPOSITED, DepositStatus.CREDITED),
            DepositStatus.PARTLY,
            audit="deposit.credited_in_part",
        ),
        Edge(
            (DepositStatus.DEPOSITED, DepositStatus.PARTLY, DepositStatus.CREDITED),
            DepositStatus.DIFFERING,
            audit="deposit.differs",
        ),
        Edge((DepositStatus.PARTLY, *TIED), DepositStatus.DEPOSITED, audit="deposit.untied"),
    ],
)
