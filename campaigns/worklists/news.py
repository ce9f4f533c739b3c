"""The news from below that moves accounts in the worklists, and how much of it is too much at once."""

from accounts.arrangements.signals import plans_changed, promises_changed, promises_judged
from accounts.contacts.signals import contacts_recorded
from accounts.disputes.signals import dispute_raised, dispute_resolved
from accounts.holds.signals import holds_changed
from accounts.ledger.signals import accounts_assigned, entries_posted, standings_rolled

# For more accounts than this the whole book is ranked, by a worker once the set is committed: the
# ranking of a large file would take longer than posting it.
SET_LIMIT = 20_000
SIGNALS = {
    "entries_posted": entries_posted,
    "standings_rolled": standings_rolled,
    "accounts_assigned": accounts_assigned,
    "contacts_recorded": contacts_recorded,
    "holds_changed": holds_changed,
    "promises_changed": promises_changed,
    "promises_judged": promises_judged,
    "plans_changed": plans_changed,
    "dispute_raised": dispute_raised,
    "dispute_resolved": dispute_resolved,
}
