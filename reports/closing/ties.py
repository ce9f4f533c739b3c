"""Whether a build's figures still are what the ledger says, in every form it was given out in.

Done when a build is made, again by whoever asks and every night; a page only shows the last result.
The ledger is summed from its entries at the build's own knowledge, apart from the report's tables;
screen, workbook and PDF are read back.
"""

import json
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from collections_app.core import audit, clock, documents
from reports.closing.drawing import same_bytes
from reports.closing.models import ReportBuild
from reports.closing.queries import chain_of, compute_again
from reports.figures.dataset import canonical
from reports.figures.enums import ReportKind
from reports.figures.ledger_sums import LedgerSums, ledger_sums
from reports.figures.month import Month
from reports.rendering.document import lines_of
from reports.rendering.identity import Strip, strips_of
from reports.rendering.ties import (
    Ledger,
    Ties,
    collection_figures,
    counted_figures,
    ledger_of_counts,
    ledger_of_money,
    source_label,
    tie,
)


def check_ties(build: ReportBuild, *, actor) -> dict:
    """Compare a build with the ledger and keep the result; what was kept is returned.

    A file that is not the one that was stored, a figure that reads differently anywhere, an account of
    which the report said something else: each is a fault and is named.
    """
    content, is_whole = documents.as_it_is(build.dataset)
    with translation.override(_language(build)):
        dataset = json.loads(content)
        strips = strips_of(dataset)
        if build.kind == ReportKind.COLLECTION:
            sums = _sums(build)
            ties = _tie(build, dataset, strips, ledger_of_money(strips, sums.sums))
            ties.name_accounts(sums)
        else:
            fresh = compute_again(build, dataset)
            ties = _tie(build, dataset, strips, ledger_of_counts(strips_of(fresh)))
            _name_rows(ties, dataset, fresh)
        if not is_whole:
            ties.fault("ledger", _("The report's dataset"), _("was changed after it was stored"), "")
        result = ties.as_json(clock.now().isoformat())
    return _keep(build, result, actor)


def tie_files_again(build: ReportBuild, dataset: dict) -> None:
    """After a file was drawn anew (signed): read all of them again, against the sums found before."""
    if not build.ties:
        return
    before = build.ties
    with translation.override(_language(build)):
        strips = strips_of(dataset)
        sums = {(row["key"], row["name"]): Decimal(row["ledger"]) for row in before["rows"]}
        ties = _tie(build, dataset, strips, sums)
        ties.accounts, ties.differing = before["accounts"], before["differing"]
        ties.differing_count = before["differing_count"]
        build.ties = {**before, **ties.as_json(before["at"])}
    build.save(update_fields=["ties"])


def rebuild_and_compare(build: ReportBuild, *, actor) -> dict:
    """Compute a build anew from facts: whether hash and files come out the same; kept with the ties."""
    content, _is_whole = documents.as_it_is(build.dataset)
    stored = json.loads(content)
    fresh = compute_again(build, stored)
    agrees = canonical(fresh) == canonical(stored) and fresh["content_sha256"] == build.content_sha256
    files = same_bytes(build, fresh)
    rebuilt = {"at": clock.now().isoformat(), "same_hash": agrees, "files": files}
    ReportBuild.objects.filter(pk=build.pk).update(ties={**build.ties, "rebuilt": rebuilt})
    build.ties = {**build.ties, "rebuilt": rebuilt}
    audit.record(
        "report.proved",
        build,
        actor=actor,
        after={"agrees": agrees, "sha256": fresh["content_sha256"], "files": files},
    )
    return {
        "agrees": agrees,
        "stored": build.content_sha256,
        "fresh": fresh["content_sha256"],
        "files": files,
    }


def _language(build: ReportBuild) -> str:
    return build.drawn.get("language") or translation.get_language() or "en"


def _sums(build: ReportBuild) -> LedgerSums:
    accounts = documents.as_it_is(build.accounts_file)[0] if build.accounts_file else None
    return ledger_sums(
        month=Month.of(build.month),
        known_at=build.known_at,
        previous=chain_of(build.previous),
        accounts=accounts,
    )


def _tie(build: ReportBuild, dataset: dict, strips: list[Strip], ledger: Ledger) -> Ties:
    files, changed = {}, []
    for row in build.report_files.select_related("file"):
        if row.format not in ("xlsx", "pdf"):
            continue
        files[row.format], is_whole = documents.as_it_is(row.file)
        if not is_whole:
            changed.append(row.format)
    is_money = build.kind == ReportKind.COLLECTION
    ties = tie(
        strips,
        ledger,
        workbook=files.get("xlsx"),
        figures_in=collection_figures(dataset) if is_money else counted_figures(strips),
        pdf=files.get("pdf"),
        lines=lines_of(dataset),
    )
    for form in changed:
        ties.fault(form, source_label(form), _("was changed after it was stored"), "")
    return ties


def _name_rows(ties: Ties, dataset: dict, fresh: dict) -> None:
    """Accounts of rows that the facts no longer give, or give in another way."""
    then = {json.dumps(row, sort_keys=True) for row in dataset["rows"]}
    now = {json.dumps(row, sort_keys=True) for row in fresh["rows"]}
    numbers = set()
    for text in then ^ now:
        row = json.loads(text)
        numbers |= set(row.get("accounts") or [row.get("account", "")])
    ties.differing_count, ties.accounts = len(numbers), len(dataset["rows"])
    ties.differing = [
        {"number": number, "currency": "", "figure": "", "built": "", "ledger": ""}
        for number in sorted(numbers)[:20]
    ]


@transaction.atomic
def _keep(build: ReportBuild, result: dict, actor) -> dict:
    if build.ties.get("rebuilt"):
        result = {**result, "rebuilt": build.ties["rebuilt"]}
    ReportBuild.objects.filter(pk=build.pk).update(ties=result)
    build.ties = result
    audit.record(
        "report.tied",
        build,
        actor=actor,
        after={"holds": result["holds"], "faults": result["fault_count"],
               "accounts": result["differing_count"]},
    )  # fmt: skip
    return result
