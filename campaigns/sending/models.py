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
from campaigns.correspondence.models import TemplateVersion
from campaigns.sending.enums import DeliveryStatus, MessageStatus
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class Message(models.Model):
    """One message to one debtor of one creditor about all accounts it lists.

    Inserted only with a permit that allows this debtor, by SQL too. Sent in two transactions:
    the first judges again and marks `sending`, the second marks `sent`; see `services.py`.
    """

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="messages")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=14, choices=Purpose, default=Purpose.DEMAND)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    template_version = models.ForeignKey(TemplateVersion, models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=10)
    key = models.CharField(max_length=120, unique=True)
    permit = models.ForeignKey(Permit, models.PROTECT, related_name="messages")
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.QUEUED)
    delivery = models.CharField(max_length=10, choices=DeliveryStatus, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    message_id = models.CharField(max_length=200, blank=True)
    not_before = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=ClockTimestamp())
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    contact = models.ForeignKey(ContactAttempt, models.PROTECT, null=True, related_name="messages")
    run_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["debtor", "-id"], name="message_debtor"),
            models.Index(
                fields=["not_before", "id"],
                name="message_waiting",
                condition=Q(status__in=["queued", "deferred"]),
            ),
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(status="sending")),
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
        constraints = [models.UniqueConstraint(fields=["message", "account"], name="message_account_once")]
        indexes = [models.Index(fields=["account"], name="message_line_account")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.account_id}"
