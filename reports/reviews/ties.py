"""Whether a collector's report still is what the ledger says, on its page and in its files."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from collections_app.core import audit, clock, documents
from reports.figures.ledger_sums import officer_sums
from reports.rendering.collector import money_strips, receipt_sums
from reports.rendering.printed import collector_lines
from reports.rendering.ties import Ties, ledger_of_money, money_figures, source_label, tie
from reports.reviews.models import CollectorReport

# The printed report is written in one language, whoever signs.
LANGUAGE = "en"


@translation.override(LANGUAGE)
def tied(report: CollectorReport) -> dict:
    """Compare a report with the ledger at its own knowledge; writes nothing."""
    strips = [part["strip"] for part in money_strips(report.figures)]
    sums = officer_sums(
        officer_id=report.officer_id,
        first_day=report.first_day,
        last_day=report.last_day,
        known_at=report.known_at,
    )
    kept = {"xlsx": report.workbook, "pdf": report.file}
    files = {form: documents.as_it_is(file) for form, file in kept.items() if file is not None}
    ties: Ties = tie(
        strips,
        ledger_of_money(strips, sums),
        workbook=files["xlsx"][0] if "xlsx" in files else None,
        figures_in=money_figures,
        pdf=files["pdf"][0] if "pdf" in files else None,
        lines=collector_lines(report.figures, receipt_sums(report.figures)),
    )
    for code, figures in sums.items():
        if code not in report.figures.get("money", {}) and any(figures.values()):
            ties.fault("ledger", code, _("not in the report"), f"{figures['closing']:f}")
    for form, (_content, is_whole) in files.items():
        if not is_whole:
            ties.fault(form, source_label(form), _("was changed after it was stored"), "")
    return ties.as_json(clock.now().isoformat())


@transaction.atomic
def check_ties(report: CollectorReport, *, actor) -> dict:
    """Compare a report with the ledger and keep the result."""
    report.ties = tied(report)
    report.save(update_fields=["ties"])
    audit.record(
        "collector_report.tied",
        report,
        actor=actor,
        after={"holds": report.ties["holds"], "faults": report.ties["fault_count"]},
    )
    return report.ties
