"""Books in: accounts, entries, contacts and protections from files, with a receipt and an undo.

Doors: `services.upload`, `services.check`, `services.post`, `services.reverse_import`.
"""
