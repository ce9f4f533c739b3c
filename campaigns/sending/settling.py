"""What came of a message, booked: withheld, deferred, sent, failed or unknown."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from campaigns.sending import rules
from campaigns.sending.booking import book_attempt, book_attempts, mark_point_bad
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import Answer
from campaigns.sending.models import Message
from campaigns.sending.signals import message_bounced, messages_settled
from collections_app.core import audit, clock
from collections_app.core.models import User


@dataclass(frozen=True)
class Settled:
    """What became of a message without the gateway: withheld, deferred, failed, busy, gone."""

    outcome: str


def tell_settled(
    ids: Sequence[int],
    status: str,
    as_of: date,
    actor,
    spared: str = "",
    notices: Sequence[int] = (),
) -> None:
    messages_settled.send(
        Message,
        message_ids=list(ids),
        notice_ids=list(notices),
        status=str(status),
        spared=str(spared),
        as_of=as_of,
        actor=actor,
    )


def notices_among(messages: Iterable[Message]) -> list[int]:
    """The formal notices among messages that were read with their templates."""
    return [
        message.pk
        for message in messages
        if message.template_version is not None and message.template_version.template.notice
    ]


def tell_bounced(message: Message, now: datetime, as_of: date, actor, *, is_address_bad: bool = True) -> None:
    """It did not reach him: what follows is another floor's (a trace, another channel)."""
    message_bounced.send(
        Message,
        message=message,
        now=now,
        as_of=as_of,
        actor=actor,
        is_address_bad=is_address_bad,
    )


# The messages of these were read under a lock by whoever calls them.


@dataclass(frozen=True)
class Withheld:
    """One message that is not to go; `rule` is the gate's own reason where it was the gate."""

    message: Message
    spared: str
    as_of: date
    rule: str = ""


@dataclass(frozen=True)
class Wait:
    """One message that waits until `at`."""

    message: Message
    at: datetime
    reason: str
    as_of: date


def withhold_many(rows: Sequence[Withheld], *, actor) -> None:
    """Withhold a set, in a few statements for each reason among them."""
    groups: dict[tuple, list[Message]] = {}
    for row in rows:
        groups.setdefault((str(row.spared), row.rule, row.as_of), []).append(row.message)
    for (spared, rule, as_of), messages in groups.items():
        moved = MESSAGE.advance_many(
            [message.pk for message in messages],
            to=MessageStatus.WITHHELD,
            actor=actor,
            as_of=as_of,
            reason=rule,
            beside={"reason": rule, "lease": None, "lease_until": None},
            spared=spared,
        )
        tell_settled(moved, MessageStatus.WITHHELD, as_of, actor, spared=spared)


def defer(message: Message, at: datetime, reason: str, as_of: date, actor) -> None:
    """Let one wait; see `defer_many`."""
    defer_many([Wait(message, at, reason, as_of)], actor=actor)


def defer_many(rows: Sequence[Wait], *, actor) -> None:
    """Let a set wait; one that waited already only gets its new moment."""
    groups: dict[tuple, list[Message]] = {}
    for row in rows:
        if row.message.status != MessageStatus.DEFERRED:
            groups.setdefault((row.reason, row.as_of), []).append(row.message)
    for (reason, as_of), messages in groups.items():
        MESSAGE.advance_many(
            [message.pk for message in messages],
            to=MessageStatus.DEFERRED,
            actor=actor,
            as_of=as_of,
            reason=reason,
        )
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_message m SET not_before = g.at, reason = g.reason, lease = NULL,"
            " lease_until = NULL"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS g(id, at, reason)"
            " WHERE m.id = g.id",
            [
                [row.message.pk for row in rows],
                [row.at for row in rows],
                [row.reason[:300] for row in rows],
            ],
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


@dataclass(frozen=True)
class Answered:
    """What a gateway said to a message that was handed over under this claim."""

    message_id: int
    lease: uuid.UUID
    answer: Answer


@transaction.atomic
@audit.together()
def book_answers(*, answers: Sequence[Answered], now: datetime, actor: User) -> dict[int, str]:
    """Transaction 2: book what the gateways answered; returns the status of each message.

    Only under the token of the claim: a worker whose message was claimed again by another, or
    decided about by a person, marks nothing. One that is `unknown` under this very token, because
    its lease ran out in the meantime, is still settled by a certain "sent"; anything else leaves it
    to a person.
    """
    wanted = {row.message_id: row for row in answers}
    sent: list[Message] = []
    outcomes: dict[int, str] = {}
    for message in locked_set(wanted):
        lease, answer = wanted[message.pk].lease, wanted[message.pk].answer
        is_ours = message.lease == lease and message.status == MessageStatus.SENDING
        is_lost = message.lease == lease and message.status == MessageStatus.UNKNOWN
        if answer.kind == "sent" and (is_ours or is_lost):
            sent.append(message)
            outcomes[message.pk] = MessageStatus.SENT
        elif is_ours:
            outcomes[message.pk] = _settle(message, answer, now, actor)
        else:
            outcomes[message.pk] = str(message.status)
    references = {message.pk: wanted[message.pk].answer.reference for message in sent}
    book_sent_many(sent, references, now, actor)
    return outcomes


