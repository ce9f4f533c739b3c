"""What the papers say in further languages, one module each; `wording` puts them together.

Every module has the same words with the same placeholders as the English ones; a test holds them
against each other.
"""
