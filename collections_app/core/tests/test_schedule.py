"""The one schedule names runners that exist, for the one task."""

from collections_app.celery import SCHEDULE, app
from collections_app.core import jobs


def test_every_scheduled_name_is_a_runner_or_a_tick():
    assert [name for name in SCHEDULE if not jobs.is_registered(name)] == []


def test_every_tick_is_scheduled():
    assert set(jobs.ticks()) - {"trial.mark"} <= set(SCHEDULE)


def test_the_schedule_speaks_to_the_one_task_alone():
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == {jobs.TASK_NAME}
    assert jobs.TASK_NAME in app.tasks


def test_what_piled_up_while_workers_were_down_expires():
    assert all(entry["options"]["expires"] for entry in app.conf.beat_schedule.values())
