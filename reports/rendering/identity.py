"""The lines of the identity in the groups that a strip and a printed table have room for."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from reports.figures.month_rows import MINUS, PLUS

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


def _check_grouping() -> None:
    lines = [line for _name, lines in GROUPS for line in lines]
    if sorted(lines) != sorted(["opening", *PLUS, *MINUS, "closing"]):
        raise AssertionError("every line of the identity stands in exactly one group")
    if sorted(["closing", *ADDED, *TAKEN]) != sorted(name for name, _lines in GROUPS):
        raise AssertionError("every group adds or takes away")


_check_grouping()
