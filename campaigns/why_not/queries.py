"""The answers of this moment, for some accounts or a creditor's whole book; nothing is stored."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.compliance.services import preview
from accounts.contacts.queries import asked_to_call_back
from accounts.imports.feeds import fed_after
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from accounts.policies.queries import policy
from campaigns.sending.queries import tolerance
from campaigns.why_not.enums import GATE, HELD, WAY, AnswerState, DayReason
from campaigns.why_not.statements import answers_sql
from campaigns.worklists.enums import NextAction
from collections_app.core import clock

CHUNK = 5_000
CHANNEL_OF = {
    NextAction.CALL: Channel.CALL,
    NextAction.CALL_BACK: Channel.CALL,
    NextAction.EMAIL: Channel.EMAIL,
    NextAction.LETTER: Channel.LETTER,
    NextAction.VISIT: Channel.VISIT,
}
STATE_OF = {
    DayReason.CONTACTED: AnswerState.CONTACTED,
    DayReason.WORKLIST: AnswerState.LISTED,
    DayReason.MESSAGE: AnswerState.LISTED,
}


@dataclass(frozen=True)
class Answer:
    """What is done on an account today, or what stops it first.

    `until_day` is the last day on which the reason holds, `until` the moment at which it ends.
    `overdue` is in `currency`. Where the gate stops it, `source` is what its rule rests on and `ways`
    are the channels that it leaves, each with the moment from which (None: now).
    """

    account_id: int
    currency: str
    overdue: Decimal
    reason: str
    until_day: date | None = None
    until: datetime | None = None
    action: str = ""
    source: str = ""
    ways: tuple[tuple[str, datetime | None], ...] = ()

    @property
    def state(self) -> AnswerState:
        """An account is in exactly one; without an answer of its own it is not contacted."""
        return STATE_OF.get(self.reason, AnswerState.STOPPED)


def answers_now(
    creditor: Creditor, *, now: datetime, account_ids: Iterable[int] | None = None
) -> list[Answer]:
    """One answer for each overdue account of the creditor (of these), in the order of their keys.

    Accounts with nothing overdue are left out. Reads with one statement, and the gate's own for
    those an officer has on his list today.
    """
    as_of = now.astimezone(clock.zone(creditor.time_zone)).date()
    ids = None if account_ids is None else list(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            answers_sql(some=ids is not None),
            {
                "creditor": creditor.pk,
                "as_of": as_of,
                "now": now,
                "fed_after": fed_after(creditor.pk, as_of=as_of, now=now),
                "tolerances": _tolerances(creditor, as_of),
                "ids": ids,
            },
        )
        found = [_answer(*row) for row in cursor.fetchall()]
    return list(_asked_of_gate(found, as_of, now, creditor.time_zone))


def answer_of(account: Account, *, now: datetime) -> Answer | None:
    """The answer of one account; None while nothing is overdue."""
    found = answers_now(account.creditor, now=now, account_ids=[account.pk])
    return found[0] if found else None


def _answer(account_id, currency, overdue, reason, until_day, until, action, hold_reason) -> Answer:
    if reason == "held":
        reason = HELD + hold_reason
    return Answer(account_id, currency, overdue, reason, until_day, until, action)


def _tolerances(creditor: Creditor, as_of: date) -> str:
    """The smallest amounts chased, for every portfolio and currency that occurs."""
    pairs = (
        Account.objects.filter(creditor=creditor)
        .order_by()
        .values_list("portfolio_id", "currency")
        .distinct()
    )
    rows = []
    for portfolio_id, currency in pairs:
        general = policy("tolerance", as_of=as_of, creditor_id=creditor.pk, portfolio_id=portfolio_id)
        amount = str(tolerance(general, {}, currency))
        rows.append({"portfolio_id": portfolio_id, "currency": currency, "amount": amount})
    return json.dumps(rows)


def _asked_of_gate(found: list[Answer], as_of: date, now: datetime, time_zone: str) -> Iterator[Answer]:
    """The same answers; one on a list that the contact rules keep from being worked today says so."""
    listed = [
        row.account_id for row in found if row.reason == DayReason.WORKLIST and row.action in CHANNEL_OF
    ]
    verdicts: dict[int, dict] = {}
    for start in range(0, len(listed), CHUNK):
        some = listed[start : start + CHUNK]
        called = asked_to_call_back(some, now)
        verdicts |= preview(at=now, account_ids=some, requested_calls=called)
    zone = clock.zone(time_zone)
    for row in found:
        by_channel = verdicts.get(row.account_id)
        yield row if by_channel is None else _judged(row, by_channel, as_of, zone)


def _judged(row: Answer, by_channel: dict, as_of: date, zone) -> Answer:
    verdict = by_channel[CHANNEL_OF[NextAction(row.action)]]
    if verdict.allowed:
        return row
    opens = verdict.next_moment
    if opens is not None and opens.astimezone(zone).date() <= as_of:
        return replace(row, until=opens)
    ways = tuple(
        (channel, None if other.allowed else other.next_moment)
        for channel, other in by_channel.items()
        if other.allowed or other.next_moment is not None
    )
    kind = WAY if opens is None and ways else GATE
    return replace(row, reason=kind + verdict.rule, until=opens, source=verdict.source, ways=ways)
