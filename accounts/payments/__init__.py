"""Money received, money that came back, and the bank accounts on which it arrives.

Doors: `services.post_payment`, `services.reverse_payment`, `bank_accounts.save_bank_account`.
"""
