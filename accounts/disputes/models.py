import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.disputes.enums import DisputeReason, DisputeStatus, EvidenceKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.teams.models import Absence, Department
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class DisputeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Disputes of the accounts this user may see."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self):
        return self.filter(status=DisputeStatus.OPEN)

    def open_on(self, day):
        """Disputes that were open at the end of a day."""
        return self.filter(Q(resolved_on__isnull=True) | Q(resolved_on__gt=day), raised_on__lte=day)

    def late(self, day):
        """Not answered by their day."""
        return self.open().filter(answer_due__lt=day)

    def asked_now(self, user):
        """Questions routed to this user, or to a colleague he stands in for on the present day."""
        day = TruncDate(Now())
        away = Absence.objects.filter(
            deputy=user, cancelled_at__isnull=True, first_day__lte=day, last_day__gte=day
        )
        return self.filter(Q(asked=user) | Q(asked__in=away.values("user_id")))


class Dispute(models.Model):
    """Named items and amounts a debtor contests, and the question put to one department user.

    The answer of `asked` (or of a deputy) alone resolves it; the account is never shown to him.
    """

    objects = DisputeQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="disputes")
    currency = CurrencyField()
    reason = models.CharField(_("reason"), max_length=20, choices=DisputeReason)
    statement = models.TextField(_("what the debtor says"))
    amount = MoneyField(_("amount in dispute"))
    raised_on = models.DateField(_("raised on"))
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="disputes")
    asked = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="questions")
    question = models.TextField(_("question to the department"), blank=True)
    answer_due = models.DateField(_("answer due"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=15, choices=DisputeStatus, default=DisputeStatus.OPEN)
    upheld_amount = MoneyField(default=0)
    resolved_on = models.DateField(null=True, blank=True)
    chase_again_on = models.DateField(_("chasing goes on from"), null=True, blank=True)
    credit_note = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, blank=True, related_name="+")
    import_batch_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        indexes = [
            models.Index(fields=["account"], name="dispute_account"),
            models.Index(fields=["asked", "answer_due"], name="dispute_asked", condition=Q(status="open")),
        ]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_positive")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.amount} {self.currency}"


class DisputeItem(models.Model):
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="items")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="dispute_items")
    amount = MoneyField()
    currency = CurrencyField()

    class Meta:
        verbose_name = _("disputed item")
        constraints = [
            models.UniqueConstraint(fields=["dispute", "entry"], name="dispute_item_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_item_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.entry_id}"


class DisputeEvidence(models.Model):
    """What a document of a dispute is. Who added it and when stand on the file, whose retention it
    shares; files that came with the dispute itself have no such row."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="evidence")
    file = models.OneToOneField(StoredFile, models.CASCADE, primary_key=True, related_name="dispute_evidence")
    kind = models.CharField(_("kind"), max_length=10, choices=EvidenceKind)
    dated = models.DateField(_("dated"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("evidence")
        triggers = [pgtrigger.Protect(name="evidence_is_fixed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.dispute_id}"
