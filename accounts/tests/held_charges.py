"""What tests read of holds on single charges."""

from accounts.holds.models import Hold


def held_charges(account_ids, as_of) -> dict[int, set[str]]:
    """What is stopped on single charges of these accounts, by entry."""
    stopped: dict[int, set[str]] = {}
    rows = Hold.objects.in_force(as_of).filter(account__in=account_ids, entry__isnull=False)
    for entry_id, scopes in rows.values_list("entry_id", "scopes"):
        stopped.setdefault(entry_id, set()).update(scopes)
    return stopped
