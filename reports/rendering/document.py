"""Reports as PDF that management would hand on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils.translation import get_language

from collections_app.core import pdf
from reports.figures.month import Month
from reports.rendering.identity import group_labels, grouped, shown_groups, strip, strips_of
from reports.rendering.labels import (
    BY_LEVEL_LABELS,
    CHECK_LABELS,
    LEVEL_LABELS,
    doer,
    owner,
    title_of,
    word,
)
from reports.rendering.plots import printed_age_plot, printed_trend_plot
from reports.rendering.printed import PrintedLine, printed_lines

# Beyond this a table belongs into the workbook: 400 rows are about ten pages.
ROWS_IN_PRINT = 400


def _collection_context(dataset: dict) -> dict:
    currencies = []
    labels = group_labels()
    for code, figures in dataset["currencies"].items():
        rows = [
            (row["level"], owner(row["name"]), grouped(row))
            for row in dataset["rows"]
            if row["currency"] == code
        ]
        house = grouped(figures)
        shown = shown_groups([house, *(groups for _level, _name, groups in rows)])
        levels = [
            (
                LEVEL_LABELS[level],
                BY_LEVEL_LABELS[level],
                [(name, [groups[group] for group in shown]) for _level, name, groups in members],
            )
            for level, members in groupby(rows, key=lambda row: row[0])
        ]
        ageing, trend = dataset["ageing"].get(code), dataset["trend"].get(code)
        currencies.append(
            {
                "code": code,
                "strip": strip(house, without=("moved_in", "moved_out")),
                "figures": figures,
                "heads": [labels[group] for group in shown],
                "sums": [house[group] for group in shown],
                "levels": levels,
                "ageing": ageing,
                "trend_plot": printed_trend_plot(trend, code) if trend else None,
                "age_plot": printed_age_plot(ageing, code) if ageing else None,
            }
        )
    return {"currencies": currencies, "activities": dataset["activities"]}


def _registration_context(dataset: dict) -> dict:
    return {
        "rows": dataset["rows"][:ROWS_IN_PRINT],
        "more_rows": max(len(dataset["rows"]) - ROWS_IN_PRINT, 0),
        "creditors": dataset["creditors"],
    }


def _follow_up_context(dataset: dict) -> dict:
    by_officer: dict[str, dict[str, int]] = {}
    for row in dataset["rows"]:
        counts = by_officer.setdefault(doer(row["officer"]), dict.fromkeys(dataset["attempts"], 0))
        counts[row["channel"]] += 1
    statuses = Counter(row["follow_up_status"] for row in dataset["rows"] if row["follow_up_status"])
    outcomes = Counter(row["outcome"] for row in dataset["rows"])
    return {
        "channels": [(word(name, "channel"), count) for name, count in dataset["attempts"].items()],
        "by_officer": sorted(
            (officer, list(counts.values()), sum(counts.values())) for officer, counts in by_officer.items()
        ),
        "statuses": sorted((word(status, "follow_up"), count) for status, count in statuses.items()),
        "outcomes": [
            (word(outcome, "outcome"), count)
            for outcome, count in sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
        ],
        "rows": [
            {**row, "when": datetime.fromisoformat(row["at"])} for row in dataset["rows"][:ROWS_IN_PRINT]
        ],
        "more_rows": max(len(dataset["rows"]) - ROWS_IN_PRINT, 0),
    }


def lines_of(dataset: dict) -> list[PrintedLine]:
    """The lines of every table that the PDF of a report prints."""
    return printed_lines(dataset, CONTEXTS[dataset["report"]](dataset))


@dataclass(frozen=True)
class Signature:
    """A box under the title page: what was done, by whom, when; without a name it is still to do."""

    verb: str
    name: str = ""
    at: datetime | None = None


CONTEXTS = {
    "collection": _collection_context,
    "registration": _registration_context,
    "followup": _follow_up_context,
}


def report_pdf(dataset: dict, signatures: Sequence[Signature] = ()) -> bytes:
    """The PDF of a report: title page with strip, verdict and signatures, tables, plots, page x of y."""
    month = Month.parse(dataset["month"])
    return pdf.render(
        f"pdf/reports/{dataset['report']}.html",
        {
            "dataset": dataset,
            "title": title_of(dataset),
            "first_day": month.first_day,
            "last_day": month.last_day,
            "as_of": date.fromisoformat(dataset["as_of"]),
            "signatures": signatures,
            "known_at": datetime.fromisoformat(dataset["known_at"]),
            "strips": strips_of(dataset),
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
