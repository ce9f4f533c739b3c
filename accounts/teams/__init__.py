"""Teams, departments, and who stands in for whom.

Floor: the lowest of `accounts`. Doors: `services.invite_user`, `services.set_teams`,
`services.record_absence`, `queries.team_ids_of(user, as_of)`.
"""
