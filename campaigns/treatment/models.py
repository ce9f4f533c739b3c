"""Episodes of arrears, the steps done in them, and the runs that did them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.contacts.models import FollowUp
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.parties.queries import sees_every_creditor
from accounts.tasks.models import Task
from campaigns.sending.enums import Spared
from campaigns.sending.models import Message
from campaigns.strategies.models import StrategyStep, StrategyVersion
from campaigns.treatment.enums import StepStatus
from collections_app.core.fields import ClockTimestamp


class Episode(models.Model):
    """From the first unpaid due day to cure. A reversal that shows it never cured re-opens it.

    `version` treats it. Steps come in order of their days: `reached` is the day of the last one taken
    or passed by (None: it has not begun yet), on `reached_on`; `began_after` where it came in, so that
    earlier steps are not asked of it.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="episodes")
    first_due_date = models.DateField()
    version = models.ForeignKey(StrategyVersion, models.PROTECT, null=True, related_name="episodes")
    cured_on = models.DateField(null=True)
    began_after = models.SmallIntegerField(null=True)
    reached = models.SmallIntegerField(null=True)
    reached_on = models.DateField(null=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("episode")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="episode_one_open", condition=Q(cured_on__isnull=True)
            ),
            models.UniqueConstraint(fields=["account", "first_due_date"], name="episode_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} from {self.first_due_date}"


class ReminderRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Runs over the books of creditors he works for; a run over all of them is for those who see all."""
        if sees_every_creditor(user):
            return self
        return self.filter(creditor_code__in=Creditor.objects.visible_to(user).values("code"))


class ReminderRun(models.Model):
    """One day's pass over the book; its figures sum: queued = sent + unknown + withheld + deferred."""

    objects = ReminderRunQuerySet.as_manager()

    as_of = models.DateField()
    creditor_code = models.CharField(max_length=30, blank=True)
    started_at = models.DateTimeField(db_default=ClockTimestamp())
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("reminder run")

    def __str__(self) -> str:
        return f"{self.as_of}"


class StepRecord(models.Model):
    """A step of an episode was taken, spared or passed by. Unique: none is repeated within an episode.

    `taken_on` later than `due_on`: it was late. A step that gives work has its `follow_up` or `task`.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="step_records")
    episode = models.ForeignKey(Episode, models.PROTECT, related_name="steps")
    step = models.ForeignKey(StrategyStep, models.PROTECT, related_name="records")
    due_on = models.DateField()
    status = models.CharField(max_length=10, choices=StepStatus)
    spared = models.CharField(max_length=20, choices=Spared, blank=True)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="step_records")
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, null=True, related_name="+", db_index=False
    )
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="+", db_index=False)
    run = models.ForeignKey(ReminderRun, models.PROTECT, null=True, related_name="steps")
    taken_on = models.DateField(null=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("step taken")
        constraints = [
            models.UniqueConstraint(fields=["account", "episode", "step"], name="step_once")
        ]

    def __str__(self) -> str:
        return f"{self.step_id} on {self.account_id}"
