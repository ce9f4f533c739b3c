"""Ties to the creditor's own books: control totals compared by account, and the journal of what is
born here.

Stands above everything that moves money, and reads files as the imports do.
Doors: `services.state_control_total`, `services.check_control_total`, `journal.make_journal`.
"""
