from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor, Debtor
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices.enums import NoticeStatus, ServiceMethod
from campaigns.sending.models import Message
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import StoredFile


class FormalNoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Notices about an account the user may see."""
        seen = Account.objects.visible_to(user)
        lines = FormalNoticeAccount.objects.filter(notice=models.OuterRef("pk"), account__in=seen)
        return self.filter(models.Exists(lines))


class FormalNotice(models.Model):
    """One formal notice given to a debtor about one or several accounts, with its clock.

    `served_on` is the day it counts as served: deemed by the rule until a proof says otherwise.
    `next_step_from` is the earliest day on which the next notice or step may follow. `clock` keeps
    the rule it was reckoned by: {served_after, unit, wait}.
    """

    objects = FormalNoticeQuerySet.as_manager()

    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="formal_notices")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="+")
    kind = models.CharField(_("notice"), max_length=10, choices=NoticeKind)
    method = models.CharField(_("given by"), max_length=16, choices=ServiceMethod)
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="formal_notice"
    )
    sent_on = models.DateField(_("sent on"))
    served_on = models.DateField(_("served on"))
    next_step_from = models.DateField(_("next step from"))
    status = models.CharField(max_length=10, choices=NoticeStatus, default=NoticeStatus.SENT)
    clock = models.JSONField(default=dict)
    proof = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("formal notice")
        verbose_name_plural = _("formal notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(served_on__gte=F("sent_on"), next_step_from__gt=F("served_on")),
                name="formal_notice_order",
            )
        ]
        indexes = [models.Index(fields=["debtor", "-sent_on"], name="formal_notice_debtor")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sent_on}"


class FormalNoticeAccount(models.Model):
    """An account a notice is about."""

    notice = models.ForeignKey(FormalNotice, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="formal_notices")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "account"], name="formal_notice_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.account_id}"
