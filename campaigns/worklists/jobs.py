from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from campaigns.worklists.news import SET_LIMIT, SIGNALS
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock
from collections_app.core.jobs import JobRunner
from collections_app.core.models import User


class RefreshWorklist(JobRunner):
    """The pass over every account: what a new day alone has changed, or a large set that was posted."""

    name = "campaigns.refresh_worklist"
    title = _("Rank the worklists")
    permission = "campaigns.refresh_worklist"
    retries = 2

    def run(self, job, progress):
        changed = refresh_worklist(as_of=job.as_of)
        return {"changed": changed}


def rank_later(sender, *, account_ids, as_of, **news) -> None:
    """Queues the pass when a large set is committed, under a scope of its own: a pass that is under
    way has not seen this set."""
    if len(account_ids) > SET_LIMIT:
        RefreshWorklist.enqueue_once(
            scope=uuid4().hex, as_of=max(as_of, clock.today()), actor=User.objects.system()
        )


for name, signal in SIGNALS.items():
    signal.connect(rank_later, dispatch_uid=f"worklists.later.{name}")
