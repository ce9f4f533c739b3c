"""Permits and the count ledger."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import Judgement, Purpose
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor, Debtor
from collections_app.core.append_only import AppendOnlyModel


class Permit(AppendOnlyModel):
    """The gate's verdict on one intended contact, with what it counted. Allowed or refused.

    `moment` is when the contact would happen; `next_moment` the earliest legal one if refused.
    """

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="permits")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    account_ids = ArrayField(models.BigIntegerField(), default=list)
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=14, choices=Purpose, default=Purpose.DEMAND)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    moment = models.DateTimeField()
    is_allowed = models.BooleanField()
    rule = models.CharField(max_length=60, blank=True)
    rule_source = models.CharField(max_length=120, blank=True)
    next_moment = models.DateTimeField(null=True)
    profile = models.CharField(max_length=40)
    profile_version = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("permit")
        verbose_name_plural = _("permits")
        indexes = [models.Index(fields=["debtor", "-moment"], name="permit_debtor")]

    def __str__(self) -> str:
        return f"{self.channel} {self.moment:%Y-%m-%d %H:%M}: {self.is_allowed}"


def requires_allowed_permit(
    name: str = "permit_is_allowed", condition: str = "TRUE"
) -> pgtrigger.Trigger:
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
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )

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
