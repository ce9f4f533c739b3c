"""The verbs of an import: bring a file, say how to read it, check it, post it, take it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.imports.checks.context import touched_creditors
from accounts.imports.enums import IMPORT, ImportMode, ImportStatus, RowState
from accounts.imports.feeds import feed_arrived, feed_taken_back
from accounts.imports.mapping import parse_mapping, standard_mapping
from accounts.imports.missing import keep_missing
from accounts.imports.models import ImportBatch, ImportMapping, ImportRow
from accounts.imports.pipeline import Findings, Plan, check_file, faults_by_row, look, make_plan
from accounts.imports.posting.post import post_findings
from accounts.imports.posting.trail import Posting
from accounts.imports.queries import checked_state
from accounts.imports.reading.source import MAX_BYTES, FileNotReadable, Source
from accounts.imports.reading.understand import Dialect
from accounts.imports.rejects import keep_rejects
from accounts.imports.releasing import CreditorAlreadyReleased, release_creditor
from accounts.imports.reversal import take_back
from accounts.imports.rules import (
    POST_IMPORT,
    REVERSE_IMPORT,
    creditors_open_to,
    may_make_creditor,
)
from accounts.imports.trailers import require_trailer
from accounts.parties.models import Creditor
from collections_app.core import audit, clock, documents, passing
from collections_app.core.models import StoredFile
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CONTENT_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


class NotReadyToPost(Refused):
    """The import is not at the step where this can be done."""


class RowsHeldBack(Refused):
    """All rows were wanted or none, and some are held back."""


class CreditorOfOthers(Refused):
    """The file would change the book of a creditor that the actor does not work for."""


class NothingToPost(Refused):
    """No row of the file is good."""


class CheckedAgainMeanwhile(Refused):
    """What somebody confirms is not what he has seen: another changed columns or rows."""


@dataclass(frozen=True)
class Options:
    """The clerk's choices about a file as a whole."""

    mode: str = ImportMode.COMPLETE
    is_cut_over: bool = False
    accepts_amended: bool = False


@transaction.atomic
def upload(
    *,
    kind: str,
    source: Source,
    creditor: Creditor | None = None,
    creditor_code: str = "",
    mapping: dict | None = None,
    options: Options | None = None,
    chosen: dict | None = None,
    actor,
    as_of: date,
) -> ImportBatch:
    """Keep a file and what we understand of it. Nothing of it is in the books yet.

    `chosen` are answers about reading (encoding, delimiter, sheet, header_row ...). `creditor_code`
    names a creditor that the file itself makes. Without a mapping the creditor's last one whose
    columns fit is suggested. Raises FileNotReadable.
    """
    require(actor, POST_IMPORT)
    options = options or Options()
    dialect = look(source, kind, mapping, **(chosen or {}))
    content = source.content if source.content is not None else source.path.read_bytes()
    batch = ImportBatch(
        kind=kind,
        creditor=creditor,
        creditor_code=creditor.code if creditor else creditor_code,
        filename=source.filename[:200],
        mode=options.mode,
        is_cut_over=options.is_cut_over,
        accepts_amended=options.accepts_amended,
        dialect=dialect.as_json(),
        uploaded_by=actor,
    )
    batch.file = documents.store(
        content=content,
        filename=source.filename,
        kind="import",
        owner=actor,
        size_limit=MAX_BYTES,
        content_type="application/gzip" if source.is_gzipped else CONTENT_TYPES[source.container],
    )
    batch.mapping = mapping or suggested_mapping(kind, creditor, dialect.header)
    batch.save()
    StoredFile.objects.filter(pk=batch.file_id).update(
        subject_type=ImportBatch._meta.label_lower, subject_id=batch.pk
    )
    IMPORT.start(batch, actor=actor, as_of=as_of)
    audit.record(
        "import.uploaded",
        batch,
        actor=actor,
        after={"kind": kind, "sha256": batch.file.sha256, "creditor": creditor},
    )
    return batch


def suggested_mapping(kind: str, creditor: Creditor | None, header: tuple[str, ...]) -> dict:
    """The creditor's newest kept mapping that this header satisfies, else the standard names."""
    kept = ImportMapping.objects.filter(kind=kind, creditor=creditor).order_by("-saved_at")
    for known in kept:
        try:
            parse_mapping(known.mapping, header, kind=kind)
        except Refused:
            continue
        return known.mapping
    return standard_mapping(kind, header)


@transaction.atomic
def choose_reading(*, batch: ImportBatch, chosen: dict, actor, as_of: date) -> ImportBatch:
    """Read the file another way: encoding, delimiter, quote, sheet, header row."""
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    dialect = look(source_of(batch), batch.kind, **chosen)
    if dialect.header != Dialect.from_json(batch.dialect).header:
        batch.mapping = suggested_mapping(batch.kind, batch.creditor, dialect.header)
    batch.dialect = dialect.as_json()
    batch.save(update_fields=["dialect", "mapping"])
    audit.record("import.read_again", batch, actor=actor, after={"chosen": chosen})
    return batch


