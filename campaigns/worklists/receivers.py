"""News from below that moves accounts in the worklists: only the touched ones are ranked anew."""

from accounts.contacts.signals import contacts_recorded
from accounts.holds.signals import holds_changed
from accounts.ledger.signals import accounts_assigned, entries_posted
from campaigns.worklists.services import refresh_worklist


def rank_anew(sender, *, account_ids, as_of, **news) -> None:
    """Receiver of every signal that carries `account_ids` and `as_of`."""
    refresh_worklist(as_of=as_of, account_ids=account_ids)


for news in (entries_posted, accounts_assigned, contacts_recorded, holds_changed):
    news.connect(rank_anew, dispatch_uid=f"worklists.{id(news)}")
