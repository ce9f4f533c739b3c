"""One side of a what-if, day by day: the run's own pass, texts and gate, on copies of its tables.

What is not foretold: payments, promises, holds and letters that come in; a message that is taken
would leave on the day the gate lets it; a call that is given is made on its day. Thanks, campaigns
and statements on request are left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from accounts.compliance.decision import Counted
from accounts.ledger.services import refresh_standing, roll_standing
from accounts.parties.models import Creditor
from accounts.policies.queries import read_once
from campaigns.correspondence.queries import TextBook
from campaigns.sending.enums import SPARED_BY_RULE, Spared
from campaigns.simulation import shadow
from campaigns.simulation.enums import Outcome, Side
from campaigns.simulation.shared_gate import SharedGate
from campaigns.strategies.enums import CHANNEL_OF_KIND, StepKind
from campaigns.strategies.models import StrategyVersion
from campaigns.treatment.book_pass import Group, House, Work, judge_books
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.recording import record_steps
from campaigns.treatment.services import pick_text
from collections_app.core import clock

RUN_HOUR = time(6)  # the hour from which a creditor's day is run
CALLS_AFTER = timedelta(hours=6)  # a call that is given in the morning is made around noon


@dataclass
class Course:
    """What one side would do. `rows` are steps as `ForetoldStep` has them, without what-if and id;
    `spared` counts accounts by day and reason, `refused` contacts by day and rule, `by_creditor`
    contacts by creditor and channel; `counted` are the contacts of each debtor so far."""

    side: str
    rows: list[tuple] = field(default_factory=list)
    spared: dict[date, Counter[str]] = field(default_factory=dict)
    refused: Counter[tuple[date, str]] = field(default_factory=Counter)
    by_creditor: Counter[tuple[int, str]] = field(default_factory=Counter)
    counted: dict[int, list[Counted]] = field(default_factory=dict)
    contacts: int = 0


@dataclass(frozen=True)
class Plan:
    """What is walked through, by both sides alike."""

    version: StrategyVersion
    creditors: Sequence[Creditor]
    first_day: date
    days: int
    in_flight: str
    today: date

    @property
    def is_past(self) -> bool:
        return self.first_day < self.today


def foretell(
    plan: Plan, side: str, gate: SharedGate, *, begin: Callable[[int], None], on_day: Callable[[], None]
) -> Course:
    """Walk through the days. Everything written is a copy that goes with the transaction.

    `begin` is told each day's number before it is walked and may wait, `on_day` afterwards.
    """
    course, texts = Course(side), _Texts()
    ids = [creditor.pk for creditor in plan.creditors]
    with shadow.own_transaction() as cursor, read_once():
        _prepare(cursor, plan, side, ids)
        for number in range(plan.days):
            begin(number)
            day = plan.first_day + timedelta(days=number)
            roll_standing(as_of=day, creditor_ids=ids)
            if plan.is_past:
                shadow.promises_of(cursor, day)
            for creditor in plan.creditors:
                _one_day(cursor, course, creditor, day, texts, gate)
            if number in (0, 1, 7):
                cursor.execute("ANALYZE pg_temp.campaigns_episode, pg_temp.campaigns_steprecord")
            on_day()
    return course


def _prepare(cursor, plan: Plan, side: str, creditor_ids: list[int]) -> None:
    shadow.make_copies(cursor, creditor_ids=creditor_ids)
    shadow.feeds_come(cursor)
    if side == Side.DRAFT:
        shadow.put_in_force(
            cursor, plan.version, first_day=plan.first_day, in_flight=plan.in_flight
        )
    if plan.is_past:
        shadow.as_it_was(cursor, first_day=plan.first_day, today=plan.today)
        cursor.execute("SELECT account_id FROM pg_temp.accounts_standing")
        standing = [row[0] for row in cursor.fetchall()]
        refresh_standing(as_of=plan.first_day, account_ids=standing)
        cursor.execute("ANALYZE pg_temp.accounts_standing")


class _Texts:
    """Whether a step's message has a text, as the run picks it, looked for once a kind of debtor."""

    def __init__(self) -> None:
        self._book = TextBook()
        self._found: dict[tuple, str] = {}

    def lacks(self, group: Group, creditor: Creditor) -> str:
        """Why there is none for this message; empty where there is one."""
        key = (creditor.pk, group.template_code, group.channel, group.language, group.payer_type,
               group.in_hardship)  # fmt: skip
        if key not in self._found:
            text = pick_text(group, creditor, self._book)
            self._found[key] = str(text) if isinstance(text, Spared) else ""
        return self._found[key]


def _one_day(
    cursor, course: Course, creditor: Creditor, day: date, texts: _Texts, gate: SharedGate
) -> None:
    now = datetime.combine(day, RUN_HOUR, clock.zone(creditor.time_zone))
    judged = judge_books(cursor, [House(creditor, now)], as_of=day)[creditor.pk]
    spared = course.spared.setdefault(day, Counter())
    for name, number in judged.counts.items():
        if name.startswith("spared."):
            spared[name.removeprefix("spared.")] += number
    records: list[tuple] = []
    ready = []
    for group in judged.groups:
        if lack := texts.lacks(group, creditor):
            spared[lack] += len(group.account_ids)
            records += _records(group, StepStatus.SPARED, lack)
        else:
            ready.append(group)
    for group, moment, rule in gate.ask(ready, now, course.counted):
        if moment is None:
            reason = SPARED_BY_RULE.get(rule, Spared.GATE)
            course.refused[day, rule] += 1
            spared[reason] += len(group.account_ids)
            records += _records(group, StepStatus.SPARED, reason)
            _note(course, group, StepKind.MESSAGE, group.channel, day, None, Outcome.REFUSED, rule)
            continue
        records += _records(group, StepStatus.QUEUED, "")
        _count(course, creditor, group.debtor_id, group.channel, moment)
        contact_day = clock.local_date(moment, creditor.time_zone)
        _note(course, group, StepKind.MESSAGE, group.channel, day, contact_day, Outcome.TAKEN, "")
    for work in judged.works:
        records += _records(work, StepStatus.QUEUED, "")
        channel = CHANNEL_OF_KIND.get(StepKind(work.kind), "")
        if channel:
            _count(course, creditor, work.debtor_id, channel, now + CALLS_AFTER)
        _note(course, work, work.kind, channel, day, day, Outcome.TAKEN, "")
    record_steps(records, ReminderRun(as_of=day, creditor_code=creditor.code))


def _count(course: Course, creditor: Creditor, debtor_id: int, channel: str, at: datetime) -> None:
    course.by_creditor[creditor.pk, channel] += 1
    course.counted.setdefault(debtor_id, []).append(Counted(at, channel))


def _records(item: Group | Work, status: str, reason: str) -> Iterator[tuple]:
    for account_id, episode_id, step_id, due_on in zip(
        item.account_ids, item.episode_ids, item.step_ids, item.due_on, strict=True
    ):
        yield account_id, episode_id, step_id, due_on, str(status), str(reason), None, None, None


def _note(
    course: Course,
    item: Group | Work,
    kind: str,
    channel: str,
    day: date,
    contact_day: date | None,
    outcome: str,
    rule: str,
) -> None:
    course.contacts += 1
    officer_id = item.officer_id if isinstance(item, Work) else None
    for account_id, step_id in zip(item.account_ids, item.step_ids, strict=True):
        course.rows.append(
            (
                course.side, course.contacts, day, contact_day, account_id, item.debtor_id, officer_id,
                step_id, str(kind), channel, str(outcome), rule,
            )
        )  # fmt: skip
