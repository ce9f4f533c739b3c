"""Accounts: whose they are, and who else stands to them; loaded through `models`."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from accounts.ledger.account_key import ACCOUNT_HAS_ENTRIES
from accounts.ledger.enums import AccountStatus, PartyRole
from accounts.parties.models import Creditor, Debtor, Portfolio
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.models import Team
from accounts.teams.queries import present_team_ids
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField


class AccountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Accounts whose rows `user` may see; others do not exist for him (404).

        Officers and supervisors: their teams' accounts, and those of a colleague they stand in for.
        Managers, auditors and the system: all. Department users and administrators: none.
        """
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role in SEES_TEAM_ACCOUNTS:
            return self.filter(team_id__in=present_team_ids(user))
        return self.none()

    def open(self):
        return self.filter(status=AccountStatus.OPEN)

    def overdue(self):
        """With something due and unpaid, by the standing."""
        return self.filter(status=AccountStatus.OPEN, standing__overdue__gt=0)

    def without_officer(self):
        """Nobody works them: no officer is named, or he may not sign in any more."""
        return self.filter(Q(officer__isnull=True) | Q(officer__is_active=False))


class Account(models.Model):
    """One obligation of one debtor to one creditor in one currency; the currency never changes.

    `team` and `officer` cache the latest `AccountAssignment`; `status` caches its transitions.
    """

    objects = AccountQuerySet.as_manager()

    # Where the index a key brings along is the head of one below, it would only be written twice.
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="accounts", db_index=False)
    portfolio = models.ForeignKey(
        Portfolio, models.PROTECT, null=True, blank=True, related_name="accounts", db_index=False
    )
    number = models.CharField(_("account number"), max_length=60)
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="accounts", db_index=False)
    currency = CurrencyField(_("currency"))
    external_id = models.CharField(_("external id"), max_length=80, blank=True)
    product = models.CharField(_("product"), max_length=60, blank=True)
    opened_date = models.DateField(_("opened"))
    registered_at = models.DateTimeField(db_default=ClockTimestamp())
    is_migrated = models.BooleanField(_("migrated at cut-over"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=AccountStatus, default=AccountStatus.OPEN)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="accounts", db_index=False
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        db_index=False,
    )
    import_batch_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        triggers = [ACCOUNT_HAS_ENTRIES]
        constraints = [
            models.UniqueConstraint(fields=["creditor", "number"], name="account_number"),
            models.UniqueConstraint(fields=["id", "currency"], name="account_currency"),
        ]
        indexes = [
            models.Index(fields=["number"], name="account_number_head", opclasses=["varchar_pattern_ops"]),
            models.Index(Reverse("number"), name="account_number_tail"),
            models.Index(fields=["debtor"], name="account_debtor"),
            models.Index(fields=["team", "officer", "id"], name="account_owner"),
            models.Index(fields=["officer", "id"], name="account_officer"),
            models.Index(fields=["opened_date"], name="account_opened"),
            models.Index(
                fields=["portfolio"],
                name="account_portfolio",
                condition=Q(portfolio__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class AccountAssignment(AppendOnlyModel):
    """Who owned the account from a day on (D21). The latest row of a day wins."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="assignments", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    effective_date = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    # The audit record that every set of assignments leaves holds the key to its actor.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("assignment")
        indexes = [
            models.Index(fields=["account", "effective_date", "id"], name="assignment_day"),
            models.Index(
                fields=["officer"],
                name="assignment_officer",
                condition=Q(officer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} from {self.effective_date}"


class AccountParty(models.Model):
    """Who else stands in what role to an account, on which days, liable for how much (percent)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="parties")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="account_roles", db_index=False)
    role = models.CharField(_("role"), max_length=20, choices=PartyRole)
    liability_percent = models.DecimalField(
        _("liable for, percent"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("party")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "debtor", "role"],
                name="party_once",
                condition=Q(valid_to__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["debtor"], name="party_debtor"),
            # every account has its debtor here; the few others are read for whole books
            models.Index(
                fields=["account"], name="party_beside_debtor", condition=~Q(role=PartyRole.DEBTOR)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} on {self.account_id}"
