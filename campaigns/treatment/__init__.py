"""Runs strategies: episodes, due steps, whom a step spares, grouping per debtor.

`services.run_reminders` is one day's pass over a creditor's book in a few set-based statements
(`pass_sql.py`), then messages in chunks. Stands on sending; worklists and campaigns may read it.
"""
