"""What was learned after a report's cut-off, and what it would change in that report.

A signed month stays as it was signed. Entries recorded later with a value date up to its last day
are listed here, one by one; the month's own lines take those of its days, its opening those of the
days before. Every sum is computed twice: signed figures plus the listed entries must give what the
ledger says of that day today.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.ledger.queries import ageing
from reports.figures.collection import difference
from reports.figures.ledger_sums import officer_sums
from reports.figures.month import Month
from reports.figures.month_rows import FIGURES, MOVEMENTS, ON_LINE, SIGNED

CHANGED = [name for name in FIGURES if name not in ("prior_period", "transferred_in", "transferred_out")]


@dataclass(frozen=True)
class Restated:
    """One currency of a report: each figure as built, what was learned, and both together.

    `ledger_closing` is the ledger's own balance of the last day as known now, computed apart.
    """

    currency: str
    built: dict[str, Decimal]
    learned: dict[str, Decimal]
    entries: int
    ledger_closing: Decimal

    @property
    def restated(self) -> dict[str, Decimal]:
        return {name: self.built[name] + self.learned[name] for name in CHANGED}

    @property
    def changed(self) -> list[str]:
        """The figures that something learned moves, in the report's order."""
        return [name for name in CHANGED if self.learned[name]]

    @property
    def holds(self) -> bool:
        """Whether built and learned together are what the ledger says, line by line and in sum."""
        restated = {name: str(amount) for name, amount in self.restated.items()}
        kept = {name: str(self.built[name]) for name in ("prior_period", "transferred_in", "transferred_out")}
        return self.restated["closing"] == self.ledger_closing and difference({**restated, **kept}) == 0


_LEARNED = f"""
SELECT e.currency, count(*), {{lines}},
       coalesce(sum({SIGNED}) FILTER (WHERE e.value_date < %(first)s OR e.line = 'opening'), 0),
       sum({SIGNED})
FROM accounts_ledgerentry e
WHERE e.value_date <= %(last)s AND e.recorded_at > %(built_at)s AND e.recorded_at <= %(known_at)s
GROUP BY e.currency
"""


def restatement(*, dataset: dict, known_at: datetime) -> list[Restated]:
    """What a Collection Report of a month would say had all been known that is known at `known_at`."""
    month = Month.parse(dataset["month"])
    built_at = datetime.fromisoformat(dataset["known_at"])
    moment = {"first": month.first_day, "last": month.last_day, "built_at": built_at, "known_at": known_at}
    lines = ", ".join(
        f"coalesce(sum({ON_LINE}) FILTER (WHERE e.line = '{name}' AND e.value_date >= %(first)s), 0)"
        for name in MOVEMENTS
    )
    learned: dict[str, tuple[int, dict[str, Decimal]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LEARNED.format(lines=lines), moment)
        for currency, entries, *amounts in cursor.fetchall():
            *moved, opening, closing = amounts
            figures = dict(zip(MOVEMENTS, moved, strict=True))
            learned[currency] = entries, {**figures, "opening": opening, "closing": closing}
        cursor.execute(
            f"SELECT e.currency, sum({SIGNED}) FROM accounts_ledgerentry e"
            " WHERE e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s GROUP BY 1",
            moment,
        )
        balances = dict(cursor.fetchall())
    nothing = (0, dict.fromkeys(CHANGED, Decimal(0)))
    found = []
    for currency in sorted({*dataset["currencies"], *learned}):
        house = dataset["currencies"].get(currency, {})
        entries, figures = learned.get(currency, nothing)
        found.append(
            Restated(
                currency=currency,
                built={name: Decimal(house.get(name, "0")) for name in FIGURES},
                learned=figures,
                entries=entries,
                ledger_closing=balances.get(currency, Decimal(0)),
            )
        )
    return found


OF_OWNER = ["opening", *MOVEMENTS, "moved", "closing"]


@dataclass(frozen=True)
class RestatedOwner:
    """One currency of a collector's report: each figure as it was told, as the ledger says it of then,
    and as it would be told now. `moved` is what his accounts brought in less what they took along.
    """

    currency: str
    built: dict[str, Decimal]
    then: dict[str, Decimal]
    restated: dict[str, Decimal]

    @property
    def changed(self) -> list[str]:
        return [name for name in OF_OWNER if self.built[name] != self.restated[name]]

    @property
    def holds(self) -> bool:
        """Whether the report said what the ledger says was known then, so that nothing else differs."""
        return self.built == self.then


def restated_owner(
    *, figures: dict, officer_id: int, first_day: date, last_day: date, built_at: datetime, known_at: datetime
) -> list[RestatedOwner]:
    """What a collector's report with these `figures` of `built_at` would say had all been known that is
    known at `known_at`: entries, and which accounts were his. Summed from the entries alone."""
    days = {"officer_id": officer_id, "first_day": first_day, "last_day": last_day}
    told = {}
    for code, row in figures.get("money", {}).items():
        amounts = {name: Decimal(row[name]) for name in FIGURES}
        told[code] = amounts | {"moved": amounts["transferred_in"] - amounts["transferred_out"]}
    then, now = officer_sums(**days, known_at=built_at), officer_sums(**days, known_at=known_at)

    def of(found: dict, code: str) -> dict[str, Decimal]:
        return {name: found.get(code, {}).get(name, Decimal(0)) for name in OF_OWNER}

    return [
        RestatedOwner(currency=code, built=of(told, code), then=of(then, code), restated=of(now, code))
        for code in sorted({*told, *now})
    ]


@dataclass(frozen=True)
class RestatedBucket:
    """One bucket of the ageing, as built and as known now; amounts in the bucket's currency."""

    label: str
    built: Decimal
    now: Decimal

    @property
    def change(self) -> Decimal:
        return self.now - self.built


def restated_ageing(
    *, dataset: dict, currency: str, last_day: date, known_at: datetime
) -> list[RestatedBucket]:
    """The ageing of the month's last day by bucket, as built and as known at `known_at`."""
    before = dataset["ageing"].get(currency, {}).get("buckets", {})
    after = ageing(as_of=last_day, known_at=known_at).get(currency, {}).get("buckets", {})
    return [
        RestatedBucket(
            label=label,
            built=Decimal(before.get(label, {}).get("balance", "0")),
            now=after.get(label, {}).get("balance", Decimal(0)),
        )
        for label in (after or before)
    ]
