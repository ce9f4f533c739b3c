"""Reminders sent by workers to whom everything happens at once, and what the receivers counted.

`python -m benchmarks chaos --messages 2000 --workers 8`: real workers with wrong clocks that are killed
at random, queue messages that come twice, a database and a Redis that die midway, gateways that
misbehave, and payments, holds and opt-outs made while it goes on. The receivers count.
"""
