"""Work asked of a person, a team or a department, with a clock.

Doors: `services.raise_task`, `services.complete_task`.
"""
