"""What became of steps: their records, and where their episodes stand since."""

from collections.abc import Iterable

from django.db import connection

from campaigns.treatment import pass_sql
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import ReminderRun, StepRecord


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
    table = StepRecord._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table} (account_id, episode_id, step_id, due_on, status, spared, message_id,
                                 follow_up_id, task_id, taken_on, run_id)
            SELECT r.*, CASE WHEN r.status <> 'spared' THEN %s::date END, %s
              FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::varchar[],
                          %s::varchar[], %s::bigint[], %s::bigint[], %s::bigint[])
                AS r(account_id, episode_id, step_id, due_on, status, spared, message, follow_up, task)
            ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
               SET status = excluded.status, spared = excluded.spared, run_id = excluded.run_id,
                   message_id = excluded.message_id, follow_up_id = excluded.follow_up_id,
                   task_id = excluded.task_id, taken_on = excluded.taken_on
             WHERE {table}.status IN ('spared', 'missed')
            """,
            [run.as_of, run.pk, *columns],
        )
        taken = [place for place, status in enumerate(columns[4]) if status != StepStatus.SPARED]
        if taken:
            cursor.execute(
                pass_sql.REACHED,
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
