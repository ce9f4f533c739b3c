"""News from below that moves accounts in the worklists: only the touched ones are ranked anew."""

from accounts.arrangements.signals import promises_changed, promises_judged
from accounts.contacts.signals import contacts_recorded
from accounts.disputes.signals import dispute_raised, dispute_resolved
from accounts.hardship.signals import hardship_changed
from accounts.holds.signals import holds_changed
from accounts.ledger.signals import accounts_assigned, entries_posted
from campaigns.worklists.services import refresh_worklist


def rank_anew(sender, *, account_ids, as_of, **news) -> None:
    """Receiver of every signal that carries `account_ids` and `as_of`."""
    refresh_worklist(as_of=as_of, account_ids=account_ids)


for news in (
    entries_posted,
    accounts_assigned,
    contacts_recorded,
    holds_changed,
    dispute_raised,
    dispute_resolved,
    hardship_changed,
    promises_changed,
    promises_judged,
):
    news.connect(rank_anew, dispatch_uid=f"worklists.{id(news)}")
