"""A contact profile as the decision reckons with it: one dated version, for one state.

Built from the clauses of `clauses` and never stored. The strict one, for a place nobody wrote a
profile for, is the strictest of every profile in force that day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from accounts.compliance.clauses import NOT_SURE, TIME_BARRED_WORDS, Clause, minutes_of
from accounts.compliance.enums import ClauseKind
from accounts.policies.contact_tables import WEEKDAYS

Spans = list[tuple[int, int]]
WHOLE_DAY = (0, 24 * 60)
STRICT = "strict"
# A rule that rests on the customs or papers of one country says nothing about another.
_LOCAL = {
    ClauseKind.CHANNELS,
    ClauseKind.PARTIES,
    ClauseKind.NUMBER_CHECK,
    ClauseKind.VALIDATION,
    ClauseKind.OVERSHADOW,
    ClauseKind.LAST_RESORT,
    ClauseKind.NOTICES,
    ClauseKind.WORKPLACE,
    ClauseKind.SAY,
    ClauseKind.DUTY,
}


@dataclass(frozen=True)
class Cap:
    """At most `limit` of `counts` ("attempts" or "contacts") by these channels in a window.

    The window is so many rolling days, or the calendar week or month. `per` says what is counted:
    all of the person, what concerned the same account of his ("debt"), or the same account
    whoever was reached ("account"). `always` are channels that make a contact by being used;
    `frees_asked` leaves out calls he asked for and such that never rang.
    """

    channels: frozenset[str]
    counts: str
    limit: int
    days: int
    per: str = "person"
    calendar: str = ""
    always: frozenset[str] = frozenset()
    frees_asked: bool = False
    source: str = ""

    @cached_property
    def name(self) -> str:
        """Its key in permits and in the verdict's counts."""
        window = self.calendar or f"{self.days}d"
        about = "" if self.per == "person" else f" {self.per}"
        return f"{'+'.join(sorted(self.channels))} {self.counts} {self.limit}/{window}{about}"

    def covers(self, other: "Cap") -> bool:
        """Whether the other allows nothing that this one does not allow already."""
        return (
            self.channels >= other.channels
            and (self.counts == other.counts or self.counts == "attempts")
            and self.limit <= other.limit
            and not self.calendar
            and self.days >= other.days
            and (self.per == other.per or other.per == "debt")
            and (self.always >= other.always or self.counts == "attempts")
            and (not self.frees_asked or other.frees_asked)
        )


@dataclass(frozen=True)
class LegalHours:
    """Open spans a weekday by these channels, at a place of work or anywhere."""

    channels: frozenset[str]
    week: tuple[tuple[tuple[int, int], ...], ...]
    is_workplace: bool = False
    source: str = ""


@dataclass(frozen=True)
class Closed:
    """Days on which these channels are silent: national public holidays, or the state's too."""

    channels: frozenset[str]
    level: str
    source: str


@dataclass(frozen=True)
class Pause:
    """No call for so many days from the day of a conversation on, about the same debt."""

    channels: frozenset[str]
    days: int
    per: str
    source: str


@dataclass(frozen=True)
class Stop:
    """A hold or dispute of these reasons stops demands, or all contact; on one account, or of the
    debtor wherever it stands. `is_as_held` stops what the hold stops, and says by which law."""

    reasons: frozenset[str]
    what: str
    is_wide: bool
    source: str
    is_as_held: bool = False


@dataclass(frozen=True)
class Limit:
    """A number of one clause with the channels or reasons it is about."""

    about: frozenset[str]
    number: int
    source: str
    days: int = 0
    is_forbidden: bool = False
    # (language, text) of the words it asks for
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Said:
    """A line that must be said on the phone at one point of a call; `words` are (language, text)."""

    key: str
    when: str
    words: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True)
class Overshadow:
    """No text of these tones from the first communication until so many days after the validation
    notice is taken as received: `receipt_days` business days after it was sent."""

    tones: frozenset[str]
    days: int
    receipt_days: int
    source: str


