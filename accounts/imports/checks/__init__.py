"""Checks of a staged file, each one statement over the whole set.

Every module adds its findings to `imp_fault` and leaves a table of resolved records behind:
`imp_creditor`, `imp_account`, `imp_loose` (numbers named without a creditor), `imp_entry`,
`imp_contact`, `imp_protection`. A record has a state (`RowState`); a fault of one record holds
back its whole row, and whatever rests on it (`settle`).
"""
