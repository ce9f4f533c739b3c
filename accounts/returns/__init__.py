"""Payments that came back: reason codes as dated data, the return itself, what is tried again.

Doors: `services.record_return` for one receipt, `files.load_return_file` for a bank's file.
"""
