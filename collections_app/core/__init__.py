"""The kernel: money, clock, truth over time, audit, lifecycle, permissions, jobs, documents.

Floor: the ground floor. It imports nothing of `accounts`, `campaigns` or `reports`.
Doors: `money.quantise/split/allocate`, `clock.today/now`, `lifecycle.Lifecycle.advance`,
`audit.record`, `permissions.require`, `jobs.JobRunner`, `documents.store`,
`spreadsheets.write_workbook`, `pdf.render`, `panels.register`.
"""
