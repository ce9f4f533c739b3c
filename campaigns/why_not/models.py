from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from campaigns.why_not.enums import AnswerState, reason_label
from collections_app.core.fields import CurrencyField, MoneyField


class DayAnswerQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class DayAnswer(models.Model):
    """Whether an overdue account is contacted today and, if not, what stops it first.

    Kept for the whole book by `work_out_answers`. `until` is the moment, `until_day` the day through
    which the reason holds; neither is known for what only a person can end.
    """

    objects = DayAnswerQuerySet.as_manager()

    # Rewritten for the whole book: a key would prove every row again.
    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="day_answer", db_constraint=False
    )
    state = models.CharField(_("state"), max_length=10, choices=AnswerState)
    reason = models.CharField(_("reason"), max_length=32)
    currency = CurrencyField()
    overdue = MoneyField(_("overdue"))
    until = models.DateTimeField(null=True)
    until_day = models.DateField(null=True)
    action = models.CharField(max_length=20, blank=True)
    worked_out_at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer of the day")
        indexes = [models.Index(fields=["reason", "account"], name="day_answer_reason")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.reason_label}"

    @property
    def reason_label(self) -> str:
        """The reason in words."""
        return reason_label(self.reason)

    @property
    def last_day(self) -> date | None:
        """The day on which the reason ends, in the office's zone, if that is known."""
        return self.until_day if self.until is None else timezone.localtime(self.until).date()
