"""Cash: receipts without gaps, the cashier's day and its close, paper receipt books.

A receipt posts the payment, takes its number in the same transaction and belongs to an open day.
Who holds the money is kept on the receipt until `deposits` brings it to the bank.
Doors: `services.take_cash`, `services.void_receipt`, `days.open_day`, `days.close_day`,
`days.sign_handover`, `instructions.instruction_for`.
"""
