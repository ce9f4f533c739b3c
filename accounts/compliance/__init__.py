"""The contact gate: permits, the count ledger and the judgement of what happened without one.

Doors: `services.ask_permit`, `services.ask_permits`, `services.count_contact`,
`decision.decide` (pure).
"""
