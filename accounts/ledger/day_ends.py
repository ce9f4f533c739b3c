"""The book at the end of a day, kept so that it need not be summed again; loaded through `models`.

Nothing here is a fact: every row can be told again from the entries, and `verify_ledger` does so.
`keeping` writes them and brings them up to what was learned since; `kept` reads them.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ledger.accounts import Account
from accounts.parties.models import Creditor
from collections_app.core.fields import CurrencyField, MoneyField


class DayEnd(models.Model):
    """One kept day: what was known at `known_at` about the end of `day`.

    `orders` are the approved policies of allocation it was aged under, by key: with another set in
    force it is of no use until it is kept anew. Balances by account are kept of month-ends alone.
    """

    day = models.DateField(unique=True)
    known_at = models.DateTimeField()
    orders = ArrayField(models.BigIntegerField(), default=list)
    has_balances = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("kept day")

    def __str__(self) -> str:
        return f"{self.day} as known at {self.known_at}"


class DayEndBalance(models.Model):
    """What an account owed at the end of a kept day; none where it owed nothing."""

    day_end = models.ForeignKey(DayEnd, models.CASCADE, related_name="balances", db_index=False)
    # Written by the set alone, from entries whose account the database has checked.
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    currency = CurrencyField()
    balance = MoneyField()

    class Meta:
        verbose_name = _("kept balance")
        constraints = [
            models.UniqueConstraint(
                fields=["day_end", "account"], name="day_end_balance_once", include=["balance"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance}"


class DayEndAge(models.Model):
    """A creditor's open items of one age at the end of a kept day, by one basis; credits without age.

    `box` counts from 0 (not overdue) along the edges of `queries.EDGES`; it is empty for the credit
    balances, whose sum is negative.
    """

    day_end = models.ForeignKey(DayEnd, models.CASCADE, related_name="ages", db_index=False)
    creditor = models.ForeignKey(Creditor, models.CASCADE, related_name="+", db_index=False)
    currency = CurrencyField()
    basis = models.CharField(max_length=7)
    box = models.PositiveSmallIntegerField(null=True)
    accounts = models.IntegerField()
    balance = MoneyField()
    contested = MoneyField()

    class Meta:
        verbose_name = _("kept age")
        constraints = [
            models.UniqueConstraint(
                fields=["day_end", "creditor", "currency", "basis", "box"],
                name="day_end_age_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.basis} {self.box}: {self.balance} {self.currency}"
