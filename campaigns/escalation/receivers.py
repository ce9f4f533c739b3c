"""A strategy's step puts accounts on the escalation list."""

from django.dispatch import receiver

from campaigns.escalation.services import escalate
from campaigns.strategies.enums import StepKind
from campaigns.treatment.signals import work_wanted


@receiver(work_wanted)
def put_on_the_list(sender, *, kind, works, as_of, actor, **_kwargs):
    if kind != StepKind.ESCALATION:
        return {}
    escalate(account_ids=[pk for work in works for pk in work.account_ids], as_of=as_of, actor=actor)
    return dict.fromkeys((work.debtor_id for work in works), None)
