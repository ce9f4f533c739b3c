"""Celery for the product: workers, and the one schedule.

`celery -A collections_app worker` and `celery -A collections_app beat`; there is one task
(`collections_app.core.run_job`) and the schedule names job runners for it. What is due, and for which
day in whose time zone, the runner knows; running one again does no harm. Times are UTC.
"""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")

app = Celery("collections_app")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["collections_app.core"], related_name="jobs")

SCHEDULE = {
    # runner: when
    "core.sweep_jobs": 10.0,
    "core.seal_audit": 3.0,
    "core.tidy_up": crontab(hour="2", minute="50"),
    "core.backup": crontab(hour="1", minute="30"),
    "accounts.roll_day": crontab(minute="5"),  # each hour is midnight in some creditor's zone
    "accounts.lapse_holds": crontab(minute="10"),
    "accounts.present_cheques": crontab(minute="11"),
    "accounts.review_promises": crontab(minute="12"),
    "accounts.review_plans": crontab(minute="13"),
    "accounts.chase_late_answers": crontab(minute="15"),
    "accounts.report_left_calls": crontab(minute="16"),
    "accounts.keep_days": crontab(minute="50"),  # what an hour brought is added to the days kept before
    "accounts.accrue_interest": crontab(minute="25"),  # each hour a day has ended in some creditor's zone
    "accounts.begin_interest_runs": crontab(hour="5", minute="20", day_of_month="2"),
    "accounts.watch_feeds": crontab(minute="17"),  # before the reminders, which wait for a late feed
    "campaigns.review_strategies": crontab(minute="20"),
    "campaigns.review_escalations": crontab(minute="30", hour="*/6"),
    "campaigns.refresh_worklist": crontab(minute="40"),  # after the day has rolled and been reviewed
    "campaigns.spot_worsening": crontab(minute="35", hour="*/6"),
    "campaigns.work_out_why_not": crontab(minute="45"),  # by the lists of the hour
    "campaigns.call_senders": 30.0,  # only where something is due
    "campaigns.send_due_messages": crontab(minute="*/5"),  # and to mend what the dead have left
    "campaigns.read_inbox": crontab(minute="2-59/5"),  # where INBOX_URL is set
    "reports.build_month": crontab(hour="4", minute="40"),
    "accounts.compare_standings": crontab(hour="3", minute="15"),
    "reports.check_ties": crontab(hour="3", minute="30"),
    "reports.check_collector_ties": crontab(hour="3", minute="45"),
}
app.conf.beat_schedule = {
    runner: {
        "task": "collections_app.core.run_job",
        "schedule": when,
        "kwargs": {"runner": runner},
        # A schedule that piled up while workers were down runs once, not many times.
        "options": {"expires": 600 if isinstance(when, crontab) else when},
    }
    for runner, when in SCHEDULE.items()
}


@worker_init.connect
@beat_init.connect
def _hold_servers(**unused: object) -> None:
    """A worker or a beat keeps the embedded servers as long as it lives, as any command does."""
    # Imported here: the application registry is ready only when a worker begins.
    from collections_app.core.checks import refuse_unsafe_production  # noqa: PLC0415
    from collections_app.embedded.clients import hold_for_settings  # noqa: PLC0415

    hold_for_settings()
    try:
        refuse_unsafe_production()
    except ImproperlyConfigured as error:
        # Celery logs what a receiver raises and runs on; only this stops it.
        raise SystemExit(f"celery: {error}") from error
