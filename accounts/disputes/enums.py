"""Reasons and lifecycle of a dispute."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class DisputeStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "message-question", _("Waiting for an answer")
    UPHELD = "upheld", Tone.GOOD, "circle-check", _("Upheld")
    PARTLY_UPHELD = "partly_upheld", Tone.GOOD, "circle-dot", _("Partly upheld")
    REJECTED = "rejected", Tone.STOP, "circle-x", _("Rejected")
    WITHDRAWN = "withdrawn", Tone.NONE, "arrow-back-up", _("Withdrawn")


class DisputeReason(models.TextChoices):
    ALREADY_PAID = "already_paid", _("Says it is paid")
    AMOUNT = "amount", _("Wrong amount")
    NOT_DELIVERED = "not_delivered", _("Not delivered or not done")
    QUALITY = "quality", _("Quality")
    NOT_MINE = "not_mine", _("Not his debt")
    DUPLICATE = "duplicate", _("Billed twice")
    CONTRACT = "contract", _("Contract or price")
    OTHER = "other", _("Other")


class EvidenceKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice or bill")
    DELIVERY = "delivery", _("Delivery or work record")
    CONTRACT = "contract", _("Contract or order")
    PAYMENT = "payment", _("Proof of payment")
    LETTER = "letter", _("Letter or message")
    PHOTO = "photo", _("Photo or reading")
    OTHER = "other", _("Other")


# Only whoever was asked (or his deputy) answers: `rules.may_answer` is checked by the service.
DISPUTE = Lifecycle(
    "accounts.dispute",
    initial=DisputeStatus.OPEN,
    edges=[
        *(
            Edge(
                DisputeStatus.OPEN, outcome, permission="accounts.answer_dispute", audit=f"dispute.{outcome}"
            )
            for outcome in (
                DisputeStatus.UPHELD,
                DisputeStatus.PARTLY_UPHELD,
                DisputeStatus.REJECTED,
            )
        ),
        Edge(
            DisputeStatus.OPEN,
            DisputeStatus.WITHDRAWN,
            verb=_("Withdraw"),
            permission="accounts.raise_dispute",
            audit="dispute.withdrawn",
        ),
    ],
)
