"""Comparing an ageing with the ledger, in every form it is given out in."""

import hashlib
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from accounts.position.aged_accounts import accounts_at_fault
from accounts.position.ageing import AgeingQuestion, ageing_in_parts, ledger_of_day, one_moment
from collections_app.core import clock
from collections_app.core.enums import JobStatus
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job
from reports.figures.dataset import amount_text
from reports.figures.rules import VIEW_AGEING
from reports.rendering.ageing import (
    PART_LABELS,
    ageing_figures,
    ageing_pdf,
    ageing_strip,
    ageing_workbook,
    bucket_text,
)
from reports.rendering.printed import ageing_lines
from reports.rendering.ties import NAMED_FAULTS, tie

IDS = ("creditor_ids", "portfolio_ids", "team_ids", "officer_ids", "seen_team_ids")


def key_of(question: AgeingQuestion) -> str:
    """A short name of a question, the same for the same question."""
    return hashlib.sha256(repr(question).encode()).hexdigest()[:40]


def asked_params(question: AgeingQuestion, *, asked: str, words: str) -> dict[str, Any]:
    """A question as a job keeps it; `asked` is its query string, `words` how people say it."""
    return {
        "as_of": question.as_of.isoformat(),
        "known_at": question.known_at.isoformat() if question.known_at else None,
        "basis": question.basis,
        **{name: getattr(question, name) for name in IDS},
        "asked": asked,
        "words": words,
    }


def question_of(params: dict[str, Any]) -> AgeingQuestion:
    ids = {name: None if params[name] is None else tuple(params[name]) for name in IDS}
    return AgeingQuestion(
        as_of=date.fromisoformat(params["as_of"]),
        known_at=datetime.fromisoformat(params["known_at"]) if params["known_at"] else None,
        basis=params["basis"],
        **ids,
    )


def named_account(row: tuple) -> dict[str, str]:
    """An account at fault, as a comparison keeps it and a page tells it."""
    number, code, items, owed = row
    return {
        "number": number,
        "currency": code,
        "figure": "open",
        "built": amount_text(items, code),
        "ledger": amount_text(owed, code),
    }


class CompareAgeing(JobRunner):
    """Draws an ageing as page, workbook and PDF, reads them back and holds them against the entries."""

    name = "reports.compare_ageing"
    title = _("Compare the ageing with the ledger")
    permission = VIEW_AGEING
    words = {"accounts": _("Accounts"), "differing_count": _("Accounts that differ"),
             "fault_count": _("Figures that differ")}  # fmt: skip

    def result_url(self, job):
        return f"{reverse('reports:ageing')}?{job.params['asked']}"

    def run(self, job, progress):
        question, words = question_of(job.params), job.params["words"]
        progress.total(2)
        with one_moment():
            answer, sums = ageing_in_parts(question), ledger_of_day(question)
            differing, differing_count = accounts_at_fault(question, answer, limit=NAMED_FAULTS)
        strips = [ageing_strip(row) for row in answer]
        progress.advance(1, translate("Summed"))
        made_at = clock.now()
        ties = tie(
            strips,
            {(code, name): amount for code, row in sums.items() for name, amount in row.items()},
            workbook=ageing_workbook(answer, question, words=words, taken_by=job.actor.full_name, at=made_at),
            figures_in=ageing_figures(answer),
            pdf=ageing_pdf(answer, question, words=words),
            lines=ageing_lines(answer, parts=PART_LABELS, name_of=bucket_text),
        )
        for row in answer:
            if not row.holds:
                ties.fault(
                    "ledger", row.currency, translate("ages, parts and credits do not sum"),
                    amount_text(row.ledger, row.currency),
                )  # fmt: skip
        ties.differing_count = differing_count
        ties.differing = [named_account(row) for row in differing]
        progress.advance(1, translate("All forms agree.") if ties.holds else translate("Something differs."))
        return ties.as_json(made_at.isoformat())


def last_comparison(question: AgeingQuestion) -> dict[str, Any]:
    """The result of the last comparison of exactly this question; empty where there is none."""
    job = (
        Job.objects.filter(runner=CompareAgeing.name, scope=key_of(question), status=JobStatus.DONE)
        .order_by("-id")
        .first()
    )
    return job.result if job else {}
