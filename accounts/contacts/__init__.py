"""Contact attempts, open calls, follow-ups, notes and presence.

Doors: `services.open_call`, `services.check_right_party`, `services.save_outcome`,
`services.log_attempts`, `services.plan_follow_up`, `services.opt_out`,
`queries.asked_to_call_back`.
"""
