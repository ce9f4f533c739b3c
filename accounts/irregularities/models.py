from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.irregularities.enums import UNDER_WAY, IrregularityKind, IrregularityStatus
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.models import Team
from accounts.teams.queries import present_team_ids
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField


class IrregularityQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Cases of accounts in view; without an account, one's own, one's teams' and those one opened."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        of_account = Q(account__in=Account.objects.visible_to(user))
        of_people = Q(owner=user) | Q(team__in=present_team_ids(user)) | Q(opened_by=user)
        return self.filter(of_account | (Q(account__isnull=True) & of_people))

    def under_way(self):
        return self.filter(status__in=UNDER_WAY)

    def with_late(self, day):
        """Whether each is still under way after its day, as `is_late`."""
        return self.annotate(
            is_late=models.ExpressionWrapper(
                Q(status__in=UNDER_WAY, due_date__lt=day), output_field=models.BooleanField()
            )
        )

    def late(self, day):
        return self.under_way().filter(due_date__lt=day)


class Irregularity(models.Model):
    """Money that is not as it should be, who puts it right, by when, and what did.

    `amount` is what is too little, too much or misplaced, never negative; `kind` says which.
    `subject` is where it showed itself (a deposit, a line of a bank statement, a payment); it may
    stand on a higher floor, so it is named by type and key.
    """

    objects = IrregularityQuerySet.as_manager()

    kind = models.CharField(_("kind"), max_length=16, choices=IrregularityKind)
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="irregularities")
    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, blank=True, related_name="+")
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="irregularities"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="irregularities")
    due_date = models.DateField(_("put right by"))
    note = models.TextField(_("what is wrong"))
    status = models.CharField(
        _("status"), max_length=10, choices=IrregularityStatus, default=IrregularityStatus.OPEN
    )
    found_on = models.DateField(_("found"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=ClockTimestamp())
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.TextField(_("what put it right"), blank=True)

    class Meta:
        verbose_name = _("irregularity")
        verbose_name_plural = _("irregularities")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="irregularity_amount"),
            models.CheckConstraint(
                condition=Q(status__in=UNDER_WAY, ended_on__isnull=True)
                | (~Q(status__in=UNDER_WAY) & Q(ended_on__isnull=False)),
                name="irregularity_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date"], name="irregularity_due", condition=Q(status__in=UNDER_WAY)),
            models.Index(fields=["subject_type", "subject_id"], name="irregularity_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount} {self.currency}"

    def whose(self) -> str:
        """Its owner, in words."""
        return str(self.owner or self.team or "")


class Correction(AppendOnlyModel):
    """An entry that put a case right, or part of it."""

    irregularity = models.ForeignKey(Irregularity, models.PROTECT, related_name="corrections")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="corrects")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("correction")
        constraints = [models.UniqueConstraint(fields=["irregularity", "entry"], name="correction_once")]

    def __str__(self) -> str:
        return f"{self.entry_id} for {self.irregularity_id}"
