"""The contact gate: permits, the count ledger, the law as data, and the proof by replay.

`decision.decide` is the one pure decision (`case`, `lawful`, `counting` and `hours` are its parts,
`facts` what it is told). `jurisdictions` ships the law of each place as `clauses`, kept as approved
versions (`versions`); `rulebook` says which bind and `laws` makes of them what is reckoned with,
beside the office's policy (`profiles`). `gathering` reads the facts for a set, `evidence` keeps them
with a permit, `replay` decides them again. Doors: `services.ask_permit`, `services.ask_permits`,
`services.give_permits`, `services.preview`, `services.count_contacts`, `standing.note_contact_fact`.
"""
