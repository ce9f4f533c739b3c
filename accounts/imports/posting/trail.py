"""What all posting shares."""

from dataclasses import dataclass
from datetime import date

from accounts.imports.checks.context import Context, run
from accounts.imports.models import ImportBatch


@dataclass
class Posting:
    """One import being posted. `as_of` is the day it is posted on."""

    batch: ImportBatch
    context: Context
    actor: object
    as_of: date


def remember(
    posting: Posting, kind: str, source: str, record: str, where: str, *, replaces: bool = True
) -> int:
    """Note which record each row of `source` (aliased `s`) made, and void what it replaces, if it may
    replace something."""
    # Asked first: with nothing to void, the statement would still read every record ever imported.
    if replaces and run(f"SELECT 1 FROM {source} WHERE s.record_id IS NOT NULL AND ({where}) LIMIT 1"):
        run(
            "UPDATE accounts_importedrecord r SET is_void = true"
            f" FROM {source} WHERE r.id = s.record_id AND NOT r.is_void AND ({where})"
        )
    return run(
        "INSERT INTO accounts_importedrecord (batch_id, kind, fingerprint, content, record_id,"
        f" row_number, is_void) SELECT %(batch)s, '{kind}', s.fingerprint, s.content, {record},"
        f" s.row_number, false FROM {source} WHERE ({where}) AND {record} IS NOT NULL"
        " ORDER BY s.fingerprint",  # in the order of the index: many times fewer pages are touched
        {"batch": posting.batch.pk},
    )
