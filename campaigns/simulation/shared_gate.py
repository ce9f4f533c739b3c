"""The gate as a run asks it, for both sides of a what-if and all its days.

What is known of a person (numbers, zone, holds, contacts so far) does not change on the way, so it is
read once and kept in short; only the contacts foretold for him are added. Most people differ in
nothing the decision looks at but their history of the last weeks: those share a `Kind`, and a
question is decided once for all who ask it with the same history, as far as it bears on the answer.
Who has something of his own that a day may change (a role or a number that ends, a held charge, a
dated contact fact) is read and decided as the queue does it. The decision is the gate's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from accounts.compliance.case import plan_of
from accounts.compliance.decision import (
    POINT_KIND,
    Counted,
    Facts,
    Point,
    Verdict,
    bearing,
    decide,
)
from accounts.compliance.enums import Purpose
from accounts.compliance.gathering import LONGEST_WINDOW, Asked, Known, Reading
from accounts.compliance.profiles import Profile
from accounts.compliance.rulebook import Rulebook, Whereabouts
from accounts.parties.enums import Channel
from accounts.policies.queries import kept
from campaigns.sending.services import LONGEST_WAIT
from collections_app.core import clock

CHUNK = 2_000


class Question(NamedTuple):
    """A message to one debtor at a moment; `prints` as `Asked` has it."""

    debtor_id: int
    account_ids: tuple[int, ...]
    channel: str
    point_id: int | None
    moment: datetime
    prints: str

    def asked(self) -> Asked:
        return Asked(
            debtor_id=self.debtor_id,
            account_ids=self.account_ids,
            channel=self.channel,
            moment=self.moment,
            purpose=Purpose.DEMAND,
            point_id=self.point_id,
            is_automatic=True,
            prints=self.prints,
        )


# The moment at which it may go, or None; and the rule that refuses or defers it.
Answer = tuple[datetime | None, str]


@dataclass(frozen=True)
class Kind:
    """People whom the decision tells apart by nothing but history and the point that is used."""

    facts: Facts
    creditor_id: int
    portfolio_id: int | None
    where: Whereabouts


class Kept(NamedTuple):
    """One debtor with a set of accounts: his kind, the states of his points, and who he is besides."""

    kind: int
    points: tuple[tuple[int, Point], ...]
    counted: tuple[Counted, ...]
    person_ids: tuple[int, ...]


class SharedGate:
    """`prepare` reads who a day's questions are about, `answer` says at which moment each may go.

    `first_day` and `last_day` bound the days that will be asked about.
    """

    def __init__(self, first_day: date, last_day: date) -> None:
        self._days = (first_day, last_day)
        self._rulebook: Rulebook = kept("rulebook", Rulebook.read)
        window = min(self._rulebook.longest_window, LONGEST_WINDOW)
        self._window = timedelta(days=window)
        self._kinds: list[Kind] = []
        self._place_of: dict[tuple, int] = {}
        self._kept: dict[tuple[int, tuple[int, ...]], Kept | None] = {}
        self._points: dict[tuple, Point] = {}
        self._checked = {POINT_KIND[Channel(name)] for name in self._rulebook.checked_channels}
        self._profiles: dict[tuple, Profile] = {}
        self._answers: dict[tuple, Answer] = {}  # of one day
        self._reads: dict[Question, Reading] = {}
        self._year = first_day.year

    def begin_day(self, day: date) -> None:
        """Answers of days before are no longer asked for; zones are told apart year by year."""
        self._answers.clear()
        if day.year != self._year:
            self._year = day.year
            self._kept.clear()

    def prepare(self, questions: Sequence[Question]) -> None:
        """Keep who is asked about for the first time, and read anew who cannot be kept."""
        fresh = [row for row in questions if (row.debtor_id, row.account_ids) not in self._kept]
        for start in range(0, len(fresh), CHUNK):
            chunk = fresh[start : start + CHUNK]
            asked = [row.asked() for row in chunk]
            read = Reading(asked)
            for question, row in zip(chunk, asked, strict=True):
                self._keep(question, read.known(row), read)
        own = [row for row in questions if self._kept[row.debtor_id, row.account_ids] is None]
        self._reads = {}
        for start in range(0, len(own), CHUNK):
            chunk = own[start : start + CHUNK]
            self._reads |= dict.fromkeys(chunk, Reading([row.asked() for row in chunk]))

    def answer(self, question: Question, counted: Mapping[int, Sequence[Counted]]) -> Answer:
        """To a question that was prepared; `counted` are the contacts foretold so far."""
        found = self._kept[question.debtor_id, question.account_ids]
        if found is None:
            return self._as_asked(self._reads[question], question, counted)
        return self._by_kind(found, question, counted)

    # ---- as the queue does it ----

    def _as_asked(
        self, read: Reading, question: Question, counted: Mapping[int, Sequence[Counted]]
    ) -> Answer:
        asked = question.asked()
        row = read.known(asked)
        own = tuple(more for pk in sorted(row.person_ids) for more in counted.get(pk, ()))
        verdict = row.with_counted(own).verdict()
        later = _soon_enough(verdict, asked.moment)
        if later is not None:
            verdict = read.known(replace(asked, moment=later)).with_counted(own).verdict()
            return (later if verdict.allowed else None), verdict.rule
        return (asked.moment if verdict.allowed else None), verdict.rule

    # ---- by kind ----

    def _by_kind(self, found: Kept, question: Question, counted: Mapping[int, Sequence[Counted]]) -> Answer:
        kind, channel = self._kinds[found.kind], question.channel
        point = next(state for pk, state in found.points if pk == question.point_id)
        rows, weighs = (), ()
        if found.counted or any(pk in counted for pk in found.person_ids):
            since = question.moment - self._window
            own = [row for pk in found.person_ids for row in counted.get(pk, ()) if row.at > since]
            rows = (*[row for row in found.counted if row.at > since], *own)
            weighs = bearing(self._profile(kind, question.moment), channel, rows)
        # a kind is of one creditor, so its moment of the day is the same; contacts are known by identity,
        # which is cheaper than what they say: `counted` shares equal ones
        key = (
            found.kind, channel, id(point), tuple(map(id, weighs)),
            question.account_ids if weighs and found.counted else (),
        )  # fmt: skip
        answer = self._answers.get(key)
        if answer is None:
            answer, is_of_all = self._judge_kind(kind, question, point, weighs, rows)
            if is_of_all:
                self._answers[key] = answer
        return answer

    def _judge_kind(
        self,
        kind: Kind,
        question: Question,
        point: Point,
        weighs: tuple[Counted, ...],
        rows: tuple[Counted, ...],
    ) -> tuple[Answer, bool]:
        """The answer, and whether it is that of all whose history bears on it alike; not where it may
        go later, under rules by which something else of it does."""
        facts = replace(
            kind.facts,
            account_ids=frozenset(question.account_ids),
            points=(point,),
            point_id=point.id,
            counted=weighs,
        )
        channel, moment = question.channel, question.moment
        verdict = decide(self._profile(kind, moment), facts, moment, channel, Purpose.DEMAND)
        later = _soon_enough(verdict, moment)
        if later is None:
            return ((moment if verdict.allowed else None), verdict.rule), True
        profile = self._profile(kind, later)
        is_of_all = _binds_alike(profile, self._profile(kind, moment), channel)
        if not is_of_all:
            facts = replace(facts, counted=rows)
        verdict = decide(profile, facts, later, channel, Purpose.DEMAND)
        return ((later if verdict.allowed else None), verdict.rule), is_of_all

    def _profile(self, kind: Kind, moment: datetime) -> Profile:
        day = clock.local_date(moment, kind.facts.business_zone)
        scope = (day, kind.creditor_id, kind.portfolio_id, kind.where)
        profile = self._profiles.get(scope)
        if profile is None:
            profile = self._profiles[scope] = self._rulebook.in_force(*scope)
        return profile

    # ---- reading ----

    def _keep(self, question: Question, known: Known, read: Reading) -> None:
        name = (question.debtor_id, question.account_ids)
        facts = known.facts
        if facts.terms or not read.is_steady(known.asked, *self._days):
            self._kept[name] = None
            return
        is_alike = not facts.holds and not facts.legal_states
        signature = (
            facts.zones, facts.is_zone_known, facts.business_zone, facts.calendar, id(facts.calendars),
            facts.contact_from, facts.contact_until, facts.allowed_channels, facts.roles,
            facts.is_released, known.creditor_id, known.portfolio_id, known.where,
            None if is_alike else name,
        )  # fmt: skip
        place = self._place_of.get(signature)
        if place is None:
            place = self._place_of[signature] = len(self._kinds)
            nobody = replace(facts, account_ids=frozenset(), points=(), point_id=None, counted=())
            self._kinds.append(Kind(nobody, known.creditor_id, known.portfolio_id, known.where))
        self._kept[name] = Kept(
            place,
            tuple([(row.id, self._state_of(row)) for row in facts.points]),
            facts.counted,
            tuple(sorted(known.person_ids)),
        )

    def _state_of(self, point: Point) -> Point:
        """The same object for all points in the same state, and whatever their key; since when it is in
        it matters where a law wants a number checked lately."""
        since = point.status_since if point.kind in self._checked else None
        key = (point.kind, point.status, since, point.is_workplace)
        found = self._points.get(key)
        if found is None:
            found = self._points[key] = Point(0, point.kind, point.status, since, point.is_workplace)
        return found


def _binds_alike(one: Profile, other: Profile, channel: str) -> bool:
    """Whether the same of a history bears on an answer under both."""
    return one is other or (
        plan_of(one, channel).caps == plan_of(other, channel).caps and one.laws == other.laws
    )


def _soon_enough(verdict: Verdict, moment: datetime) -> datetime | None:
    """The later moment the queue would ask for, where one is near enough."""
    later = verdict.next_moment
    if verdict.allowed or later is None or later - moment > LONGEST_WAIT:
        return None
    return later
