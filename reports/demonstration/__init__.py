"""A believable book to look at and to measure on: the same for the same seed and day.

Stands on the top floor because it writes into every slice below. Made by a few set-based
statements, never by a loop over accounts. Door: `book.make_book(accounts=, seed=, as_of=)`.
"""
