from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.hardship.enums import HardshipMarker, HardshipStatus
from accounts.holds.models import Hold
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.tasks.models import Task
from collections_app.core.fields import ClockTimestamp


class HardshipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Cases of debtors with an account this user may see."""
        return self.filter(debtor__in=Account.objects.visible_to(user).values("debtor"))


class HardshipCase(models.Model):
    """A debtor said he cannot pay. `note` is for named roles; every view of it is recorded."""

    objects = HardshipQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="hardship_cases")
    marker = models.CharField(_("what happened"), max_length=20, choices=HardshipMarker)
    note = models.TextField(_("detail"), blank=True)
    opened_on = models.DateField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    answer_due = models.DateField(_("answer due"))
    status = models.CharField(max_length=10, choices=HardshipStatus, default=HardshipStatus.OPEN)
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)
    decision = models.TextField(_("decision"), blank=True)

    class Meta:
        verbose_name = _("hardship case")
        verbose_name_plural = _("hardship cases")

    def __str__(self) -> str:
        return f"{self.get_marker_display()} from {self.opened_on}"
