"""Documents: files kept in the database with their hash, served only to who may see them.

The type is what the bytes say, and the name must agree; nothing is ever executed or rendered in
the page's own origin. Who may read a file follows from what it hangs on: a slice registers a reader
for its subject type. A file without a subject belongs to its owner.
"""

import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core import audit, clock
from collections_app.core.bulk import copy_bytes
from collections_app.core.enums import Retention
from collections_app.core.jobs import JobRunner
from collections_app.core.models import IdempotencyKey, StoredContent, StoredFile
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import Refused

MEGABYTE = 1024 * 1024
SIZE_LIMIT = 25 * MEGABYTE
NAME_LIMIT = 200
SENT_AS_LITERAL = 8 * MEGABYTE  # what is bigger would stand in its statement at several times its size

# by extension: the only formats that are kept
TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "csv": "text/csv",
    "txt": "text/plain",
    "eml": "message/rfc822",
    "json": "application/json",
}
TEXTS = {"csv", "txt", "eml", "json"}
SYNONYMS = {"jpg": "jpeg", "text": "txt", "tsv": "csv"}

RETENTION_PERIODS = {
    Retention.WORKING: timedelta(days=90),
    Retention.EVIDENCE: timedelta(days=3653),
    Retention.REPORT: timedelta(days=3653),
}

HEADER_LINE = re.compile(rb"^[!-9;-~]+:[ \t]", re.MULTILINE)
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


class FileTooLarge(Refused):
    pass


class FileIsEmpty(Refused):
    pass


class FileTypeNotAllowed(Refused):
    pass


class FileIsNotWhatItsNameSays(Refused):
    pass


class FileNotYours(Refused):
    pass


_readers: dict[str, Callable[..., bool]] = {}


def register_reader(subject_type: str, predicate: Callable[..., bool]) -> None:
    """Say who may read the files of a subject: `predicate(user, file)`. `subject_type` is `app.model`."""
    _readers[subject_type.lower()] = predicate


def may_read(user, file: StoredFile) -> bool:
    """Whether the user may have the bytes: its owner, or as the subject's reader says."""
    if file.owner_id == user.pk:
        return True
    if not file.subject_type:
        return has_permission(user, "core.view_file")
    reader = _readers.get(file.subject_type)
    return reader is not None and bool(reader(user, file))


