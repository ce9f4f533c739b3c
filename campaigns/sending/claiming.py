"""Transaction 1, for one message or for a chunk: claim, judge, write the words, mark `sending`.

A claim is a token on the rows and a lease by the database's clock. What a claim does not let through
is withheld or deferred in the same transaction. Persons are locked in order, so that two workers
cannot both find the way to one of them free.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.ledger.models import Account
from campaigns.correspondence.mandatory import check_values
from campaigns.correspondence.placeholders import Figures
from campaigns.correspondence.texts import TextDidNotRender, first_line, render
from campaigns.sending import rules
from campaigns.sending.dispatching import STATE
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import Parcel
from campaigns.sending.judging import Judgement, ask_the_gate, judge, spare_hardship
from campaigns.sending.models import Message, MessageAccount
from campaigns.sending.parcels import figures_of, parcel_of
from campaigns.sending.settling import Settled, Wait, defer_many, fail
from collections_app.core import audit, clock
from collections_app.core.models import User

logger = logging.getLogger(__name__)

PERSON_LOCK = 7_215_031  # first key of the advisory lock on a person, the second is the person

# Locked are those that wait, are due, and whose creditor's sending is not paused. What they rest on is
# read first, so that what changes while they are judged is noticed at the hand-over.
CLAIM = f"""
    SELECT m.id, clock_timestamp(), ({STATE}) FROM campaigns_message m
     WHERE m.status IN ('queued', 'deferred')
       AND (m.not_before IS NULL OR m.not_before <= %(now)s)
       AND __which__
       AND NOT EXISTS (SELECT 1 FROM campaigns_sendingpause p WHERE p.ended_at IS NULL
                       AND (p.creditor_id IS NULL OR p.creditor_id = m.creditor_id))
     ORDER BY m.not_before NULLS FIRST, m.id LIMIT %(limit)s FOR NO KEY UPDATE OF m SKIP LOCKED
