from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.tasks.enums import TaskStatus
from accounts.teams.models import Department, Team
from collections_app.core.enums import Role
from collections_app.core.fields import ClockTimestamp
from collections_app.core.said import read


class Task(models.Model):
    """Something a person must do by a moment; `subject` is what it is about."""

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    detail = models.TextField(_("detail"), blank=True)
    # what the product itself says in title, detail and outcome, said anew in each reader's language
    words = models.JSONField(default=dict, db_default={}, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="tasks")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="tasks")
    role = models.CharField(_("for role"), max_length=30, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    status = models.CharField(max_length=12, choices=TaskStatus, default=TaskStatus.OPEN)
    outcome = models.TextField(_("outcome"), blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(db_default=ClockTimestamp())
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            models.Index(fields=["assignee", "due_at"], name="task_open", condition=Q(status="open")),
            models.Index(fields=["subject_type", "subject_id"], name="task_subject"),
        ]

    def addressee(self) -> str:
        """To whom it is addressed, in words."""
        if self.assignee is not None:
            return str(self.assignee)
        role = str(Role(self.role).label) if self.role else ""
        return ", ".join(str(part) for part in (self.team or self.department, role) if part)

    @property
    def heading(self) -> str:
        """The title in the reader's language, or as somebody typed it."""
        return self._in_words("title")

    @property
    def particulars(self) -> str:
        """The detail in the reader's language, or as it was written."""
        return self._in_words("detail")

    @property
    def result(self) -> str:
        """What came of it, in the reader's language, or as it was written."""
        return self._in_words("outcome")

    def _in_words(self, column: str) -> str:
        kept = self.words.get(column)
        return str(read(kept)) if kept else getattr(self, column)

    def __str__(self) -> str:
        return self.heading
