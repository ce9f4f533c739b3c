from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.enums import MATURED, PromiseStatus
from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.teams.models import Absence
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import Transition


class PromiseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Promises of the accounts this user may see."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self):
        return self.filter(status=PromiseStatus.OPEN)

    def open_on(self, day):
        """Promises that were open at the end of a day, by their transitions."""
        step = Transition.objects.filter(
            subject_type="accounts.promise", subject_id=OuterRef("pk"), effective_date__lte=day
        ).order_by("-id")
        return (
            self.filter(taken_on__lte=day)
            .alias(status_then=Subquery(step.values("to_status")[:1]))
            .filter(status_then=PromiseStatus.OPEN)
        )

    def matured(self):
        """Kept, partly kept or broken: what counts in the kept rate."""
        return self.filter(status__in=MATURED)

    def unseen_by(self, user):
        """Outcomes nobody has read yet on the user's own accounts, or on those of a colleague he
        stands in for on the present day."""
        day = TruncDate(Now())
        away = Absence.objects.filter(
            deputy=user, cancelled_at__isnull=True, first_day__lte=day, last_day__gte=day
        )
        return self.matured().filter(
            Q(account__officer=user) | Q(account__officer__in=away.values("user_id")),
            seen_by_officer_at__isnull=True,
        )


class Promise(models.Model):
    """A debtor promised an amount by a day (D25). Judged by rule, never by hand.

    `received` is the money that counted for it, `judged_on` the day from which the rule says what
    `status` says. A promise cancelled by hand has no `judged_on` and a `cancel_reason`.
    """

    objects = PromiseQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="promises")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="promises")
    amount = MoneyField(_("amount"))
    currency = CurrencyField()
    due_date = models.DateField(_("by"))
    grace_until = models.DateField(_("kept if it comes by"))
    method = models.CharField(_("how"), max_length=12, choices=PaymentMethod, blank=True)
    taken_on = models.DateField(_("taken on"))
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="promises_taken")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    status = models.CharField(max_length=12, choices=PromiseStatus, default=PromiseStatus.OPEN)
    received = MoneyField(default=0)
    judged_on = models.DateField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    cancel_reason = models.CharField(max_length=300, blank=True)
    seen_by_officer_at = models.DateTimeField(null=True, blank=True)
    import_batch_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("payment promise")
        verbose_name_plural = _("payment promises")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_positive"),
            models.CheckConstraint(
                condition=Q(grace_until__gte=models.F("due_date")), name="promise_grace_order"
            ),
            models.CheckConstraint(
                condition=~Q(status="replaced") | Q(replaced_by__isnull=False),
                name="promise_replaced_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="promise_account"),
            models.Index(fields=["due_date"], name="promise_open_due", condition=Q(status="open")),
            models.Index(fields=["-judged_on"], name="promise_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} by {self.due_date}"
