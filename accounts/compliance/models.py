"""Permits and the count ledger."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import (
    ContactFactKind,
    FindingKind,
    Judgement,
    Purpose,
    ReplayStatus,
)
from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.policies.models import DatedVersion, approved_by_another
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import Job

# The strictest rule of several laws names them all.
SOURCE_LENGTH = 300


class PermitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Permits for debtors the user may see, and for who stands beside one about an account he sees."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        is_about = models.Func(
            models.F("account"),
            models.OuterRef("account_ids"),
            template="%(expressions)s)",
            arg_joiner=" = ANY (",
            output_field=models.BooleanField(),
        )
        beside = AccountParty.objects.exclude(role=PartyRole.DEBTOR).filter(
            account__in=Account.objects.visible_to(user)
        )
        # the few people beside are looked up first: asked of each permit the last part would be dear
        about = models.Exists(beside.filter(is_about, debtor=models.OuterRef("debtor")))
        stands_beside = Q(debtor__in=beside.values("debtor")) & Q(about)
        return self.filter(Q(debtor__in=Debtor.objects.visible_to(user)) | stands_beside)


class Permit(AppendOnlyModel):
    """The gate's verdict on one intended contact, with what it counted. Allowed or refused.

    `moment` is when the contact would happen; `next_moment` the earliest legal one if refused.
    """

    objects = PermitQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="permits")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    account_ids = ArrayField(models.BigIntegerField(), default=list)
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=14, choices=Purpose, default=Purpose.DEMAND)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    moment = models.DateTimeField()
    is_allowed = models.BooleanField()
    rule = models.CharField(max_length=60, blank=True)
    rule_source = models.CharField(max_length=SOURCE_LENGTH, blank=True)
    next_moment = models.DateTimeField(null=True)
    profile = models.CharField(max_length=40)
    profile_version = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("permit")
        verbose_name_plural = _("permits")
        indexes = [models.Index(fields=["debtor", "-moment"], name="permit_debtor")]

    @property
    def carries(self) -> list[str]:
        """The wordings that a law asks for and its text has."""
        found: list[str] = self.facts.get("inputs", {}).get("carries", [])
        return found

    def __str__(self) -> str:
        return f"{self.channel} {self.moment:%Y-%m-%d %H:%M}: {self.is_allowed}"


def requires_allowed_permit(name: str = "permit_is_allowed", condition: str = "TRUE") -> pgtrigger.Trigger:
    """A trigger for tables with `permit_id` and `debtor_id`: the permit must allow this debtor."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
            IF {condition} AND NOT EXISTS (
                SELECT 1 FROM accounts_permit p
                WHERE p.id = NEW.permit_id AND p.is_allowed AND p.debtor_id = NEW.debtor_id
            ) THEN
                RAISE EXCEPTION 'an outbound contact needs an allowed permit for its debtor'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class CountedContact(AppendOnlyModel):
    """The count ledger: one row an attempt, whatever the number of accounts it was about.

    `supersedes` corrects an earlier row and does not add. Contacts and sending write down into it.
    `is_connected` False never rang where it was meant to; `is_conversation` False reached nobody
    with whom the debt may be spoken of (a word left, a wrong number). `inputs` is what a contact without a
    permit was judged by, so that it can be judged again.
    """

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="counted_contacts")
    identity_id = models.BigIntegerField(null=True)
    account_ids = ArrayField(models.BigIntegerField(), default=list)
    channel = models.CharField(max_length=10, choices=Channel)
    is_inbound = models.BooleanField(default=False)
    at = models.DateTimeField()
    is_contact_made = models.BooleanField(default=False)
    is_right_party = models.BooleanField(default=False)
    permit = models.ForeignKey(Permit, models.PROTECT, null=True, related_name="+")
    judgement = models.CharField(max_length=12, choices=Judgement)
    rule = models.CharField(max_length=60, blank=True)
    is_connected = models.BooleanField(default=True, db_default=True)
    is_conversation = models.BooleanField(default=True, db_default=True)
    inputs = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("counted contact")
        indexes = [
            models.Index(fields=["debtor", "channel", "at"], name="counted_debtor"),
            models.Index(
                fields=["identity_id", "at"],
                name="counted_identity",
                condition=Q(identity_id__isnull=False),
            ),
            models.Index(fields=["at"], name="counted_breach", condition=Q(judgement="breach")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.at:%Y-%m-%d %H:%M}"


class ContactProfile(DatedVersion):
    """One version of the contact rules of a place, from a day on: the law as dated, approved data.

    `clauses` are rows of `clauses.Clause`. A profile without a country binds where a portfolio
    names its code. A draft binds nobody.
    """

    code = models.SlugField(max_length=40)
    title = models.CharField(_("profile"), max_length=80)
    country = models.CharField(_("country"), max_length=2, blank=True)
    contract = models.CharField(_("contract"), max_length=12, blank=True)
    clauses = models.JSONField()

    class Meta:
        verbose_name = _("contact profile")
        verbose_name_plural = _("contact profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"],
                name="contact_profile_one_a_day",
                condition=Q(status="approved"),
            ),
            approved_by_another("contact_profile_two_people"),
        ]

    @property
    def shown_title(self) -> str:
        """The title in the reader's language: those shipped are of the product, a version keeps its
        profile's."""
        return gettext(self.title)

    def __str__(self) -> str:
        return f"{self.title} from {self.valid_from}"


class ContactFact(AppendOnlyModel):
    """A dated fact the gate must know of a debtor, of one way to reach him or of an account.

    `since` and `until` (the first day it no longer holds) are days of the creditor's business
    zone; a row with `ends` closes an earlier one from its own `since` on.
    """

    kind = models.CharField(_("what"), max_length=20, choices=ContactFactKind)
    debtor = models.ForeignKey(Debtor, models.PROTECT, null=True, related_name="contact_facts")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="contact_facts")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    source = models.CharField(_("how we know"), max_length=200, blank=True)
    ends = models.OneToOneField("self", models.PROTECT, null=True, related_name="ended_by")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("contact fact")
        constraints = [
            models.CheckConstraint(
                condition=Q(debtor__isnull=False, account__isnull=True)
                | Q(debtor__isnull=True, account__isnull=False),
                name="contact_fact_one_subject",
            )
        ]
        indexes = [
            models.Index(fields=["debtor"], name="contact_fact_debtor"),
            models.Index(fields=["account"], name="contact_fact_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.since}"


class ContactReplay(models.Model):
    """One replay of a period: who ordered it, how it stands and what it counted.

    The contacts of the whole office are replayed; who reads the rows sees those of his debtors.
    """

    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    status = models.CharField(max_length=10, choices=ReplayStatus, default=ReplayStatus.RUNNING)
    figures = models.JSONField(default=dict)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(db_default=ClockTimestamp())
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("replay of contacts")
        verbose_name_plural = _("replays of contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")), name="contact_replay_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


class ReplayFindingQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(debtor__in=Debtor.objects.visible_to(user))


class ReplayFinding(models.Model):
    """One row of a replay's result. `subject` and `subject_id` name the record that was replayed."""

    objects = ReplayFindingQuerySet.as_manager()

    replay = models.ForeignKey(ContactReplay, models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=14, choices=FindingKind)
    subject = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=Channel)
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="+")
    what = models.CharField(max_length=500)
    contact_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("finding")
        indexes = [models.Index(fields=["replay", "kind", "id"], name="replay_finding")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"
