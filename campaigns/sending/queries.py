"""What a message may ask for right now, and what waits in the outbox.

`stopped_sql` is one statement used twice: for the accounts of one message right before it leaves, and
by the daily run for all accounts with a due step.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Q

from accounts.arrangements.queries import PLANNED_SQL
from accounts.compliance.enums import Purpose
from accounts.compliance.models import Permit
from accounts.holds.queries import HELD_SQL
from accounts.imports.feeds import fed_after
from accounts.ledger.models import Account
from accounts.ledger.parties import BY_REPRESENTATIVE
from accounts.ledger.queries import open_items
from accounts.policies.queries import amount_in, kept, policy
from campaigns.correspondence.placeholders import AccountLine
from campaigns.correspondence.queries import lines_of
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.models import Message, SendingPause
from collections_app.core import prepared

# The first reason not to ask anything of each account; accounts without one are left out. A SELECT
# of (account_id, reason) that stands after HELD_SQL. Parameters: ids, as_of, now, fed_after,
# as_if_released (look past a missing release, for the page that decides about it).
STOPPED = """
held_back AS (
    SELECT h.account_id, bool_or(h.reason = 'opt_out') AS is_opt_out FROM held h
    WHERE h.scope IN ('contact', 'demand') AND NOT {by_representative}
    GROUP BY h.account_id
),
planned AS ({planned}),
stopped AS (
    SELECT judged.* FROM (
        SELECT a.id AS account_id, CASE
            WHEN a.status <> 'open' THEN 'closed'
            WHEN c.released_at IS NULL AND NOT %(as_if_released)s THEN 'not_released'
            WHEN c.fed_until < {fed_after} AND NOT EXISTS (
                SELECT 1 FROM accounts_feedalarm f WHERE f.creditor_id = c.id
                AND f.status = 'released' AND f.released_until > {now}
            ) THEN 'feed'
            WHEN hb.is_opt_out THEN 'opted_out'
            WHEN hb.account_id IS NOT NULL THEN 'hold'
            WHEN EXISTS (
                SELECT 1 FROM accounts_promise p WHERE p.account_id = a.id
                AND p.status = 'open' AND p.taken_on <= %(as_of)s AND p.grace_until >= %(as_of)s
            ) THEN 'promise'
            WHEN a.id IN (SELECT account_id FROM planned) THEN 'plan'
            WHEN EXISTS (
                SELECT 1 FROM accounts_dispute q WHERE q.account_id = a.id
                AND q.resolved_on IS NOT NULL AND q.chase_again_on > %(as_of)s
            ) THEN 'disputed'
        END AS reason
        FROM accounts_account a
        JOIN accounts_creditor c ON c.id = a.creditor_id {houses}
        LEFT JOIN held_back hb ON hb.account_id = a.id
        WHERE a.id {wanted}
    ) judged WHERE judged.reason IS NOT NULL
)
"""


def stopped_sql(
    *,
    wanted: str = "= ANY(%(ids)s)",
    fed_after: str = "%(fed_after)s",
    now: str = "%(now)s",
    houses: str = "",
) -> str:
    """The `WITH` members above. `wanted` is a condition on an account's key; accounts of several
    creditors at once have `fed_after` and `now` in a table that `houses` joins to `c`."""
    planned = f"{PLANNED_SQL} AND n.account_id {wanted}"
    return STOPPED.format(
        planned=planned,
        wanted=wanted,
        fed_after=fed_after,
        now=now,
        houses=houses,
        by_representative=BY_REPRESENTATIVE,
    )


# For what is about to leave: planned once a connection, because it stands before every message.
STOPS_NOW = (
    f"WITH {HELD_SQL}, {stopped_sql()}"
    " SELECT account_id, reason, NULL::bigint FROM stopped"
    " UNION ALL SELECT account_id, NULL, entry_id FROM held_charge"
    " WHERE account_id = ANY(%(ids)s) AND scope IN ('contact', 'demand')"
).replace("%(as_if_released)s", "FALSE")


def stops(
    account_ids: Iterable[int], *, creditor_id: int, as_of: date, now: datetime
) -> tuple[dict[int, str], set[int]]:
    """The first reason (Spared) that stops each account, and single charges held back; one statement.

    Accounts without a reason are left out.
    """
    rows = prepared.select(
        STOPS_NOW,
        {
            "ids": list(account_ids),
            "as_of": as_of,
            "fed_after": kept(
                ("fed_after", creditor_id, as_of, now),
                lambda: fed_after(creditor_id, as_of=as_of, now=now),
            ),
            "now": now,
        },
    )
    reasons = {account_id: reason for account_id, reason, _entry in rows if reason}
    return reasons, {entry_id for _account, _reason, entry_id in rows if entry_id is not None}


@dataclass(frozen=True)
class Judged:
    """What a message may ask for now. Without lines `reason` says why nothing."""

    lines: tuple[AccountLine, ...]
    reason: str = ""
    dropped: Mapping[int, str] | None = None


class Books:
    """What is read of the books for a set of accounts of one creditor, in two statements, so that each
    message about some of them can be judged without another."""

    def __init__(
        self, accounts: Sequence[Account], *, creditor_id: int, as_of: date, now: datetime
    ) -> None:
        self._creditor_id, self._as_of = creditor_id, as_of
        ids = [account.pk for account in accounts]
        self._stopped, self._held = stops(ids, creditor_id=creditor_id, as_of=as_of, now=now)
        free = [pk for pk in dict.fromkeys(ids) if pk not in self._stopped]
        self._items = open_items(free, as_of=as_of)

    def judge(
        self,
        accounts: Sequence[Account],
        *,
        asks_until: date | None = None,
        tolerances: Mapping[str, str] | None = None,
    ) -> Judged:
        """What may be asked for now about these accounts of the set, item by item.

        Asked is what is overdue (or due by `asks_until`) less what is disputed. Currencies whose
        total is within tolerance are left out.
        """
        as_of, held = self._as_of, self._held
        dropped = {row.pk: self._stopped[row.pk] for row in accounts if row.pk in self._stopped}
        free = [account for account in accounts if account.pk not in dropped]
        items = {}
        for account in free:
            due = [
                item
                for item in self._items[account.pk]
                if item.due_date < as_of or (asks_until is not None and item.due_date <= asks_until)
            ]
            items[account.pk] = [item for item in due if item.entry_id not in held]
            if not due:
                dropped[account.pk] = Spared.PAID
            elif not items[account.pk]:
                dropped[account.pk] = Spared.HOLD
        lines = lines_of(free, items)
        shown = {line.account_id for line in lines}
        for account in free:
            if account.pk not in shown:
                dropped.setdefault(account.pk, Spared.DISPUTED)
        lines = _above_tolerance(lines, dropped, self._creditor_id, as_of, tolerances or {})
        return Judged(lines, "" if lines else _main_reason(dropped.values()), dropped)

    def judge_enclosed(self, accounts: Sequence[Account], *, purpose: str) -> Judged:
        """Whether a paper made before may go now; it stays as it is, so all its accounts or none.

        What the debtor asked for needs only the gate. A paper that shows something overdue asks for
        it: it goes while something may be asked for, never to who has paid or has promised.
        """
        every = tuple(AccountLine(row.pk, row.number, row.currency, ()) for row in accounts)
        if purpose == Purpose.REQUESTED:
            return Judged(every)
        judged = self.judge(accounts)
        stopped = [row for row in (judged.dropped or {}).values() if row in STOPS_A_PAPER]
        if stopped:
            return Judged((), _main_reason(stopped), judged.dropped)
        if purpose == Purpose.DEMAND and not judged.lines:
            return judged
        asked = {line.account_id: line for line in judged.lines}
        return Judged(
            tuple(asked.get(line.account_id, line) for line in every), "", judged.dropped
        )

    def judge_thanks(self, accounts: Sequence[Account]) -> Judged:
        """Thanks are true only while nothing is overdue."""
        judged = self.judge(accounts)
        if judged.lines:
            return Judged((), Spared.LATER_STEP, judged.dropped)
        allowed = {Spared.PAID, Spared.CLOSED, Spared.SMALL}
        thanked = [row for row in accounts if (judged.dropped or {}).get(row.pk) in allowed]
        lines = tuple(AccountLine(row.pk, row.number, row.currency, ()) for row in thanked)
        return Judged(lines, judged.reason, judged.dropped)


# What stops a paper that names all its accounts if it stops one of them.
STOPS_A_PAPER = {Spared.NOT_RELEASED, Spared.FEED, Spared.OPTED_OUT, Spared.HOLD}


def _above_tolerance(
    lines: Sequence[AccountLine],
    dropped: dict[int, str],
    creditor_id: int,
    as_of: date,
    own: Mapping[str, str],
) -> tuple[AccountLine, ...]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.asked
    general = policy("tolerance", as_of=as_of, creditor_id=creditor_id)
    kept = []
    for line in lines:
        limit = tolerance(general, own, line.currency)
        if sums[line.currency] > limit:
            kept.append(line)
        else:
            dropped[line.account_id] = Spared.SMALL
    return tuple(kept)


def tolerance(general: Mapping, own: Mapping[str, str], currency: str) -> Decimal:
    """The strategy's own smallest amount where it has one for the currency, else the office's."""
    if currency in own:
        return Decimal(own[currency])
    return amount_in(general, currency) or Decimal(0)


# The reason that explains a message of several accounts: what a person would do something about
# goes before what time brings.
PRECEDENCE = (
    Spared.NOT_RELEASED,
    Spared.FEED,
    Spared.OPTED_OUT,
    Spared.HOLD,
    Spared.DISPUTED,
    Spared.PROMISE,
    Spared.PLAN,
    Spared.SMALL,
    Spared.CLOSED,
    Spared.PAID,
)


def _main_reason(reasons: Iterable[str]) -> str:
    found = set(reasons)
    return next((str(reason) for reason in PRECEDENCE if reason in found), str(Spared.PAID))


# ---- the outbox ----


def counts_by_status(**filters) -> dict[str, int]:
    """Messages per status, for a run (`run_id=`) or for all."""
    rows = (
        Message.objects.filter(**filters).values_list("status").annotate(n=Count("pk")).order_by()
    )
    return dict(rows)


@dataclass(frozen=True)
class RunFigures:
    """The invariant of the outbox: what was queued is somewhere, and only in one place."""

    queued: int
    sent: int
    unknown: int
    withheld: int
    deferred: int
    failed: int
    waiting: int

    @property
    def adds_up(self) -> bool:
        return self.queued == (
            self.sent + self.unknown + self.withheld + self.deferred + self.failed + self.waiting
        )


def run_figures(run_id: int, queued: int) -> RunFigures:
    """Where the messages of a run are now. Cancelled ones were withheld by a person."""
    by_status = Counter(counts_by_status(run_id=run_id))
    return RunFigures(
        queued=queued,
        sent=by_status[MessageStatus.SENT],
        unknown=by_status[MessageStatus.UNKNOWN],
        withheld=by_status[MessageStatus.WITHHELD] + by_status[MessageStatus.CANCELLED],
        deferred=by_status[MessageStatus.DEFERRED],
        failed=by_status[MessageStatus.FAILED],
        waiting=by_status[MessageStatus.QUEUED] + by_status[MessageStatus.SENDING],
    )


def open_pauses(user) -> list[SendingPause]:
    """Open pauses of everything and of the creditors the user works for."""
    seen = SendingPause.objects.visible_to(user).values("pk")
    return list(
        SendingPause.objects.filter(Q(pk__in=seen) | Q(creditor=None), ended_at=None)
        .select_related("creditor", "paused_by")
        .order_by("id")
    )


def due_ids(
    *,
    now: datetime,
    limit: int,
    channels: Sequence[str] = ("email", "sms"),
    creditor_id: int | None = None,
) -> list[int]:
    """Messages that may be tried now, in the order in which they leave; not locked.

    Those of paused creditors are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.id FROM campaigns_message m
            WHERE m.status IN ('queued', 'deferred') AND m.channel = ANY(%(channels)s)
              AND (m.not_before IS NULL OR m.not_before <= %(now)s)
              AND (%(creditor)s::bigint IS NULL OR m.creditor_id = %(creditor)s)
              AND NOT EXISTS (SELECT 1 FROM campaigns_sendingpause p WHERE p.ended_at IS NULL
                              AND (p.creditor_id IS NULL OR p.creditor_id = m.creditor_id))
            ORDER BY m.not_before NULLS FIRST, m.id LIMIT %(limit)s
            """,
            {"now": now, "limit": limit, "channels": list(channels), "creditor": creditor_id},
        )
        return [row[0] for row in cursor.fetchall()]


def last_refusal(message: Message) -> Permit | None:
    """The gate's last no to this debtor by this channel, about an account of the message, while it waits
    or is withheld; the message itself keeps the permit that allows it."""
    if message.status not in (MessageStatus.DEFERRED, MessageStatus.WITHHELD):
        return None
    own = list(message.lines.values_list("account_id", flat=True))
    asked = Permit.objects.filter(
        debtor=message.debtor_id, channel=message.channel, is_allowed=False, account_ids__overlap=own
    )
    return asked.order_by("-moment", "-id").first()