@dataclass(frozen=True)
class Law:
    """One version of a profile. `version` is its row's key, None for the data as shipped."""

    code: str
    valid_from: date
    version: int | None = None
    state: str = ""
    hours: tuple[LegalHours, ...] = ()
    closed: tuple[Closed, ...] = ()
    caps: tuple[Cap, ...] = ()
    pauses: tuple[Pause, ...] = ()
    stops: tuple[Stop, ...] = ()
    notices: tuple[Limit, ...] = ()
    channels: tuple[Limit, ...] = ()
    parties: tuple[Limit, ...] = ()
    workplace: tuple[Limit, ...] = ()
    number_checks: tuple[Limit, ...] = ()
    validation: tuple[Limit, ...] = ()
    last_resorts: tuple[Limit, ...] = ()
    time_bars: tuple[Limit, ...] = ()
    said: tuple[Said, ...] = ()
    overshadows: tuple[Overshadow, ...] = ()

    @cached_property
    def name(self) -> str:
        """Its key in permits: "us_reg_f 2021-11-30 TX"."""
        return " ".join(filter(None, [self.code, self.valid_from.isoformat(), self.state]))

    def __hash__(self) -> int:
        return hash((self.code, self.version, self.valid_from, self.state))

    @cached_property
    def longest_window(self) -> int:
        """How many days back the count ledger must be read."""
        days = [cap.days for cap in self.caps] + [pause.days for pause in self.pauses]
        return max([*days, *(limit.days for limit in self.last_resorts)], default=0)

    def hours_of(self, channel: str, is_workplace: bool) -> list[LegalHours]:
        """What binds a channel there; hours of the place of work take the place of the others."""
        found = [row for row in self.hours if channel in row.channels]
        at_work = [row for row in found if row.is_workplace]
        return at_work if is_workplace and at_work else [row for row in found if not row.is_workplace]


def law_of(
    code: str, valid_from: date, clauses: Iterable[Clause], *, version: int | None = None, state: str = ""
) -> Law:
    """The clauses for one state; an unknown one (empty) has the rules of every state."""
    parts: dict[str, list] = {}
    for clause in clauses:
        states = clause.value.get("states")
        if states and state and state not in states:
            continue
        built = _BUILD.get(clause.kind)
        if built is not None:
            name, make = built
            parts.setdefault(name, []).append(make(clause))
    return Law(
        code=code,
        valid_from=valid_from,
        version=version,
        state=state,
        **{name: tuple(rows) for name, rows in parts.items()},
    )


def _channels(clause: Clause) -> frozenset[str]:
    return frozenset(clause.value.get("channels", ()))


def _week(week: Mapping[str, str]) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple((minutes_of(week[day]),) if day in week else () for day in WEEKDAYS)


def _cap(clause: Clause) -> Cap:
    value = clause.value
    return Cap(
        channels=_channels(clause),
        counts=value["counts"],
        limit=value["limit"],
        days=value["days"],
        per=value.get("per", "person"),
        calendar=value.get("calendar", ""),
        always=frozenset(value.get("always", ())),
        frees_asked=value.get("frees_asked", False),
        source=clause.cited,
    )


def _limit(name: str, number: str):
    def make(clause: Clause) -> Limit:
        value = clause.value
        about = value.get(name, ())
        return Limit(
            frozenset([about] if isinstance(about, str) else about),
            value.get(number, 0),
            clause.cited,
            days=value.get("days", 0),
            is_forbidden=value.get("place") == "forbidden",
        )

    return make


def _time_bar(clause: Clause) -> Limit:
    words = clause.value.get("words", TIME_BARRED_WORDS)
    return Limit(frozenset({clause.value["demand"]}), 0, clause.cited, words=tuple(sorted(words.items())))


def _said(clause: Clause) -> Said:
    value = clause.value
    return Said(clause.key, value["when"], tuple(sorted(value["words"].items())), clause.cited)


def _overshadow(clause: Clause) -> Overshadow:
    value = clause.value
    return Overshadow(frozenset(value["tones"]), value["days"], value["receipt_days"], clause.cited)


