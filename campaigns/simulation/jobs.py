"""The job that tries a strategy out."""

from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.simulation import rules
from campaigns.simulation.models import WhatIf
from campaigns.simulation.services import make_what_if
from collections_app.core.jobs import JobRunner


class SimulateStrategy(JobRunner):
    """Makes the what-if in `params["what_if"]`."""

    name = "campaigns.simulate_strategy"
    title = _("Try a strategy out on the book")
    permission = rules.RUN
    words: ClassVar = {
        "live": _("Contacts in force"),
        "draft": _("Contacts of the draft"),
        "changed": _("Accounts treated differently"),
    }

    def run(self, job, progress):
        what_if = WhatIf.objects.select_related("version__strategy", "made_by").get(
            pk=job.params["what_if"]
        )

        def tell(done: int, total: int) -> None:
            progress.size = total
            progress.advance(done - progress.done)

        made = make_what_if(what_if=what_if, actor=what_if.made_by, on_progress=tell)
        return {
            "live": made.result["live"]["contacts"],
            "draft": made.result["draft"]["contacts"],
            "changed": made.result["changed"],
        }

    def result_url(self, job):
        return reverse("campaigns:what_if", args=[job.params["what_if"]])
