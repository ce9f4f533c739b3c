"""Payers whose behaviour has worsened, seen before their arrears change bucket (D23).

A sign compares a payer with himself: later, smaller or rarer than his own median, or word broken.
`rules.judge` is the pure rule under the dated policy "worsening", `queries.facts_of_chunk` reads what it
needs for a set of accounts in one statement, `services.spot_worsening` keeps the answer for a book.
"""
