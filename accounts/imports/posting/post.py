"""The order in which a file's records go into the books."""

from accounts.imports.posting.accounts import post_accounts
from accounts.imports.posting.contacts import post_contacts
from accounts.imports.posting.entries import post_entries_of
from accounts.imports.posting.protections import post_protections
from accounts.imports.posting.trail import Posting
from collections_app.core.bulk import analyse_grown

POST = {
    "accounts": post_accounts,
    "entries": post_entries_of,
    "contacts": post_contacts,
    "protections": post_protections,
}
TOUCHED = {
    "accounts": [
        "accounts_account", "accounts_debtor", "accounts_contactpoint", "accounts_accountparty",
        "accounts_standing",
    ],
    "entries": [],  # the ledger looks after its own
    "contacts": ["accounts_contactattempt", "accounts_countedcontact"],
    "protections": ["accounts_hold"],
}  # fmt: skip


def post_findings(posting: Posting) -> dict[str, int]:
    """Post what was found good; counts by name. Large imports leave fresh statistics behind."""
    made: dict[str, int] = {}
    for kind in posting.context.kinds:
        made |= POST[kind](posting)
        for table in TOUCHED[kind]:
            analyse_grown(table, posting.context.counts.get(kind, 0))
    analyse_grown("accounts_importedrecord", sum(made.values()))
    return made
