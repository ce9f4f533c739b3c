"""Accounts a dated rule puts before a senior officer or manager, and what was decided."""
