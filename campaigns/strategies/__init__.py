"""Which debtor hears what, when and by which channel: versioned, approved by another.

Lowest floor of campaigns. Doors: `services` (draft, save, submit, approve, retire a version),
`queries.versions_in_force(as_of)`. Higher floors may veto a submission by `signals.version_submitted`.
"""