def _settle(message: Message, answer: Answer, now: datetime, actor: User) -> str:
    """What is not a plain "sent"."""
    as_of = clock.local_date(now, message.creditor.time_zone)
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
    """Book one as sent, with its contact counted."""
    book_sent_many([message], {message.pk: answer.reference}, now, actor)
    return MessageStatus.SENT


def book_sent_many(messages: Sequence[Message], references: Mapping[int, str], now: datetime, actor) -> None:
    """Book a set as sent, each with its contact counted, in a fixed number of statements a day."""
    by_day: dict[date, list[Message]] = {}
    for message in messages:
        by_day.setdefault(clock.local_date(now, message.creditor.time_zone), []).append(message)
    for as_of, rows in by_day.items():
        attempts = book_attempts(rows, at=now, actor=actor)
        moved = MESSAGE.advance_many(
            [message.pk for message in rows],
            to=MessageStatus.SENT,
            actor=actor,
            as_of=as_of,
            beside={
                "sent_at": now,
                "lease": None,
                "lease_until": None,
                "not_before": None,
                "reason": "",
            },
            each={
                "contact": {message.pk: attempt.pk for message, attempt in zip(rows, attempts, strict=True)},
                "provider_reference": {message.pk: references[message.pk] for message in rows},
            },
        )
        tell_settled(moved, MessageStatus.SENT, as_of, actor, notices=notices_among(rows))


@transaction.atomic
def put_back(*, message_id: int, lease: uuid.UUID, now: datetime, actor: User) -> str:
    """A claimed message that was not handed over, because something changed or time ran out: it waits
    again and is judged anew. Nothing happens when the claim is no longer ours."""
    [message] = locked_set([message_id])
    if message.status != MessageStatus.SENDING or message.lease != lease:
        return str(message.status)
    as_of = clock.local_date(now, message.creditor.time_zone)
    MESSAGE.advance_many(
        [message.pk],
        to=MessageStatus.QUEUED,
        actor=actor,
        as_of=as_of,
        beside={"lease": None, "lease_until": None},
    )
    return MessageStatus.QUEUED


def mark_unknown(ids: Iterable[int], *, actor, as_of: date, reason: str) -> list[int]:
    """Nobody can tell whether these left: a person must look. They are not sent again by themselves.

    The token of the claim stays, so that the very worker's late answer can still be believed.
    """
    moved = MESSAGE.advance_many(
        ids,
        to=MessageStatus.UNKNOWN,
        actor=actor,
        as_of=as_of,
        reason=reason[:300],
        beside={"reason": reason[:300], "lease_until": None},
    )
    if moved:
        tell_settled(moved, MessageStatus.UNKNOWN, as_of, actor)
    return moved


DEAD = """
    SELECT m.id, m.lease, d.begun_at IS NOT NULL, d.answer, d.detail, d.reference, d.is_bounce
      FROM campaigns_message m
      LEFT JOIN campaigns_dispatch d ON d.message_id = m.id AND d.lease = m.lease
     WHERE m.status = 'sending' AND m.lease_until < clock_timestamp()
     ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
"""


@transaction.atomic
def reap(*, actor: User, as_of: date, now: datetime | None = None) -> dict[str, int]:
    """Messages whose lease ran out, by the database's clock.

    What was never handed over (a letter never is before it is booked) waits again. What the gateway
    had answered is booked. What was at the gateway's door becomes `unknown`.
    """
    with connection.cursor() as cursor:
        cursor.execute(DEAD)
        dead = cursor.fetchall()
    unsent = [row[0] for row in dead if not row[2]]
    answered = [
        Answered(pk, lease, Answer(kind, detail, reference, is_bounce))
        for pk, lease, is_begun, kind, detail, reference, is_bounce in dead
        if is_begun and kind
    ]
    lost = [row[0] for row in dead if row[2] and not row[3]]
    MESSAGE.advance_many(
        unsent,
        to=MessageStatus.QUEUED,
        actor=actor,
        as_of=as_of,
        beside={"lease": None, "lease_until": None},
    )
    if answered:
        book_answers(answers=answered, now=now or clock.now(), actor=actor)
    mark_unknown(lost, actor=actor, as_of=as_of, reason=gettext_noop("The worker died while sending"))
    return {"unknown": len(lost), "waiting_again": len(unsent), "booked": len(answered)}


def locked_set(message_ids: Iterable[int]) -> list[Message]:
    """Messages with what their booking reads, locked in the order of their keys."""
    return list(
        Message.objects.select_for_update(of=("self",), no_key=True)
        .select_related("debtor", "creditor", "contact_point", "permit", "template_version__template")
        .filter(pk__in=list(message_ids))
        .order_by("pk")
    )