_BUILD = {
    ClauseKind.HOURS: (
        "hours",
        lambda clause: LegalHours(
            _channels(clause), _week(clause.value["week"]), clause.value.get("place") == "work", clause.cited
        ),
    ),
    ClauseKind.HOLIDAYS: (
        "closed",
        lambda clause: Closed(_channels(clause), clause.value["level"], clause.cited),
    ),
    ClauseKind.CAP: ("caps", _cap),
    ClauseKind.PAUSE: (
        "pauses",
        lambda clause: Pause(_channels(clause), clause.value["days"], clause.value["per"], clause.cited),
    ),
    ClauseKind.STOP: (
        "stops",
        lambda clause: Stop(
            frozenset(clause.value["reasons"]),
            clause.value["what"],
            clause.value.get("wide", False),
            clause.cited,
            clause.value.get("as_held", False),
        ),
    ),
    ClauseKind.NOTICES: ("notices", _limit("reasons", "most")),
    ClauseKind.CHANNELS: ("channels", _limit("channels", "")),
    ClauseKind.PARTIES: ("parties", _limit("roles", "")),
    ClauseKind.WORKPLACE: ("workplace", _limit("channels", "")),
    ClauseKind.NUMBER_CHECK: ("number_checks", _limit("channels", "days")),
    ClauseKind.VALIDATION: ("validation", _limit("", "days")),
    ClauseKind.LAST_RESORT: ("last_resorts", _limit("channels", "after")),
    ClauseKind.TIME_BAR: ("time_bars", _time_bar),
    ClauseKind.SAY: ("said", _said),
    ClauseKind.OVERSHADOW: ("overshadows", _overshadow),
}


def strict_clauses(profiles: Iterable[Iterable[Clause]]) -> list[Clause]:
    """The clauses that a place without a profile of its own takes from all the others.

    What rests on one country alone is left out: its papers and customs (`_LOCAL`), the hours of its
    banks (`local` in the value), the rules of its states.
    """
    return [
        clause
        for clauses in profiles
        for clause in clauses
        if clause.kind not in _LOCAL and not clause.value.get("local") and not clause.value.get("states")
    ]


def strictest(laws: Law) -> Law:
    """The same law without what another of its rules says more strictly: hours of a channel as
    one span a day, caps that no other covers. It allows exactly what the long one allows."""
    hours = []
    for is_workplace in (False, True):
        for channel in sorted({name for row in laws.hours for name in row.channels}):
            rows = laws.hours_of(channel, is_workplace)
            if rows and any(row.is_workplace for row in rows) == is_workplace:
                hours.append(_one_of(channel, rows, is_workplace))
    caps: list[Cap] = []
    for cap in sorted(laws.caps, key=lambda cap: (cap.limit, -cap.days, cap.per != "person", cap.name)):
        if not any(kept.covers(cap) for kept in caps):
            caps = [kept for kept in caps if not cap.covers(kept)] + [cap]
    return replace(laws, hours=tuple(hours), caps=tuple(caps))


def _one_of(channel: str, rows: list[LegalHours], is_workplace: bool) -> LegalHours:
    """The hours that all rows leave open, with the sources of those that are needed to say so; of
    two that say the same, the surer one is named."""
    week = _met(rows)
    needed = list(rows)
    for row in sorted(rows, key=lambda row: (NOT_SURE["U"] not in row.source, row.source)):
        others = [other for other in needed if other is not row]
        if others and _met(others) == week:
            needed = others
    sources = "; ".join(sorted({row.source for row in needed}))
    return LegalHours(frozenset({channel}), week, is_workplace, sources)


def _met(rows: list[LegalHours]) -> tuple[tuple[tuple[int, int], ...], ...]:
    week = []
    for day in range(7):
        spans: Spans = [WHOLE_DAY]
        for row in rows:
            spans = meet(spans, row.week[day])
        week.append(tuple(spans))
    return tuple(week)


def meet(one: Iterable[tuple[int, int]], other: Iterable[tuple[int, int]]) -> Spans:
    """What lies in both sets of spans."""
    both = [
        (max(start, other_start), min(end, other_end))
        for start, end in one
        for other_start, other_end in other
    ]
    return sorted(span for span in both if span[0] < span[1])
