"""Both sides of a what-if, day by day: the run's own pass, texts and gate, on copies of its tables.

What is not foretold: payments, promises, holds and letters that come in; a message that is taken
would leave on the day the gate lets it; a call that is given is made on its day. Who owes an account
jointly gets his own message beside the debtor's, a representative one about each debtor. Thanks, campaigns
and statements on request are left out. Memory holds who was asked about and the contacts foretold
for him; every step goes to its table on its day.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from accounts.compliance.decision import Counted
from accounts.parties.models import Creditor
from accounts.policies.queries import read_once
from campaigns.correspondence.models import TemplateVersion
from campaigns.correspondence.queries import TextBook
from campaigns.correspondence.wordings import prints_in
from campaigns.notices.enums import METHOD_OF_CHANNEL
from campaigns.notices.queries import Had
from campaigns.notices.services import clock_of
from campaigns.sending.enums import SPARED_BY_RULE, Spared
from campaigns.simulation import condensed, day_sql, shadow, ways
from campaigns.simulation.agenda import Agenda
from campaigns.simulation.answers import Answers, Asked, Text
from campaigns.simulation.enums import Side
from campaigns.simulation.parties import Parties
from campaigns.simulation.shared_gate import Question, SharedGate
from campaigns.strategies.enums import CHANNEL_OF_KIND, StepKind
from campaigns.strategies.models import StrategyVersion
from campaigns.treatment.book_pass import Group, House, judge_and_spare
from campaigns.treatment.services import text_for
from collections_app.core import clock

RUN_HOUR = time(6)  # the hour from which a creditor's day is run
CALLS_AFTER = timedelta(hours=6)  # a call that is given in the morning is made around noon
ANALYSED = {0, 1, 7}  # days after which a side's copies have grown most


@dataclass
class Course:
    """What one side leaves beside its steps: accounts `spared` by reason, the contacts `counted` of
    each debtor so far, and how many contacts there were in its part, refused ones too."""

    side: str
    part: int = 0
    parts: int = 1
    spared: Counter[str] = field(default_factory=Counter)
    counted: dict[int, list[Counted]] = field(default_factory=dict)
    contacts: int = 0

    def next_contact(self) -> int:
        """Its number, which no other part uses."""
        self.contacts += 1
        return self.contacts * self.parts + self.part


@dataclass(frozen=True)
class Plan:
    """What is walked through, by both sides alike: the whole book, or one of its parts."""

    what_if_id: int
    version: StrategyVersion
    creditors: Sequence[Creditor]
    first_day: date
    days: int
    in_flight: str
    today: date
    actor_id: int
    part: int = 0
    parts: int = 1

    @property
    def is_past(self) -> bool:
        return self.first_day < self.today

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)


def foretell(plan: Plan, *, on_day: Callable[[int], None]) -> dict[str, Course]:
    """Walk both sides through the days and write the steps they would take; nothing else stays.

    Runs in the caller's transaction. `on_day` is told how many days are done.
    """
    courses = {side.value: Course(side, plan.part, plan.parts) for side in Side}
    ids = [creditor.pk for creditor in plan.creditors]
    with shadow.copies() as cursor, read_once():
        agenda = _prepare(cursor, plan, ids)
        walk = _Walk(cursor, plan, agenda)
        for number in range(plan.days):
            day = plan.first_day + timedelta(days=number)
            shadow.roll(cursor, day, ids, is_condensed=not plan.is_past)
            if plan.is_past:
                shadow.promises_of(cursor, day)
            if number:
                ways.turn(cursor, day)
            walk.gate.begin_day(day)
            for side, course in courses.items():
                if agenda.is_empty(side, day):
                    continue
                with shadow.on_side(cursor, side):
                    walk.one_day(course, day)
                    if number in ANALYSED:
                        cursor.execute(
                            "ANALYZE pg_temp.campaigns_episode, pg_temp.campaigns_steprecord"
                        )
            on_day(number + 1)
    for course in courses.values():
        course.counted.clear()  # of no use to anybody any more, and parts are many
    return courses


def _prepare(cursor, plan: Plan, creditor_ids: list[int]) -> Agenda:
    shadow.make_copies(
        cursor, creditor_ids=creditor_ids, part=plan.part, parts=plan.parts
    )
    shadow.feeds_come(cursor)
    if plan.is_past:
        shadow.as_it_was(cursor, first_day=plan.first_day)
    else:
        condensed.condense(cursor, as_of=plan.today, last_day=plan.last_day)
    ways.make(cursor, plan.first_day)
    agenda = Agenda(cursor, first_day=plan.first_day, last_day=plan.last_day)
    for side in Side:
        with shadow.on_side(cursor, side):
            if side == Side.DRAFT:
                shadow.put_in_force(
                    cursor, plan.version, first_day=plan.first_day, in_flight=plan.in_flight
                )
            if plan.is_past:
                shadow.side_as_it_was(cursor, first_day=plan.first_day, today=plan.today)
            agenda.changes_of(side)
    return agenda


class _Texts:
    """The text of a message, as the run picks it, looked for once a kind of debtor."""

    def __init__(self, creditors: Sequence[Creditor]) -> None:
        self._book = TextBook()
        self._found: dict[tuple, Text] = {}
        self._creditors = {creditor.pk: creditor for creditor in creditors}

    def of(
        self, creditor_id: int, code: str, channel: str, language: str, payer_type: str, in_hardship: bool
    ) -> Text:
        key = (creditor_id, code, channel, language, payer_type, in_hardship)
        if key not in self._found:
            creditor = self._creditors[creditor_id]
            text = text_for(
                self._book, creditor, code=code, channel=channel, language=language,
                payer_type=payer_type, in_hardship=in_hardship,
            )  # fmt: skip
            self._found[key] = (
                Text("", prints_in(channel, text), text.template.notice)
                if isinstance(text, TemplateVersion)
                else Text(str(text), "", "")
            )
        return self._found[key]


class _Walk:
    """What all days and both sides share."""

    def __init__(self, cursor, plan: Plan, agenda: Agenda) -> None:
        self._cursor, self._plan, self._agenda = cursor, plan, agenda
        self._texts = _Texts(plan.creditors)
        self.gate = SharedGate(plan.first_day, plan.last_day)
        self._same: dict[Counted, Counted] = {}
        self._days: dict[tuple[datetime, str], date] = {}
        self._parties = Parties(cursor)

    def one_day(self, course: Course, day: date) -> None:
        cursor, creditors = self._cursor, self._plan.creditors
        houses = [
            House(row, datetime.combine(day, RUN_HOUR, clock.zone(row.time_zone))) for row in creditors
        ]
        with self._agenda.narrowed(course.side, day):
            bound = self._agenda.bound(course.side, day)
            judge_and_spare(cursor, houses, as_of=day, bound=bound, has_ways=True)
            cursor.execute(day_sql.COUNTS)
            course.spared.update(dict(cursor.fetchall()))
            cursor.execute("DROP TABLE IF EXISTS would, answer")
            cursor.execute(day_sql.WOULD, {"as_of": day})
        cursor.execute(day_sql.MESSAGES)
        messages = defaultdict(list)
        for row in cursor.fetchall():
            messages[row[0]].append(row)
        cursor.execute(day_sql.WORKS)
        works = defaultdict(list)
        for row in cursor.fetchall():
            works[row[0]].append(row)
        answers = Answers()
        asked = {
            house.creditor.pk: self._questions(
                course, house, messages[house.creditor.pk], answers, day
            )
            for house in houses
        }
        self.gate.prepare(
            [row.question for rows in asked.values() for one in rows for row in (one, *one.beside)]
        )
        for house in houses:
            self._ask(course, house, asked[house.creditor.pk], answers)
            self._work(course, house, works[house.creditor.pk], answers, day)
        given = {"what_if": self._plan.what_if_id, "side": course.side, "as_of": day, "run": None}
        answers.write(cursor)
        cursor.execute(day_sql.RECORD, given)
        cursor.execute(day_sql.REACHED, given)
        cursor.execute(day_sql.FORETOLD, given)
        if answers.notices:
            self._serve(houses, answers)
        course.spared.update(self._agenda.look_again(course.side, day))

    def _questions(
        self, course: Course, house: House, rows: Sequence[tuple], answers: Answers, day: date
    ) -> list[Asked]:
        """What the gate is to be asked: messages that have a text."""
        found = []
        apart = []
        for row in rows:
            if self._parties.concern(row[-1]):
                apart.append(row)
                continue
            creditor_id, debtor_id, code, channel, language, payer_type, hard, point_id, ids = row
            text = self._texts.of(creditor_id, code, channel, language, payer_type, hard)
            if text.lack:
                course.spared[text.lack] += len(ids)
                answers.refused(debtor_id, None, debtor_id, None, text.lack, "", channel)
                continue
            accounts = tuple(sorted(ids))
            question = Question(debtor_id, accounts, channel, point_id, house.now, text.prints)
            found.append(Asked(text, question, debtor_id))
        return found + (self._apart(course, house, apart, answers, day) if apart else [])

    def _apart(
        self, course: Course, house: House, rows: Sequence[tuple], answers: Answers, day: date
    ) -> list[Asked]:
        """The same for accounts with a representative or a joint debtor, as the run's own chunk does."""
        groups = self._parties.each(rows, as_of=day)
        had = self._parties.had(groups, as_of=day)
        beside = defaultdict(list)
        for group, own in self._parties.beside(groups, as_of=day):
            asked = self._one(house, own, had, lead_id=group.debtor_id)
            if not asked.text.lack and not asked.is_had:
                beside[id(group)].append(asked)
        found = []
        for group in groups:
            asked = self._one(house, group, had, lead_id=group.debtor_id)
            if asked.text.lack:
                course.spared[asked.text.lack] += len(group.account_ids)
                answers.refused(
                    group.debtor_id, asked.accounts, group.debtor_id, None, asked.text.lack, "",
                    group.channel,
                )  # fmt: skip
            else:
                found.append(asked._replace(beside=tuple(beside[id(group)])))
        return found

    def _one(self, house: House, group: Group, had: Had, *, lead_id: int) -> Asked:
        text = self._texts.of(
            group.creditor_id, group.template_code, group.channel, group.language, group.payer_type,
            group.in_hardship,
        )  # fmt: skip
        accounts = tuple(sorted(group.account_ids))
        is_had = bool(text.notice) and had.has(text.notice, group.debtor_id, accounts)
        question = Question(
            group.debtor_id, accounts, group.channel, group.point_id, house.now, text.prints
        )
        return Asked(text, question, lead_id, accounts, is_had)

    def _ask(
        self, course: Course, house: House, rows: Sequence[Asked], answers: Answers
    ) -> None:
        waiting = []
        for row in rows:
            if row.is_had or self._goes(course, house, row, answers):
                waiting.append(row)
        for row in waiting:
            records = row.is_had
            for own in row.beside:
                if self._goes(course, house, own, answers, is_beside=True, records=records):
                    records = False
            if records:
                course.spared[Spared.NOTICE] += len(row.question.account_ids)
                answers.refused(
                    row.lead_id, row.accounts, row.lead_id, None, str(Spared.NOTICE), "",
                    row.question.channel,
                )  # fmt: skip

    def _goes(
        self, course: Course, house: House, row: Asked, answers: Answers, *,
        is_beside: bool = False, records: bool = True,
    ) -> bool:  # fmt: skip
        """Whether the gate lets a message go. One beside another that it refuses is listed, but spares
        nobody: the step is taken, or not, by the other."""
        question = row.question
        moment, rule = self.gate.answer(question, course.counted)
        contact = course.next_contact()
        if moment is None:
            reason = str(SPARED_BY_RULE.get(rule, Spared.GATE))
            if not is_beside:
                course.spared[reason] += len(question.account_ids)
            answers.refused(
                row.lead_id, row.accounts, question.debtor_id, contact, reason, rule, question.channel,
                records=not is_beside,
            )  # fmt: skip
            return False
        place = (moment, house.creditor.time_zone)
        if place not in self._days:
            self._days[place] = clock.local_date(*place)
        self._count(course, question.debtor_id, question.channel, moment)
        answers.taken(
            "message", row.lead_id, contact, question.channel, self._days[place],
            accounts=row.accounts, debtor_id=question.debtor_id, notice=row.text.notice, records=records,
        )  # fmt: skip
        return True

    def _work(
        self, course: Course, house: House, rows: Sequence[tuple], answers: Answers, day: date
    ) -> None:
        """Calls, visits and other work: given on the day."""
        for _creditor_id, debtor_id, kind, officer_id in rows:
            channel = CHANNEL_OF_KIND.get(StepKind(kind), "")
            if channel:
                self._count(course, debtor_id, channel, house.now + CALLS_AFTER)
            answers.taken(
                kind, debtor_id, course.next_contact(), channel, day, officer_id=officer_id
            )

    def _count(self, course: Course, debtor_id: int, channel: str, at: datetime) -> None:
        """One object for all who are contacted at the same moment: the gate compares by identity."""
        contact = Counted(at, channel)
        course.counted.setdefault(debtor_id, []).append(self._same.setdefault(contact, contact))

    def _serve(self, houses: Sequence[House], answers: Answers) -> None:
        """Formal notices that would go out begin their clocks."""
        clocks = []
        for house in houses:
            for notice, channel, sent_on in sorted(answers.notices):
                method = METHOD_OF_CHANNEL[channel].value
                served, _by = clock_of(house.creditor, notice, method, sent_on)
                clocks.append(
                    {
                        "creditor_id": house.creditor.pk,
                        "notice": notice,
                        "channel": channel,
                        "contact_day": sent_on.isoformat(),
                        "method": method,
                        "served_on": served.served_on.isoformat(),
                        "next_step_from": served.next_step_from.isoformat(),
                    }
                )
        self._cursor.execute(
            day_sql.NOTICES, {"clocks": json.dumps(clocks), "actor": self._plan.actor_id}
        )
