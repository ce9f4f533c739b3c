"""The pass over the books of creditors: who is due, whom the step spares, and the groups that remain."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.imports.feeds import fed_after
from accounts.parties.models import Creditor
from accounts.policies.queries import policy
from campaigns.notices.queries import BESIDE, NoticeText, notice_texts
from campaigns.sending.queries import tolerance
from campaigns.strategies.enums import RISK_DAYS, Exit
from campaigns.strategies.queries import InForce, in_force
from campaigns.treatment import ladder_sql, pass_sql
from campaigns.treatment.choosing import asks_for_risk, choice_sql


@dataclass(frozen=True)
class Group:
    """All accounts of one debtor with a due step: one message."""

    creditor_id: int
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
    in_hardship: bool
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


@dataclass(frozen=True)
class Work:
    """Accounts of one debtor for which a step gives somebody work; the furthest comes first."""

    creditor_id: int
    kind: str
    debtor_id: int
    account_ids: list[int]
    episode_ids: list[int]
    step_ids: list[int]
    due_on: list[date]
    officer_id: int | None


@dataclass(frozen=True)
class House:
    """A creditor's part in a pass: the moment of his morning, and the run that records it."""

    creditor: Creditor
    now: datetime
    run_id: int | None = None


@dataclass(frozen=True)
class Judged:
    """A pass over a creditor's book: messages to write, work to give, and accounts by outcome:
    `due`, `spared.<reason>`, `passed_by`."""

    groups: list[Group]
    works: list[Work]
    counts: dict[str, int]


def judge_books(cursor, houses: Sequence[House], *, as_of: date) -> dict[int, Judged]:
    """Find due steps, keep episodes, spare and say why; by creditor. Runs on the cursor's transaction."""
    passed = judge_and_spare(cursor, houses, as_of=as_of)
    found = {house.creditor.pk: Judged([], [], {"due": 0}) for house in houses}
    for creditor_id, number in passed.items():
        found[creditor_id].counts["passed_by"] = number
    cursor.execute(pass_sql.COUNTS)
    for creditor_id, reason, number in cursor.fetchall():
        counts = found[creditor_id].counts
        counts["due"] += number
        if reason:
            counts[f"spared.{reason}"] = number
    cursor.execute(pass_sql.GROUPS, {"as_of": as_of})
    for row in cursor.fetchall():
        found[row[0]].groups.append(Group(*row))
    cursor.execute(pass_sql.WORK)
    for row in cursor.fetchall():
        found[row[0]].works.append(Work(*row))
    return found


def judge_and_spare(
    cursor,
    houses: Sequence[House],
    *,
    as_of: date,
    bound: InForce | None = None,
    has_ways: bool = False,
) -> dict[int, int]:
    """The judgement, and the records of steps spared and passed by; how many of the latter by
    creditor. What is left without a reason in `due_step` is to be done."""
    judge_into_tables(
        cursor, houses, as_of=as_of, bound=bound, keeps_episodes=True, has_ways=has_ways
    )
    cursor.execute(pass_sql.PASS_BY)
    passed = dict(cursor.fetchall())
    if passed:
        cursor.execute(pass_sql.PASSED_TO)
    cursor.execute(pass_sql.SPARE)
    return passed


