"""Ledger = screen = Excel = PDF: each figure of a strip beside what every form of it really says.

The ledger's side is summed afresh by the caller; the other sides are read back from what was drawn
and stored. Amounts in the result are plain text with the currency's decimals; where a form says
something else, it stands there as it was read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from collections_app.core.money import decimals
from reports.figures.dataset import amount_text
from reports.figures.ledger_sums import LedgerSums
from reports.figures.month_rows import FIGURES
from reports.rendering.identity import Strip, grouped
from reports.rendering.labels import BY_LEVEL_LABELS, LEVEL_LABELS, figure_label, owner
from reports.rendering.printed import PrintedLine
from reports.rendering.readback import (
    Read,
    Unreadable,
    bare,
    number,
    pdf_pages,
    read_page,
    read_pdf,
    read_sheets,
    wrong_lines,
)

NAMED_FAULTS = 20

Ledger = Mapping[tuple[str, str], Decimal]


def source_label(source: str) -> str:
    return {"ledger": _("Ledger"), "screen": _("Screen"), "xlsx": _("Excel"), "pdf": _("PDF")}[source]


@dataclass
class Ties:
    """The result of one comparison, ready to be kept as JSON."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    accounts: int = 0
    differing: list[dict[str, str]] = field(default_factory=list)
    differing_count: int = 0

    def fault(self, source: str, where: str, reads: str, ledger: str) -> None:
        self.faults.append({"source": source, "where": where, "reads": reads, "ledger": ledger})

    def name_accounts(self, sums: LedgerSums) -> None:
        """Take over which accounts differ from what the report said of them, and whole currencies."""
        known = {row["currency"] for row in self.rows}
        for code, figures in sums.sums.items():
            if code not in known and any(figures.values()):
                closing = amount_text(figures["closing"], code)
                self.fault("ledger", code, _("not in the report"), closing)
        self.accounts, self.differing_count = sums.accounts, sums.differing_count
        self.differing = [
            {
                "number": row.number,
                "currency": row.currency,
                "figure": row.figure,
                "built": amount_text(row.built, row.currency),
                "ledger": amount_text(row.ledger, row.currency),
            }
            for row in sums.differing
        ]

    @property
    def holds(self) -> bool:
        return not self.faults and not self.differing_count

    def as_json(self, at: str) -> dict[str, Any]:
        return {
            "at": at,
            "language": get_language() or "en",
            "holds": self.holds,
            "rows": self.rows,
            "faults": self.faults[:NAMED_FAULTS],
            "fault_count": len(self.faults),
            "sources": self.sources,
            "accounts": self.accounts,
            "differing": self.differing,
            "differing_count": self.differing_count,
        }


def plain(strip: Strip, amount: Decimal) -> str:
    return amount_text(amount, strip.currency) if strip.currency else f"{amount:.0f}"


def ledger_of_money(strips: Sequence[Strip], sums: Mapping[str, Mapping[str, Decimal]]) -> Ledger:
    """The ledger's figures in the groups of money strips; `moved` is what transfers come to."""
    found = {}
    for strip in strips:
        row = {name: "0" for name in FIGURES}
        known = sums.get(strip.currency, {})
        row |= {name: str(amount) for name, amount in known.items() if name in row}
        groups = grouped(row)
        moved = known.get("moved", Decimal(0))
        for name, _head, _amount in strip.figures:
            found[strip.key, name] = groups[name]
            if name in ("moved_in", "moved_out"):
                # no entry says how often an account went to and fro, only what is left of it
                other = _amount_of(strip, "moved_out" if name == "moved_in" else "moved_in")
                found[strip.key, name] = other + moved if name == "moved_in" else other - moved
    return found


def _amount_of(strip: Strip, wanted: str) -> Decimal:
    return next((amount for name, _head, amount in strip.figures if name == wanted), Decimal(0))


def ledger_of_counts(fresh: Sequence[Strip]) -> Ledger:
    """The figures of strips that were counted anew."""
    return {(strip.key, name): amount for strip in fresh for name, _head, amount in strip.figures}


