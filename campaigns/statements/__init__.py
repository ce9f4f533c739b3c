"""Papers about an account for the debtor: statements, receipts of payments, clearance letters.

A statement balances on its face or is not issued (`figures.py` proves it); it is drawn in the
debtor's language and its accounts' currencies, one table each (`papers.py`). A run makes many as a
job and mails them through the gate and the outbox (`runs.py`, `mailing.py`). A clearance letter is
withdrawn by what undoes it (`receivers.py`), and a public page says so. Stands beside campaigns
and worklists, above treatment and sending. Doors: `services`, `clearance`, `queries.statements`.
"""
