"""Only the accounts that news is about are ranked anew; a large set waits for a worker (`jobs`)."""

from campaigns.worklists.news import SET_LIMIT, SIGNALS
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock


def rank_anew(sender, *, account_ids, as_of, **news) -> None:
    """Receiver of every signal that carries `account_ids` and `as_of`.

    A worklist is of the present day: news about an earlier day moves today's list.
    """
    if len(account_ids) <= SET_LIMIT:
        refresh_worklist(as_of=max(as_of, clock.today()), account_ids=account_ids)


for name, signal in SIGNALS.items():
    signal.connect(rank_anew, dispatch_uid=f"worklists.{name}")
