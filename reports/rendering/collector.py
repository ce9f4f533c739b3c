"""A collector's figures as page, workbook and PDF show them, per currency."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from collections_app.core import pdf
from collections_app.core.spreadsheets import Column, Sheet, control_sheet, print_mark, write_workbook
from reports.figures.month_rows import FIGURES
from reports.rendering.identity import grouped, holds, money_strip
from reports.rendering.labels import figure_label, word


def money_strips(figures: dict) -> list[dict[str, Any]]:
    """One strip per currency, each with its verdict: opening and movements reach the closing."""
    found = []
    for code, row in figures.get("money", {}).items():
        drawn = money_strip(code, row)
        found.append({"code": code, "strip": drawn, "figures": drawn.figures, "holds": holds(grouped(row))})
    return found


def collector_workbook(*, report, proofs: list[dict]) -> bytes:
    """The same as a workbook: every line of the identity, receipts with their proofs, contacts, promises."""
    figures = report.figures
    proved = {row["entry"]: row["title"] for row in proofs}

    def money(title: str, *, total: bool = False) -> Column:
        return Column(title, "money", currency_from=_("Currency"), total=total)

    currency = Column(_("Currency"), width=10)
    sheets = [
        Sheet(
            _("Money"),
            [currency, *(money(figure_label(name)) for name in FIGURES)],
            [
                [code, *(Decimal(row[name]) for name in FIGURES)]
                for code, row in figures.get("money", {}).items()
            ],
        ),
        Sheet(
            _("Receipts"),
            [
                Column(_("Day"), "date"), Column(_("Account"), width=16), Column(_("How"), width=14),
                Column(_("Reference"), width=20), Column(_("Proof"), width=28), currency,
                money(_("Amount"), total=True),
            ],
            [
                [date.fromisoformat(row["value_date"]), row["account"], word(row["method"], "method"),
                 row["reference"], proved.get(row["entry"], ""), row["currency"], Decimal(row["amount"])]
                for row in figures.get("receipts", [])
            ],
            total_label=_("All"),
        ),
        Sheet(
            _("Contacts"),
            [
                Column(_("Channel"), width=14), Column(_("Attempts"), "int", total=True),
                Column(_("Contacts made"), "int", total=True), Column(_("Right party"), "int", total=True),
            ],
            [
                [word(row["channel"], "channel"), row["attempts"], row["contacts_made"], row["right_party"]]
                for row in figures.get("contacts", [])
            ],
        ),
        Sheet(
            _("Promises taken"),
            [Column(_("State"), width=16), Column(_("Number"), "int"), currency, money(_("Amount"))],
            [
                [word(row["status"], "promise"), row["count"], row["currency"], Decimal(row["amount"])]
                for row in figures.get("promises", [])
            ],
        ),
        control_sheet([
            (_("Officer"), str(report.officer)),
            (_("From"), report.first_day),
            (_("To"), report.last_day),
            (_("Known at (UTC)"), report.known_at),
            (_("Content SHA-256"), report.content_sha256),
        ]),
    ]  # fmt: skip
    write_workbook(
        sheets, stream := io.BytesIO(), title=_("Collector's report"), made_at=report.known_at,
        time_zone="UTC", mark=print_mark(),
    )  # fmt: skip
    return stream.getvalue()


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
