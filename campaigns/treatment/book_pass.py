"""The pass over one creditor's book: who is due, whom the step spares, and the groups that remain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.imports.feeds import fed_after
from accounts.parties.models import Creditor
from accounts.policies.queries import policy
from campaigns.sending.queries import tolerance
from campaigns.strategies.queries import versions_in_force
from campaigns.treatment import pass_sql


@dataclass(frozen=True)
class Group:
    """All accounts of one debtor with a due step: one message."""

    debtor_id: int
    language: str
    payer_type: str
    channel: str
    template_code: str
    stage: int
    stage_name: str
    pay_within_days: int
    step_id: int
    version_id: int
    point_id: int | None
    asks_until: date | None
    account_ids: list[int]
    episode_ids: list[int]
    step_ids: list[int]
    due_on: list[date]
    currencies: list[str]
    amounts: list[Decimal]

    @property
    def totals(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for currency, amount in zip(self.currencies, self.amounts, strict=True):
            sums[currency] = sums.get(currency, Decimal(0)) + amount
        return sums


def judge_book(
    cursor, creditor: Creditor, *, as_of: date, now: datetime, run_id: int
) -> tuple[list[Group], dict[str, int]]:
    """Find due steps, keep episodes, spare and say why; returns the groups to write to and counts.

    Runs on the cursor's transaction. Counts: `due` accounts and `spared.<reason>` accounts.
    """
    judge_into_tables(cursor, creditor, as_of=as_of, now=now, keeps_episodes=True)
    cursor.execute(pass_sql.SPARE, {"run": run_id})
    cursor.execute(pass_sql.COUNTS)
    found = dict(cursor.fetchall())
    cursor.execute(pass_sql.GROUPS, {"as_of": as_of})
    groups = [Group(*row) for row in cursor.fetchall()]
    counts = {f"spared.{reason}": number for reason, number in found.items() if reason}
    counts["due"] = sum(found.values())
    return groups, counts


def judge_into_tables(
    cursor,
    creditor: Creditor,
    *,
    as_of: date,
    now: datetime,
    keeps_episodes: bool,
    as_if_released: bool = False,
) -> None:
    """The judgement itself, into the temporary tables `due_step` and `way` of the transaction.

    `keeps_episodes` writes which episodes began and ended; without it nothing but temporary tables
    is written, for a preview. `as_if_released` looks past a missing release.
    """
    versions = versions_in_force(as_of)
    steps = [step for version in versions for step in version.steps.all()]
    ahead = max((-step.day_offset for step in steps), default=0)
    base = {
        "creditor": creditor.pk,
        "as_of": as_of,
        "horizon": as_of + timedelta(days=max(ahead, 0)),
        "fed_after": fed_after(creditor.pk, as_of=as_of, now=now),
        "now": now,
        "as_if_released": as_if_released,
    }
    cursor.execute("DROP TABLE IF EXISTS treated, due_step, way")
    cursor.execute(pass_sql.TREATED, base)
    cursor.execute("ANALYZE treated")
    if _exists(cursor, "SELECT 1 FROM treated WHERE by_item", base):
        cursor.execute(pass_sql.BY_ITEM, base)
    if keeps_episodes:
        cursor.execute(pass_sql.CURED, base)
    cursor.execute(pass_sql.DUE_STEP, base)
    if keeps_episodes:
        cursor.execute(pass_sql.EPISODES, base)
    cursor.execute(pass_sql.EPISODE_IDS)
    cursor.execute(pass_sql.TAKEN)
    cursor.execute("ANALYZE due_step")
    if _exists(cursor, "SELECT 1 FROM due_step WHERE anchor >= %(as_of)s", base):
        cursor.execute(pass_sql.AHEAD, base)
    cursor.execute("SELECT array_agg(account_id) FROM due_step")
    ids = cursor.fetchone()[0] or []
    if ids:
        cursor.execute(pass_sql.STOPS, {**base, "ids": ids})
    cursor.execute(pass_sql.NOTHING_ASKED)
    cursor.execute(pass_sql.ONLY_DUE, base)
    cursor.execute(pass_sql.POINTS, base)
    cursor.execute(pass_sql.NO_WAY)
    cursor.execute(pass_sql.SMALL, {"limits": _limits(cursor, creditor, versions, as_of)})


def _exists(cursor, query: str, params: dict) -> bool:
    cursor.execute(f"SELECT EXISTS ({query})", params)
    return bool(cursor.fetchone()[0])


def _limits(cursor, creditor: Creditor, versions: Sequence, as_of: date) -> str:
    """The smallest amounts chased for every combination that occurs, as the statement takes them."""
    own = {version.pk: version.tolerances for version in versions}
    cursor.execute("SELECT DISTINCT version_id, portfolio_id, currency FROM due_step")
    rows = []
    for version_id, portfolio_id, currency in cursor.fetchall():
        general = policy(
            "tolerance", as_of=as_of, creditor_id=creditor.pk, portfolio_id=portfolio_id
        )
        rows.append(
            {
                "version_id": version_id,
                "portfolio_id": portfolio_id,
                "currency": currency,
                "amount": str(tolerance(general, own.get(version_id, {}), currency)),
            }
        )
    return json.dumps(rows)