@transaction.atomic
def choose_columns(
    *, batch: ImportBatch, mapping: dict, keep_as: str = "", actor, as_of: date
) -> ImportBatch:
    """Say what each column means. `keep_as` keeps the mapping for the creditor's next file.

    Raises MappingRefused.
    """
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    parse_mapping(mapping, tuple(batch.dialect["header"]), kind=batch.kind)
    if batch.status != ImportStatus.MAPPED:
        IMPORT.advance(batch, to=ImportStatus.MAPPED, actor=actor, as_of=as_of)
    batch.mapping, batch.fixes = mapping, {}
    batch.save(update_fields=["mapping", "fixes"])
    audit.record("import.columns_chosen", batch, actor=actor, after={"kept_as": keep_as})
    if keep_as:
        save_mapping(creditor=batch.creditor, kind=batch.kind, name=keep_as, mapping=mapping, actor=actor)
    return batch


@transaction.atomic
def save_mapping(*, creditor: Creditor | None, kind: str, name: str, mapping: dict, actor) -> ImportMapping:
    """Keep a mapping under a name; one of the same name is replaced."""
    require(actor, POST_IMPORT)
    kept, _is_new = ImportMapping.objects.update_or_create(
        creditor=creditor, kind=kind, name=name[:80], defaults={"mapping": mapping, "saved_by": actor}
    )
    audit.record("import.mapping_kept", kept, actor=actor, after={"name": name, "creditor": creditor})
    return kept


def source_of(batch: ImportBatch) -> Source:
    """The file of a batch as it was brought."""
    return Source.from_bytes(batch.filename, documents.read(batch.file))


def plan_of(batch: ImportBatch) -> Plan:
    """How the file of an import is read: its bytes, its dialect, its mapping, and what was put right."""
    return make_plan(
        source_of(batch),
        Dialect.from_json(batch.dialect),
        batch.mapping,
        kind=batch.kind,
        fixes=batch.fixes,
    )


def _open_batch(batch: ImportBatch) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.status not in (ImportStatus.UPLOADED, ImportStatus.MAPPED, ImportStatus.CHECKED):
        raise NotReadyToPost(_("This import is closed. Bring the file again if there is more to do."))
    return locked


def _check(batch: ImportBatch, plan: Plan, as_of: date, report: Callable | None) -> Findings:
    salt = batch.file.sha256 if batch.mode == ImportMode.MOVEMENTS else ""
    return check_file(
        plan,
        as_of=as_of,
        creditor_code=batch.creditor_code,
        file_salt=salt,
        is_cut_over=batch.is_cut_over,
        is_snapshot=batch.mode == ImportMode.SNAPSHOT,
        report=report,
    )


@transaction.atomic
@passing.room()
def check_import(
    *, batch: ImportBatch, actor, as_of: date, report: Callable[[int], None] | None = None
) -> ImportBatch:
    """Check the whole file and keep the findings; nothing is posted.

    Raises ImportNeedsAnswer and MappingRefused. Bad rows stand in `ImportRow`, all of them in the
    rejects file.
    """
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    plan = plan_of(batch)
    findings = _check(batch, plan, as_of, report)
    _require_own_creditors(findings, actor)
    keep_findings(batch, plan, findings, actor)
    if batch.status != ImportStatus.CHECKED:
        IMPORT.advance(batch, to=ImportStatus.CHECKED, actor=actor, as_of=as_of)
    batch.save()
    return batch


def _require_own_creditors(findings: Findings, actor) -> None:
    """The wall: nobody brings a file into the book of a creditor his teams do not work for."""
    touched = touched_creditors(findings.context)
    foreign = Creditor.objects.filter(pk__in=touched).exclude(pk__in=creditors_open_to(actor).values("pk"))
    if foreign.exists() or (findings.control["new_creditors"] and not may_make_creditor(actor)):
        raise CreditorOfOthers(
            _("The file speaks of a creditor your teams do not work for. Ask a manager to bring it in.")
        )


def keep_findings(batch: ImportBatch, plan: Plan, findings: Findings, actor) -> None:
    """Set on the batch what checking found, and keep its held back rows as a file; the caller saves it."""
    batch.control = findings.control
    batch.rows_read = findings.control["rows_read"]
    batch.rows_rejected = findings.rejected
    batch.rejected_file = keep_rejects(batch, plan, faults_by_row(), actor)


