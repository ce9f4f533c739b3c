"""A collector's figures as the page and the PDF show them, per currency."""

from decimal import Decimal
from typing import Any

from collections_app.core import pdf
from reports.rendering.identity import grouped, holds, strip


def money_strips(figures: dict) -> list[dict[str, Any]]:
    """One strip per currency, each with its verdict: opening and movements reach the closing."""
    found = []
    for code, row in figures.get("money", {}).items():
        groups = grouped(row)
        found.append({"code": code, "figures": strip(groups), "holds": holds(groups)})
    return found


def receipt_sums(figures: dict) -> list[tuple[str, Decimal]]:
    """What the receipts come to, per currency."""
    sums: dict[str, Decimal] = {}
    for row in figures["receipts"]:
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return sorted(sums.items())


def collector_pdf(*, report, proofs: list[dict], missing: list[dict], language: str) -> bytes:
    """The frozen report: strip and verdict on page one, receipts, contacts, promises, proofs, signers."""
    strips = money_strips(report.figures)
    return pdf.render(
        "pdf/reports/collector.html",
        {
            "report": report,
            "proofs": proofs,
            "missing": missing,
            "unproved": {row["entry"] for row in missing},
            "strips": strips,
            "sums": receipt_sums(report.figures),
            "all_hold": all(part["holds"] for part in strips),
            "short_hash": f"{report.content_sha256[:8]} {report.content_sha256[8:16]}",
        },
        language=language,
        stylesheets=("base.css", "report.css"),
    )
