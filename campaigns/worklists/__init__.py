"""The ranked queue of each officer, with the reason for every rank.

Doors: `services.refresh_worklist(as_of=, account_ids=)`, `queries.queue(user, as_of)`,
`queries.next_account(user, as_of, after=)`. Which reason names a row and how rows are ordered is
one statement (`ranking.py`) under the dated policy "ranking"; the same data gives the same order.
"""
