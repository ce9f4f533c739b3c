"""Money that is not as it should be: short, over, twice, on the wrong account, of nobody.

A case has an owner and a day, and ends with the postings that corrected it.
Doors: `services.open_irregularity`, `services.close_irregularity`.
"""
