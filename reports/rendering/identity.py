"""The lines of the identity in the groups that a strip and a printed table have room for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from collections_app.core import money
from reports.figures.month_rows import MINUS, PLUS
from reports.rendering.labels import word

# The workbook has every line by itself.
GROUPS: list[tuple[str, list[str]]] = [
    ("opening", ["opening"]),
    ("new", ["charges", "fees", "interest", "penalties", "refunds", "debit_adjustments",
             "write_offs_reversed"]),
    ("returned", ["payments_returned"]),
    ("prior", ["prior_period"]),
    ("moved_in", ["transferred_in"]),
    ("moved_out", ["transferred_out"]),
    ("collected", ["collected"]),
    ("credits", ["charges_reversed", "credit_notes", "credit_adjustments", "discounts"]),
    ("written_off", ["written_off"]),
    ("closing", ["closing"]),
]  # fmt: skip
ADDED = ("opening", "new", "returned", "prior", "moved_in")
TAKEN = ("moved_out", "collected", "credits", "written_off")
ALWAYS_SHOWN = {"opening", "new", "collected", "closing"}


def group_labels() -> dict[str, str]:
    """Heads of the grouped figures, with the sign they count with."""
    return {
        "opening": _("Opening"),
        "new": _("+ New"),
        "returned": _("+ Returned"),
        "prior": _("+ Prior period"),
        "moved_in": _("+ Moved in"),
        "moved_out": _("\u2212 Moved out"),
        "collected": _("\u2212 Collected"),
        "credits": _("\u2212 Credits"),
        "written_off": _("\u2212 Written off"),
        "closing": _("= Closing"),
    }


def grouped(row: dict[str, str]) -> dict[str, Decimal]:
    """The figures of a row in the groups of the strip; signs as the group's head says."""
    return {name: sum((Decimal(row[line]) for line in lines), Decimal(0)) for name, lines in GROUPS}


def holds(groups: dict[str, Decimal]) -> bool:
    """Whether opening and movements of a grouped row reach its closing."""
    reached = sum(groups[name] for name in ADDED) - sum(groups[name] for name in TAKEN)
    return reached == groups["closing"]


def shown_groups(rows: Iterable[dict[str, Decimal]], *, without: Iterable[str] = ()) -> list[str]:
    """The groups worth a column: the four that are always asked for, and any that is not all zero."""
    rows, left_out = list(rows), set(without)
    return [
        name for name, _lines in GROUPS
        if name not in left_out and (name in ALWAYS_SHOWN or any(row[name] for row in rows))
    ]  # fmt: skip


def strip(groups: dict[str, Decimal], *, without: Iterable[str] = ()) -> list[tuple[str, str, Decimal]]:
    """(name, head with its sign, amount) of the figures that a strip shows; they reach the closing."""
    labels = group_labels()
    return [(name, labels[name], groups[name]) for name in shown_groups([groups], without=without)]


@dataclass(frozen=True)
class Strip:
    """A row of figures that reach each other, as page and print show it: money, or counts.

    `key` tells the strips of a report apart: the currency, or what is counted. `figures` are (name,
    head with its sign, amount).
    """

    key: str
    figures: tuple[tuple[str, str, Decimal], ...]
    currency: str = ""
    title: str = ""
    is_on_page: bool = True

    def text(self, amount: Decimal) -> str:
        """A figure as the reader's language writes it; a count is written as money without decimals."""
        return money.format_amount(amount, self.currency or "JPY", get_language() or "en")


def money_strip(code: str, row: Mapping[str, str], *, without: Iterable[str] = ()) -> Strip:
    """The strip of one currency from a row of the identity."""
    return Strip(code, tuple(strip(grouped(row), without=without)), currency=code, title=code)


def strips_of(dataset: dict) -> list[Strip]:
    """Every strip of a monthly report, in the order of its first page."""
    if dataset["report"] == "collection":
        house = ("moved_in", "moved_out")
        return [money_strip(code, row, without=house) for code, row in dataset["currencies"].items()]
    if dataset["report"] == "registration":
        return [
            _counts("accounts", _("Accounts"), dataset["accounts"], {
                "open_at_start": _("Open at the start"),
                "registered": _("+ Registered"),
                "reopened": _("+ Reopened"),
                "closed": _("\u2212 Closed"),
                "open_at_end": _("= Open at the end"),
            }),
            _counts("with_balance", _("Accounts with a balance"), dataset["with_balance"], {
                "at_start": _("At the start"),
                "registered": _("+ Registered"),
                "reopened": _("+ Owing again"),
                "cleared": _("\u2212 Cleared"),
                "at_end": _("= At the end"),
            }, is_on_page=False),
        ]  # fmt: skip
    heads = {name: word(name, "channel") for name in dataset["attempts"]}
    heads |= {"contacts_made": _("Contacts made"), "right_party": _("Right party")}
    return [_counts("attempts", _("Contact attempts"), {**dataset, **dataset["attempts"]}, heads)]


def _counts(key: str, title: str, counts: Mapping, heads: dict[str, str], *, is_on_page=True) -> Strip:
    figures = tuple((name, head, Decimal(counts[name])) for name, head in heads.items())
    return Strip(key, figures, title=title, is_on_page=is_on_page)


def _check_grouping() -> None:
    lines = [line for _name, lines in GROUPS for line in lines]
    if sorted(lines) != sorted(["opening", *PLUS, *MINUS, "closing"]):
        raise AssertionError("every line of the identity stands in exactly one group")
    if sorted(["closing", *ADDED, *TAKEN]) != sorted(name for name, _lines in GROUPS):
        raise AssertionError("every group adds or takes away")


_check_grouping()
