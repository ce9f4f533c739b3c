"""Items and amounts a debtor contests, the question to a department, the answer.

Doors: `services.raise_dispute`, `services.answer_dispute`, `services.withdraw_dispute`.
"""
