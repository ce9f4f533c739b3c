"""The outbox."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import Purpose
from accounts.compliance.models import Permit, requires_allowed_permit
from accounts.contacts.models import ContactAttempt
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.parties.queries import sees_every_creditor
from campaigns.correspondence.models import TemplateVersion
from campaigns.sending.enums import DeliveryStatus, MessageStatus, PrintState, Spared, SpoiltReason
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class OfCreditorQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of creditors he works for; what is about all of them is for those who see all."""
        if sees_every_creditor(user):
            return self
        return self.filter(creditor__in=Creditor.objects.visible_to(user))


class PrintBatch(models.Model):
    """Letters judged, written and merged at one moment: what goes to the printer together."""

    objects = OfCreditorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, related_name="+")
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    letters = models.IntegerField(_("letters"), default=0)
    spared = models.IntegerField(_("spared"), default=0)
    is_copy = models.BooleanField(_("printed again"), default=False, db_default=False)
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("print batch")
        verbose_name_plural = _("print batches")

    @property
    def copy_word(self) -> str:
        return str(_("Copy")) if self.is_copy else ""

    def __str__(self) -> str:
        return f"{self.letters} letters"


def reference_of(message_id: int) -> str:
    """What stands on a letter as "our reference"."""
    return f"L{message_id}"


class LetterPrintQuerySet(models.QuerySet):
    def latest(self):
        """The newest print of each letter: where it is now."""
        later = LetterPrint.objects.filter(
            message=models.OuterRef("message"), number__gt=models.OuterRef("number")
        )
        return self.exclude(models.Exists(later))


class LetterPrint(models.Model):
    """One time a letter was put on paper. `number` counts them from 1; a later one bears the mark
    COPY and has a `document` of its own."""

    objects = LetterPrintQuerySet.as_manager()

    batch = models.ForeignKey(PrintBatch, models.PROTECT, related_name="prints")
    message = models.ForeignKey("campaigns.Message", models.PROTECT, related_name="prints")
    number = models.PositiveSmallIntegerField(_("print"), default=1)
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=PrintState, default=PrintState.PRINTED)
    spoilt_reason = models.CharField(_("why"), max_length=10, choices=SpoiltReason, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("print of a letter")
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="letter_print_once"),
            models.CheckConstraint(
                condition=Q(status=PrintState.SPOILT) ^ Q(spoilt_reason=""),
                name="letter_print_spoilt_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.number}"

    @property
    def reference(self) -> str:
        """What stands on the letter as "our reference", and as bars."""
        return reference_of(self.message_id)

    @property
    def why(self) -> str:
        reason = self.get_spoilt_reason_display() if self.spoilt_reason else ""
        return ", ".join(filter(None, [reason, self.note]))


class SendingPause(models.Model):
    """Nothing waiting in the outbox leaves while a pause is open; queueing goes on."""

    objects = OfCreditorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, related_name="pauses")
    reason = models.CharField(_("why"), max_length=300)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    paused_at = models.DateTimeField(db_default=ClockTimestamp())
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("pause")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor"],
                name="pause_one_open",
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.reason


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Messages that list an account of the user's."""
        seen = Account.objects.visible_to(user)
        return self.filter(
            models.Exists(
                MessageAccount.objects.filter(message=models.OuterRef("pk"), account__in=seen)
            )
        )


class Message(models.Model):
    """One message to one debtor of one creditor about all accounts it lists.

    Inserted only with a permit that allows this debtor, by SQL too. Sent in two transactions:
    the first judges again and marks `sending`, the second marks `sent`; see `services.py`.
    `instead_of` is the one that came back and that this one replaces, by another address or
    channel. `encloses`: its `document` was made before and goes with it, attached to an e-mail or as
    the letter itself. `asks_until` is the last due day asked for when that lies ahead (a note before
    the due day); otherwise a message asks for what is overdue.
    """

    objects = MessageQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="messages")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=14, choices=Purpose, default=Purpose.DEMAND)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    template_version = models.ForeignKey(
        TemplateVersion, models.PROTECT, null=True, related_name="+"
    )
    language = models.CharField(max_length=10)
    key = models.CharField(max_length=120, unique=True)
    permit = models.ForeignKey(Permit, models.PROTECT, related_name="messages")
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.QUEUED)
    delivery = models.CharField(max_length=10, choices=DeliveryStatus, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    encloses = models.BooleanField(default=False, db_default=False)
    message_id = models.CharField(max_length=200, blank=True)
    not_before = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=ClockTimestamp())
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    spared = models.CharField(max_length=20, choices=Spared, blank=True)
    stage = models.PositiveSmallIntegerField(default=1)
    stage_name = models.CharField(max_length=40, blank=True)
    pay_within_days = models.PositiveSmallIntegerField(default=14)
    asks_until = models.DateField(null=True)
    tolerances = models.JSONField(default=dict)
    provider_reference = models.CharField(max_length=120, blank=True)
    print_batch = models.ForeignKey(PrintBatch, models.PROTECT, null=True, related_name="messages")
    contact = models.ForeignKey(ContactAttempt, models.PROTECT, null=True, related_name="messages")
    run_id = models.BigIntegerField(null=True)
    instead_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replacements", db_index=False
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["debtor", "-id"], name="message_debtor"),
            # the order in which they leave: a claim reads the first of those that wait and nothing else
            models.Index(
                models.F("not_before").asc(nulls_first=True),
                "id",
                name="message_next",
                condition=Q(status__in=["queued", "deferred"]),
            ),
            models.Index(
                fields=["instead_of"],
                name="message_instead_of",
                condition=Q(instead_of__isnull=False),
            ),
            models.Index(
                fields=["lease_until"], name="message_leased", condition=Q(status="sending")
            ),
            models.Index(
                fields=["message_id"], name="message_by_its_id", condition=~Q(message_id="")
            ),
        ]
        triggers = [requires_allowed_permit()]

    def __str__(self) -> str:
        return f"{self.channel} to {self.debtor_id}"


class MessageAccount(models.Model):
    """What the message asks for on each of its accounts."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="message_lines")
    currency = CurrencyField()
    demanded = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "account"], name="message_account_once")
        ]
        indexes = [models.Index(fields=["account"], name="message_line_account")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.account_id}"


class Dispatch(models.Model):
    """One try to hand a message to its gateway: begun under the token of a claim, then answered.

    It is committed before the gateway is called, so a message that was claimed and has none was
    certainly not handed over. `lease` is the token; a later claim of the message has another.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="dispatches")
    lease = models.UUIDField()
    begun_at = models.DateTimeField(db_default=ClockTimestamp())
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    is_bounce = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("hand-over to a gateway")
        constraints = [
            models.UniqueConstraint(fields=["message", "lease"], name="dispatch_once_a_claim")
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.answer}"


class GatewayEvent(models.Model):
    """A receipt or an inbound text a gateway reported; the key makes a repeat harmless."""

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="events")
    received_at = models.DateTimeField(db_default=ClockTimestamp())
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("gateway event")

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
