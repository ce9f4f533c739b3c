"""A day and a moment as an address and a form say them: `known_at=2026-11-05 17:00`, in UTC."""

from datetime import UTC, date, datetime, time

from django.utils.translation import gettext as _

from collections_app.core.web.figures import long_day_text

# Years that can be meant: who types 26 for the year into a field of days gets the year 26.
FIRST_YEAR, LAST_YEAR = 1900, 2199


def read_day(text: str) -> date | None:
    """A day of an address: 2026-11-05. None where it is no day, or one of a year that cannot be meant."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if can_be_meant(day) else None


def can_be_meant(day: date) -> bool:
    """Whether somebody can mean this day; those at the ends of the calendar have no day beside them."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def read_moment(text: str) -> datetime | None:
    """A moment of an address: a day (its end) or a day and a time, in UTC where no zone is said."""
    try:
        if len(text) == len("2026-11-01"):
            day = read_day(text)
            return None if day is None else datetime.combine(day, time.max, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not can_be_meant(moment):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as an address says it; the end of a day by its day, microseconds only where there are."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    if plain.time() == time.max:
        return plain.date().isoformat()
    exact = "minutes" if not (plain.second or plain.microsecond) else "auto"
    return plain.isoformat(sep=" ", timespec=exact)


def moment_words(moment: datetime, today: date) -> str:
    """A moment in UTC as a sentence says it: "Mon 5 Oct" for the end of a day, else with its time."""
    plain = moment.astimezone(UTC)
    day = long_day_text(plain.date(), today)
    if plain.time() == time.max:
        return day
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{plain:%H:%M}"}
