"""Money received and money that came back.

Doors: `services.post_payment`, `services.reverse_payment`.
"""
