"""Payment promises, judged by rule from the money that came.

Doors: `services.take_promise`, `services.cancel_promise`, `services.review_promises`.
"""
