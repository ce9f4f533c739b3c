"""Steps that higher floors carry out."""

from django.dispatch import Signal

# A step asks for work that a higher floor does: a statement pack, an escalation. Sent in the
# transaction that takes the steps. kwargs: kind (StepKind), works (list of Work), steps (by id),
# creditor, run, as_of, now, actor. A receiver returns {debtor_id: task_id or None}; steps of debtors
# that no receiver returns stay due.
work_wanted = Signal()
