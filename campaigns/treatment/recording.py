"""What became of steps: their records, and where their episodes stand since."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from campaigns.sending.enums import Spared
from campaigns.treatment import pass_sql
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import Episode, ReminderRun, StepRecord

TYPES = ("bigint", "bigint", "bigint", "date", "varchar", "varchar", "bigint", "bigint", "bigint")
GIVEN = ", ".join(f"%(c{place})s::{kind}[]" for place, kind in enumerate(TYPES))
RECORD = pass_sql.RECORD.format(rows=f"SELECT * FROM unnest({GIVEN})")
REACHED = pass_sql.REACHED.format(
    rows="SELECT * FROM unnest(%(episodes)s::bigint[], %(steps)s::bigint[])"
)


def record_steps(rows: Iterable[tuple], run: ReminderRun) -> None:
    """Write records of (account, episode, step, due day, status, spared, message, follow-up, task).

    One that was spared or passed by before may be taken now; one that was taken stays as it is.
    """
    columns: list[list] = [[] for _ in range(9)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    if not columns[0]:
        return
    given = {f"c{place}": column for place, column in enumerate(columns)}
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {**given, "as_of": run.as_of, "run": run.pk})
        taken = [place for place, status in enumerate(columns[4]) if status != StepStatus.SPARED]
        if taken:
            cursor.execute(
                REACHED,
                {
                    "as_of": run.as_of,
                    "episodes": [columns[1][place] for place in taken],
                    "steps": [columns[2][place] for place in taken],
                },
            )


def give_back(episode_ids: Iterable[int]) -> None:
    """Steps of these episodes were spared after all: they stand where the last one taken left them."""
    ids = sorted(set(episode_ids))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(pass_sql.GIVEN_BACK, {"episodes": ids})


def begin_again(records: QuerySet[StepRecord]) -> None:
    """Steps that came to nothing are due again, and their episodes stand before them; what was done
    after them is not repeated. The message is kept: another may yet take its place."""
    for record in records.select_related("step"):
        Episode.objects.filter(pk=record.episode_id, reached__gte=record.step.day_offset).update(
            reached=record.step.day_offset - 1
        )
    records.update(status=StepStatus.SPARED, spared=Spared.RETURNED, taken_on=None)


def keep_reached(records: QuerySet[StepRecord]) -> None:
    """Their episodes stand at these steps, or beyond."""
    for record in records.select_related("step"):
        Episode.objects.filter(pk=record.episode_id, reached__lt=record.step.day_offset).update(
            reached=record.step.day_offset
        )
