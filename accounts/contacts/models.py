"""What was said and tried, what comes next."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.compliance.models import CountedContact, Permit, requires_allowed_permit
from accounts.contacts.enums import (
    ITEMS_NEEDED,
    ContactDirection,
    ContactSource,
    FollowUpKind,
    FollowUpStatus,
    NonPaymentReason,
    Outcome,
    PersonReached,
    TraceStep,
)
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.tasks.models import Task
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import StoredFile


class ContactAttemptQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Attempts about at least one account the user may see."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        seen = Account.objects.visible_to(user).values("pk")
        return self.filter(
            models.Exists(
                AttemptAccount.objects.filter(attempt=models.OuterRef("pk"), account__in=seen)
            )
        )

    def standing(self):
        """Without those a correction has taken the place of."""
        return self.filter(superseded_by__isnull=True)


class ContactAttempt(AppendOnlyModel):
    """Dialled, sent or visited, in or out, about one or several accounts: one attempt.

    Made through the product and outbound: the permit is not null, in the database too.
    A correction is a new row that `supersedes` the old and does not count again.
    Of the lines that the law wants said on the phone, `lines_said` were ticked and `lines_unsaid`
    were not although the call went so far (names of `compliance.spoken`).
    `colleague_reason` says why a colleague was on the same debtor in the same minute (D22).
    """

    objects = ContactAttemptQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="attempts")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    direction = models.CharField(max_length=4, choices=ContactDirection)
    at = models.DateTimeField()
    duration_seconds = models.IntegerField(null=True)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome)
    person_reached = models.CharField(
        max_length=14, choices=PersonReached, default=PersonReached.NOBODY
    )
    is_contact_made = models.BooleanField(default=False)
    is_right_party = models.BooleanField(default=False)
    checked_items = ArrayField(models.CharField(max_length=20), default=list)
    lines_said = ArrayField(models.CharField(max_length=81), default=list, db_default=[])
    lines_unsaid = ArrayField(models.CharField(max_length=81), default=list, db_default=[])
    nonpayment_reason = models.CharField(max_length=12, choices=NonPaymentReason, blank=True)
    note = models.TextField(blank=True)
    colleague_reason = models.CharField(max_length=200, blank=True)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="attempts"
    )
    source = models.CharField(max_length=10, choices=ContactSource, default=ContactSource.PRODUCT)
    permit = models.ForeignKey(Permit, models.PROTECT, null=True, related_name="attempts")
    counted = models.ForeignKey(CountedContact, models.PROTECT, related_name="attempts")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )
    accounts = models.ManyToManyField(Account, through="AttemptAccount", related_name="attempts")
    import_batch_id = models.BigIntegerField(null=True, editable=False)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        constraints = [
            models.CheckConstraint(
                condition=Q(permit__isnull=False) | Q(direction="in") | ~Q(source="product"),
                name="attempt_has_permit",
            )
        ]
        indexes = [
            models.Index(fields=["debtor", "-at"], name="attempt_debtor"),
            models.Index(fields=["officer", "-at"], name="attempt_officer"),
            models.Index(fields=["at"], name="attempt_at"),
        ]
        triggers = [
            *AppendOnlyModel.Meta.triggers,
            requires_allowed_permit(condition="NEW.direction = 'out' AND NEW.source = 'product'"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.at:%Y-%m-%d %H:%M}"


class AttemptAccount(models.Model):
    attempt = models.ForeignKey(ContactAttempt, models.PROTECT, related_name="attempt_accounts")
    account = models.ForeignKey(Account, models.PROTECT, related_name="attempt_accounts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "account"], name="attempt_account_once")
        ]
        indexes = [models.Index(fields=["account", "-attempt"], name="attempt_account")]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.account_id}"


class OpenCallQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Calls about an account the user may see."""
        return self.filter(account__in=Account.objects.visible_to(user))


