"""Interest, late fees and penalties by dated terms, to the day and explained window by window.

`windows` and `instalments` are pure: they take a debt's history, dated rates, freezes and conventions
and return every calculation window. Above them stand the dated terms, the reads that do the same for
a set of accounts in SQL, and the runs that post what has accrued. Floor: above arrangements, below
position; it posts down into the ledger and reads the windows of holds.
"""
