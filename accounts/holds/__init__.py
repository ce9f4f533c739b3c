"""What must not be done, to whom or on what, why and until when.

Doors: `services.place_hold`, `services.lift_hold`, `queries.holds_on(account_ids, as_of, scope)`.
"""
