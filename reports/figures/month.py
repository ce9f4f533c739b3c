"""The month a report is about, and the knowledge it is built on."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Month:
    """A calendar month of value dates."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From `YYYY-MM`; ValueError if it is not one."""
        year, _dash, number = text.partition("-")
        month = cls(int(year), int(number))
        if not 1 <= month.number <= 12 or not 1900 <= month.year <= 9998:
            raise ValueError(f"{text} is not a month like 2026-10.")
        return month

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def day_before(self) -> date:
        return self.first_day - timedelta(days=1)

    @property
    def previous(self) -> "Month":
        return Month.of(self.day_before)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True)
class SignedMonth:
    """The previous month as it was signed: this month opens with its closing balances."""

    build_id: int
    known_at: datetime


@dataclass(frozen=True)
class Period:
    """Any run of days; what is asked of a month's days can be asked of it."""

    first_day: date
    last_day: date
