"""What came of a message, booked: withheld, deferred, sent, failed or unknown; and who decides
about what the machine cannot know.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns.sending import rules
from campaigns.sending.booking import book_attempt, mark_point_bad
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import SENT, Answer
from campaigns.sending.models import Message
from campaigns.sending.signals import message_bounced, messages_settled
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require


@dataclass(frozen=True)
class Settled:
    """What became of a message without the gateway: withheld, deferred, failed, busy, gone."""

    outcome: str


def tell_settled(ids: Sequence[int], status: str, as_of: date, actor, spared: str = "") -> None:
    messages_settled.send(
        Message,
        message_ids=list(ids),
        status=str(status),
        spared=str(spared),
        as_of=as_of,
        actor=actor,
    )


def tell_bounced(message: Message, now: datetime, as_of: date, actor) -> None:
    """The address does not work: what follows is another floor's (a trace, another channel)."""
    message_bounced.send(Message, message=message, now=now, as_of=as_of, actor=actor)


# The messages of these four were read under a lock by whoever calls them.


def withhold(message: Message, spared: str, as_of: date, actor, rule: str = "") -> Settled:
    """`rule` is the gate's own reason where it was the gate that said no."""
    MESSAGE.advance(
        message,
        to=MessageStatus.WITHHELD,
        actor=actor,
        as_of=as_of,
        reason=rule,
        is_locked=True,
        beside={"reason": rule},
        spared=spared,
    )
    tell_settled([message.pk], MessageStatus.WITHHELD, as_of, actor, spared=spared)
    return Settled(MessageStatus.WITHHELD)


def defer(message: Message, at: datetime, reason: str, as_of: date, actor) -> None:
    if message.status != MessageStatus.DEFERRED:
        MESSAGE.advance(
            message,
            to=MessageStatus.DEFERRED,
            actor=actor,
            as_of=as_of,
            reason=reason,
            is_locked=True,
        )
    Message.objects.filter(pk=message.pk).update(
        not_before=at, reason=reason[:300], lease=None, lease_until=None
    )


def fail(message: Message, detail: str, as_of: date, actor) -> Settled:
    """Park it: it is listed for a person and never tried again by itself."""
    MESSAGE.advance(
        message,
        to=MessageStatus.FAILED,
        actor=actor,
        as_of=as_of,
        reason=detail[:300],
        is_locked=True,
        beside={"reason": detail[:300], "lease": None, "lease_until": None},
    )
    tell_settled([message.pk], MessageStatus.FAILED, as_of, actor)
    return Settled(MessageStatus.FAILED)


@transaction.atomic
@audit.together()
def finish_message(
    *, message_id: int, lease: uuid.UUID, answer: Answer, now: datetime, actor: User
) -> str:
    """Transaction 2: book the gateway's answer.

    A lease that ran out in the meantime has made the message `unknown`; a certain "sent" still
    settles it, anything else leaves it to a person.
    """
    message = _locked(message_id)
    as_of = clock.local_date(now, message.creditor.time_zone)
    is_ours = message.status == MessageStatus.SENDING and message.lease == lease
    if answer.kind == "sent" and (is_ours or message.status == MessageStatus.UNKNOWN):
        return book_sent(message, answer, now, as_of, actor)
    if not is_ours:
        return str(message.status)
    if answer.kind == "again":
        wait = rules.back_off(message.attempts)
        if wait is not None:
            defer(message, now + timedelta(seconds=wait), answer.detail, as_of, actor)
            return MessageStatus.DEFERRED
        return fail(message, answer.detail, as_of, actor).outcome
    if answer.kind == "unknown":
        mark_unknown([message.pk], actor=actor, as_of=as_of, reason=answer.detail)
        return MessageStatus.UNKNOWN
    if answer.is_bounce:
        attempt = book_attempt(message, at=now, actor=actor, is_bounced=True)
        Message.objects.filter(pk=message.pk).update(delivery="bounced", contact=attempt)
        mark_point_bad(message.contact_point, as_of=as_of, actor=actor, reason=answer.detail)
    outcome = fail(message, answer.detail, as_of, actor).outcome
    if answer.is_bounce:
        tell_bounced(message, now, as_of, actor)
    return outcome


def book_sent(message: Message, answer: Answer, now: datetime, as_of: date, actor) -> str:
    attempt = book_attempt(message, at=now, actor=actor)
    MESSAGE.advance(
        message,
        to=MessageStatus.SENT,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        beside={
            "sent_at": now,
            "contact": attempt,
            "provider_reference": answer.reference,
            "lease": None,
            "lease_until": None,
            "not_before": None,
            "reason": "",
        },
    )
    tell_settled([message.pk], MessageStatus.SENT, as_of, actor)
    return MessageStatus.SENT


def mark_unknown(ids: Iterable[int], *, actor, as_of: date, reason: str) -> list[int]:
    """Nobody can tell whether these left: a person must look. They are not sent again by themselves."""
    moved = MESSAGE.advance_many(
        ids, to=MessageStatus.UNKNOWN, actor=actor, as_of=as_of, reason=reason[:300]
    )
    Message.objects.filter(pk__in=moved).update(reason=reason[:300], lease=None, lease_until=None)
    if moved:
        tell_settled(moved, MessageStatus.UNKNOWN, as_of, actor)
    return moved


@transaction.atomic
def reap(*, actor: User, as_of: date) -> dict[str, int]:
    """Messages whose lease ran out, by the database's clock: e-mails and texts become `unknown`.

    A letter has not left the house before it is booked, so it waits again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, channel FROM campaigns_message WHERE status = 'sending'"
            " AND lease_until < clock_timestamp() ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        )
        dead = cursor.fetchall()
    lost = [pk for pk, channel in dead if channel != "letter"]
    letters = [pk for pk, channel in dead if channel == "letter"]
    mark_unknown(lost, actor=actor, as_of=as_of, reason=_("The worker died while sending"))
    MESSAGE.advance_many(letters, to=MessageStatus.QUEUED, actor=actor, as_of=as_of)
    Message.objects.filter(pk__in=letters).update(lease=None, lease_until=None)
    return {"unknown": len(lost), "letters": len(letters)}


# ---- a person decides ----


@transaction.atomic
def resolve_unknown(
    *, message: Message, outcome: str, note: str, actor: User, now: datetime
) -> Message:
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
    Message.objects.filter(pk=message.pk).update(reason=note[:300])
    return message


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
    return (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit")
        .get(pk=message_id)
    )
