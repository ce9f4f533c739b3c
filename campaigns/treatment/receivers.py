"""Keeps step records true to what became of their messages; takes out what a payment has cleared."""

from django.dispatch import receiver

from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from campaigns.notices.queries import beside_of, notice_texts
from campaigns.notices.signals import notice_returned
from campaigns.sending.enums import MessageStatus
from campaigns.sending.signals import message_replaced, messages_settled
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import StepRecord
from campaigns.treatment.recording import begin_again, give_back, keep_reached
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
    records = StepRecord.objects.filter(message=old_id)
    keep_reached(records)
    records.update(message=new_id, status=StepStatus.QUEUED, spared="")


@receiver(notice_returned)
def take_the_step_again(sender, *, notice, account_ids, as_of, **_kwargs) -> None:
    """A notice that came back is due again, unless another message took its place; what was done after
    it stays done, and what comes next waits (`notices.queries.TOO_EARLY`)."""
    codes = [text.code for text in notice_texts() if text.kind == notice.kind]
    records = StepRecord.objects.filter(
        account__in=account_ids, episode__cured_on=None, step__template_code__in=codes
    )
    beside = {pk for others in beside_of(account_ids, as_of=as_of).values() for pk in others}
    if notice.debtor_id in beside:
        records = records.filter(status=StepStatus.DONE)
    elif notice.message_id is not None:
        records = records.filter(message=notice.message_id)
    else:
        records = records.filter(status=StepStatus.MISSED)
    begin_again(records)


CONCERNS["reminders"] = (
    "EXISTS (SELECT FROM campaigns_messageaccount l JOIN campaigns_message m ON m.id = l.message_id"
    " WHERE l.account_id = a.id AND m.status IN ('queued', 'deferred') AND m.purpose = 'demand')"
)


@receiver(entries_posted)
def drop_cleared_reminders(sender, *, account_ids, as_of, actor, concerned=None, **_kwargs) -> None:
    if is_concerned("reminders", concerned):
        withhold_cleared(account_ids=account_ids, as_of=as_of, actor=actor)
