from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class TaskStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "clock", _("Open")
    DONE = "done", Tone.GOOD, "circle-check", _("Done")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")


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
