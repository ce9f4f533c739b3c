"""Formal notices and their clocks: how each was given, when it counts as served, what may follow when.

A notice is a message whose text is marked as one, or a paper given by hand. Its clock is the policy
"formal_notice" of the day it was sent, in the creditor's calendar; the next notice before its day is
refused with the date (D76, D77). Floor: above sending, below the strategies' treatment.
"""
