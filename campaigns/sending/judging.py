"""The judgement of claimed messages: what each may ask for now, in which words, and the gate's answer.

Part of transaction 1 (`claiming`). What is not let through is withheld or deferred here, and its
outcome noted in `settled` by the message's id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.compliance.enums import Purpose
from accounts.compliance.models import Permit
from accounts.compliance.queries import Asked
from accounts.compliance.services import ask_permits
from accounts.hardship.queries import in_hardship
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.wordings import carries_of, prints_in, sentences
from campaigns.sending import rules
from campaigns.sending.enums import SPARED_BY_RULE, MessageStatus, Spared
from campaigns.sending.models import Message, MessageAccount
from campaigns.sending.queries import Books, Judged
from campaigns.sending.settling import Wait, Withheld, defer_many, withhold_many
from collections_app.core import clock
from collections_app.core.models import User


@dataclass
class Judgement:
    """One message of the chunk while it is judged."""

    message: Message
    lines: list[MessageAccount]
    as_of: date
    judged: Judged
    permit: Permit | None = None
    wordings: tuple[str, ...] = ()


def judge(
    messages: Sequence[Message], now: datetime, settled: dict[int, str], actor: User
) -> list[Judgement]:
    """Those that may ask for something; the others are withheld."""
    lines: dict[int, list[MessageAccount]] = {message.pk: [] for message in messages}
    rows = MessageAccount.objects.filter(message__in=lines).select_related(
        "account__officer", "account__debtor", "account__portfolio"
    )
    for line in rows.order_by("message_id", "id"):
        lines[line.message_id].append(line)
    accounts = {pk: [line.account for line in found] for pk, found in lines.items()}
    found: list[Judgement] = []
    withheld = []
    for creditor_id, group in _by_creditor(messages).items():
        as_of = clock.local_date(now, group[0].creditor.time_zone)
        every = [account for message in group for account in accounts[message.pk]]
        books = Books(every, creditor_id=creditor_id, as_of=as_of, now=now)
        for message in group:
            judged = judged_now(books, message, accounts[message.pk])
            if judged.lines:
                found.append(Judgement(message, lines[message.pk], as_of, judged))
            else:
                withheld.append(Withheld(message, judged.reason, as_of))
                settled[message.pk] = MessageStatus.WITHHELD
    withhold_many(withheld, actor=actor)
    return found


def _by_creditor(messages: Sequence[Message]) -> dict[int, list[Message]]:
    groups: dict[int, list[Message]] = {}
    for message in messages:
        groups.setdefault(message.creditor_id, []).append(message)
    return groups


def judged_now(books: Books, message: Message, accounts: list[Account]) -> Judged:
    """What a message may ask for now, by its kind."""
    if message.encloses:
        return books.judge_enclosed(accounts, purpose=message.purpose)
    if message.purpose == Purpose.DEMAND:
        return books.judge(
            accounts, asks_until=message.asks_until, tolerances=message.tolerances
        )
    return books.judge_thanks(accounts)


def spare_hardship(
    found: Sequence[Judgement], settled: dict[int, str], actor: User
) -> list[Judgement]:
    """Without firm texts to persons in hardship, whose hardship became known since they were queued."""
    days: dict[date, list[Judgement]] = {}
    for row in found:
        version = row.message.template_version
        if version is not None and not version.template.is_soft:
            days.setdefault(row.as_of, []).append(row)
    hard_pressed = {
        (as_of, debtor_id)
        for as_of, rows in days.items()
        for debtor_id in in_hardship([row.message.debtor_id for row in rows], as_of=as_of)
    }
    spared = [
        row
        for rows in days.values()
        for row in rows
        if (row.as_of, row.message.debtor_id) in hard_pressed
    ]
    for row in spared:
        settled[row.message.pk] = MessageStatus.WITHHELD
    withhold_many(
        [Withheld(row.message, Spared.TOO_FIRM, row.as_of) for row in spared], actor=actor
    )
    return [row for row in found if row.message.pk not in settled]


def ask_the_gate(
    found: Sequence[Judgement], now: datetime, settled: dict[int, str], actor: User
) -> list[Judgement]:
    """Those the gate lets through. Outside hours or over a cap a message waits for the next legal
    moment and is judged again; where there is none soon enough, it is withheld."""
    if not found:
        return []
    asked = [
        Asked(
            debtor_id=row.message.debtor_id,
            account_ids=tuple(sorted(line.account_id for line in row.judged.lines)),
            channel=row.message.channel,
            moment=now,
            purpose=row.message.purpose,
            point_id=row.message.contact_point_id,
            is_automatic=True,
            prints=prints_in(row.message.channel, _written_now(row.message)),
            carries=carries_of(_written_now(row.message)),
        )
        for row in found
    ]
    permits = ask_permits(requests=asked, actor=actor)
    printed = sentences(asked, permits)
    allowed, waits, withheld = [], [], []
    for row, permit, row.wordings in zip(found, permits, printed, strict=True):
        at = permit.next_moment
        if permit.is_allowed:
            row.permit = permit
            allowed.append(row)
        elif at is None or at - now > rules.LONGEST_WAIT:
            reason = SPARED_BY_RULE.get(permit.rule, Spared.GATE)
            withheld.append(Withheld(row.message, reason, row.as_of, permit.rule))
            settled[row.message.pk] = MessageStatus.WITHHELD
        else:
            waits.append(Wait(row.message, at, permit.rule, row.as_of))
            settled[row.message.pk] = MessageStatus.DEFERRED
    withhold_many(withheld, actor=actor)
    defer_many(waits, actor=actor)
    return allowed


def _written_now(message: Message) -> TemplateVersion | None:
    """The text that is written when it leaves; a letter that is a paper made before has none."""
    is_paper = message.encloses and message.channel == Channel.LETTER
    return None if is_paper else message.template_version
