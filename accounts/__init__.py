"""Who owes what to whom: parties, ledger, claims, contacts; one slice per noun family."""
