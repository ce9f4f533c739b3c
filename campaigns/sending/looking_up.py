"""Messages of unknown fate, asked after at the gateway that may have had them.

A gateway with a status address is asked by the message's own key. What it has had is booked as sent;
what it has never had waits again only where the gateway knows a repeated key, because a worker that
was merely slow may still come with the first one. Everything else waits for a receipt or a person.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.parties.enums import Channel
from campaigns.sending import receipts
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import Answer, Gateways
from campaigns.sending.models import Message
from campaigns.sending.settling import book_sent
from collections_app.core import clock
from collections_app.core.models import User

MOST = 500  # asked after in one go


def look_up_unknown(*, gateways: Gateways, now: datetime, actor: User) -> dict[str, int]:
    """Ask after the unknown text messages; returns how many came to which status."""
    if not settings.SMS_GATEWAY_STATUS_URL:
        return {}
    lost = Message.objects.filter(status=MessageStatus.UNKNOWN, channel=Channel.SMS)
    counts: dict[str, int] = {}
    for pk, key, lease in list(lost.order_by("pk").values_list("pk", "key", "lease")[:MOST]):
        answer = gateways.sms.look_up(key)
        outcome = _settle(pk, lease, answer, now, actor)
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


@transaction.atomic
def _settle(message_id: int, lease, answer: Answer, now: datetime, actor: User) -> str:
    message = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit")
        .get(pk=message_id)
    )
    if message.status != MessageStatus.UNKNOWN or message.lease != lease:
        return str(message.status)
    as_of = clock.local_date(now, message.creditor.time_zone)
    if answer.kind == "sent":
        return book_sent(message, answer, now, as_of, actor)
    if answer.kind == "refused":
        return receipts.take_receipt(message, "failed", now=now, as_of=as_of, actor=actor)
    if answer.kind == "never" and settings.SMS_GATEWAY_HONOURS_KEYS:
        MESSAGE.advance(
            message,
            to=MessageStatus.QUEUED,
            actor=actor,
            as_of=as_of,
            reason=gettext_noop("The gateway has never had it"),
            is_locked=True,
            beside={"lease": None, "reason": ""},
        )
        return MessageStatus.QUEUED
    if answer.kind == "never":
        Message.objects.filter(pk=message.pk).update(reason=gettext_noop("The gateway does not know it"))
    return MessageStatus.UNKNOWN
