"""Tasks are raised by services of every floor, completed or cancelled by whose they are."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Func, Value
from django.utils.translation import gettext as _

from accounts.tasks.enums import TASK, TaskStatus
from accounts.tasks.models import Task
from accounts.tasks.rules import COMPLETE_TASK, visible_to
from accounts.teams.models import Department, Team
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.said import Said


class JoinedWords(Func):
    """The words a row has, with others put beside or over them."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = models.JSONField()


class TaskForNobody(Refused):
    """A task needs somebody who can do it."""


class TaskOfAnother(NotAllowed):
    """The task is addressed to somebody else."""


@transaction.atomic
def raise_task(
    *,
    kind: str,
    title: str | Said,
    detail: str | Said = "",
    subject: models.Model | None = None,
    team: Team | None = None,
    department: Department | None = None,
    role: str = "",
    assignee=None,
    due_at: datetime | None = None,
    actor,
) -> Task:
    """Ask something of a person, or of whoever is of a team, a department, a role.

    What is `Said` is read by each in his own language; plain text is somebody's own words.
    The same open kind about the same subject is not raised twice: the open one is returned, and
    keeps its own clock. Raises TaskForNobody.
    """
    if assignee is None and team is None and department is None and not role:
        raise TaskForNobody(_("Say for whom the task is: a person, a team, a department or a role."))
    if subject is not None:
        waiting = Task.objects.filter(
            kind=kind,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            status=TaskStatus.OPEN,
        ).first()
        if waiting is not None:
            return waiting
    task = Task.objects.create(
        kind=kind,
        title=str(title)[:200],
        detail=str(detail),
        words=_words(title=title, detail=detail),
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        team=team,
        department=department,
        role=role,
        assignee=assignee,
        due_at=due_at,
        raised_by=actor,
    )
    TASK.start(task, actor=actor, as_of=clock.local_date(task_moment(task)))
    audit.record("task.raised", task, actor=actor, after={"kind": kind, "due_at": due_at})
    return task


@transaction.atomic
def raise_tasks(*, kind: str, rows: Sequence[Mapping[str, Any]], actor, as_of: date) -> list[int]:
    """One task of a kind for each row, in a few statements; returns the ids of the new ones.

    A row holds `subject`, `title` and for whom (`team`, `department`, `role`, `assignee`), and may
    hold `detail` and `due_at`, as `raise_task` takes them. Subjects about which such a task is open
    already get none.
    """
    if not rows:
        return []
    subject_type = rows[0]["subject"]._meta.label_lower
    waiting = set(
        Task.objects.filter(
            kind=kind,
            subject_type=subject_type,
            subject_id__in=[row["subject"].pk for row in rows],
            status=TaskStatus.OPEN,
        ).values_list("subject_id", flat=True)
    )
    made = Task.objects.bulk_create(
        [
            Task(
                kind=kind,
                title=str(row["title"])[:200],
                detail=str(row.get("detail", "")),
                words=_words(title=row["title"], detail=row.get("detail", "")),
                subject_type=subject_type,
                subject_id=row["subject"].pk,
                team=row.get("team"),
                department=row.get("department"),
                role=row.get("role", ""),
                assignee=row.get("assignee"),
                due_at=row.get("due_at"),
                raised_by=actor,
            )
            for row in rows
            if row["subject"].pk not in waiting
        ]
    )
    ids = [task.pk for task in made]
    TASK.start_many(ids, actor=actor, as_of=as_of)
    audit.record_set("task.raised", Task, ids=ids, actor=actor, after={"kind": kind})
    return ids


def task_moment(task: Task) -> datetime:
    """When the task was raised; the database stamps it, so a fresh row is read again."""
    if not isinstance(task.raised_at, datetime):
        task.refresh_from_db(fields=["raised_at"])
    return task.raised_at


def _require_visible(task: Task, actor, as_of: date) -> None:
    require(actor, COMPLETE_TASK)
    if actor.role != Role.SYSTEM and not Task.objects.filter(visible_to(actor, as_of), pk=task.pk).exists():
        raise TaskOfAnother(_("This task is somebody else's."))


@transaction.atomic
def complete_task(*, task: Task, outcome: str | Said = "", actor, as_of: date) -> Task:
    """Say it is done, and what came of it. Raises TaskOfAnother, StatusHasMoved."""
    _require_visible(task, actor, as_of)
    TASK.advance(
        task,
        to=TaskStatus.DONE,
        actor=actor,
        as_of=as_of,
        outcome=str(outcome),
        done_by=actor,
        done_at=clock.now(),
    )
    _keep_outcome([task.pk], outcome)
    return task


@transaction.atomic
def cancel_task(*, task: Task, reason: str, actor, as_of: date) -> Task:
    """Take it back, with a reason. Raises Refused, TaskOfAnother, StatusHasMoved."""
    _require_visible(task, actor, as_of)
    if not reason.strip():
        raise Refused(_("Say why the task is no longer needed."), field="reason")
    TASK.advance(
        task,
        to=TaskStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        outcome=reason,
        done_by=actor,
        done_at=clock.now(),
    )
    return task


@transaction.atomic
def settle_tasks(*, subject: models.Model, outcome: str | Said, actor, as_of: date) -> list[int]:
    """Complete every open task about a subject, because what they asked for has happened."""
    ids = TASK.advance_many(
        Task.objects.filter(
            subject_type=subject._meta.label_lower, subject_id=subject.pk, status=TaskStatus.OPEN
        ),
        to=TaskStatus.DONE,
        actor=actor,
        as_of=as_of,
        outcome=str(outcome),
        done_by=actor,
        done_at=clock.now(),
    )
    _keep_outcome(ids, outcome)
    return ids


def _words(**texts: str | Said) -> dict:
    """What of these the product says itself, to be said anew to each reader."""
    return {name: text.kept() for name, text in texts.items() if isinstance(text, Said)}


def _keep_outcome(ids: Sequence[int], outcome: str | Said) -> None:
    if ids and (kept := _words(outcome=outcome)):
        Task.objects.filter(pk__in=ids).update(words=JoinedWords(F("words"), Value(kept, models.JSONField())))
