"""Debtors who cannot pay: the hold, the senior officer's task and its legal clock.

Doors: `services.open_hardship_case`, `services.decide_hardship_case`.
"""
