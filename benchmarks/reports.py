"""The three reports of the last whole month, built and rendered as XLSX, PDF, CSV and JSON."""

import time

from django.db import transaction

from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from collections_app.core import clock
from reports.closing.services import compute, take_cut_off
from reports.demonstration.office import TIME_ZONE
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.formats import FORMATS, render

SECONDS = 30
BARE = """
    SELECT a.currency, a.team_id, a.officer_id, e.line,
           sum(e.amount) FILTER (WHERE e.value_date >= %(first)s),
           sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END)
    FROM accounts_ledgerentry e JOIN accounts_account a ON a.id = e.account_id
    WHERE e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s GROUP BY 1, 2, 3, 4
"""


def measure(*, accounts: int, seed: int) -> Measured:
    month = Month.of(clock.today(TIME_ZONE)).previous
    known_at = take_cut_off()
    params = {"first": month.first_day, "last": month.last_day, "known_at": known_at}
    bare = median_seconds(statement(BARE, params), repeats=3)
    taken, detail = {}, {}
    for kind in ReportKind:
        begun = time.perf_counter()
        with transaction.atomic():
            dataset = compute(kind=kind, month=month, known_at=known_at, previous=None)
            transaction.set_rollback(True)
        detail[f"{kind}_figures_seconds"] = round(time.perf_counter() - begun, 2)
        for form in FORMATS:
            part = time.perf_counter()
            render(dataset, form)
            detail[f"{kind}_{form}_seconds"] = round(time.perf_counter() - part, 2)
        taken[f"{kind}_seconds"] = time.perf_counter() - begun
    return Measured(
        max(taken.values()),
        bare,
        figures=taken,
        limits=dict.fromkeys(taken, SECONDS),
        detail=detail,
    )
