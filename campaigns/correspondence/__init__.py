"""Templates and the letters, messages and texts made from them.

Texts are Liquid with a closed list of placeholders (`placeholders.py`), rendered strictly and within
limits (`texts.py`); the letter's form is the product's own (`letters.py`). Stands on strategies.
Doors: `services` (draft, save, submit, approve), `queries.TextBook(as_of).pick(...)`,
`queries.figures(...)` for all a message may say, `texts.render`.
"""
