"""The contact gate: permits, the count ledger and the judgement of what happened without one.

`decision.decide` is the one pure decision, `hours` its clock, `profiles` the shape of the dated
policy it applies, `zones` where on the clock a debtor is; `queries.known_for` gathers facts for a
set. Doors: `services.ask_permit`, `services.ask_permits`, `services.preview`,
`services.count_contacts`.
"""