@transaction.atomic
@passing.room()
def post_import(
    *,
    batch: ImportBatch,
    actor,
    as_of: date,
    all_or_nothing: bool = False,
    seen: str = "",
    report: Callable[[int], None] | None = None,
) -> ImportBatch:
    """Check once more against the books of this moment and post what is good, in one commit.

    `seen` is the `checked_state` that was confirmed; empty where nobody looked (the command line).
    Raises CheckedAgainMeanwhile, NothingToPost, RowsHeldBack and what checking
    raises; then nothing is posted. Side effects: those of the doors below (standings, audit,
    signals) and `fed_until`.
    """
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    require_seen(batch, seen)
    _one_import_at_a_time()
    plan = plan_of(batch)
    findings = _check(batch, plan, as_of, report)
    _require_own_creditors(findings, actor)
    require_trailer(findings.control)
    rows = findings.control["rows"]
    if all_or_nothing and rows["rejected"]:
        raise RowsHeldBack(
            _("%(count)s rows are held back, so nothing was posted.") % {"count": rows["rejected"]}
        )
    if not rows["new"] and not rows["amended"] and rows["rejected"] and not rows["unchanged"]:
        raise NothingToPost(_("No row is good, so there is nothing to post. Put the rows right first."))
    # looked for before the list itself is posted: what it brings is on it
    missing = keep_missing(batch, findings.context, actor=actor, as_of=as_of)
    made = post_findings(Posting(batch, findings.context, actor, as_of)) | {"missing_items": missing}
    keep_findings(batch, plan, findings, actor)
    # contacts, protections and names say nothing of what is owed: they don't make books fresh
    feeds = "entries" in findings.context.kinds
    batch.control |= {"made": made, "feeds": feeds}
    if batch.status != ImportStatus.CHECKED:
        IMPORT.advance(batch, to=ImportStatus.CHECKED, actor=actor, as_of=as_of)
    moment = clock.now()
    IMPORT.advance(batch, to=ImportStatus.POSTED, actor=actor, as_of=as_of, posted_at=moment)
    touched = touched_creditors(findings.context)
    if batch.creditor is None and len(touched) == 1:
        batch.creditor = Creditor.objects.get(pk=touched[0])
    batch.save()
    if feeds:
        feed_arrived(creditor_ids=touched, moment=moment, actor=actor, as_of=as_of)
    return batch


def require_seen(batch: ImportBatch, seen: str) -> None:
    """Raises CheckedAgainMeanwhile where `seen` is another state than the import has now."""
    if seen and seen != checked_state(batch):
        raise CheckedAgainMeanwhile(
            _("This import was changed since you looked at it. Look at the figures again, then post.")
        )


def _one_import_at_a_time() -> None:
    """Two files of the same rows at one time must not both add them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.import'))")


@transaction.atomic
def fix_row(
    *, batch: ImportBatch, row_number: int, column: str, value: str, actor, as_of: date
) -> ImportBatch:
    """Put one cell right in place; the file itself stays as it was brought. Check again after.

    Raises Refused.
    """
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    if column not in batch.dialect["header"]:
        raise Refused(_("The file has no column «%(name)s».") % {"name": column})
    batch.fixes.setdefault(str(row_number), {})[column] = value
    batch.save(update_fields=["fixes"])
    audit.record("import.row_put_right", batch, actor=actor, after={"row": row_number, "column": column})
    return batch


@transaction.atomic
def accept_amended(*, batch: ImportBatch, accepts: bool, actor) -> ImportBatch:
    """Confirm (or not) that documents which came again with other figures are to be posted."""
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    batch.accepts_amended = accepts
    batch.save(update_fields=["accepts_amended"])
    audit.record("import.amended_confirmed", batch, actor=actor, after={"accepts": accepts})
    return batch


@transaction.atomic
def discard_import(*, batch: ImportBatch, actor, as_of: date) -> ImportBatch:
    """Close an import that will not be posted."""
    require(actor, POST_IMPORT)
    batch = _open_batch(batch)
    IMPORT.advance(batch, to=ImportStatus.REFUSED, actor=actor, as_of=as_of)
    return batch


@transaction.atomic
def reverse_import(*, batch: ImportBatch, reason: str, actor, as_of: date) -> ImportBatch:
    """Take a whole import back: counter-entries, void accounts, lifted holds.

    Raises NotReadyToPost, Refused, RestsOnImport, naming what would hang in the air. The same file can come
    back later.
    """
    require(actor, REVERSE_IMPORT)
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.status != ImportStatus.POSTED:
        raise NotReadyToPost(_("Only a posted import can be taken back."))
    if not reason.strip():
        raise Refused(_("Say why the import is taken back."), field="reason")
    counts = take_back(locked, reason=reason, actor=actor, as_of=as_of)
    IMPORT.advance(
        locked, to=ImportStatus.REVERSED, actor=actor, as_of=as_of, reason=reason, reversed_at=clock.now()
    )
    locked.control |= {"taken_back": counts}
    locked.save(update_fields=["control"])
    feed_taken_back(locked)
    return locked


__all__ = [
    "CreditorAlreadyReleased", "FileNotReadable", "ImportRow", "Options", "RowState", "accept_amended",
    "check_import", "choose_columns", "choose_reading", "discard_import", "fix_row", "plan_of", "post_import",
    "release_creditor", "reverse_import", "save_mapping", "source_of", "suggested_mapping", "upload",
]  # fmt: skip
