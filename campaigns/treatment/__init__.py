"""Runs strategies: episodes, due steps, whom a step spares, grouping per debtor."""
