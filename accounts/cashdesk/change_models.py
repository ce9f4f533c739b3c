"""Change money between two days: who has it, since when, and where it went."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.enums import ChangeOrigin, ChangeStatus
from accounts.cashdesk.models import CashDay
from accounts.teams.people import PersonQuerySet
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField


class ChangeMoneyQuerySet(PersonQuerySet):
    people = ("holder", "given_by")

    def held(self):
        return self.filter(status=ChangeStatus.HELD)


class ChangeMoney(models.Model):
    """Change money in somebody's hands while it is in no till.

    It begins with whoever gave it out or with the close of a day (`from_day`), and ends in a day's
    till (`into_day`), with the next holder, or out of use against the signature of `taken_by`.
    """

    objects = ChangeMoneyQuerySet.as_manager()

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="change_money")
    currency = CurrencyField(_("currency"))
    amount = MoneyField(_("amount"))
    origin = models.CharField(_("from"), max_length=6, choices=ChangeOrigin)
    held_from = models.DateField(_("since"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    from_day = models.ForeignKey(
        CashDay, models.PROTECT, null=True, blank=True, related_name="change_put_aside"
    )
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followers")
    note = models.CharField(_("note"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    status = models.CharField(_("status"), max_length=10, choices=ChangeStatus, default=ChangeStatus.HELD)
    ended_on = models.DateField(_("until"), null=True, blank=True)
    into_day = models.ForeignKey(
        CashDay, models.PROTECT, null=True, blank=True, related_name="change_brought"
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("change money")
        verbose_name_plural = _("change money")
        triggers = [
            pgtrigger.ReadOnly(
                name="change_money_fixed",
                fields=["holder", "currency", "amount", "origin", "held_from", "given_by", "from_day"],
            ),
            pgtrigger.Protect(name="change_money_stays", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="change_money_positive"),
            models.CheckConstraint(
                condition=Q(status=ChangeStatus.HELD, ended_on__isnull=True)
                | (~Q(status=ChangeStatus.HELD) & Q(ended_on__isnull=False)),
                name="change_money_ended",
            ),
            models.CheckConstraint(
                condition=Q(status=ChangeStatus.IN_TILL, into_day__isnull=False)
                | (~Q(status=ChangeStatus.IN_TILL) & Q(into_day__isnull=True)),
                name="change_money_till",
            ),
            models.CheckConstraint(
                condition=Q(given_by__isnull=True) | ~Q(given_by=F("holder")),
                name="change_money_two_people",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True) | ~Q(taken_by=F("holder")),
                name="change_money_taken_by_another",
            ),
            models.UniqueConstraint(
                fields=["from_day", "currency"],
                name="change_money_of_day",
                condition=Q(from_day__isnull=False, previous__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["holder", "currency"],
                name="change_money_held",
                condition=Q(status=ChangeStatus.HELD),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}, {self.holder}"
