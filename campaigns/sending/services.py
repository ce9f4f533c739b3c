"""The verbs of the outbox.

A message leaves in three parts. Transaction 1 locks it, judges balance, holds, promise, dispute and
gate once more, writes the text from the figures of that moment, marks it `sending` under a lease on
the database's clock and commits. The gateway is called without any lock. Transaction 2 books what
came of it: sent with the contact counted, deferred for another try, failed, or unknown. A worker
that dies in between leaves a lease that runs out; `reap` makes that `unknown`, which is never sent
again by itself. So nothing is sent twice, and every message is in one place.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.compliance.enums import Purpose
from accounts.compliance.services import ask_permit
from accounts.contacts.signals import told_together
from accounts.ledger.models import Account
from accounts.policies.queries import kept, read_once
from campaigns.correspondence.placeholders import AccountLine, Figures
from campaigns.correspondence.queries import figures
from campaigns.correspondence.texts import TextDidNotRender, first_line, render
from campaigns.sending import rules
from campaigns.sending.enums import MESSAGE, SPARED_BY_RULE, WAITING, MessageStatus, Spared
from campaigns.sending.gateways import Attachment, Gateways, Parcel, message_id_of
from campaigns.sending.models import Message, MessageAccount, SendingPause
from campaigns.sending.queries import Judged, due_ids, judge_enclosed, judge_lines
from campaigns.sending.settling import Settled, defer, fail, finish_message, withhold
from collections_app.core import audit, bulk, clock, documents
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import Organisation, User
from collections_app.core.permissions import require

logger = logging.getLogger(__name__)

# The gate's next legal moment may lie this far ahead for a message to wait for it.
LONGEST_WAIT = timedelta(days=7)
PERSON_LOCK = 7_215_031  # first key of the advisory lock on a person, the second is the person


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


# ---- sending one ----


@dataclass
class Prepared:
    """A message that transaction 1 has let through, with its figures and its lease."""

    message: Message
    parcel: Parcel
    figures: Figures
    lease: uuid.UUID
    accounts: list[Account] = field(default_factory=list)


def send_one(*, message_id: int, now: datetime, gateways: Gateways, actor: User) -> str:
    """Take one message through; returns what became of it ("gone" and "busy": nothing was done).

    A message that breaks transaction 1 is put back and, after a few tries, parked for a person.
    """
    prepared = prepare_or_park(message_id=message_id, now=now, actor=actor)
    if isinstance(prepared, Settled):
        return prepared.outcome
    answer = gateways.of(prepared.message.channel).send(prepared.parcel)
    return finish_message(
        message_id=message_id, lease=prepared.lease, answer=answer, now=now, actor=actor
    )


def prepare_or_park(*, message_id: int, now: datetime, actor: User) -> "Prepared | Settled":
    """`prepare_message`, with a fault of this one message kept from stopping the others."""
    try:
        return prepare_message(message_id=message_id, now=now, actor=actor)
    except (OperationalError, InterfaceError):
        raise  # the database is away: not this message's fault
    except Exception as error:
        logger.exception("message %s could not be prepared", message_id)
        return _park(message_id, error, now, actor)


@transaction.atomic
def _park(message_id: int, error: Exception, now: datetime, actor: User) -> "Settled":
    message = _claim(message_id, now)
    if message is None:
        return Settled("gone")
    message.attempts += 1
    Message.objects.filter(pk=message.pk).update(attempts=message.attempts)
    as_of = clock.local_date(now, message.creditor.time_zone)
    detail = f"{type(error).__name__}: {first_line(error)}"
    wait = rules.back_off(message.attempts)
    if wait is None:
        return fail(message, detail, as_of, actor)
    defer(message, now + timedelta(seconds=wait), detail, as_of, actor)
    return Settled(MessageStatus.DEFERRED)


@transaction.atomic
@audit.together()
def prepare_message(*, message_id: int, now: datetime, actor: User) -> Prepared | Settled:
    """Transaction 1: claim, judge, write the text, mark `sending`."""
    message = _claim(message_id, now)
    if message is None:
        return Settled("gone")
    if _is_person_at_a_gateway(message):
        return Settled("busy")
    as_of = clock.local_date(now, message.creditor.time_zone)
    accounts = list(
        Account.objects.filter(message_lines__message=message).select_related("officer")
    )
    judged = _judge(message, accounts, as_of, now)
    if not judged.lines:
        return withhold(message, judged.reason, as_of, actor)
    listed = [row for row in accounts if row.pk in {line.account_id for line in judged.lines}]
    permit = ask_permit(
        debtor=message.debtor,
        accounts=listed,
        channel=message.channel,
        at=now,
        purpose=message.purpose,
        contact_point=message.contact_point,
        actor=actor,
        is_automatic=True,
    )
    if not permit.is_allowed:
        return _wait_or_withhold(message, permit, now, as_of, actor)
    try:
        said = _figures(message, judged.lines, as_of)
        subject, body = render(
            message.template_version.subject, message.template_version.body, said
        )
    except TextDidNotRender as error:
        return fail(message, str(error), as_of, actor)
    message.permit = permit
    return _mark_sending(message, said, subject, body, listed, as_of, actor)


def _claim(message_id: int, now: datetime) -> Message | None:
    """Lock the row unless another worker has it, it is no longer due, or sending is paused."""
    paused = SendingPause.objects.filter(ended_at=None).filter(
        Q(creditor=None) | Q(creditor=OuterRef("creditor"))
    )
    return (
        Message.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related(
            "debtor", "creditor", "contact_point", "template_version__template", "document"
        )
        .filter(pk=message_id, status__in=WAITING)
        .exclude(not_before__gt=now)
        .exclude(Exists(paused))
        .first()
    )


def _is_person_at_a_gateway(message: Message) -> bool:
    """Whether another message to this person is under way; caps can be counted only after it.

    Takes a lock on the person until the transaction ends, so that two workers cannot both find
    the way free.
    """
    person = message.debtor.identity_id or -message.debtor_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [PERSON_LOCK, person % 2_000_000_000]
        )
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM campaigns_message m WHERE m.status = 'sending'"
            " AND m.debtor_id = ANY(ARRAY(SELECT id FROM accounts_debtor"
            " WHERE id = %s OR (identity_id IS NOT NULL AND identity_id = %s))))",
            [message.debtor_id, message.debtor.identity_id],
        )
        return bool(cursor.fetchone()[0])


def _judge(message: Message, accounts: list[Account], as_of: date, now: datetime) -> Judged:
    if message.encloses:
        return judge_enclosed(
            accounts,
            purpose=message.purpose,
            creditor_id=message.creditor_id,
            as_of=as_of,
            now=now,
        )
    if message.purpose == Purpose.DEMAND:
        return judge_lines(
            accounts,
            creditor_id=message.creditor_id,
            as_of=as_of,
            now=now,
            asks_until=message.asks_until,
            tolerances=message.tolerances,
        )
    # thanks: only while it is still true that nothing is overdue
    judged = judge_lines(accounts, creditor_id=message.creditor_id, as_of=as_of, now=now)
    if judged.lines:
        return Judged((), Spared.LATER_STEP, judged.dropped)
    allowed = {Spared.PAID, Spared.CLOSED, Spared.SMALL}
    thanked = [row for row in accounts if (judged.dropped or {}).get(row.pk) in allowed]
    lines = tuple(AccountLine(row.pk, row.number, row.currency, ()) for row in thanked)
    return Judged(lines, judged.reason, judged.dropped)


def _wait_or_withhold(message: Message, permit, now: datetime, as_of: date, actor) -> Settled:
    """Outside hours or over a cap a message waits for the next legal moment and is judged again."""
    at = permit.next_moment
    if at is None or at - now > LONGEST_WAIT:
        reason = SPARED_BY_RULE.get(permit.rule, Spared.GATE)
        return withhold(message, reason, as_of, actor, rule=permit.rule)
    defer(message, at, permit.rule, as_of, actor)
    return Settled(MessageStatus.DEFERRED)


def _figures(message: Message, lines: Sequence[AccountLine], as_of: date) -> Figures:
    return figures(
        debtor=message.debtor,
        creditor=message.creditor,
        lines=lines,
        language=message.language,
        as_of=as_of,
        office=kept("office", Organisation.objects.first),
        pay_within_days=message.pay_within_days,
        stage=message.stage,
        stage_name=message.stage_name,
        point=message.contact_point if message.channel == "letter" else None,
    )


def _mark_sending(
    message: Message,
    said: Figures,
    subject: str,
    body: str,
    accounts: list[Account],
    as_of: date,
    actor,
) -> Prepared:
    """Store the exact words and sums, take the lease, and mark `sending`."""
    asked = {line.account_id: line.asked for line in said.lines}
    for line in message.lines.all():
        amount = asked.get(line.account_id, Decimal(0))
        if line.demanded != amount:
            MessageAccount.objects.filter(pk=line.pk).update(demanded=amount)
    lease = uuid.uuid4()
    message_id = message_id_of(message.key)
    MESSAGE.advance(
        message,
        to=MessageStatus.SENDING,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        beside={
            "subject": subject[:200],
            "body": body,
            "message_id": message_id,
            "permit_id": message.permit_id,
            "attempts": F("attempts") + 1,
            "lease": lease,
            "lease_until": ClockTimestamp() + timedelta(seconds=settings.SENDING_LEASE_SECONDS),
        },
    )
    point = message.contact_point
    parcel = Parcel(
        key=message.key,
        message_id=message_id,
        recipient=point.value if point else "",
        sender_name=said.creditor_name,
        reply_to=message.creditor.sender_email,
        subject=subject,
        body=body,
        language=message.language,
        attachments=_attachments(message),
    )
    return Prepared(message, parcel, said, lease, accounts)


def _attachments(message: Message) -> tuple[Attachment, ...]:
    """The paper that goes with an e-mail; a letter is the paper, so nothing hangs on it."""
    if not message.encloses or message.document is None or message.channel != "email":
        return ()
    file = message.document
    return (Attachment(file.filename, documents.read(file), file.content_type),)


def send_due(
    *, now: datetime, limit: int, actor: User, gateways: Gateways | None = None
) -> dict[str, int]:
    """Send up to `limit` due e-mails and texts, one after the other; returns counts per outcome."""
    require(actor, rules.SEND)
    mine = gateways or Gateways()
    outcomes: dict[str, int] = {}
    try:
        with told_together(), read_once():
            for message_id in due_ids(now=now, limit=limit):
                outcome = send_one(message_id=message_id, now=now, gateways=mine, actor=actor)
                outcomes[str(outcome)] = outcomes.get(str(outcome), 0) + 1
    finally:
        if gateways is None:
            mine.close()
    return outcomes
