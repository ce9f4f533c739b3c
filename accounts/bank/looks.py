"""What a preview shows, small enough to be kept: a page of a large file must not read it again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.bank.previews import DIFFERS, KNOWN, NEW, Part, Preview, Row

SHOWN = 200
# A person says of each differing line whether it is a payment of its own; nobody does of more.
MOST_ASKED = 500


@dataclass(frozen=True)
class LookRow:
    """One payment of the file, beside the line it differs from."""

    number: int
    day: date
    name: str
    text: str
    amount: Decimal
    currency: str
    state: str
    other_amount: Decimal | None = None
    other_text: str = ""
    why: str = ""


@dataclass(frozen=True)
class LookPart:
    """One statement of the file. `reconciles` is None where it states no balances; `before` is the last
    known closing, with its day, where the statement does not open with it."""

    name: str
    account: str
    currency: str
    days: list[date]
    opening: Decimal | None
    closing: Decimal | None
    booked: Decimal
    payments: int
    held: str
    reconciles: bool | None
    before: Decimal | None = None
    before_day: date | None = None

    @property
    def missing(self) -> Decimal:
        """By how much it opens above the last known closing; nought where it goes on from there."""
        return Decimal(0) if self.before is None or self.opening is None else self.opening - self.before


@dataclass(frozen=True)
class Look:
    """The whole file: `rows` are the first that a page shows, `differing` those a person is asked of."""

    parts: list[LookPart] = field(default_factory=list)
    rows: list[LookRow] = field(default_factory=list)
    differing: list[LookRow] = field(default_factory=list)
    new: int = 0
    known: int = 0
    differs: int = 0
    fault: str = ""

    @property
    def held(self) -> list[str]:
        return [self.fault] if self.fault else [part.held for part in self.parts if part.held]

    @property
    def rows_left(self) -> int:
        return self.new + self.known + self.differs - len(self.rows)

    def kept(self) -> dict[str, Any]:
        """For a JSON column; `of_kept` reads it."""
        return asdict(self)


def look_at(preview: Preview) -> Look:
    """What stands on the page of a file: what differs first, then what is new."""
    by_state: dict[str, list[Row]] = {DIFFERS: [], NEW: [], KNOWN: []}
    for row in preview.rows():
        by_state[row.state].append(row)
    shown = [row for state in (DIFFERS, NEW, KNOWN) for row in by_state[state][:SHOWN]][:SHOWN]
    return Look(
        parts=[_part(part) for part in preview.parts],
        rows=[_row(row) for row in shown],
        differing=[_row(row) for row in by_state[DIFFERS][:MOST_ASKED]],
        new=len(by_state[NEW]),
        known=len(by_state[KNOWN]),
        differs=len(by_state[DIFFERS]),
    )


def _part(part: Part) -> LookPart:
    one = part.statement
    return LookPart(
        name=one.name,
        account=part.bank_account.name if part.bank_account else one.account,
        currency=part.currency,
        days=[day for day in (one.opening_date, one.closing_date) if day is not None],
        opening=one.opening,
        closing=one.closing,
        booked=sum((booking.amount for booking in one.booked), Decimal(0)),
        payments=len(part.rows),
        held=part.held,
        reconciles=one.reconciles,
        before=part.before,
        before_day=part.before_day,
    )


def _row(row: Row) -> LookRow:
    return LookRow(
        number=row.number,
        day=row.booking.booking_date,
        name=row.payment.counterparty_name[:140],
        text=row.payment.text[:120],
        amount=row.payment.amount,
        currency=row.currency,
        state=row.state,
        other_amount=row.other.amount if row.other is not None else None,
        other_text=row.other.text[:120] if row.other is not None else "",
        why=row.why,
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def of_kept(kept: Mapping[str, Any]) -> Look:
    """A look that was kept."""

    def rows(name: str) -> list[LookRow]:
        return [
            LookRow(
                **{
                    **row,
                    "day": date.fromisoformat(row["day"]),
                    "amount": Decimal(row["amount"]),
                    "other_amount": _amount(row["other_amount"]),
                }
            )
            for row in kept[name]
        ]

    parts = [
        LookPart(
            **{
                **part,
                "days": [date.fromisoformat(day) for day in part["days"]],
                "opening": _amount(part["opening"]),
                "closing": _amount(part["closing"]),
                "booked": Decimal(part["booked"]),
                "before": _amount(part.get("before")),
                "before_day": _day(part.get("before_day")),
            }
        )
        for part in kept["parts"]
    ]
    counts = {name: kept[name] for name in ("new", "known", "differs", "fault")}
    return Look(parts=parts, rows=rows("rows"), differing=rows("differing"), **counts)
