"""Keeps step records true to what became of their messages; takes out what a payment has cleared."""

from django.dispatch import receiver

from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from campaigns.sending.enums import MessageStatus
from campaigns.sending.signals import message_replaced, messages_settled
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import StepRecord
from campaigns.treatment.recording import give_back
from campaigns.treatment.superseding import withhold_cleared


@receiver(messages_settled)
def settle_steps(sender, *, message_ids, status, spared, **_kwargs) -> None:
    """A sent step is done; a withheld one was spared and may be taken later. Unknown stays queued."""
    records = StepRecord.objects.filter(message__in=message_ids)
    if status == MessageStatus.SENT:
        records.update(status=StepStatus.DONE, spared="")
    elif status == MessageStatus.WITHHELD:
        episodes = list(records.values_list("episode_id", flat=True))
        records.update(status=StepStatus.SPARED, spared=spared, message=None, taken_on=None)
        give_back(episodes)


@receiver(message_replaced)
def follow_the_replacement(sender, *, old_id, new_id, **_kwargs) -> None:
    """The step is taken by the message that leaves in place of the one that came back."""
    StepRecord.objects.filter(message=old_id).update(message=new_id, status=StepStatus.QUEUED)


CONCERNS["reminders"] = (
    "EXISTS (SELECT FROM campaigns_messageaccount l JOIN campaigns_message m ON m.id = l.message_id"
    " WHERE l.account_id = a.id AND m.status IN ('queued', 'deferred') AND m.purpose = 'demand')"
)


@receiver(entries_posted)
def drop_cleared_reminders(sender, *, account_ids, as_of, actor, concerned=None, **_kwargs) -> None:
    if is_concerned("reminders", concerned):
        withhold_cleared(account_ids=account_ids, as_of=as_of, actor=actor)
