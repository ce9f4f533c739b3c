"""The morning's reminders, of every creditor on his own calendar; those of one day are judged together."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Creditor
from campaigns.sending.jobs import SendMessages
from campaigns.treatment import rules
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.services import run_reminders
from collections_app.core import clock
from collections_app.core.jobs import JobRunner

FIRST_HOUR = 6  # local hour from which a creditor's day may be run


class SendDueReminders(JobRunner):
    """Queues the reminders of today for every creditor whose morning has come and whose day was not
    run yet, then calls the senders. `scope` names one creditor and runs it at any hour, again if
    need be: a step taken is not taken twice."""

    name = "campaigns.review_strategies"
    title = _("Queue the reminders of the day")
    permission = rules.RUN

    def result_url(self, job):
        return reverse("campaigns:reminder_run_list")

    def run(self, job, progress):
        now = clock.now()
        creditors = Creditor.objects.filter(is_active=True).order_by("id")
        if job.scope:
            creditors = creditors.filter(code=job.scope)
        mornings: dict[date, list[Creditor]] = {}
        for creditor in creditors:
            as_of = clock.local_date(now, creditor.time_zone)
            if job.scope or self._is_due(creditor, as_of, now):
                mornings.setdefault(as_of, []).append(creditor)
        totals: dict[str, int] = {}
        for as_of, due in sorted(mornings.items()):
            done_before = progress.done

            def tell(done: int, total: int, before: int = done_before) -> None:
                progress.size = before + total
                progress.advance(before + done - progress.done)

            for run in run_reminders(
                as_of=as_of, now=now, actor=job.actor, creditors=due, on_progress=tell
            ):
                for name, number in run.counts.items():
                    totals[name] = totals.get(name, 0) + number
        if totals.get("messages"):
            SendMessages.enqueue_once(actor=job.actor)
        return totals

    @staticmethod
    def _is_due(creditor: Creditor, as_of, now) -> bool:
        """Morning there, and today not run; a run that found old books is tried again an hour later."""
        if now.astimezone(clock.zone(creditor.time_zone)).hour < FIRST_HOUR:
            return False
        last = (
            ReminderRun.objects.filter(
                creditor_code=creditor.code, as_of=as_of, finished_at__gt=now - timedelta(days=2)
            )
            .order_by("-id")
            .first()
        )
        return last is None or bool(last.counts.get("spared.feed"))
