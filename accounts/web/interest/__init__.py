"""Interest and fees: the runs that post them, and what accrued on an account, window by window."""
