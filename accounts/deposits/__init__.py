"""Money on its way to the bank: slips for cash and cheques, tied to one credit of the bank.

What is held and not deposited is read from the receipts; a slip takes receipts out of hand, a
credit that differs opens an irregularity.
Doors: `services.prepare_deposit`, `services.mark_deposited`, `services.tie`, `services.untie`.
"""
