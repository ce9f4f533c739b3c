"""The bank's own word on the money: statement files, their lines, and what each line was for.

Doors: `formats.detect.read_statements` (bytes to statements, no database), `files.load_bank_file` and
`files.take_in`, `services` for what a person decides about a line, `queries.cash_bridge`.
"""
