"""What a draft of a strategy would do to the real book, beside the one in force, before it is approved.

The run's own statements work on temporary copies of what they write (`shadow.py`), day by day
(`course.py`), so what is foretold is what a run of that day would do if nothing else happened. The
approver signs the result by its hash; afterwards `outcome.py` holds it against what came.
Doors: `services.order_what_if`, `jobs.SimulateStrategy`, `queries`.
"""
