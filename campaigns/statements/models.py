"""Statements, the runs that make many of them, and clearance letters."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor, Debtor
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_team_ids
from campaigns.sending.models import Message, OfCreditorQuerySet
from campaigns.statements.enums import Delivery, Each, LetterStatus
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class StatementRun(models.Model):
    """Statements of one creditor's debtors for one period, made by one job.

    `account_ids` is the list as it was when the run was ordered; `left_out` holds
    [debtor id, account id or null, reason, detail] for each that got none.
    """

    objects = OfCreditorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    as_of = models.DateField()
    known_at = models.DateTimeField()
    selection = models.TextField(blank=True)
    account_ids = ArrayField(models.BigIntegerField())
    each = models.CharField(_("one for each"), max_length=8, choices=Each)
    delivery = models.CharField(_("delivery"), max_length=8, choices=Delivery)
    is_again = models.BooleanField(_("again"), default=False)
    counts = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    finished_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("statement run")
        verbose_name_plural = _("statement runs")

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


class OfAccountsQuerySet(models.QuerySet):
    """Papers that list accounts: seen by whoever may see every one of them."""

    def visible_to(self, user):
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        listed = self.model.lines.rel.related_model.objects.filter(paper=OuterRef("pk"))
        teams = present_team_ids(user)
        return self.filter(
            Exists(listed.filter(account__team_id__in=teams)),
            ~Exists(listed.exclude(account__team_id__in=teams)),
        )


class Statement(models.Model):
    """One issued statement: its paper, and what it opened and closed at in each currency.

    `number` counts the statements of the same debtor (or account) and period; a second one is made
    only when somebody asks for it again.
    """

    objects = OfAccountsQuerySet.as_manager()

    run = models.ForeignKey(StatementRun, models.PROTECT, null=True, related_name="statements")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="statements")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=10)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    known_at = models.DateTimeField()
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "account", "first_day", "last_day", "number"],
                name="statement_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"S{self.pk}"


class StatementAccount(models.Model):
    """An account on a statement, with what it opened and closed at in its currency."""

    paper = models.ForeignKey(Statement, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="statement_lines")
    currency = CurrencyField()
    opening = MoneyField()
    closing = MoneyField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "account"], name="statement_account_once")]

    def __str__(self) -> str:
        return f"{self.account_id} on {self.paper_id}"


class ClearanceLetter(models.Model):
    """A letter that says: on this day nothing was owed on these accounts, finally.

    Only the digest of its code is kept; the code itself stands on the paper. `ending` is the end of
    the number printed on it, the one thing the public page says about the paper.
    """

    objects = OfAccountsQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="clearance_letters")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    language = models.CharField(max_length=10)
    code_digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    issued_on = models.DateField(_("issued"))
    known_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=LetterStatus, default=LetterStatus.ISSUED)
    withdrawn_on = models.DateField(null=True)
    withdrawn_because = models.CharField(max_length=300, blank=True)
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("clearance letter")
        verbose_name_plural = _("clearance letters")

    def __str__(self) -> str:
        return self.letter_number

    @property
    def letter_number(self) -> str:
        """As printed: a running number, and an end that cannot be guessed from it."""
        return f"C{self.pk:06}-{self.ending}"


class ClearanceAccount(models.Model):
    paper = models.ForeignKey(ClearanceLetter, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="clearance_lines")
    currency = CurrencyField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "account"], name="clearance_account_once")]

    def __str__(self) -> str:
        return f"{self.account_id} on {self.paper_id}"
