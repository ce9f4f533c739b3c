"""The correspondence folder of a debtor (D80): everything that went out and came in, in one place.

Reads messages, notices, statements, clearance letters and answers where they live; owns only the
papers that somebody scanned and filed. Doors: `queries.folder(...)`, `services.file_paper(...)`.
"""
