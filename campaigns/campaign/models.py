"""Campaigns, their plan, their frozen members and their door notices."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.compliance.models import Permit
from accounts.contacts.models import ContactAttempt
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.models import Department, Team
from accounts.teams.queries import present_members, present_team_ids
from campaigns.campaign.enums import ActivityStatus, CampaignStatus, NoticeResult
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Campaigns of one's teams; managers and auditors see all.

        One without a team is seen by its maker and owner, by those who work for its creditor, and
        where it names no creditor either, by the teams of its maker and of its members.
        """
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        teams = present_team_ids(user)
        here = Exists(CampaignMember.objects.filter(campaign=OuterRef("pk"), account__team_id__in=teams))
        made_here = Q(made_by__in=present_members(teams))
        general = Q(creditor__isnull=True) & (Q(here) | made_here)
        own = Q(made_by=user) | Q(owner=user)
        wide = Q(team__isnull=True) & (
            own | Q(creditor__in=Creditor.objects.visible_to(user).values("pk")) | general
        )
        return self.filter(Q(team_id__in=teams) | wide)


class Campaign(models.Model):
    objects = CampaignQuerySet.as_manager()

    name = models.CharField(_("name"), max_length=120, unique=True)
    purpose = models.TextField(_("purpose"), blank=True)
    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, blank=True, related_name="campaigns")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="campaigns")
    segment = models.TextField(
        _("segment"), blank=True, help_text=_("The account list's filters, as in its address.")
    )
    is_by_hand = models.BooleanField(
        _("only accounts picked by hand"),
        default=False,
        help_text=_("The filters select nobody; the members are the accounts that were added from the list."),
    )
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    status = models.CharField(max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="campaigns")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    frozen_at = models.DateTimeField(null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return self.name


class CampaignActivity(models.Model):
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="activities")
    title = models.CharField(_("activity"), max_length=120)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    after = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="followed_by")
    status = models.CharField(max_length=10, choices=ActivityStatus, default=ActivityStatus.PLANNED)

    class Meta:
        verbose_name = _("activity")

    def __str__(self) -> str:
        return self.title


class CampaignPick(models.Model):
    """An account that was added to a campaign from the account list, beside what the segment selects."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="picks")
    account = models.ForeignKey(Account, models.PROTECT, related_name="campaign_picks")
    picked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    picked_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("picked account")
        constraints = [models.UniqueConstraint(fields=["campaign", "account"], name="pick_once")]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.campaign_id}"


class CampaignMember(models.Model):
    """An account in a campaign with what it owed when the approval froze it."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="members")
    account = models.ForeignKey(Account, models.PROTECT, related_name="campaign_memberships")
    currency = CurrencyField()
    frozen_balance = MoneyField()
    frozen_overdue = MoneyField()
    area = models.CharField(max_length=80, blank=True)
    building = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("member")
        constraints = [models.UniqueConstraint(fields=["campaign", "account"], name="member_once")]
        indexes = [models.Index(fields=["account"], name="member_account")]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.campaign_id}"


class NoticeRound(models.Model):
    """One printing of door notices: a PDF in route order and a delivery sheet."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="notice_rounds")
    number = models.PositiveIntegerField()
    printed_at = models.DateTimeField(db_default=ClockTimestamp())
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    left_out = models.JSONField(
        default=list, help_text=_("Pairs of an account's id and why it got no notice in this round.")
    )
    notices_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    sheet_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("notice round")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="round_number")]

    def __str__(self) -> str:
        return f"{self.campaign_id} round {self.number}"


class Notice(models.Model):
    """A notice for one door. `permit` allowed the visit; the outside never shows a debt."""

    round = models.ForeignKey(NoticeRound, models.CASCADE, related_name="notices")
    member = models.ForeignKey(CampaignMember, models.PROTECT, related_name="notices")
    debtor_id = models.BigIntegerField()
    address = models.ForeignKey(ContactPoint, models.PROTECT, related_name="+")
    route_order = models.PositiveIntegerField()
    code = models.CharField(max_length=20, unique=True)
    demanded = MoneyField()
    currency = CurrencyField()
    permit = models.ForeignKey(Permit, models.PROTECT, related_name="+")
    result = models.CharField(max_length=10, choices=NoticeResult, blank=True)
    result_at = models.DateTimeField(null=True)
    contact = models.ForeignKey(ContactAttempt, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("notice")
        constraints = [models.UniqueConstraint(fields=["round", "member"], name="notice_once")]

    def __str__(self) -> str:
        return self.code


class CampaignNote(AppendOnlyModel):
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="notes")
    body = models.TextField(_("note"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("note")

    def __str__(self) -> str:
        return self.body[:60]
