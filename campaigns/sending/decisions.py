"""What a person decides about a message: its unknown fate, another try, that it shall not go."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.sending import rules
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import SENT
from campaigns.sending.models import Message
from campaigns.sending.settling import book_sent, locked_set
from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.permissions import require


@transaction.atomic
def resolve_unknown(*, message: Message, outcome: str, note: str, actor: User, now: datetime) -> Message:
    """A person has looked: it was `sent`, it was not and goes `again`, or it was not and stays.

    Raises NotUnknown when the message's fate is known. `note` says how he knows.
    """
    require(actor, rules.RESOLVE)
    message = _locked(message.pk)
    if message.status != MessageStatus.UNKNOWN:
        raise rules.NotUnknown(_("What became of this message is known. Open it again."))
    as_of = clock.local_date(now, message.creditor.time_zone)
    if outcome == "sent":
        book_sent(message, SENT, now, as_of, actor)
    elif outcome == "again":
        MESSAGE.advance(message, to=MessageStatus.QUEUED, actor=actor, as_of=as_of, reason=note)
    else:
        MESSAGE.advance(message, to=MessageStatus.CANCELLED, actor=actor, as_of=as_of, reason=note)
    # with a person's word the claim is over: the worker that had it marks nothing any more
    Message.objects.filter(pk=message.pk).update(reason=note[:300], lease=None)
    return message


@transaction.atomic
def resolve_many(*, messages: Iterable[Message], outcome: str, note: str, actor: User, now: datetime) -> int:
    """`resolve_unknown` for those among them that are unknown, after a mail server went away say; how
    many they were. Raises NotUnknown where none is."""
    require(actor, rules.RESOLVE)
    unknown = [message for message in messages if message.status == MessageStatus.UNKNOWN]
    if not unknown:
        raise rules.NotUnknown(_("None of these messages is unknown."))
    for message in unknown:
        resolve_unknown(message=message, outcome=outcome, note=note, actor=actor, now=now)
    return len(unknown)


@transaction.atomic
def retry_failed(*, message: Message, note: str, actor: User, now: datetime) -> Message:
    """Put a parked message back into the outbox; it is judged again before it leaves."""
    require(actor, rules.RESOLVE)
    message = _locked(message.pk)
    as_of = clock.local_date(now, message.creditor.time_zone)
    if message.status != MessageStatus.FAILED:
        raise rules.NotUnknown(_("Only a failed message is tried again."))
    if message.replacements.exists():
        raise rules.AlreadyReplaced(_("Another message took its place. Look at that one."))
    MESSAGE.advance(message, to=MessageStatus.QUEUED, actor=actor, as_of=as_of, reason=note)
    Message.objects.filter(pk=message.pk).update(attempts=0, not_before=None, reason=note[:300])
    return message


@transaction.atomic
def cancel_message(*, message: Message, note: str, actor: User, now: datetime) -> Message:
    """Take a message out of the outbox for good; its step counts as spared by a person."""
    message = _locked(message.pk)
    as_of = clock.local_date(now, message.creditor.time_zone)
    MESSAGE.advance(message, to=MessageStatus.CANCELLED, actor=actor, as_of=as_of, reason=note)
    Message.objects.filter(pk=message.pk).update(reason=note[:300])
    return message


def _locked(message_id: int) -> Message:
    (message,) = locked_set([message_id])
    return message
