"""Business rules as dated data, approved by a second person.

Doors: `queries.policy(kind, as_of=, creditor_id=, portfolio_id=)` answers the values in force;
`services.propose_policy`, `services.approve_policy`.
"""
