"""How often somebody was contacted, by the windows of caps, pauses and last resorts; pure.

A rolling window is so many times 24 hours: an attempt leaves it exactly that long after it was
made. A calendar window is the week from Monday or the month on the debtor's own clock; where he
may be in several zones it begins with the first of them and ends with the last.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from accounts.compliance.enums import Purpose
from accounts.compliance.facts import Counted, Facts
from accounts.compliance.hours import zone
from accounts.compliance.laws import Cap, Limit, Pause

FreeFrom = Callable[[datetime], datetime | None]


def counts_for(cap: Cap, counted: Counted) -> bool:
    """Whether a cap counts this contact at all."""
    if counted.is_inbound or counted.channel not in cap.channels:
        return False
    if counted.is_other and cap.per != "account":
        return False
    if cap.frees_asked and (counted.purpose == Purpose.REQUESTED or not counted.is_connected):
        return False
    return cap.counts == "attempts" or counted.is_contact_made or counted.channel in cap.always


def _series(facts: Facts, rows: list[Counted], per: str) -> list[list[datetime]]:
    """Moments oldest first: one list for the person, or one for each account asked about."""
    if per == "person" or not facts.account_ids:
        return [sorted([row.at for row in rows])] if rows else []
    found = []
    for account_id in facts.account_ids:
        of_account = [row.at for row in rows if row.account_ids is None or account_id in row.account_ids]
        if of_account:
            found.append(sorted(of_account))
    return found


def used_by(cap: Cap, facts: Facts) -> list[list[datetime]]:
    """What a cap counts, in lists of which none may reach its limit."""
    rows = [row for row in facts.counted if counts_for(cap, row)]
    return _series(facts, rows, cap.per) if rows else []


def used_at(cap: Cap, facts: Facts, series: Sequence[Sequence[datetime]], moment: datetime) -> int:
    """How many of the fullest list stand in the window that ends at `moment`."""
    if not series:
        return 0
    opens = _window_start(cap, facts, moment)
    leave = bisect_left if cap.calendar else bisect_right  # a calendar window has its first moment too
    fullest = 0
    for row in series:
        used = bisect_right(row, moment) - leave(row, opens)
        if used > fullest:
            fullest = used
    return fullest


def under_cap(cap: Cap, facts: Facts, series: Sequence[Sequence[datetime]], moment: datetime) -> datetime:
    """The moment itself when the cap leaves room, else the first that does."""
    reached = moment
    while used_at(cap, facts, series, reached) >= cap.limit:
        reached = _next_room(cap, facts, series, reached)
    return reached


def _next_room(cap: Cap, facts: Facts, series: Sequence[Sequence[datetime]], moment: datetime) -> datetime:
    """The next moment at which the fullest list has fewer in its window."""
    if cap.calendar:
        return min(
            start
            for name in facts.zones
            for start in [_period_start(cap.calendar, moment, name, 1)]
            if start > moment
        )
    window = timedelta(days=cap.days)
    opens = moment - window
    waits = []
    for row in series:
        inside = [at for at in row if opens < at <= moment]
        if len(inside) >= cap.limit:
            waits.append(inside[len(inside) - cap.limit] + window)
    return max(waits)


def _window_start(cap: Cap, facts: Facts, moment: datetime) -> datetime:
    if not cap.calendar:
        return moment - timedelta(days=cap.days)
    return min(_period_start(cap.calendar, moment, name, 0) for name in facts.zones or ("UTC",))


def _period_start(calendar: str, moment: datetime, zone_name: str, ahead: int) -> datetime:
    """When this week or month began in a zone, or the next one begins."""
    here = zone(zone_name)
    day = moment.astimezone(here).date()
    if calendar == "week":
        first = day - timedelta(days=day.weekday() - 7 * ahead)
    else:
        first = day.replace(day=1)
        if ahead:
            first = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time(0), here).astimezone(UTC)


# --- after a conversation ---


def conversations(pause: Pause, facts: Facts) -> list[datetime]:
    """Talks by phone about what is asked, whoever began them; a word left with somebody is none."""
    rows = [
        row
        for row in facts.counted
        if row.channel in pause.channels
        and row.is_contact_made
        and row.is_conversation
        and (pause.per == "account" or not row.is_other)
    ]
    return [at for series in _series(facts, rows, pause.per) for at in series] if rows else []


def after_talks(pause: Pause, facts: Facts, talks: Sequence[datetime], moment: datetime) -> datetime:
    """The moment itself, or the midnight that ends the pause: the talk's own day is its first."""
    reached = moment
    for at in talks:
        if at > moment:
            continue
        for name in facts.zones:
            here = zone(name)
            day: date = at.astimezone(here).date() + timedelta(days=pause.days)
            ends = datetime.combine(day, time(0), here).astimezone(UTC)
            reached = max(reached, ends)
    return reached


# --- last resorts ---


def tried_otherwise(limit: Limit, facts: Facts, moment: datetime) -> bool:
    """Whether other ways were tried often enough lately."""
    opens = moment - timedelta(days=limit.days)
    tries = [
        row
        for row in facts.counted
        if not row.is_inbound and row.channel not in limit.about and opens < row.at <= moment
    ]
    return len(tries) >= limit.number
