"""Pages of this app: the only place that asks the clock and speaks HTTP."""
