"""The replay of a period in the background."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.models import ContactReplay
from accounts.compliance.replay import rows_to_replay
from accounts.compliance.replays import run_replay
from accounts.compliance.rules import VIEW_REPLAY
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class ReplayContacts(JobRunner):
    """`scope` is the key of the ordered replay. Safe to run again: a finished one stays."""

    name = "accounts.replay_contacts"
    title = gettext_lazy("Decide contacts again")
    permission = VIEW_REPLAY
    words = {
        "permits": gettext_lazy("Permits"),
        "contacts": gettext_lazy("Contacts"),
        "judged": gettext_lazy("Decided again"),
        "disagreements": gettext_lazy("Do not agree"),
        "breaches": gettext_lazy("Breaches"),
        "learned_later": gettext_lazy("Protected, told later"),
    }

    def run(self, job, progress):
        ordered = ContactReplay.objects.get(pk=int(job.scope))
        progress.total(rows_to_replay(first=ordered.first_day, last=ordered.last_day))
        done = run_replay(
            ordered=ordered,
            actor=job.actor,
            as_of=clock.today(),
            progress=lambda rows: progress.advance(rows, _("Decided again")),
        )
        return done.figures

    def result_url(self, job) -> str:
        return reverse("accounts:contact_replay_detail", args=[int(job.scope)])
