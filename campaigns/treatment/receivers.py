"""Keeps step records true to what became of their messages; takes out what a payment has cleared."""

from django.dispatch import receiver

from accounts.ledger.signals import entries_posted
from campaigns.sending.enums import MessageStatus
from campaigns.sending.signals import messages_settled
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import StepRecord
from campaigns.treatment.superseding import withhold_cleared


@receiver(messages_settled)
def settle_steps(sender, *, message_ids, status, spared, **_kwargs) -> None:
    """A sent step is done; a withheld one was spared and may be taken later. Unknown stays queued."""
    records = StepRecord.objects.filter(message__in=message_ids)
    if status == MessageStatus.SENT:
        records.update(status=StepStatus.DONE, spared="")
    elif status == MessageStatus.WITHHELD:
        records.update(status=StepStatus.SPARED, spared=spared, message=None)


@receiver(entries_posted)
def drop_cleared_reminders(sender, *, account_ids, as_of, actor, **_kwargs) -> None:
    withhold_cleared(account_ids=account_ids, as_of=as_of, actor=actor)
