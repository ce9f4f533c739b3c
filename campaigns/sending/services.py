"""The verbs of the outbox.

A message leaves in three parts. Transaction 1 (`claiming`) locks it, judges balance, holds, promise,
dispute and gate once more, writes the text from the figures of that moment, marks it `sending` under
a lease on the database's clock and commits; it takes a chunk of messages at once. Before each call of
the gateway one row is committed (`dispatching`), if the claim still holds and nothing has changed.
The gateway is called without any lock. Transaction 2 (`settling`) books what came of the chunk: sent
with the contact counted, deferred for another try, failed, or unknown. A worker that dies in between
leaves a lease that runs out: what it had not handed over waits again, what the gateway answered is
booked, and the one message at the gateway's door becomes unknown, which is never sent again by
itself. So nothing is sent twice, and every message is in one place.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal

from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.compliance.enums import Purpose
from accounts.contacts.signals import told_together
from accounts.policies.queries import read_once
from campaigns.sending import dispatching, rules
from campaigns.sending.claiming import (
    Claimed,
    Prepared,
    prepare_message,
    prepare_messages,
    prepare_or_park,
)
from campaigns.sending.enums import MESSAGE, MessageStatus
from campaigns.sending.gateways import Gateways
from campaigns.sending.models import Message, MessageAccount
from campaigns.sending.queries import due_ids
from campaigns.sending.settling import Answered, Settled, book_answers, put_back
from collections_app.core import audit, bulk
from collections_app.core.models import User
from collections_app.core.permissions import require

__all__ = [
    "LONGEST_WAIT", "NewMessage", "Prepared", "database_now", "prepare_message", "prepare_or_park",
    "queue_messages", "send_chunk", "send_due", "send_one",
]  # fmt: skip

logger = logging.getLogger(__name__)

LONGEST_WAIT = rules.LONGEST_WAIT
CHUNK = 50  # messages in one claim
BOOK_SECONDS = 5  # what was answered is booked at the latest after so long, however slow a gateway is

@dataclass(frozen=True)
class NewMessage:
    """One message to queue. `lines` are (account_id, currency, amount asked for today).

    `reason` is the gate's rule that makes it wait until `not_before`. With `encloses` the stored
    file `document_id` goes with it; what it says was true when it was made and is not written anew.
    """

    debtor_id: int
    creditor_id: int
    channel: str
    language: str
    key: str
    permit_id: int
    template_version_id: int
    contact_point_id: int | None
    lines: tuple[tuple[int, str, Decimal], ...]
    purpose: str = Purpose.DEMAND
    stage: int = 1
    stage_name: str = ""
    pay_within_days: int = 14
    not_before: datetime | None = None
    reason: str = ""
    asks_until: date | None = None
    tolerances: Mapping[str, str] = field(default_factory=dict)
    instead_of_id: int | None = None
    document_id: int | None = None
    encloses: bool = False


# Columns of a message that are written as they were given.
AS_GIVEN = [row.name for row in fields(NewMessage) if row.name != "lines"]


@transaction.atomic
def queue_messages(
    *, messages: Sequence[NewMessage], actor, as_of: date, run_id: int | None = None
) -> dict[str, int]:
    """Put messages into the outbox; returns their ids by key. A key that is there stays as it is."""
    require(actor, rules.SEND)
    known = set(
        Message.objects.filter(key__in=[row.key for row in messages]).values_list("key", flat=True)
    )
    fresh = [row for row in messages if row.key not in known]
    ids = dict(
        zip([row.key for row in fresh], bulk.draw_keys(Message, len(fresh)), strict=True)
    )
    if not ids:
        return {}
    bulk.copy_rows(
        Message,
        ["id", "run_id", "actor_id", "status", *AS_GIVEN],
        (
            [
                ids[row.key],
                run_id,
                actor.pk,
                MessageStatus.DEFERRED if row.not_before else MessageStatus.QUEUED,
                *(getattr(row, name) for name in AS_GIVEN),
            ]
            for row in fresh
        ),
    )
    bulk.copy_rows(
        MessageAccount,
        ["message_id", "account_id", "currency", "demanded"],
        ([ids[row.key], *line] for row in fresh for line in row.lines),
    )
    MESSAGE.start_many(ids.values(), actor=actor, as_of=as_of)
    audit.record_set("message.queued", Message, ids=ids.values(), actor=actor)
    return ids


# ---- sending ----


def database_now() -> datetime:
    """This moment by the database's clock: a worker's own may be wrong, and the hours of the contact
    rules, leases and deferrals must be the same for all of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def send_one(*, message_id: int, now: datetime, gateways: Gateways, actor: User) -> str:
    """Take one message through; returns what became of it ("gone" and "busy": nothing was done).

    A message that breaks transaction 1 is put back and, after a few tries, parked for a person.
    """
    prepared = prepare_or_park(message_id=message_id, now=now, actor=actor)
    if isinstance(prepared, Settled):
        return prepared.outcome
    return _hand_over([prepared], gateways, now, actor)[message_id]


