"""Creditors, portfolios, debtors, how to reach them, and who is the same person.

A debtor record belongs to one creditor; the creditor is a wall. An identity links the records of
one person across creditors for legal facts only and is shown to nobody by itself.
"""
