"""Which tasks wait."""

from datetime import date, datetime

from django.db.models import QuerySet

from accounts.tasks.enums import TaskStatus
from accounts.tasks.models import Task


def open_tasks() -> QuerySet[Task]:
    return Task.objects.filter(status=TaskStatus.OPEN)


def late(now: datetime) -> QuerySet[Task]:
    """Open and past their moment."""
    return open_tasks().filter(due_at__lt=now)


def tasks_about(subject_type: str, ids: list[int]) -> QuerySet[Task]:
    """Tasks whose subject is one of these rows."""
    return Task.objects.filter(subject_type=subject_type, subject_id__in=ids)


def waiting_days(task: Task, as_of: date) -> int:
    """Whole days an open task has waited."""
    return (as_of - task.raised_at.date()).days