def tie(
    strips: Sequence[Strip],
    ledger: Ledger,
    *,
    workbook: bytes | None = None,
    figures_in: Callable[[list, Ties], Read] | None = None,
    pdf: bytes | None = None,
    lines: Sequence[PrintedLine] = (),
) -> Ties:
    """Hold the strips as drawn on the page, in the workbook and in the PDF against the ledger, and the
    `lines` of the PDF's tables against what they should say.

    `figures_in` finds the strips' figures among the sheets of the workbook. A form that was never
    made is left out and not among the `sources`.
    """
    ties = Ties(sources=["screen"])
    read = {"screen": read_page(strips)}
    if workbook is not None and figures_in is not None:
        ties.sources.append("xlsx")
        try:
            read["xlsx"] = figures_in(read_sheets(workbook), ties)
        except Unreadable:
            ties.fault("xlsx", source_label("xlsx"), _("cannot be read"), "")
    if pdf is not None:
        ties.sources.append("pdf")
        try:
            pages = pdf_pages(pdf)
            read["pdf"] = read_pdf(pages, strips)
            for line, reads in wrong_lines(pages, lines):
                ties.fault("pdf", line.where, reads or _("missing"), line.text)
        except Unreadable:
            ties.fault("pdf", source_label("pdf"), _("cannot be read"), "")
    for strip in strips:
        for name, head, _amount in strip.figures:
            _tie_figure(ties, strip, name, head, ledger.get((strip.key, name), Decimal(0)), read)
    return ties


def _tie_figure(
    ties: Ties, strip: Strip, name: str, head: str, amount: Decimal, read: dict[str, Read]
) -> None:
    right = plain(strip, amount)
    row: dict[str, Any] = {
        "key": strip.key, "currency": strip.currency, "name": name, "head": head, "ledger": right,
    }  # fmt: skip
    for source, found in read.items():
        if source == "screen" and not strip.is_on_page:
            continue
        text = found.get((strip.key, name))
        if text is not None and _says(text, strip, amount):
            row[source] = right
            continue
        row[source] = text if text is not None else _("missing")
        where = f"{strip.title}, {head}" if strip.title else head
        found_number = number(text)
        reads = row[source] if found_number is None else _exact(strip, found_number)
        ties.fault(source, where, reads, strip.text(amount))
    ties.rows.append(row)


def _exact(strip: Strip, amount: Decimal) -> str:
    """A cell's number as people write it, but with all decimals it really has."""
    text = cell(amount, strip.currency) if strip.currency else f"{amount:f}"
    return strip.text(amount) if text == plain(strip, amount) else text


def _says(text: str, strip: Strip, amount: Decimal) -> bool:
    """Whether a text is the amount: as a number with its decimals, or as the language writes it."""
    if text == plain(strip, amount):
        return True
    return bare(text) == bare(strip.text(amount))


def money_figures(sheets: list, ties: Ties) -> Read:
    """The strips of a workbook whose first sheet has a currency a row, its figures in their order."""
    found: Read = {}
    for line in sheets[0][1:] if sheets else []:
        row = {name: number(value) for name, value in zip(FIGURES, line[1:], strict=False)}
        if not line[0] or len(row) < len(FIGURES) or any(value is None for value in row.values()):
            continue
        groups = grouped({name: str(value) for name, value in row.items()})
        found |= {(str(line[0]), name): cell(amount, str(line[0])) for name, amount in groups.items()}
    return found


def collection_figures(dataset: dict) -> Callable[[list, Ties], Read]:
    """How the strips of a Collection Report are found in its workbook; notes rows that differ too."""

    def find(sheets: list, ties: Ties) -> Read:
        _tie_rows(dataset, sheets, ties)
        return money_figures(sheets, ties)

    return find


def cell(amount: Decimal, currency: str) -> str:
    """A cell's number with the currency's decimals, and with all of its own where they are more."""
    exact = amount.normalize()
    places = -int(exact.as_tuple().exponent)
    return f"{exact:.{max(places, decimals(currency))}f}"


def _tie_rows(dataset: dict, sheets: list, ties: Ties) -> None:
    for place, level in enumerate(LEVEL_LABELS, 1):
        wanted = [row for row in dataset["rows"] if row["level"] == level]
        lines = sheets[place][1:] if place < len(sheets) else []
        for at, row in enumerate(wanted):
            line = lines[at] if at < len(lines) else []
            for name, value in zip(FIGURES, [*line[2:], *([None] * len(FIGURES))], strict=False):
                found = number(value)
                if found == Decimal(row[name]):
                    continue
                of = f"{owner(row['name'])}, {row['currency']}"
                where = f"{BY_LEVEL_LABELS[level]}, {of}, {figure_label(name)}"
                reads = _("missing") if found is None else cell(found, row["currency"])
                ties.fault("xlsx", where, reads, row[name])


def counted_figures(strips: Sequence[Strip]) -> Callable[[list, Ties], Read]:
    """How counts are found in a workbook whose first sheet lists them one under the other."""

    def find(sheets: list, ties: Ties) -> Read:
        values = [line[1] if len(line) > 1 else None for line in (sheets[0][1:] if sheets else [])]
        names = [(strip.key, name) for strip in strips for name, _head, _amount in strip.figures]
        return {
            name: f"{count:.0f}"
            for name, value in zip(names, values, strict=False)
            if (count := number(value)) is not None
        }

    return find
