"""The cheque, what it pays, and the dated facts about it. A fact is appended, never edited."""

from datetime import date
from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import Approval
from accounts.cheques.enums import BEFORE_BANK, COVERING, ChequeStatus, Missing, Place
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor, Debtor
from accounts.payments.models import OwnBankAccount
from accounts.returns.models import PaymentReturn, ReturnReason
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.money import format_amount

# A share is in the cheque's currency, on an account of the cheque's debtor in that currency.
SHARE_FITS = """
IF NOT EXISTS (
    SELECT 1 FROM accounts_cheque c JOIN accounts_account a ON a.id = NEW.account_id
    WHERE c.id = NEW.cheque_id AND c.currency = NEW.currency AND a.currency = NEW.currency
      AND a.creditor_id = c.creditor_id
) THEN RAISE EXCEPTION 'a cheque pays accounts of its own creditor in its own currency';
END IF;
RETURN NEW;
"""
# What stands paid by a share never exceeds it, whatever the services do. One list of ids: an OR beside it
# read the whole ledger for each payment.
PAYS_ONCE = """
IF (SELECT coalesce(sum(e.amount), 0) FROM accounts_ledgerentry e
    WHERE e.id IN (
            SELECT NEW.entry_id UNION ALL
            SELECT p.entry_id FROM accounts_chequepayment p WHERE p.share_id = NEW.share_id)
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id))
   > (SELECT s.amount FROM accounts_chequeshare s WHERE s.id = NEW.share_id)
THEN RAISE EXCEPTION 'a cheque pays at most once';
END IF;
RETURN NEW;
"""


class ChequeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Cheques that pay an account in view."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        mine = ChequeShare.objects.filter(account__in=Account.objects.visible_to(user))
        return self.filter(pk__in=mine.values("cheque"))

    def covering(self):
        return self.filter(status__in=COVERING)


class Cheque(models.Model):
    """A cheque of a debtor. Statuses and dates are caches of dated rows, but for what the paper says.

    `cheque_date` is empty on an undated paper. `planned_on` is when it shall go to the bank (again),
    `held_until` a later day that somebody else approved at the customer's request. `valid_until` is
    the last day on which a bank takes it. `complete_since` is empty while something is missing.
    `moved_on` is the day from which the status holds. `released_on`: from then on a security cheque
    may be presented. `bounces_before` are those of the cheques it replaces.
    """

    objects = ChequeQuerySet.as_manager()
    paid_items: list[tuple[str, str, Decimal]]

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="cheques", db_index=False)
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="cheques")
    number = models.CharField(_("number"), max_length=30)
    bank = models.CharField(_("drawn on"), max_length=80)
    bank_key = models.CharField(max_length=80, editable=False)
    drawer = models.CharField(_("drawer"), max_length=140)
    drawer_key = models.CharField(max_length=140, editable=False)
    is_third_party = models.BooleanField(_("drawer is not the debtor"), default=False)
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    cheque_date = models.DateField(_("cheque date"), null=True, blank=True)
    is_security = models.BooleanField(_("security cheque"), default=False)
    released_on = models.DateField(_("may be presented from"), null=True, blank=True)
    missing = ArrayField(
        models.CharField(max_length=10, choices=Missing), default=list, blank=True, verbose_name=_("missing")
    )
    complete_since = models.DateField(null=True, blank=True)
    received_on = models.DateField(_("received"))
    planned_on = models.DateField(_("planned submission"), null=True, blank=True)
    held_until = models.DateField(_("held until"), null=True, blank=True)
    submitted_on = models.DateField(_("submitted"), null=True, blank=True)
    bank_value_date = models.DateField(_("bank value date"), null=True, blank=True)
    returned_on = models.DateField(_("returned"), null=True, blank=True)
    valid_until = models.DateField(_("taken by the bank until"), null=True, blank=True)
    bank_account = models.ForeignKey(
        OwnBankAccount, models.PROTECT, null=True, blank=True, related_name="cheques"
    )
    deposit_reference = models.CharField(_("deposit"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=ChequeStatus, default=ChequeStatus.RECEIVED)
    moved_on = models.DateField()
    place = models.CharField(_("paper"), max_length=8, choices=Place, default=Place.OFFICE)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cheques_held"
    )
    presentments = models.PositiveSmallIntegerField(_("presented"), default=0)
    bounces = models.PositiveSmallIntegerField(_("returned, times"), default=0)
    bounces_before = models.PositiveSmallIntegerField(default=0)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replacements")
    note = models.CharField(_("note"), max_length=300, blank=True)
    lodged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("cheque")
        verbose_name_plural = _("cheques")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="cheque_positive"),
            models.UniqueConstraint(
                fields=["creditor", "number", "bank_key", "drawer_key"],
                name="cheque_once",
                condition=~Q(status="void"),
            ),
            models.CheckConstraint(
                condition=Q(submitted_on__isnull=True) | Q(submitted_on__gte=F("cheque_date")),
                name="cheque_not_presented_early",
            ),
            models.CheckConstraint(
                condition=Q(submitted_on__isnull=True) | Q(cheque_date__isnull=False),
                name="cheque_presented_has_date",
            ),
            models.CheckConstraint(
                condition=Q(place="office", holder__isnull=False)
                | (~Q(place="office") & Q(holder__isnull=True)),
                name="cheque_one_holder",
            ),
        ]
        indexes = [
            models.Index(fields=["cheque_date", "id"], name="cheque_day"),
            models.Index(fields=["status", "planned_on"], name="cheque_plan"),
            models.Index(fields=["number"], name="cheque_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.bank}"

    @property
    def all_bounces(self) -> int:
        """How often the bank returned it and the cheques it replaces."""
        return self.bounces + self.bounces_before

    def accounts_text(self) -> str:
        """The accounts it pays; reads `shares__account`, which lists prefetch."""
        return ", ".join(share.account.number for share in self.shares.all())

    def paid_for(self) -> list[tuple[str, str, Decimal]]:
        """(account, item, amount) of the items the bank's money paid; as `cleared.put_items` read them."""
        return self.paid_items

    def paid_for_text(self) -> str:
        return "; ".join(
            " ".join(filter(None, [account, item, format_amount(amount, self.currency)]))
            for account, item, amount in self.paid_for()
        )

    def where(self) -> str:
        """Who has the paper, in words."""
        return str(self.holder) if self.holder_id else str(self.get_place_display())

    def is_stale(self, day: date) -> bool:
        """No bank takes it any more, and none has it for an answer."""
        return (
            self.valid_until is not None
            and self.valid_until < day
            and self.status in (*BEFORE_BANK, ChequeStatus.RETURNED)
        )

    def flags(self, day: date | None = None) -> list[str]:
        """What somebody should know before he takes it to the bank, in words; stale as of `day`."""
        words = []
        if day is not None and self.is_stale(day):
            words.append(str(_("stale")))
        if self.is_security and self.released_on is None:
            words.append(str(_("security")))
        if self.missing:
            words.append(
                str(_("missing: %(what)s"))
                % {"what": ", ".join(str(Missing(part).label).lower() for part in self.missing)}
            )
        if self.is_third_party:
            words.append(str(_("other drawer")))
        return words

    def flags_text(self, day: date | None = None) -> str:
        return ", ".join(self.flags(day))


class ChequeShare(AppendOnlyModel):
    """How much of a cheque pays which account, and first of all which item of it."""

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="shares")
    account = models.ForeignKey(Account, models.PROTECT, related_name="cheque_shares")
    amount = MoneyField(_("amount"))
    currency = CurrencyField()
    charge = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("share of a cheque")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="cheque_share_positive"),
            models.UniqueConstraint(fields=["cheque", "account"], name="cheque_share_once"),
        ]
        triggers = [
            *AppendOnlyModel.Meta.triggers,
            pgtrigger.Trigger(
                name="share_fits", operation=pgtrigger.Insert, when=pgtrigger.Before, func=SHARE_FITS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.cheque_id} on {self.account_id}"


class ChequePlan(AppendOnlyModel):
    """When a cheque shall go to the bank, as decided from a day on; the latest of a day wins."""

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="plans", db_index=False)
    planned_on = models.DateField(_("planned submission"))
    is_hold = models.BooleanField(default=False)
    effective_date = models.DateField()
    reason = models.CharField(_("why"), max_length=300, blank=True)
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="cheque_plan"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("planned submission of a cheque")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_hold=False) | Q(approval__isnull=False), name="cheque_hold_approved"
            )
        ]
        indexes = [models.Index(fields=["cheque", "effective_date", "id"], name="cheque_plan_day")]

    def __str__(self) -> str:
        return f"{self.cheque_id} on {self.planned_on}"