def sniff(content: bytes) -> str:
    """The kind the bytes say they are (a key of TYPES), `text` for plain text, else empty."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _sniff_zip(content)
    return "text" if _is_text(content) else ""


def _sniff_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if "xl/workbook.xml" not in names:
        return "zip"
    # a workbook with macros is a program, whatever its name says
    return "" if any(name.lower().endswith("vbaproject.bin") for name in names) else "xlsx"


def _is_text(content: bytes) -> bool:
    sample = content[: 64 * 1024]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(1 for byte in sample if byte < 32 and byte not in b"\t\n\r\x0c\x1b")
    return b"\x00" not in sample and controls * 100 <= len(sample)


def clean_filename(filename: str) -> str:
    """The bare name without folders, control and direction marks, at most 200 characters."""
    bare = PurePath(unicodedata.normalize("NFC", filename).replace("\\", "/")).name
    bare = UNSAFE_IN_NAMES.sub("_", bare).strip(" .") or "file"
    stem, dot, extension = bare.rpartition(".")
    if len(bare) > NAME_LIMIT and dot and len(extension) <= 10:
        return f"{stem[: NAME_LIMIT - len(extension) - 1]}.{extension}"
    return bare[:NAME_LIMIT]


def checked_type(content: bytes, filename: str) -> str:
    """The content type, when the bytes are of an allowed kind and the name agrees.

    Raises FileIsEmpty, FileTypeNotAllowed or FileIsNotWhatItsNameSays.
    """
    if not content:
        raise FileIsEmpty(_("The file is empty. Choose it again."))
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    extension = SYNONYMS.get(extension, extension)
    if extension not in TYPES:
        raise FileTypeNotAllowed(
            _("Files of this type are not accepted. Allowed are: %(allowed)s.")
            % {"allowed": ", ".join(TYPES)}
        )
    kind = sniff(content)
    agrees = kind == "text" if extension in TEXTS else kind == extension
    if extension == "eml" and agrees:
        agrees = HEADER_LINE.search(content[:4096]) is not None
    if not agrees:
        raise FileIsNotWhatItsNameSays(
            _("The content of this file is not what its name «%(name)s» says. Save it again in that format.")
            % {"name": filename}
        )
    return TYPES[extension]


@transaction.atomic
def store(
    *,
    content: bytes,
    filename: str,
    kind: str,
    owner,
    subject: models.Model | None = None,
    retention: str = Retention.EVIDENCE,
    size_limit: int = SIZE_LIMIT,
    content_type: str = "",
) -> StoredFile:
    """Keep a file: its bytes, sha256, owner, what it is for and how long it is kept.

    `kind` is the product's word (`evidence`, `notice`, `report`, `export`), not the format. The
    limit is 25 MB unless the caller says otherwise. Raises FileTooLarge and what `checked_type`
    raises; a caller that has looked into the bytes by itself (an import) states the
    `content_type`. Writes an audit record `document.stored` with the hash.
    """
    content = bytes(content)
    if len(content) > size_limit:
        raise FileTooLarge(
            _("The file has %(size).1f MB; at most %(limit)d MB are accepted.")
            % {"size": len(content) / MEGABYTE, "limit": size_limit // MEGABYTE}
        )
    name = clean_filename(filename)
    file = StoredFile.objects.create(
        filename=name,
        content_type=content_type or checked_type(content, name),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        kind=kind,
        retention=retention,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        owner=owner,
    )
    if len(content) > SENT_AS_LITERAL:
        copy_bytes(StoredContent, "file_id", "data", key=file.pk, content=content)
    else:
        StoredContent.objects.create(file=file, data=content)
    audit.record(
        "document.stored",
        file,
        actor=owner,
        after={
            "sha256": file.sha256,
            "size": file.size,
            "kind": kind,
            "subject_type": file.subject_type,
            "subject_id": file.subject_id,
        },
    )
    return file


class FileIsDamaged(Exception):
    """The stored bytes no longer have the hash they came with."""


def read(file: StoredFile) -> bytes:
    """The bytes, proved against their hash; FileIsDamaged when they are not what was stored."""
    content, is_whole = as_it_is(file)
    if not is_whole:
        raise FileIsDamaged(f"Stored file {file.pk} has changed since it was stored.")
    return content


def as_it_is(file: StoredFile) -> tuple[bytes, bool]:
    """The bytes as they lie there, and whether they are those that were stored: for a comparison."""
    content = bytes(StoredContent.objects.values_list("data", flat=True).get(pk=file.pk))
    return content, hashlib.sha256(content).hexdigest() == file.sha256


def open_for(user, file: StoredFile) -> bytes:
    """The bytes for a person: checks that he may read it and records the access.

    Raises FileNotYours; pages answer 404.
    """
    if not may_read(user, file):
        raise FileNotYours(_("This document is not for you."))
    content = read(file)
    audit.record_access("downloaded", file, user=user, detail={"sha256": file.sha256, "kind": file.kind})
    return content


@transaction.atomic
def delete_expired(*, known_at: datetime, actor) -> int:
    """Delete files whose retention has passed since they were stored; how many went.

    Side effect: one audit record names their number and ids.
    """
    gone: list[int] = []
    for retention, period in RETENTION_PERIODS.items():
        old = StoredFile.objects.filter(retention=retention, stored_at__lt=known_at - period)
        gone.extend(old.values_list("pk", flat=True))
    audit.record_set(
        "document.deleted_after_retention", StoredFile, ids=gone, actor=actor, after={"files": gone}
    )
    StoredFile.objects.filter(pk__in=gone).delete()
    return len(gone)


def verify() -> list[audit.Fault]:
    """Hold every stored file against its hash, and its hash against the (sealed) record of storing."""
    told = "told.code = 'document.stored' AND told.subject_type = 'core.storedfile'"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file.id, 'its bytes are not those that were stored' FROM core_storedfile AS file"
            " LEFT JOIN core_storedcontent AS content ON content.file_id = file.id"
            " WHERE encode(sha256(content.data), 'hex') IS DISTINCT FROM file.sha256"
            " UNION ALL SELECT file.id, 'its hash is not the one that was recorded'"
            " FROM core_auditrecord AS told JOIN core_storedfile AS file ON file.id = told.subject_id"
            f" WHERE {told} AND told.after ->> 'sha256' <> file.sha256"
            " UNION ALL SELECT told.subject_id, 'vanished before its time'"
            " FROM core_auditrecord AS told LEFT JOIN core_storedfile AS file ON file.id = told.subject_id"
            f" WHERE {told} AND file.id IS NULL AND NOT EXISTS (SELECT FROM core_auditrecord AS gone"
            " WHERE gone.code = 'document.deleted_after_retention'"
            " AND gone.after -> 'files' @> to_jsonb(told.subject_id)) ORDER BY 1"
        )
        return [audit.Fault("core_storedfile", row, what) for row, what in cursor.fetchall()]


class TidyUp(JobRunner):
    """Deletes files after their retention and form tokens after two days."""

    name = "core.tidy_up"
    title = gettext_lazy("Delete what need not be kept")

    def run(self, job, progress):
        moment = clock.now()
        files = delete_expired(known_at=moment, actor=job.actor)
        tokens, _models = IdempotencyKey.objects.filter(used_at__lt=moment - timedelta(days=2)).delete()
        return {"files": files, "form_tokens": tokens}
