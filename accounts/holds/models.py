from collections.abc import Collection

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.holds.enums import BreathingSpaceKind, HoldReason, HoldScope, HoldStatus
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Debtor
from collections_app.core.fields import ClockTimestamp


def scopes_in_words(scopes: Collection[str]) -> str:
    """What is stopped, in the scopes' own order; all of it in one word."""
    if len(scopes) == len(HoldScope):
        return str(_("Everything"))
    return ", ".join(str(scope.label) for scope in HoldScope if scope.value in scopes)


class BreathingSpaceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of debtors with an account this user may see."""
        return self.filter(debtor__in=Account.objects.visible_to(user).values("debtor"))

    def in_force(self, day):
        return self.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=day), undone_on__isnull=True, first_day__lte=day
        )


class BreathingSpace(models.Model):
    """A moratorium on the debts a person had on its first day; its holds are on those charges.

    `told_on` is the day of the notice, which may come after `first_day`. Without `last_day` it lasts
    until the treatment has ended and some days more. One undone never was.
    """

    objects = BreathingSpaceQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="breathing_spaces")
    kind = models.CharField(_("kind"), max_length=10, choices=BreathingSpaceKind)
    reference = models.CharField(_("reference"), max_length=60)
    first_day = models.DateField(_("from"))
    told_on = models.DateField(_("notice of"))
    last_day = models.DateField(_("until"), null=True, blank=True)
    treatment_ended_on = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    undone_on = models.DateField(null=True, blank=True)
    closing_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("breathing space")
        verbose_name_plural = _("breathing spaces")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=models.F("first_day")),
                name="breathing_space_order",
            ),
            models.CheckConstraint(
                condition=Q(told_on__gte=models.F("first_day")), name="breathing_space_told"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference} from {self.first_day}"


class HoldQuerySet(models.QuerySet):
    def in_force(self, day):
        """Holds that bind on a day: begun, not ended by their date, not lifted by then."""
        return self.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=day),
            Q(lifted_on__isnull=True) | Q(lifted_on__gt=day),
            first_day__lte=day,
        )

    def visible_to(self, user):
        """Holds on the accounts this user may see, and on the debtors of such accounts."""
        seen = Account.objects.visible_to(user)
        return self.filter(Q(account__in=seen) | Q(debtor__in=seen.values("debtor")))


class Hold(models.Model):
    """Stops `scopes` on a debtor, an account or one charge, from a day to a day or until lifted."""

    objects = HoldQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, null=True, blank=True, related_name="holds")
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="holds")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, blank=True, related_name="holds")
    scopes = ArrayField(models.CharField(max_length=10, choices=HoldScope), verbose_name=_("stops"))
    reason = models.CharField(_("reason"), max_length=20, choices=HoldReason)
    note = models.TextField(_("note"), blank=True)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"), null=True, blank=True)
    status = models.CharField(max_length=10, choices=HoldStatus, default=HoldStatus.ACTIVE)
    source = models.CharField(max_length=30, default="manual")
    breathing_space = models.ForeignKey(
        BreathingSpace, models.PROTECT, null=True, blank=True, related_name="holds", editable=False
    )
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    lifted_on = models.DateField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_reason = models.CharField(max_length=300, blank=True)
    import_batch_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=Q(debtor__isnull=False, account__isnull=True, entry__isnull=True)
                | Q(debtor__isnull=True, account__isnull=False),
                name="hold_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=models.F("first_day")),
                name="hold_order",
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="hold_stops_something"),
        ]
        indexes = [
            models.Index(fields=["account"], name="hold_account", condition=Q(status="active")),
            models.Index(fields=["debtor"], name="hold_debtor", condition=Q(status="active")),
        ]

    def stops_in_words(self) -> str:
        return scopes_in_words(self.scopes)

    def __str__(self) -> str:
        return f"{self.get_reason_display()} from {self.first_day}"
