"""What must not be done, to whom or on what, why and until when.

Doors: `services.place_hold`, `place_holds`, `lift_hold`, `lapse_holds`, `record_legal_fact`;
`queries.held(account_ids, as_of)`, `bindings`, and `HELD_SQL` for statements of higher floors. A hold
on a person stops his accounts at that creditor, a legal fact (deceased, insolvent, minor) those at
every creditor.
A breathing space (`breathing_spaces`) holds the charges a person owed on its first day; an account all
of whose overdue charges are held is held itself, which `HELD_SQL` alone decides (`COVERED`).
"""
