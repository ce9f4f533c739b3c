"""Accounts, their entries, allocation and standing: the only place that knows a balance.

Doors: `services.open_accounts`, `services.post_entries`, `services.reverse_entry`,
`services.refresh_standing`, `queries.balances(as_of=, known_at=)`, `allocation.allocate_items`.
"""