def send_chunk(
    *, now: datetime, gateways: Gateways, actor: User, limit: int = CHUNK
) -> tuple[int, dict[str, int]]:
    """Take the next due messages through together: how many were claimed, and counts per outcome."""
    try:
        claimed = prepare_messages(now=now, actor=actor, limit=limit)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a chunk could not be prepared; its messages are taken one by one")
        claimed = _one_by_one(now, actor, limit)
    outcomes = {**claimed.settled, **_hand_over(claimed.ready, gateways, now, actor)}
    counts: dict[str, int] = {}
    for outcome in outcomes.values():
        counts[str(outcome)] = counts.get(str(outcome), 0) + 1
    return claimed.taken, counts


def _one_by_one(now: datetime, actor: User, limit: int) -> Claimed:
    """One message of the chunk breaks it: find and park that one, let the others through."""
    claimed = Claimed()
    for message_id in due_ids(now=now, limit=limit):
        prepared = prepare_or_park(message_id=message_id, now=now, actor=actor)
        claimed.taken += 1
        if isinstance(prepared, Prepared):
            claimed.ready.append(prepared)
        else:
            claimed.settled[message_id] = prepared.outcome
    return claimed


def _hand_over(
    ready: Sequence[Prepared], gateways: Gateways, now: datetime, actor: User
) -> dict[int, str]:
    """Give each to its gateway and book the answers, together but not late; outcomes by id."""
    outcomes: dict[int, str] = {}
    answered: list[Answered] = []
    changed: list[Prepared] = []
    begun = time.monotonic()
    for prepared in ready:
        message, lease = prepared.message, prepared.lease
        before = (answered[-1].message_id, answered[-1].answer) if answered else None
        if before is not None and answered[-1].lease != lease:
            dispatching.tell_answer(before[0], lease=answered[-1].lease, answer=before[1])
            before = None
        if not dispatching.begin(message.pk, lease=lease, state=prepared.state, before=before):
            changed.append(prepared)
            continue
        answer = gateways.of(message.channel).send(prepared.parcel)
        answered.append(Answered(message.pk, lease, answer))
        if time.monotonic() - begun > BOOK_SECONDS:
            outcomes |= _book(answered, now, actor)
            answered, begun = [], time.monotonic()
    outcomes |= _book(answered, now, actor)
    for prepared in changed:
        outcomes[prepared.message.pk] = put_back(
            message_id=prepared.message.pk, lease=prepared.lease, now=now, actor=actor
        )
    return outcomes


def _book(answered: Sequence[Answered], now: datetime, actor: User) -> dict[int, str]:
    if not answered:
        return {}
    last = answered[-1]
    dispatching.tell_answer(last.message_id, lease=last.lease, answer=last.answer)
    return book_answers(answers=answered, now=now, actor=actor)


def send_due(
    *, now: datetime, limit: int, actor: User, gateways: Gateways | None = None
) -> dict[str, int]:
    """Send up to `limit` due e-mails and texts; returns counts per outcome."""
    require(actor, rules.SEND)
    mine = gateways or Gateways()
    try:
        with told_together(), read_once():
            return send_chunk(now=now, gateways=mine, actor=actor, limit=limit)[1]
    finally:
        if gateways is None:
            mine.close()