def judge_into_tables(
    cursor,
    houses: Sequence[House],
    *,
    as_of: date,
    bound: InForce | None = None,
    keeps_episodes: bool,
    as_if_released: bool = False,
    has_ways: bool = False,
) -> None:
    """The judgement itself, into the temporary tables `house`, `due_step`, `passed` and `way`.

    `keeps_episodes` writes which episodes began and ended; without it nothing but temporary tables
    is written, for a preview. `as_if_released` looks past a missing release. `has_ways`: `way`
    stands already. `bound`: what is in force that day, where it is known.
    """
    bound = bound or in_force(as_of)
    versions, steps = bound.versions, bound.steps
    creditor_ids = [house.creditor.pk for house in houses]
    base = {
        "creditors": creditor_ids,
        "houses": _rows_of_houses(houses, as_of),
        "as_of": as_of,
        "horizon": as_of + timedelta(days=ahead_of(bound)),
        "as_if_released": as_if_released,
        "risk_from": as_of - timedelta(days=RISK_DAYS),
        "versions": versions_as_rows(bound),
    }
    cursor.execute("DROP TABLE IF EXISTS house, treated, due_step, passed, setback, beside")
    cursor.execute(ladder_sql.HOUSE, base)
    looks_at_risk = asks_for_risk(versions)
    if looks_at_risk:
        cursor.execute(ladder_sql.SETBACKS, base)
    choice, params = choice_sql(versions, creditor_ids=creditor_ids)
    setbacks, joined = ladder_sql.SETBACKS_OF[looks_at_risk]
    scan = ladder_sql.TREATED.replace("__choice__", choice)
    scan = scan.replace("__setbacks__", setbacks).replace("__setback_join__", joined)
    cursor.execute(scan, {**base, **params})
    cursor.execute("ANALYZE treated (account_id, debtor_id, by_item)")
    if _exists(cursor, "SELECT 1 FROM treated WHERE by_item", base):
        cursor.execute(ladder_sql.BY_ITEM, base)
    if keeps_episodes:
        cursor.execute(ladder_sql.CURED, base)
    notices = notices_of(bound)
    if notices:
        base["notices"] = json.dumps([asdict(text) for text in notices])
        cursor.execute(BESIDE, base)
    cursor.execute(ladder_sql.due_step_sql(has_notices=bool(notices)), base)
    cursor.execute("ANALYZE due_step (account_id, debtor_id, episode_id, step_id, reason)")
    if keeps_episodes:
        cursor.execute(ladder_sql.LEFT_BEHIND, base)
        cursor.execute(ladder_sql.GO_ON)
        cursor.execute(ladder_sql.MOVED)
        cursor.execute(ladder_sql.EPISODES, base)
        cursor.execute(ladder_sql.EPISODE_IDS)
    cursor.execute(pass_sql.HAD_TODAY, base)
    if notices:
        cursor.execute(pass_sql.TAKEN_WITH_NOTICES, base)
    else:
        cursor.execute(pass_sql.TAKEN)
    if _exists(cursor, "SELECT 1 FROM due_step WHERE anchor >= %(as_of)s", base):
        cursor.execute(pass_sql.AHEAD, base)
    cursor.execute(pass_sql.STOPS, base)
    cursor.execute(pass_sql.NOTHING_ASKED)
    if notices:
        cursor.execute(pass_sql.NOTICE_CLOCK, base)
        cursor.execute(pass_sql.NOTICE_GIVEN, base)
    cursor.execute(pass_sql.ONLY_DUE, base)
    if not has_ways:
        cursor.execute("DROP TABLE IF EXISTS way")
        cursor.execute(pass_sql.POINTS, base)
        cursor.execute("ANALYZE way (debtor_id, kind)")
    cursor.execute(pass_sql.NO_WAY)
    if any(step.silent_days for step in steps):
        cursor.execute(pass_sql.ANSWERED, base)
    cursor.execute(pass_sql.REFUSED_BEFORE)
    cursor.execute(pass_sql.RANKED)
    cursor.execute(pass_sql.KEEP_ONE)
    cursor.execute(pass_sql.OWN_REASON)
    cursor.execute(pass_sql.SMALL, {"limits": _limits(cursor, bound, as_of)})
    if notices:
        cursor.execute(pass_sql.NOTICE_ALONE, base)


def ahead_of(bound: InForce) -> int:
    """How many days before the due day the first step of any ladder comes; 0 where none does."""
    return max((-step.day_offset for step in bound.steps if step.day_offset < 0), default=0)


def notices_of(bound: InForce) -> list[NoticeText]:
    """The texts of the steps in force that are formal notices; none where no ladder has one."""
    codes = {step.template_code for step in bound.steps if step.template_code}
    return [text for text in notice_texts() if text.code in codes]


def versions_as_rows(bound: InForce) -> str:
    """Every version of the strategies in force with the one it follows, as the statement takes them."""
    return json.dumps(
        [
            {
                "version_id": pk,
                "strategy_id": bound.known[pk].strategy_id,
                "follows": into,
                "stays": bound.known[pk].exit_rule == Exit.CURED,
            }
            for pk, into in bound.follows.items()
        ]
    )


def _exists(cursor, query: str, params: dict) -> bool:
    cursor.execute(f"SELECT EXISTS ({query})", params)
    return bool(cursor.fetchone()[0])


def _rows_of_houses(houses: Iterable[House], as_of: date) -> str:
    return json.dumps(
        [
            {
                "creditor_id": house.creditor.pk,
                "now": house.now.isoformat(),
                "fed_after": fed_after(house.creditor.pk, as_of=as_of, now=house.now).isoformat(),
                "run_id": house.run_id,
            }
            for house in houses
        ]
    )


def _limits(cursor, bound: InForce, as_of: date) -> str:
    """The smallest amounts chased for every combination that occurs, as the statement takes them."""
    own = {version.pk: version.tolerances for version in bound.treating}
    cursor.execute("SELECT DISTINCT creditor_id, version_id, portfolio_id, currency FROM due_step")
    rows = []
    for creditor_id, version_id, portfolio_id, currency in cursor.fetchall():
        general = policy(
            "tolerance", as_of=as_of, creditor_id=creditor_id, portfolio_id=portfolio_id
        )
        rows.append(
            {
                "creditor_id": creditor_id,
                "version_id": version_id,
                "portfolio_id": portfolio_id,
                "currency": currency,
                "amount": str(tolerance(general, own.get(version_id, {}), currency)),
            }
        )
    return json.dumps(rows)
