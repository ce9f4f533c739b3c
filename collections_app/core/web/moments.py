"""A moment as an address and a form say it: `known_at=2026-11-05 17:00`, in UTC."""

from datetime import UTC, date, datetime, time


def read_moment(text: str) -> datetime | None:
    """A moment of an address: a day (its end) or a day and a time, in UTC where no zone is said."""
    try:
        if len(text) == len("2026-11-01"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as an address says it; the end of a day by its day, microseconds only where there are."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    if plain.time() == time.max:
        return plain.date().isoformat()
    exact = "minutes" if not (plain.second or plain.microsecond) else "auto"
    return plain.isoformat(sep=" ", timespec=exact)