class OpenCall(models.Model):
    """A call an officer has opened and not yet given an outcome. At most one each."""

    objects = OpenCallQuerySet.as_manager()

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    officer = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="open_call"
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="open_calls")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="open_calls")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    direction = models.CharField(
        max_length=4, choices=ContactDirection, default=ContactDirection.OUT
    )
    permit = models.ForeignKey(Permit, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(db_default=ClockTimestamp())
    checked_items = ArrayField(models.CharField(max_length=20), default=list)
    lines_said = ArrayField(models.CharField(max_length=81), default=list, db_default=[])
    colleague_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("open call")
        verbose_name_plural = _("open calls")

    @property
    def is_right_party(self) -> bool:
        """Whether enough was compared to speak of the debt."""
        return len(self.checked_items) >= ITEMS_NEEDED

    def __str__(self) -> str:
        return f"{self.officer_id} on {self.account_id}"


class UnknownCallQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Nobody's yet, so everybody's: whoever works with debtors may know who it was."""
        return self

    def untied(self):
        return self.filter(attempt__isnull=True)


class UnknownCall(models.Model):
    """A call from a number that stood on no record, or on several; tied to an account later, if ever.

    Until then it is nobody's contact: it is never guessed whose it was.
    """

    objects = UnknownCallQuerySet.as_manager()

    number = models.CharField(_("number"), max_length=40)
    at = models.DateTimeField(_("when"))
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.CharField(_("what was said"), max_length=300, blank=True)
    attempt = models.OneToOneField(
        ContactAttempt, models.PROTECT, null=True, blank=True, related_name="unknown_call"
    )
    tied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("call from an unknown number")
        indexes = [
            models.Index(
                fields=["-at"], name="unknown_call_untied", condition=Q(attempt__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.at:%Y-%m-%d %H:%M}"


class TraceResult(AppendOnlyModel):
    """What one step of looking for a debtor brought: a new way to reach him, or nothing.

    The steps since the last success say where to look next. `task` asked for it.
    """

    task = models.OneToOneField(Task, models.PROTECT, related_name="trace_result")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="trace_results")
    step = models.CharField(_("where"), max_length=12, choices=TraceStep)
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("result of a search")
        indexes = [models.Index(fields=["debtor", "-id"], name="trace_debtor")]

    def __str__(self) -> str:
        return f"{self.debtor_id}: {self.step}"


class FollowUpQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those on accounts one may see."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        return self.filter(Q(owner=user) | Q(account__in=Account.objects.visible_to(user)))

    def open(self):
        return self.filter(status=FollowUpStatus.OPEN)

    def late(self, as_of):
        """Open, and their day has gone by; late is derived, never stored."""
        return self.open().filter(due_on__lt=as_of)

    def due(self, as_of):
        """Open, and to be done on the day or before."""
        return self.open().filter(due_on__lte=as_of)


class FollowUp(models.Model):
    """Something an officer means to do on a day (D20). Times are the debtor's own clock."""

    objects = FollowUpQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="follow_ups")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="follow_ups")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="follow_ups")
    kind = models.CharField(
        _("what"), max_length=10, choices=FollowUpKind, default=FollowUpKind.CALL
    )
    due_on = models.DateField(_("on"))
    due_time = models.TimeField(_("at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=FollowUpStatus, default=FollowUpStatus.OPEN)
    attempt = models.ForeignKey(
        ContactAttempt, models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    done_attempt = models.ForeignKey(
        ContactAttempt, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_on = models.DateField(null=True, blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        indexes = [
            models.Index(
                fields=["owner", "due_on"], name="follow_up_open", condition=Q(status="open")
            ),
            models.Index(fields=["account", "-id"], name="follow_up_account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.due_on}"


class FieldVisit(models.Model):
    """A visit begun with a permit and closed with an outcome; without `attempt` it is not closed yet.

    The place is where the officer says he stood, in words or in degrees (WGS 84).
    """

    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="visits")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    permit = models.OneToOneField(Permit, models.PROTECT, related_name="+")
    contact_point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    attempt = models.OneToOneField(ContactAttempt, models.PROTECT, null=True, related_name="visit")
    photo = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")

    def __str__(self) -> str:
        return f"Visit of {self.started_at:%Y-%m-%d} at {self.follow_up_id}"


class Note(AppendOnlyModel):
    """A free note on a debtor or an account: dated, with its author, never a contact."""

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="notes")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="notes")
    body = models.TextField(_("note"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("note")
        indexes = [models.Index(fields=["debtor", "-id"], name="note_debtor")]

    def __str__(self) -> str:
        return self.body[:60]
