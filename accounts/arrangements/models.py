from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.enums import MATURED, PLAN_DRAFTED, PlanStatus, PromiseStatus, Rhythm
from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import Account
from accounts.parties.models import Creditor, Debtor
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
            # What is open until a day, and all that was promised for it.
            models.Index(fields=["status", "due_date"], name="promise_due"),
            models.Index(fields=["-judged_on"], name="promise_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} by {self.due_date}"


class PaymentPlanQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Plans with an account this user may see."""
        return self.filter(
            Exists(
                PlanAccount.objects.filter(plan=OuterRef("pk"), account__in=Account.objects.visible_to(user))
            )
        )

    def in_force(self):
        return self.filter(status=PlanStatus.IN_FORCE)

    def drafted(self):
        """Offered, or waiting for approval."""
        return self.filter(status__in=PLAN_DRAFTED)

    def due_between(self, first, last):
        """In force, with an instalment not yet paid that is due on these days."""
        return self._with_instalment(due_date__range=(first, last))

    def late(self, day):
        """In force, with an instalment whose day has gone by unpaid."""
        return self._with_instalment(due_date__lt=day)

    def _with_instalment(self, **due):
        unpaid = PlanInstalment.objects.filter(plan=OuterRef("pk"), paid_on__isnull=True, **due)
        return self.in_force().filter(Exists(unpaid))


class PaymentPlan(models.Model):
    """Instalments agreed with a debtor for accounts of one creditor and currency (D26, D27).

    In force it spares its accounts, and the days in force (`PlanSpan`) stop what `freezes` names.
    `judged_on` is the first day of a status that the rule found; `received` is what came for it.
    `tolerance` and `breaks_at` are those of the policy when it was agreed, as each instalment's
    grace. `account` is the one it was proposed on.
    """

    objects = PaymentPlanQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="payment_plans")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="payment_plans")
    account = models.ForeignKey(Account, models.PROTECT, related_name="payment_plans")
    amount = MoneyField(_("amount"))
    currency = CurrencyField()
    rhythm = models.CharField(_("rhythm"), max_length=12, choices=Rhythm)
    month_day = models.PositiveSmallIntegerField(_("day of the month"), null=True, blank=True)
    first_due = models.DateField(_("first instalment"))
    last_due = models.DateField(_("last instalment"))
    freezes = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    tolerance = MoneyField(default=0)
    breaks_at = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(_("status"), max_length=12, choices=PlanStatus, default=PlanStatus.OFFERED)
    is_agreed = models.BooleanField(_("the debtor agrees"), default=False)
    made_on = models.DateField(_("proposed on"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="plans_made")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    starts_on = models.DateField(_("in force from"), null=True, blank=True)
    judged_on = models.DateField(null=True, blank=True)
    received = MoneyField(default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("payment plan")
        verbose_name_plural = _("payment plans")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_positive"),
            models.CheckConstraint(condition=Q(last_due__gte=models.F("first_due")), name="plan_due_order"),
            models.CheckConstraint(
                condition=~Q(status__in=["in_force", "completed", "cleared", "broken"])
                | Q(starts_on__isnull=False),
                name="plan_in_force_from",
            ),
            models.CheckConstraint(
                condition=~Q(status="replaced") | Q(replaced_by__isnull=False),
                name="plan_replaced_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="plan_account"),
            models.Index(fields=["last_due"], name="plan_running", condition=Q(status="in_force")),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} until {self.last_due}"


class PlanAccount(models.Model):
    """An account of a plan, and how much of the plan is its debt."""

    plan = models.ForeignKey(PaymentPlan, models.PROTECT, related_name="plan_accounts", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="plan_accounts")
    amount = MoneyField()
    currency = CurrencyField()

    class Meta:
        verbose_name = _("account of a plan")
        constraints = [
            models.UniqueConstraint(fields=["plan", "account"], name="plan_account_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="plan_account_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


class PlanInstalment(models.Model):
    """One instalment; number 0 is the deposit. `received` and `paid_on` are what the rule says."""

    plan = models.ForeignKey(PaymentPlan, models.PROTECT, related_name="instalments", db_index=False)
    number = models.PositiveSmallIntegerField()
    due_date = models.DateField(_("due"))
    grace_until = models.DateField(_("counts until"))
    amount = MoneyField(_("amount"))
    currency = CurrencyField()
    received = MoneyField(_("received"), default=0)
    paid_on = models.DateField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_instalment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_instalment_positive"),
            models.CheckConstraint(
                condition=Q(grace_until__gte=models.F("due_date")), name="plan_instalment_grace"
            ),
        ]
        indexes = [
            models.Index(fields=["due_date"], name="plan_instalment_due", condition=Q(paid_on__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount} on {self.due_date}"


class PlanSpanQuerySet(models.QuerySet):
    def in_force_on(self, day):
        """The days in force, by what is known now, that a day is one of."""
        return self.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=day), first_day__lte=day, superseded_at__isnull=True
        )

    def in_force_as_known(self, day, known_at):
        """The days in force, by what was known at a moment, that a day is one of."""
        return self.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=day),
            Q(superseded_at__isnull=True) | Q(superseded_at__gt=known_at),
            first_day__lte=day,
            recorded_at__lte=known_at,
        )


class PlanSpan(models.Model):
    """Days on which a plan was in force for an account, both included, as known from `recorded_at`
    until `superseded_at`; no last day: until further notice.

    `scopes` is what stops on these days. `differs_from` is the first day on which this row told
    something new, `superseded_from` the first on which what came after it did.
    """

    objects = PlanSpanQuerySet.as_manager()

    plan = models.ForeignKey(PaymentPlan, models.PROTECT, related_name="spans")
    account = models.ForeignKey(Account, models.PROTECT, related_name="plan_spans", db_index=False)
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True)
    scopes = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    differs_from = models.DateField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_from = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("days in force")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=models.F("first_day")),
                name="plan_span_order",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True, superseded_from__isnull=True)
                | Q(superseded_at__isnull=False, superseded_from__isnull=False),
                name="plan_span_superseded",
            ),
        ]
        indexes = [models.Index(fields=["account", "first_day"], name="plan_span_account")]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day or '...'}"
