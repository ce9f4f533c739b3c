"""Contact attempts, follow-ups, open calls, notes and presence.

Doors: `services.open_call`, `services.log_attempt`, `services.plan_follow_up`.
"""
