"""Who had the paper of a cheque, who gave it to whom, and the counts of what somebody holds."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.cheques.enums import CountStatus, CustodyKind, HandOverStatus
from accounts.cheques.models import Cheque
from accounts.payments.models import OwnBankAccount
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.people import PersonQuerySet
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.models import StoredFile


class CustodyStep(AppendOnlyModel):
    """The paper went from somebody to somebody; one line of its log."""

    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="custody")
    kind = models.CharField(max_length=12, choices=CustodyKind)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, null=True, related_name="+")
    on = models.DateField()
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("step of custody")

    def __str__(self) -> str:
        return f"{self.cheque_id} {self.kind}"

    def in_words(self) -> str:
        """What happened to the paper, and to whom it went."""
        what, whom = str(self.get_kind_display()), self.taker or self.bank_account
        return f"{what}: {whom}" if whom else what


class ChequeHandOverQuerySet(PersonQuerySet):
    people = ("giver", "taker")


class ChequeHandOver(models.Model):
    """Cheques that one person gives another; theirs are they when the taker has signed."""

    objects = ChequeHandOverQuerySet.as_manager()

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offered_on = models.DateField(_("offered"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=HandOverStatus, default=HandOverStatus.OFFERED)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("hand-over of cheques")
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="hand_over_two_people"),
        ]
        indexes = [
            models.Index(fields=["taker"], name="hand_over_open", condition=Q(status="offered")),
        ]

    def __str__(self) -> str:
        return f"{self.giver} to {self.taker}, {self.offered_on}"


class HandOverItem(models.Model):
    """One cheque of a hand-over; a cheque is offered to one person at a time."""

    hand_over = models.ForeignKey(ChequeHandOver, models.CASCADE, related_name="items")
    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="hand_overs")
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("cheque of a hand-over")
        constraints = [
            models.UniqueConstraint(fields=["cheque"], name="hand_over_cheque", condition=Q(is_open=True))
        ]

    def __str__(self) -> str:
        return f"{self.cheque_id} in {self.hand_over_id}"


class ChequeCountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those one made or was counted in; managers and auditors see all."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        return self.filter(Q(counted_by=user) | Q(holder=user))


class ChequeCount(models.Model):
    """A surprise count of the cheques that somebody should hold; never by himself."""

    objects = ChequeCountQuerySet.as_manager()

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    counted_on = models.DateField(_("counted"))
    status = models.CharField(max_length=8, choices=CountStatus, default=CountStatus.OPEN)
    found_more = models.CharField(_("found, but not in the register"), max_length=300, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("count of cheques")
        verbose_name_plural = _("counts of cheques")
        constraints = [
            models.CheckConstraint(condition=~Q(holder=F("counted_by")), name="cheque_count_two_people"),
            models.UniqueConstraint(
                fields=["holder"], name="cheque_count_one_open", condition=Q(status="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder}, {self.counted_on}"


class ChequeCountLine(models.Model):
    """One cheque that should be there; `is_found` is empty until the count is closed."""

    count = models.ForeignKey(ChequeCount, models.CASCADE, related_name="lines")
    cheque = models.ForeignKey(Cheque, models.PROTECT, related_name="+")
    is_found = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("line of a count")
        constraints = [models.UniqueConstraint(fields=["count", "cheque"], name="cheque_count_line")]

    def __str__(self) -> str:
        return f"{self.cheque_id} in {self.count_id}"
