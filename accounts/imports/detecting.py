"""How a file writes its days and amounts, proved by its columns or asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.imports.columns import MEMO_LIMIT
from accounts.imports.formats import AMOUNT, DAY, MOMENT
from accounts.imports.mapping import FieldRule, Mapping
from accounts.imports.reading.understand import Block
from accounts.imports.reading.values import Verdict, detect_date_order, detect_decimal_mark


@dataclass
class Formats:
    """How days and amounts are written, per column of the file; questions where nothing proves it."""

    orders: dict[str, Verdict]
    marks: dict[str, Verdict]

    @property
    def questions(self) -> list[str]:
        asked = []
        if any(not verdict.is_certain for verdict in self.orders.values()):
            asked.append("date_order")
        if any(not verdict.is_certain for verdict in self.marks.values()):
            asked.append("decimal")
        return asked

    def order_of(self, column: str) -> str:
        return self.orders[column].choice

    def mark_of(self, column: str) -> str:
        return self.marks[column].choice


def detect_formats(mapping: Mapping, header: tuple[str, ...], table: Iterable[Block]) -> Formats:
    """Read the mapped columns of days and amounts through to the end and decide how to read them.

    What the mapping states is not asked. A column that proves nothing takes the order of the
    file's other columns where those agree: one program wrote them all.
    """
    days, amounts = mapping.columns_of_type(DAY, MOMENT), mapping.columns_of_type(AMOUNT)
    place = {name: number for number, name in enumerate(header)}
    open_days = {column: set() for column, rules in days.items() if not _stated(mapping, rules, "date_order")}
    open_amounts = {
        column: set() for column, rules in amounts.items() if not _stated(mapping, rules, "decimal")
    }
    watched = [(seen, place[column]) for column, seen in [*open_days.items(), *open_amounts.items()]]
    for block in table if watched else ():
        sound = block.plain or [row.cells for row in block if not row.fault]
        for seen, number in watched:
            if len(seen) < MEMO_LIMIT:
                seen.update([cells[number] for cells in sound])
    orders = {column: detect_date_order(seen) for column, seen in open_days.items()}
    marks = {column: detect_decimal_mark(seen) for column, seen in open_amounts.items()}
    for column, rules in days.items():
        orders.setdefault(column, Verdict(_stated(mapping, rules, "date_order"), True))
    for column, rules in amounts.items():
        marks.setdefault(column, Verdict(_stated(mapping, rules, "decimal"), True))
    return Formats(_agreed(orders), _agreed(marks))


def _stated(mapping: Mapping, rules: list[FieldRule], key: str) -> str:
    return next((rule.spec[key] for rule in rules if rule.spec.get(key)), mapping.settings.get(key, ""))


def _agreed(verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """Let columns that prove something speak for those that prove nothing."""
    proved = {verdict.choice for verdict in verdicts.values() if verdict.is_certain and verdict.is_proved}
    agreed = {}
    for column, verdict in verdicts.items():
        helped = proved & {verdict.choice, *verdict.others}
        if not verdict.is_certain and len(helped) == 1:
            verdict = Verdict(helped.pop(), True)
        agreed[column] = verdict
    return agreed
