from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle


class TaskStatus(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


TASK = Lifecycle(
    "accounts.task",
    initial=TaskStatus.OPEN,
    edges=[
        Edge(
            TaskStatus.OPEN,
            TaskStatus.DONE,
            verb=_("Done"),
            permission="accounts.complete_task",
            audit="task.completed",
        ),
        Edge(
            TaskStatus.OPEN,
            TaskStatus.CANCELLED,
            verb=_("Cancel"),
            permission="accounts.complete_task",
            audit="task.cancelled",
        ),
    ],
)
