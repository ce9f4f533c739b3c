"""Creditors, portfolios, debtors and how to reach them."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from accounts.parties.enums import (
    BankDetailsStatus,
    Channel,
    ContactPointKind,
    ContactPointStatus,
    CreditorKind,
    DebtorKind,
    ItemMode,
    LegalFactKind,
    NumberKind,
    PayerType,
)
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.models import Team
from accounts.teams.queries import present_team_ids
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField


class CreditorQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Creditors whose name `user` may read: for members of teams those their teams work for."""
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self
        teams = present_team_ids(user)
        owed = self.model._base_manager.filter(accounts__team_id__in=teams)
        return self.filter(
            models.Q(pk__in=owed.values("pk"))
            | models.Q(pk__in=self.model._base_manager.filter(teams__in=teams).values("pk"))
        )


class Creditor(models.Model):
    """To whom the money is owed. A wall stands between creditors; nothing crosses it."""

    objects = CreditorQuerySet.as_manager()

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("contract"), max_length=12, choices=CreditorKind, default=CreditorKind.OWN)
    country = models.CharField(_("country"), max_length=2)
    subdivision = models.CharField(_("state or province"), max_length=10, blank=True)
    currency = CurrencyField(_("currency"))
    time_zone = models.CharField(_("business time zone"), max_length=50, default="UTC")
    language = models.CharField(_("language"), max_length=10, default="en")
    terms_days = models.PositiveSmallIntegerField(_("payment terms, days"), default=30)
    sender_name = models.CharField(_("name on letters"), max_length=120, blank=True)
    sender_address = models.TextField(_("address on letters"), blank=True)
    sender_email = models.EmailField(_("reply address"), blank=True)
    sender_phone = models.CharField(_("phone on letters"), max_length=30, blank=True)
    payment_instructions = models.TextField(_("how to pay"), blank=True)
    # what the law of some places wants in a formal notice (`correspondence.mandatory`)
    sender_department = models.CharField(_("department on letters"), max_length=80, blank=True)
    sender_hours = models.CharField(_("hours for questions"), max_length=120, blank=True)
    complaints_to = models.CharField(_("where complaints go"), max_length=200, blank=True)
    notice_approval = models.CharField(_("approval of notices by the regulator"), max_length=120, blank=True)
    teams = models.ManyToManyField(Team, related_name="creditors", blank=True)
    released_at = models.DateTimeField(_("released for contact"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    fed_until = models.DateTimeField(_("books fed until"), null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("creditor")
        verbose_name_plural = _("creditors")

    def __str__(self) -> str:
        return self.name


class Portfolio(models.Model):
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="portfolios")
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=120)
    terms_days = models.PositiveSmallIntegerField(_("payment terms, days"), null=True, blank=True)
    item_mode = models.CharField(max_length=10, choices=ItemMode, default=ItemMode.CHARGE)
    contact_profile = models.SlugField(_("contact profile beside the law"), max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("portfolio")
        verbose_name_plural = _("portfolios")
        constraints = [models.UniqueConstraint(fields=["creditor", "code"], name="portfolio_code")]

    def __str__(self) -> str:
        return self.name


class HolidayOverride(models.Model):
    """A day that the calendar library has wrong for this creditor."""

    creditor = models.ForeignKey(Creditor, models.CASCADE, related_name="holiday_overrides")
    day = models.DateField(_("day"))
    is_business_day = models.BooleanField(_("is a business day"), default=False)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("holiday override")
        constraints = [models.UniqueConstraint(fields=["creditor", "day"], name="override_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Identity(models.Model):
    """One person or firm behind debtor records of several creditors. Shown to nobody by itself."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    def __str__(self) -> str:
        return str(self.token)


class LegalFact(AppendOnlyModel):
    """Deceased, insolvent, minor: true of the person whatever the creditor. `ends` closes a fact."""

    identity = models.ForeignKey(Identity, models.PROTECT, related_name="legal_facts")
    kind = models.CharField(max_length=12, choices=LegalFactKind)
    effective_date = models.DateField()
    ends = models.ForeignKey("self", models.PROTECT, null=True, related_name="ended_by")
    source = models.CharField(max_length=120, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("legal fact")

    def __str__(self) -> str:
        return f"{self.kind} from {self.effective_date}"


class DebtorQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Debtors with an account `user` may see; the accounts' own `visible_to` says which."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role in SEES_TEAM_ACCOUNTS:
            seen = self.model._base_manager.filter(accounts__team_id__in=present_team_ids(user))
            return self.filter(pk__in=seen.values("pk"))
        return self.none()


class Debtor(models.Model):
    """A person or firm as one creditor knows it."""

    objects = DebtorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="debtors", db_index=False)
    reference = models.CharField(_("debtor reference"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=DebtorKind, default=DebtorKind.PERSON)
    payer_type = models.CharField(
        _("payer type"), max_length=12, choices=PayerType, default=PayerType.CONSUMER
    )
    identity = models.ForeignKey(Identity, models.PROTECT, null=True, related_name="debtors", db_index=False)
    external_id = models.CharField(_("external id"), max_length=80, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True)
    preferred_channel = models.CharField(_("preferred channel"), max_length=10, choices=Channel, blank=True)
    allowed_channels = ArrayField(
        models.CharField(max_length=10, choices=Channel),
        verbose_name=_("only these channels"),
        default=list,
        blank=True,
    )
    contact_from = models.TimeField(_("reachable from"), null=True, blank=True)
    contact_until = models.TimeField(_("reachable until"), null=True, blank=True)
    payment_method = models.CharField(_("usual payment method"), max_length=20, blank=True)
    pay_day = models.PositiveSmallIntegerField(_("pay day of the month"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    registered_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("debtor")
        verbose_name_plural = _("debtors")
        constraints = [
            models.UniqueConstraint(fields=["creditor", "reference"], name="debtor_reference"),
            models.UniqueConstraint(fields=["id", "creditor"], name="debtor_creditor"),
            models.CheckConstraint(
                condition=Q(pay_day__isnull=True) | Q(pay_day__range=(1, 31)), name="debtor_pay_day"
            ),
        ]
        indexes = [
            GinIndex(SearchVector("name", config="simple"), name="debtor_name_words"),
            models.Index(Func(F("name"), function="lower"), "id", name="debtor_name_order"),
            models.Index(fields=["identity"], name="debtor_identity"),
        ]

    def __str__(self) -> str:
        return self.name


class DebtorMerge(AppendOnlyModel):
    """Two records of one creditor are one debtor, from a day on; `undoes` takes a merge back.

    Rows are never re-pointed: `Debtor.merged_into` is the cache of the merge in force.
    """

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="merges")
    root = models.ForeignKey(Debtor, models.PROTECT, related_name="merged_here")
    effective_date = models.DateField()
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("merge")
        constraints = [models.CheckConstraint(condition=~Q(debtor=F("root")), name="merge_not_self")]

    def __str__(self) -> str:
        return f"{self.debtor_id} into {self.root_id}"


class ContactPoint(models.Model):
    """A phone number (E.164), an e-mail address or a postal address, with where it came from.

    Old values stay, ended by `valid_to`, and remain searchable.
    """

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=10, choices=ContactPointKind)
    label = models.CharField(_("label"), max_length=30, blank=True)
    value = models.CharField(_("value"), max_length=300)
    raw = models.CharField(_("as given"), max_length=300, blank=True)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ContactPointStatus,
        default=ContactPointStatus.UNVERIFIED,
    )
    status_on = models.DateField(_("status since"), null=True, blank=True, editable=False)
    source = models.CharField(_("source"), max_length=60, blank=True)
    noted_on = models.DateField(_("noted on"))
    confidence = models.PositiveSmallIntegerField(_("confidence, percent"), default=50)
    is_primary = models.BooleanField(_("first choice"), default=False)
    is_workplace = models.BooleanField(_("workplace"), default=False)
    time_zone = models.CharField(max_length=50, blank=True)
    building = models.CharField(_("building"), max_length=80, blank=True)
    unit = models.CharField(_("unit"), max_length=30, blank=True)
    area = models.CharField(_("area"), max_length=80, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    subdivision = models.CharField(_("state or province"), max_length=40, blank=True, db_default="")
    country = models.CharField(_("country"), max_length=2, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        indexes = [
            models.Index(fields=["debtor", "kind"], name="point_debtor"),
            models.Index(
                fields=["value"],
                name="point_value",
                opclasses=["varchar_pattern_ops"],
                condition=~Q(kind="address"),
            ),
            # by the pattern's own order, because a LIKE cannot use the order of a language
            models.Index(
                OpClass(Reverse("value"), name="text_pattern_ops"),
                name="point_phone_tail",
                condition=Q(kind="phone"),
            ),
            models.Index(fields=["area", "building"], name="point_route", condition=Q(kind="address")),
        ]

    def __str__(self) -> str:
        return self.value


class DebtorBankDetailsQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(debtor__in=Debtor.objects.visible_to(user))

    def on(self, day):
        """What was approved and holds on a day."""
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
            status=BankDetailsStatus.APPROVED,
            valid_from__lte=day,
        )


class DebtorBankDetails(models.Model):
    """From which account a debtor pays, from a day on, proposed by one person and approved by another.

    Never edited: another account is a new row, and the old one ends (`valid_to`, the first day on
    which it no longer holds). Who takes the debtor's payments neither proposes nor approves.
    """

    objects = DebtorBankDetailsQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="bank_details")
    holder = models.CharField(_("holder"), max_length=140)
    bank_name = models.CharField(_("bank"), max_length=80, blank=True)
    number_kind = models.CharField(
        _("numbered by"), max_length=5, choices=NumberKind, default=NumberKind.IBAN
    )
    number = models.CharField(_("number"), max_length=40)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    mandate_reference = models.CharField(_("mandate reference"), max_length=35, blank=True)
    source = models.CharField(_("how we know"), max_length=200)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=BankDetailsStatus, default=BankDetailsStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=ClockTimestamp())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bank details")
        verbose_name_plural = _("bank details")
        constraints = [
            models.UniqueConstraint(
                fields=["debtor"], name="bank_details_one_waiting", condition=Q(status="proposed")
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | ~Q(decided_by=F("proposed_by")),
                name="bank_details_two_people",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="bank_details_kept",
                operation=pgtrigger.UpdateOf(
                    "debtor_id", "holder", "number_kind", "number", "bic", "mandate_reference", "valid_from"
                ),
            )
        ]

    def __str__(self) -> str:
        return self.masked()

    def masked(self) -> str:
        """The number with all but its last four characters hidden."""
        return "…" + self.number[-4:]
