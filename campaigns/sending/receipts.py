"""What gateways report back: delivery, bounces, and the word STOP (D3).

A call counts only with our signature, and once: the event's key makes a repeat harmless.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from campaigns.sending import rules
from campaigns.sending.booking import mark_point_bad
from campaigns.sending.enums import DeliveryStatus, MessageStatus
from campaigns.sending.gateways import Answer, is_signed
from campaigns.sending.models import GatewayEvent, Message
from campaigns.sending.replies import file_reply, file_stop, is_bare_stop, is_stop, obey_stop
from campaigns.sending.settling import book_sent, tell_bounced
from collections_app.core import clock
from collections_app.core.models import User

SIZE_LIMIT = 16_384
MOST_TEXT = 5_000  # characters of an inbound text


def parse(body: bytes, headers: Mapping[str, str], *, now: datetime) -> dict:
    """The event a signed call carries. Raises SignatureWrong for anything else."""
    signed = is_signed(
        body,
        headers.get("X-Timestamp", ""),
        headers.get("X-Signature", ""),
        settings.SMS_GATEWAY_SECRET,
        now.timestamp(),
    )
    if not signed or len(body) > SIZE_LIMIT:
        raise rules.SignatureWrong(_("The call is not signed with this office's secret."))
    try:
        event = json.loads(body)
    except ValueError as error:
        raise rules.SignatureWrong(_("The call holds no JSON.")) from error
    if not isinstance(event, dict) or not event.get("event_id"):
        raise rules.SignatureWrong(_("The call names no event."))
    return event


def parse_mail(body: bytes, headers: Mapping[str, str], *, now: datetime) -> bytes:
    """The e-mail a signed call carries, as it is. Raises SignatureWrong for anything else."""
    signed = is_signed(
        body,
        headers.get("X-Timestamp", ""),
        headers.get("X-Signature", ""),
        settings.INBOX_SECRET,
        now.timestamp(),
    )
    if not signed:
        raise rules.SignatureWrong(_("The call is not signed with this office's secret."))
    return body


@transaction.atomic
def take_event(*, event: Mapping, now: datetime) -> str:
    """Book one event of a gateway; returns what was done with it ("again" for a repeat)."""
    row, is_new = GatewayEvent.objects.get_or_create(
        key=str(event["event_id"])[:120], defaults={"kind": str(event.get("event", ""))[:20]}
    )
    if not is_new:
        return "again"
    system = User.objects.system()
    if row.kind == "inbound":
        return _inbound(row, event, now, system)
    message = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit")
        .filter(key=str(event.get("idempotency_key", "")))
        .first()
    )
    if message is None:
        return "nobody's"
    GatewayEvent.objects.filter(pk=row.pk).update(message=message)
    as_of = clock.local_date(now, message.creditor.time_zone)
    status = str(event.get("status", ""))
    return take_receipt(message, status, now=now, as_of=as_of, actor=system)


def take_receipt(
    message: Message,
    status: str,
    *,
    now: datetime,
    as_of: date,
    actor: User,
    is_address_bad: bool = True,
    detail: str = "",
) -> str:
    """Book what became of a message that was read under a lock: "sent", "delivered" or "failed".

    A receipt proves that an unknown message was sent. A failure whose cause is not the address leaves
    it usable; the next channel is tried all the same.
    """
    if message.status == MessageStatus.UNKNOWN and status in ("delivered", "sent", "failed"):
        book_sent(message, Answer("sent"), now, as_of, actor)
    if status == "delivered":
        Message.objects.filter(pk=message.pk).update(
            delivery=DeliveryStatus.DELIVERED, delivered_at=now
        )
    elif status == "failed" and message.delivery != DeliveryStatus.BOUNCED:
        Message.objects.filter(pk=message.pk).update(
            delivery=DeliveryStatus.BOUNCED, reason=detail[:300]
        )
        if is_address_bad:
            reason = detail or "gateway receipt"
            mark_point_bad(message.contact_point, as_of=as_of, actor=actor, reason=reason)
        tell_bounced(message, now, as_of, actor, is_address_bad=is_address_bad)
    return status


def _inbound(row: GatewayEvent, event: Mapping, now: datetime, actor: User) -> str:
    """STOP ends texts to whoever has this number, for every creditor; every text is filed.

    One that says more than the word is read by a person too, and of one from a number that stands on no
    record a person says whose it is.
    """
    number, words = str(event.get("from", ""))[:40], str(event.get("text", ""))[:MOST_TEXT]
    GatewayEvent.objects.filter(pk=row.pk).update(detail={"from": number, "text": words})
    as_of = clock.local_date(now)
    if is_stop(words):
        stopped = obey_stop(address=number, channel=Channel.SMS, actor=actor, as_of=as_of)
        if stopped and is_bare_stop(words):
            file_stop(address=number, channel=Channel.SMS, text=words, now=now, actor=actor)
            return "stopped"
    return file_reply(
        message=None, address=number, channel=Channel.SMS, text=words, now=now, as_of=as_of, actor=actor
    )
