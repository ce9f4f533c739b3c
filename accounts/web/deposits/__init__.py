"""Deposits: slips, what is held and not deposited, what the bank credited."""
