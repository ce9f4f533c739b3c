"""The nightly comparison of what lists add up with the ledger."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.position.proof import compare_standings
from collections_app.core import clock
from collections_app.core.enums import JobStatus
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job


class CompareStandings(JobRunner):
    """Compares every standing with its entries; lists show the result beside their totals."""

    name = "accounts.compare_standings"
    title = _("Compare the lists' totals with the ledger")
    retries = 1

    def run(self, job, progress):
        progress.total(1)
        proof = compare_standings(as_of=job.as_of or clock.today())
        progress.advance(1)
        return {
            "at": clock.now().isoformat(),
            "holds": proof.holds,
            "accounts": proof.accounts,
            "sums": {
                code: {name: [str(amount) for amount in pair] for name, pair in figures.items()}
                for code, figures in proof.sums.items()
            },
            "differing": proof.differing,
            "differing_count": proof.differing_count,
        }


def last_comparison() -> dict[str, Any]:
    """What the last comparison found; empty where there was none yet."""
    found = Job.objects.filter(runner=CompareStandings.name, status=JobStatus.DONE)
    job = found.order_by("-id").values_list("result", flat=True).first()
    return job or {}
