"""Post-dated cheques: the paper, where it is, when it is presented and what the bank said.

A cheque is cover, never money: the debt falls when the bank pays (`answers.clear_cheque`). The state
"due for deposit" is no stored status: it follows from the planned day, so it is right on every day
without anything having to run at midnight (`queries.day_list`).
Doors: `services.lodge_cheques`, `services.submit`, `answers.clear_cheque`, `answers.return_cheque`,
`queries.cover`, `queries.depositable`.
"""
