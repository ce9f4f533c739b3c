"""A run of statements, as its job makes it: in chunks, each proved, judged, drawn and kept.

Safe to run again: what the run has made already is left alone. The figures of all are of one moment.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from accounts.ledger.models import Account
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Debtor
from accounts.policies.queries import read_once
from campaigns.sending.falling_back import raise_traces
from campaigns.statements.addressees import addressees
from campaigns.statements.enums import Delivery, Each, LeftOut
from campaigns.statements.figures import DoesNotBalance, Figures, prove
from campaigns.statements.mailing import Way, find_ways, points_of, unreached_in_words
from campaigns.statements.models import Statement, StatementRun
from campaigns.statements.papers import Sender, statement_html
from campaigns.statements.queries import Wanted, accounts_of, by_account, by_debtor, statements
from campaigns.statements.services import Paper, last_numbers, reference_of, write_papers
from collections_app.core import audit, documents, pdf
from collections_app.core.models import Organisation
from collections_app.core.pdf_writers import Writers

CHUNK = 50
WORTH_HELPERS = 20  # papers; starting a helper costs about as much as ten of them
MERGED_LIMIT = 200 * documents.MEGABYTE
# [debtor id, account id or None, reason, detail]
Out = list


def build_run(run: StatementRun, *, now: datetime, on_progress: Callable[[int, int], None]) -> StatementRun:
    """Make what the run ordered and has not made yet; its merged file comes last."""
    if run.finished_at is not None:
        return run
    wanted = _wanted(run)
    made = set(Statement.objects.filter(run=run).values_list("debtor_id", "account_id"))
    left_out: list[Out] = []
    todo = [row for row in wanted if (row.debtor_id, row.account_id) not in made]
    done = len(wanted) - len(todo)
    on_progress(done, len(wanted))
    with read_once(), Writers() as writers:
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            for ready in _make(run, chunk, left_out, writers, now):
                done += ready
                on_progress(done, len(wanted))
    return _finish(run, left_out, now)


def _wanted(run: StatementRun) -> list[Wanted]:
    accounts = list(accounts_of(Account.objects.filter(pk__in=run.account_ids)))
    return by_debtor(accounts) if run.each == Each.DEBTOR else by_account(accounts)


def _make(
    run: StatementRun, chunk: Sequence[Wanted], left_out: list[Out], writers: Writers, now: datetime
) -> Iterator[int]:
    """One chunk; says after each paper how many of the chunk are dealt with."""
    numbers = last_numbers(chunk, first_day=run.first_day, last_day=run.last_day)
    fresh = []
    for row in chunk:
        if numbers.get((row.debtor_id, row.account_id)) and not run.is_again:
            left_out.append([row.debtor_id, row.account_id, LeftOut.DONE.value, ""])
        else:
            fresh.append(row)
    yield len(chunk) - len(fresh)
    found = statements(fresh, first_day=run.first_day, last_day=run.last_day, known_at=run.known_at)
    proved = [figures for figures in found if _is_sound(figures, left_out)]
    yield len(fresh) - len(proved)
    papers = _judged(run, proved, left_out, now)
    yield len(proved) - len(papers)
    contents = []
    for content in _drawn(papers, writers):
        contents.append(content)
        yield 1
    if papers:
        write_papers(
            papers=papers,
            contents=contents,
            numbers=numbers,
            run=run,
            actor=run.actor,
            as_of=run.as_of,
            now=now,
        )


def _drawn(papers: Sequence[Paper], writers: Writers) -> Iterator[bytes]:
    """The papers as PDF: side by side where there are many, else here."""
    pages = [
        statement_html(paper.figures, paper.sender, reference=reference_of(paper.figures)) for paper in papers
    ]
    if len(pages) < WORTH_HELPERS or writers.count < 2:
        return map(pdf.from_html, pages)
    return writers.write(pages, stylesheets=pdf.STYLESHEETS)


def _is_sound(figures: Figures, left_out: list[Out]) -> bool:
    """Whether there is something to say and it balances; else why not stands on the list."""
    if figures.is_empty:
        left_out.append([figures.debtor_id, figures.account_id, LeftOut.NOTHING.value, ""])
        return False
    try:
        prove(figures)
    except DoesNotBalance as refusal:
        left_out.append([figures.debtor_id, figures.account_id, LeftOut.UNBALANCED.value, refusal.message])
        return False
    return True


def _judged(run: StatementRun, proved: Sequence[Figures], left_out: list[Out], now: datetime) -> list[Paper]:
    """Those that may be made: with a delivery, only those that may go out."""
    debtors = Debtor.objects.in_bulk([figures.debtor_id for figures in proved])
    readers = addressees(
        [(debtors[figures.debtor_id], figures.account_ids) for figures in proved], as_of=run.as_of
    )
    for figures, reader in zip(proved, readers, strict=True):
        if reader is None:
            left_out.append([figures.debtor_id, figures.account_id, LeftOut.SEVERAL.value, ""])
    told = [(figures, reader) for figures, reader in zip(proved, readers, strict=True) if reader is not None]
    points = points_of([reader.pk for _figures, reader in told], as_of=run.as_of)
    office = Organisation.objects.first()
    ways: list[Way | str | None] = [None] * len(told)
    if run.delivery != Delivery.NONE and told:
        ways = list(
            find_ways(
                [(reader, figures) for figures, reader in told],
                creditor=run.creditor,
                delivery=run.delivery,
                points=points,
                is_requested=False,
                as_of=run.as_of,
                now=now,
                actor=run.actor,
            )
        )
    papers, unreached = [], {}
    for (figures, reader), way in zip(told, ways, strict=True):
        if isinstance(way, str):
            left_out.append([figures.debtor_id, figures.account_id, way, ""])
            if way == LeftOut.NO_POINT:
                unreached[figures.debtor_id] = unreached_in_words(run.delivery)
            continue
        debtor = debtors[figures.debtor_id]
        point = points.get((reader.pk, ContactPointKind.ADDRESS))
        papers.append(Paper(debtor, figures, Sender(debtor, run.creditor, office, point, reader), way))
    if unreached:
        raise_traces(unreached, now=now, as_of=run.as_of, actor=run.actor)
    return papers


@transaction.atomic
def _finish(run: StatementRun, left_out: list[Out], now: datetime) -> StatementRun:
    """Merge the papers into one file in the order of the debtors, and close the run."""
    files = [
        row.document
        for row in Statement.objects.filter(run=run).select_related("document").order_by("debtor__name", "pk")
    ]
    if files:
        run.document = documents.store(
            content=pdf.merge(documents.read(file) for file in files),
            filename=f"statements-{run.pk}.pdf",
            kind="statements",
            owner=run.actor,
            subject=run,
            size_limit=MERGED_LIMIT,
        )
    run.left_out = sorted(left_out, key=lambda row: (row[2], row[0], row[1] or 0))
    queued = Statement.objects.filter(run=run, message__isnull=False).count()
    run.counts = {"made": len(files), "left_out": len(left_out), "queued": queued}
    run.finished_at = now
    run.save(update_fields=["document", "left_out", "counts", "finished_at"])
    audit.record("statement_run.finished", run, actor=run.actor, after=run.counts)
    return run
