from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.teams.models import Team
from campaigns.worklists.enums import RankReason


class WorklistItem(models.Model):
    """An account to be worked, with its rank and reason; written set-based by `refresh_worklist`.

    `rank` is smaller for what comes first, so that one index serves the page in one direction.
    `next_action` and `next_action_on` answer D16 for every overdue account without a hold.
    """

    # Rewritten from the accounts themselves by the thousand: a key would prove each of them again.
    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="work", db_constraint=False
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    rank = models.BigIntegerField()
    reason = models.CharField(max_length=20, choices=RankReason)
    reason_values = models.JSONField(default=dict)
    stage = models.PositiveSmallIntegerField(null=True)
    stage_name = models.CharField(max_length=40, blank=True)
    next_action = models.CharField(max_length=20)
    next_action_on = models.DateField()
    last_contact_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=16, blank=True)
    last_channel = models.CharField(max_length=10, blank=True)
    computed_for = models.DateField()

    class Meta:
        verbose_name = _("worklist item")
        indexes = [
            models.Index(fields=["officer", "rank", "account"], name="work_officer"),
            models.Index(fields=["team", "rank", "account"], name="work_team"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.reason}"
