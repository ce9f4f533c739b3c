"""Reports as PDF that management would hand on."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from collections_app.core import charts, pdf
from reports.figures.month_rows import MINUS, PLUS
from reports.rendering.labels import CHECK_LABELS, LEVEL_LABELS, title_of

# Beyond this a table belongs into the workbook: 400 rows are about ten pages.
ROWS_IN_PRINT = 400

# The strip and the printed tables group the lines of the identity; the workbook has them all.
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


def _check_grouping() -> None:
    lines = [line for _name, lines in GROUPS for line in lines]
    if sorted(lines) != sorted(["opening", *PLUS, *MINUS, "closing"]):
        raise AssertionError("every line of the identity stands in exactly one group")


_check_grouping()


# A picture in a PDF takes no style from the document, so it carries its own.
PLOT_STYLE = (
    "<style>"
    ".gl{stroke:#ddd;stroke-width:.6}.ax{stroke:#444;stroke-width:.8}.v{font-weight:700}"
    "rect{stroke:#111;stroke-width:.7}.p-now{fill:#111}.p-past,.p-a0{fill:#fff}"
    ".p-a1{fill:#eee}.p-a2{fill:#d0d0d0}.p-a3{fill:#a8a8a8}.p-a4{fill:#707070}.p-a5{fill:#222}"
    "</style>"
)


def _in_ink(plot: charts.Plot) -> charts.Plot:
    return replace(plot, svg=mark_safe(plot.svg.replace("</title>", f"</title>{PLOT_STYLE}", 1)))


def _trend_plot(steps: list[dict], currency: str) -> charts.Plot:
    data = [
        charts.Bar(
            label=step["month"][5:],
            value=Decimal(step["collected"]),
            text=charts.compact_number(Decimal(step["collected"])),
            css="p-now" if index == len(steps) - 1 else "p-past",
            is_current=index == len(steps) - 1,
        )
        for index, step in enumerate(steps)
    ]
    return _in_ink(charts.bars(_("Collected per month, %(currency)s") % {"currency": currency}, data))


def _age_plot(figures: dict, currency: str) -> charts.Plot:
    data = [
        charts.Bar(
            label=_("Current") if label == "current" else label,
            value=Decimal(box["balance"]),
            text=f"{Decimal(box['balance']):,}",
            css=f"p-a{min(index, 5)}",
        )
        for index, (label, box) in enumerate(figures["buckets"].items())
    ]
    return _in_ink(charts.hbars(_("Closing by age of item, %(currency)s") % {"currency": currency}, data))


def collection_context(dataset: dict) -> dict:
    """What the page and the PDF show of a Collection Report, per currency."""
    currencies = []
    for code, house in dataset["currencies"].items():
        rows = [row for row in dataset["rows"] if row["currency"] == code]
        levels = [
            (str(LEVEL_LABELS[level]), [(row["name"], grouped(row)) for row in members])
            for level, members in groupby(rows, key=lambda row: row["level"])
        ]
        currencies.append(
            {
                "code": code,
                "house": grouped(house),
                "figures": house,
                "levels": levels,
                "ageing": dataset["ageing"].get(code),
                "trend_plot": _trend_plot(dataset["trend"][code], code) if code in dataset["trend"] else None,
                "age_plot": _age_plot(dataset["ageing"][code], code) if code in dataset["ageing"] else None,
            }
        )
    return {"currencies": currencies, "groups": group_labels(), "activities": dataset["activities"]}


def _registration_context(dataset: dict) -> dict:
    return {
        "rows": dataset["rows"][:ROWS_IN_PRINT],
        "more_rows": max(len(dataset["rows"]) - ROWS_IN_PRINT, 0),
        "creditors": dataset["creditors"],
    }


def _follow_up_context(dataset: dict) -> dict:
    by_officer: dict[str, dict[str, int]] = {}
    for row in dataset["rows"]:
        counts = by_officer.setdefault(row["officer"], dict.fromkeys(Channel.values, 0))
        counts[row["channel"]] += 1
    statuses: dict[str, int] = {}
    for row in dataset["rows"]:
        if row["follow_up_status"]:
            statuses[row["follow_up_status"]] = statuses.get(row["follow_up_status"], 0) + 1
    return {
        "channels": [(Channel(name).label, count) for name, count in dataset["attempts"].items()],
        "by_officer": sorted(
            (officer, list(counts.values()), sum(counts.values())) for officer, counts in by_officer.items()
        ),
        "statuses": sorted(statuses.items()),
        "rows": [
            {**row, "when": datetime.fromisoformat(row["at"])} for row in dataset["rows"][:ROWS_IN_PRINT]
        ],
        "more_rows": max(len(dataset["rows"]) - ROWS_IN_PRINT, 0),
    }


CONTEXTS = {
    "collection": collection_context,
    "registration": _registration_context,
    "followup": _follow_up_context,
}


def report_pdf(dataset: dict) -> bytes:
    """The PDF of a report: title page, strip and verdict, tables, plots, page x of y."""
    return pdf.render(
        f"pdf/reports/{dataset['report']}.html",
        {
            "dataset": dataset,
            "title": title_of(dataset),
            "known_at": datetime.fromisoformat(dataset["known_at"]),
            "checks": [
                (CHECK_LABELS.get(check["name"], check["name"]), check) for check in dataset["checks"]
            ],
            "holding": sum(check["holds"] for check in dataset["checks"]),
            "all_hold": all(check["holds"] for check in dataset["checks"]),
            "short_hash": f"{dataset['content_sha256'][:8]} {dataset['content_sha256'][8:16]}",
            **CONTEXTS[dataset["report"]](dataset),
        },
        language=get_language() or "en",
        stylesheets=("base.css", "report.css"),
    )