class Presentment(AppendOnlyModel):
    """A cheque went to the bank for payment, for the `number`th time; never before its date."""

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="presented", db_index=False)
    number = models.PositiveSmallIntegerField(_("presented for the time"))
    cheque_date = models.DateField()
    planned_on = models.DateField(null=True)
    submitted_on = models.DateField(_("submitted"))
    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, null=True, related_name="+")
    deposit_reference = models.CharField(max_length=60, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("presentment")
        constraints = [
            models.UniqueConstraint(fields=["cheque", "number"], name="presentment_number"),
            models.CheckConstraint(
                condition=Q(submitted_on__gte=F("cheque_date")), name="presentment_not_early"
            ),
        ]
        indexes = [models.Index(fields=["submitted_on"], name="presentment_day")]

    def __str__(self) -> str:
        return f"{self.cheque_id}/{self.number} on {self.submitted_on}"


class ChequePayment(AppendOnlyModel):
    """The payment that a share of a cheque became when the bank paid."""

    share = models.ForeignKey(ChequeShare, models.PROTECT, related_name="payments")
    presentment = models.ForeignKey(Presentment, models.PROTECT, related_name="payments")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="cheque_payment")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("payment by cheque")
        triggers = [
            *AppendOnlyModel.Meta.triggers,
            pgtrigger.Trigger(
                name="pays_once", operation=pgtrigger.Insert, when=pgtrigger.Before, func=PAYS_ONCE
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_id} by {self.entry_id}"


class ChequeReturn(AppendOnlyModel):
    """The bank did not pay a cheque, or only in part: `amount` is what it did not pay.

    `payment_return` is set where a receipt had been posted and was taken back.
    """

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="returns")
    presentment = models.ForeignKey(Presentment, models.PROTECT, related_name="returns")
    reason = models.ForeignKey(ReturnReason, models.PROTECT, related_name="cheque_returns")
    return_date = models.DateField(_("returned"))
    amount = MoneyField(_("not paid"))
    currency = CurrencyField()
    certificate = models.CharField(_("certificate"), max_length=60, blank=True)
    fee = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="+")
    payment_return = models.OneToOneField(
        PaymentReturn, models.PROTECT, null=True, related_name="cheque_return"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("returned cheque")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="cheque_return_positive")]

    def __str__(self) -> str:
        return f"{self.cheque_id}: {self.reason_id}"


class ChequeSettlement(AppendOnlyModel):
    """Money that was paid otherwise in place of a cheque."""

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="settlements")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="settles_cheque")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("settlement of a cheque")

    def __str__(self) -> str:
        return f"{self.cheque_id} by {self.entry_id}"
