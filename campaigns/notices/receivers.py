"""A notice that left the outbox begins its clock; one that came back stops it."""

from django.dispatch import receiver

from campaigns.notices.enums import NoticeStatus
from campaigns.notices.models import FormalNotice
from campaigns.notices.services import enter_sent, record_return
from campaigns.sending.enums import MessageStatus
from campaigns.sending.signals import message_bounced, messages_settled
from collections_app.core.models import User


@receiver(messages_settled)
def begin_clocks(sender, *, notice_ids, status, as_of, actor, **_kwargs) -> None:
    if notice_ids and status == MessageStatus.SENT:
        enter_sent(message_ids=notice_ids, as_of=as_of, actor=actor)


@receiver(message_bounced)
def stop_clock(sender, *, message, as_of, **_kwargs) -> None:
    notice = (
        FormalNotice.objects.filter(message=message).exclude(status=NoticeStatus.RETURNED).first()
    )
    if notice is not None:
        record_return(
            notice=notice, note="The message came back", actor=User.objects.system(), as_of=as_of
        )
