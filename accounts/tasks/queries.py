"""Which tasks wait."""


from django.db.models import QuerySet

from accounts.tasks.enums import TaskStatus
from accounts.tasks.models import Task


def open_tasks() -> QuerySet[Task]:
    """Tasks that nobody has done yet, whoever they are for."""
    return Task.objects.filter(status=TaskStatus.OPEN)