"""
NAMED, NEXT = "m.id = ANY(%(ids)s)", "m.channel = ANY(%(channels)s)"


@dataclass
class Prepared:
    """A message that transaction 1 has let through, with its figures and the token of its claim.

    `state` is what its judgement rests on; the hand-over asks whether it is still the same.
    """

    message: Message
    parcel: Parcel
    figures: Figures
    lease: uuid.UUID
    state: str
    accounts: list[Account] = field(default_factory=list)


@dataclass
class Claimed:
    """What became of a chunk: those ready to go, and the outcome of each other one by its id."""

    ready: list[Prepared] = field(default_factory=list)
    settled: dict[int, str] = field(default_factory=dict)
    taken: int = 0


def prepare_message(*, message_id: int, now: datetime, actor: User) -> Prepared | Settled:
    """Transaction 1 for one message."""
    claimed = prepare_messages(ids=[message_id], now=now, actor=actor)
    if claimed.ready:
        return claimed.ready[0]
    return Settled(claimed.settled.get(message_id, "gone"))


def prepare_or_park(*, message_id: int, now: datetime, actor: User) -> Prepared | Settled:
    """`prepare_message`, with a fault of this one message kept from stopping the others."""
    try:
        return prepare_message(message_id=message_id, now=now, actor=actor)
    except (OperationalError, InterfaceError):
        raise  # the database is away: not this message's fault
    except Exception as error:
        logger.exception("message %s could not be prepared", message_id)
        return _park(message_id, error, now, actor)


@transaction.atomic
def _park(message_id: int, error: Exception, now: datetime, actor: User) -> Settled:
    claim = _claim({"ids": [message_id], "limit": 1, "now": now}, NAMED)
    if not claim.messages:
        return Settled("gone")
    (message,) = claim.messages
    message.attempts += 1
    Message.objects.filter(pk=message.pk).update(attempts=message.attempts)
    as_of = clock.local_date(now, message.creditor.time_zone)
    detail = f"{type(error).__name__}: {first_line(error)}"
    wait = rules.back_off(message.attempts)
    if wait is None:
        return fail(message, detail, as_of, actor)
    later = now + timedelta(seconds=wait)
    defer_many([Wait(message, later, detail, as_of)], actor=actor)
    return Settled(MessageStatus.DEFERRED)


@transaction.atomic
@audit.together()
def prepare_messages(
    *,
    now: datetime,
    actor: User,
    ids: Sequence[int] | None = None,
    channels: Sequence[str] = ("email", "sms"),
    limit: int = 1,
) -> Claimed:
    """Transaction 1 for the named messages, or for the next `limit` due ones that nobody has.

    The number of statements does not depend on how many they are.
    """
    which = NEXT if ids is None else NAMED
    found = {"now": now, "limit": limit if ids is None else len(ids)}
    found |= {"channels": list(channels)} if ids is None else {"ids": list(ids)}
    claim = _claim(found, which)
    claimed = Claimed(taken=len(claim.messages))
    if not claim.messages:
        return claimed
    free = _free_persons(claim.messages, claimed)
    judged = judge(free, now, claimed.settled, actor)
    judged = spare_hardship(judged, claimed.settled, actor)
    allowed = ask_the_gate(judged, now, claimed.settled, actor)
    _mark_sending(allowed, claim, claimed, actor)
    return claimed


# ---- claim ----


@dataclass
class _Claim:
    messages: list[Message]
    at: datetime  # by the database's clock
    states: dict[int, str]


def _claim(found: Mapping, which: str) -> _Claim:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.replace("__which__", which), found)
        rows = cursor.fetchall()
    if not rows:
        return _Claim([], found["now"], {})
    messages = Message.objects.select_related(
        "debtor", "creditor", "contact_point", "template_version__template", "document"
    ).in_bulk([row[0] for row in rows])
    return _Claim(
        [messages[row[0]] for row in rows], rows[0][1], {pk: state for pk, _at, state in rows}
    )


def _free_persons(messages: Sequence[Message], claimed: Claimed) -> list[Message]:
    """One message per person, and none to a person to whom another is under way: caps can be counted
    only after that one is booked. The others are `busy` and stay as they are.

    Takes locks on the persons until the transaction ends.
    """
    persons = {row.pk: row.debtor.identity_id or -row.debtor_id for row in messages}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, k) FROM (SELECT DISTINCT unnest(%s::int[]) AS k"
            " ORDER BY k) AS keys",
            [PERSON_LOCK, [person % 2_000_000_000 for person in persons.values()]],
        )
        cursor.execute(
            "SELECT DISTINCT coalesce(d.identity_id, -d.id) FROM campaigns_message m"
            " JOIN accounts_debtor d ON d.id = m.debtor_id"
            " WHERE m.status = 'sending' AND (d.id = ANY(%s) OR d.identity_id = ANY(%s))",
            [
                [row.debtor_id for row in messages],
                [row.debtor.identity_id for row in messages if row.debtor.identity_id],
            ],
        )
        busy = {person for (person,) in cursor.fetchall()}
    free = []
    for message in messages:
        if persons[message.pk] in busy:
            claimed.settled[message.pk] = "busy"
        else:
            busy.add(persons[message.pk])
            free.append(message)
    return free


# ---- write, and mark ----


def _mark_sending(
    allowed: Sequence[Judgement], claim: _Claim, claimed: Claimed, actor: User
) -> None:
    """Store the exact words and sums, take the lease, and mark `sending`."""
    lease = uuid.uuid4()
    written: dict[date, list[tuple[Judgement, Prepared]]] = {}
    for row in allowed:
        message, said = row.message, figures_of(row)
        try:
            version = message.template_version
            check_values(
                version=version,
                figures=said,
                creditor=message.creditor,
                country=message.debtor.country,
                named=_named_profiles(row),
            )
            subject, body = render(version.subject, version.body, said)
        except TextDidNotRender as error:
            claimed.settled[message.pk] = fail(message, str(error), row.as_of, actor).outcome
            continue
        message.permit = row.permit
        parcel = parcel_of(message, said, subject, body)
        asked = {line.account_id for line in row.judged.lines}
        listed = [line.account for line in row.lines if line.account_id in asked]
        prepared = Prepared(message, parcel, said, lease, claim.states[message.pk], listed)
        written.setdefault(row.as_of, []).append((row, prepared))
    for as_of, rows in written.items():
        _take_lease([prepared for _row, prepared in rows], claim, as_of, actor)
        claimed.ready += [prepared for _row, prepared in rows]
    _store_sums([row for rows in written.values() for row, _prepared in rows])


def _named_profiles(row: Judgement) -> set[str]:
    """The contact profiles that the portfolios of its accounts name."""
    portfolios = [line.account.portfolio for line in row.lines if line.account.portfolio_id]
    return {portfolio.contact_profile for portfolio in portfolios if portfolio.contact_profile}


def _take_lease(rows: Sequence[Prepared], claim: _Claim, as_of: date, actor: User) -> None:
    lease_until = claim.at + timedelta(seconds=settings.SENDING_LEASE_SECONDS)
    MESSAGE.advance_many(
        [row.message.pk for row in rows],
        to=MessageStatus.SENDING,
        actor=actor,
        as_of=as_of,
        beside={"lease": rows[0].lease, "lease_until": lease_until},
        each={
            "subject": {row.message.pk: row.parcel.subject[:200] for row in rows},
            "body": {row.message.pk: row.parcel.body for row in rows},
            "message_id": {row.message.pk: row.parcel.message_id for row in rows},
            "permit": {row.message.pk: row.message.permit_id for row in rows},
            "attempts": {row.message.pk: row.message.attempts + 1 for row in rows},
        },
    )


def _store_sums(rows: Sequence[Judgement]) -> None:
    """What each line asks for now, where that is not what it asked for when it was queued."""
    changed = {}
    for row in rows:
        asked = {line.account_id: line.asked for line in row.judged.lines}
        for line in row.lines:
            amount = asked.get(line.account_id, Decimal(0))
            if line.demanded != amount:
                changed[line.pk] = amount
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {MessageAccount._meta.db_table} l SET demanded = g.asked"
            " FROM unnest(%s::bigint[], %s::numeric[]) AS g(id, asked) WHERE l.id = g.id",
            [list(changed), list(changed.values())],
        )
