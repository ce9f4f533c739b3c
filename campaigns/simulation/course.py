"""One side of a what-if, day by day: the run's own pass, texts and gate, on copies of its tables.

What is not foretold: payments, promises, holds and letters that come in; a message that is taken
would leave on the day the gate lets it; a call that is given is made on its day. Thanks, campaigns
and statements on request are left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from io import StringIO

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked, Reading
from accounts.ledger.services import refresh_standing, roll_standing
from accounts.parties.models import Creditor
from accounts.policies.queries import read_once
from campaigns.correspondence.queries import TextBook
from campaigns.sending.enums import SPARED_BY_RULE, Spared
from campaigns.sending.services import LONGEST_WAIT
from campaigns.simulation import shadow
from campaigns.simulation.enums import Outcome, Side
from campaigns.strategies.enums import CHANNEL_OF_KIND, StepKind
from campaigns.strategies.models import StrategyVersion
from campaigns.treatment.book_pass import Group, Work, judge_book
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.recording import record_steps
from campaigns.treatment.services import pick_text
from collections_app.core import bulk, clock

RUN_HOUR = time(6)  # the hour from which a creditor's day is run
GATE_CHUNK = 2_000
COUNTED_BACK = timedelta(days=366)


@dataclass
class Course:
    """What one side would do. `rows` are steps as `ForetoldStep` has them, without what-if and id;
    `spared` counts accounts by day and reason, `refused` contacts by day and rule, `by_creditor` contacts by creditor and channel."""

    side: str
    rows: list[tuple] = field(default_factory=list)
    spared: dict[date, Counter[str]] = field(default_factory=dict)
    refused: Counter[tuple[date, str]] = field(default_factory=Counter)
    by_creditor: Counter[tuple[int, str]] = field(default_factory=Counter)
    contacts: int = 0


def foretell(
    *,
    side: str,
    version: StrategyVersion,
    creditors: Sequence[Creditor],
    first_day: date,
    days: int,
    in_flight: str,
    today: date,
    on_day: Callable[[], None],
) -> Course:
    """Walk through the days. Everything written is a copy that goes with the transaction."""
    course = Course(side)
    ids = [creditor.pk for creditor in creditors]
    with shadow.own_transaction() as cursor, read_once():
        midnight = datetime.combine(min(first_day, today), time(), clock.zone("UTC"))
        shadow.make_copies(cursor, creditor_ids=ids, counted_from=midnight - COUNTED_BACK)
        shadow.feeds_come(cursor)
        is_past = first_day < today
        if side == Side.DRAFT:
            shadow.put_in_force(cursor, version, first_day=first_day, in_flight=in_flight)
        if is_past:
            shadow.as_it_was(cursor, first_day=first_day, today=today)
            cursor.execute("SELECT account_id FROM pg_temp.accounts_standing")
            refresh_standing(as_of=first_day, account_ids=[row[0] for row in cursor.fetchall()])
            cursor.execute("ANALYZE pg_temp.accounts_standing")
        book = TextBook()
        for number in range(days):
            day = first_day + timedelta(days=number)
            roll_standing(as_of=day, creditor_ids=ids)
            if is_past:
                shadow.promises_of(cursor, day)
            for creditor in creditors:
                _one_day(cursor, course, creditor, day, book)
            if number in (0, 1, 7):
                cursor.execute("ANALYZE pg_temp.campaigns_episode, pg_temp.campaigns_steprecord")
            on_day()
    return course


def _one_day(cursor, course: Course, creditor: Creditor, day: date, book: TextBook) -> None:
    now = datetime.combine(day, RUN_HOUR, clock.zone(creditor.time_zone))
    judged = judge_book(cursor, creditor, as_of=day, now=now, run_id=None)
    spared = course.spared.setdefault(day, Counter())
    for name, number in judged.counts.items():
        if name.startswith("spared."):
            spared[name.removeprefix("spared.")] += number
    run = ReminderRun(as_of=day, creditor_code=creditor.code)
    counted: list[tuple] = []
    records: list[tuple] = []
    ready = []
    for group in judged.groups:
        if pick_text(group, creditor, book) is None:
            spared[Spared.NO_TEXT] += len(group.account_ids)
            records += _records(group, StepStatus.SPARED, Spared.NO_TEXT)
        else:
            ready.append(group)
    for group, moment, rule in _asked_of_the_gate(ready, now):
        if moment is None:
            reason = SPARED_BY_RULE.get(rule, Spared.GATE)
            course.refused[day, rule] += 1
            spared[reason] += len(group.account_ids)
            records += _records(group, StepStatus.SPARED, reason)
            _note(course, group, StepKind.MESSAGE, group.channel, day, None, Outcome.REFUSED, rule)
            continue
        records += _records(group, StepStatus.QUEUED, "")
        counted.append((group.debtor_id, group.account_ids, group.channel, moment))
        course.by_creditor[creditor.pk, group.channel] += 1
        contact_day = clock.local_date(moment, creditor.time_zone)
        _note(course, group, StepKind.MESSAGE, group.channel, day, contact_day, Outcome.TAKEN, "")
    for work in judged.works:
        records += _records(work, StepStatus.QUEUED, "")
        channel = CHANNEL_OF_KIND.get(StepKind(work.kind), "")
        if channel:
            counted.append((work.debtor_id, work.account_ids, channel, now + timedelta(hours=6)))
            course.by_creditor[creditor.pk, channel] += 1
        _note(course, work, work.kind, channel, day, day, Outcome.TAKEN, "")
    record_steps(records, run)
    _count(cursor, counted)


def _asked_of_the_gate(
    groups: Sequence[Group], now: datetime
) -> Iterator[tuple[Group, datetime | None, str]]:
    """Each group with the moment it may go, or None and the rule that refuses it: as a run asks."""
    for start in range(0, len(groups), GATE_CHUNK):
        chunk = groups[start : start + GATE_CHUNK]
        requests = [
            Asked(
                debtor_id=group.debtor_id,
                account_ids=tuple(sorted(group.account_ids)),
                channel=group.channel,
                moment=now,
                purpose=Purpose.DEMAND,
                point_id=group.point_id,
                is_automatic=True,
            )
            for group in chunk
        ]
        read = Reading(requests)
        for group, asked in zip(chunk, requests, strict=True):
            verdict = read.known(asked).verdict()
            moment = now
            later = verdict.next_moment
            if not verdict.allowed and later is not None and later - now <= LONGEST_WAIT:
                moment = later
                verdict = read.known(replace(asked, moment=later)).verdict()
            yield group, (moment if verdict.allowed else None), verdict.rule


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


def _count(cursor, counted: Sequence[tuple]) -> None:
    """Contacts of the day into the copied count ledger, so that later days find them."""
    if not counted:
        return
    stream = StringIO()
    for debtor_id, account_ids, channel, at in counted:
        row = (-1, debtor_id, account_ids, channel, False, at, False, False)
        stream.write("\t".join(map(bulk.text_of, row)) + "\n")
    stream.seek(0)
    cursor.copy_expert(
        "COPY pg_temp.accounts_countedcontact (id, debtor_id, account_ids, channel, is_inbound, at,"
        " is_contact_made, is_right_party) FROM STDIN",
        stream,
    )
