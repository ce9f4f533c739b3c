"""What an account stands at once upper facts count: disputed, promised, held, chaseable.

Reads only. Door: `queries.positions(account_ids, as_of=)`.
"""
