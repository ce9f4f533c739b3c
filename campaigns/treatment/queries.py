"""What a run would do, what runs did, and why an account heard nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked, known_for
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.models import Creditor, Debtor
from campaigns.sending.enums import Spared
from campaigns.treatment.book_pass import Group, judge_book
from campaigns.treatment.models import StepRecord
from collections_app.core.own_connection import is_inside_a_test

SHOWN = 100


@dataclass(frozen=True)
class WouldGet:
    """One message of a preview."""

    debtor_id: int
    debtor: str
    channel: str
    stage_name: str
    accounts: list[str]
    totals: dict[str, Decimal]
    gate: str = ""
    not_before: datetime | None = None

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)


@dataclass(frozen=True)
class StepSum:
    """All messages of one stage and channel."""

    stage: int
    stage_name: str
    channel: str
    messages: int
    accounts: int
    totals: dict[str, Decimal]

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)


@dataclass
class Preview:
    """A day's run that nothing came of: who would get what, and whom it would spare."""

    creditor: Creditor
    as_of: date
    due: int = 0
    messages: int = 0
    accounts: int = 0
    spared: dict[str, int] = field(default_factory=dict)
    steps: list[StepSum] = field(default_factory=list)
    shown: list[WouldGet] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        return self.due == self.accounts + sum(self.spared.values())

    @property
    def spared_rows(self) -> list[tuple[str, int]]:
        """(reason in words, accounts), the largest first."""
        rows = sorted(self.spared.items(), key=lambda row: (-row[1], row[0]))
        return [(str(Spared(reason).label), number) for reason, number in rows]


@contextmanager
def _nothing_stays() -> Iterator:
    """A cursor whose transaction is always taken back, apart from the caller's own.

    So a page may look at a preview: nothing it does reaches the database.
    """
    if is_inside_a_test():
        guards, connection.execute_wrappers = connection.execute_wrappers, []
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                yield cursor
                transaction.set_rollback(True)
        finally:
            connection.execute_wrappers = guards
        return
    apart = connection.copy()
    try:
        apart.set_autocommit(False)
        with apart.cursor() as cursor:
            yield cursor
    finally:
        if apart.connection is not None:
            apart.rollback()
        apart.close()


def who_would_get_what(
    creditor: Creditor, as_of: date, *, now: datetime, as_if_released: bool = True
) -> Preview:
    """What a run of that day would queue for this creditor; nothing of it is kept.

    `as_if_released` looks past the missing release, for the page that decides about it. Channels
    and sums are exact; the contact rules are asked for the first hundreds of messages only.
    """
    with _nothing_stays() as cursor:
        if as_if_released:
            cursor.execute(
                "UPDATE accounts_creditor SET released_at = coalesce(released_at, %s) WHERE id = %s",
                [now, creditor.pk],
            )
        groups, counts = judge_book(cursor, creditor, as_of=as_of, now=now, run_id=None)
    preview = Preview(
        creditor=creditor,
        as_of=as_of,
        due=counts.pop("due"),
        messages=len(groups),
        accounts=sum(len(group.account_ids) for group in groups),
        spared={name.partition(".")[2]: number for name, number in counts.items()},
        steps=_sums(groups),
    )
    preview.shown = _shown(groups, now, as_if_released)
    return preview


def _sums(groups: Iterable[Group]) -> list[StepSum]:
    found: dict[tuple[int, str, str], dict] = {}
    for group in groups:
        key = (group.stage, group.stage_name, group.channel)
        row = found.setdefault(key, {"messages": 0, "accounts": 0, "totals": Counter()})
        row["messages"] += 1
        row["accounts"] += len(group.account_ids)
        row["totals"].update(group.totals)
    return [
        StepSum(*key, **{**row, "totals": dict(row["totals"])})
        for key, row in sorted(found.items())
    ]


def _shown(groups: list[Group], now: datetime, as_if_released: bool) -> list[WouldGet]:
    first = groups[:SHOWN]
    names = dict(
        Debtor.objects.filter(pk__in=[row.debtor_id for row in first]).values_list("pk", "name")
    )
    numbers = dict(
        Account.objects.filter(pk__in=[pk for row in first for pk in row.account_ids]).values_list(
            "pk", "number"
        )
    )
    known = known_for(
        [
            Asked(
                debtor_id=row.debtor_id,
                account_ids=tuple(sorted(row.account_ids)),
                channel=row.channel,
                moment=now,
                purpose=Purpose.DEMAND,
                point_id=row.point_id,
                is_automatic=not as_if_released,
            )
            for row in first
        ]
    )
    shown = []
    for group, facts in zip(first, known, strict=True):
        verdict = facts.verdict()
        shown.append(
            WouldGet(
                debtor_id=group.debtor_id,
                debtor=names.get(group.debtor_id, ""),
                channel=group.channel,
                stage_name=group.stage_name,
                accounts=[numbers[pk] for pk in group.account_ids],
                totals=group.totals,
                gate="" if verdict.allowed else verdict.sentence,
                not_before=None if verdict.allowed else verdict.next_moment,
            )
        )
    return shown


def spared_reasons(account_ids: Iterable[int]) -> dict[int, StepRecord]:
    """The latest step of each account that was spared and not taken since."""
    rows = (
        StepRecord.objects.filter(account__in=list(account_ids), episode__cured_on=None)
        .select_related("step")
        .order_by("account_id", "-due_on", "-id")
        .distinct("account_id")
    )
    return {row.account_id: row for row in rows if row.status == "spared"}
