"""Pages of bank statements: files, lines and what becomes of them, the reconciliation."""
