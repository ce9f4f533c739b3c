"""News from below that moves accounts in the worklists: only the touched ones are ranked anew."""

from accounts.arrangements.signals import promises_changed, promises_judged
from accounts.contacts.signals import contacts_recorded
from accounts.disputes.signals import dispute_raised, dispute_resolved
from accounts.holds.signals import holds_changed
from accounts.ledger.signals import accounts_assigned, entries_posted
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock

# For more accounts than this a pass over the whole book is the cheaper plan.
SET_LIMIT = 20_000


def rank_anew(sender, *, account_ids, as_of, **news) -> None:
    """Receiver of every signal that carries `account_ids` and `as_of`.

    A worklist is of the present day: news about an earlier day moves today's list.
    """
    some = account_ids if len(account_ids) <= SET_LIMIT else None
    refresh_worklist(as_of=max(as_of, clock.today()), account_ids=some)


SIGNALS = {
    "entries_posted": entries_posted,
    "accounts_assigned": accounts_assigned,
    "contacts_recorded": contacts_recorded,
    "holds_changed": holds_changed,
    "promises_changed": promises_changed,
    "promises_judged": promises_judged,
    "dispute_raised": dispute_raised,
    "dispute_resolved": dispute_resolved,
}
for name, signal in SIGNALS.items():
    signal.connect(rank_anew, dispatch_uid=f"worklists.{name}")
