"""Documents: what the bytes are, who may have them, how long they stay."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from openpyxl import Workbook

from collections_app.core import clock, documents
from collections_app.core.enums import Retention, Role
from collections_app.core.models import AccessRecord, AuditRecord, Job, StoredContent, StoredFile
from collections_app.testing import makers

PDF = b"%PDF-1.7\n%%EOF"


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return stream.getvalue()


def workbook() -> bytes:
    Workbook().save(stream := io.BytesIO())
    return stream.getvalue()


@pytest.fixture
def owner(db):
    return makers.user()


def keep(owner, **fields) -> StoredFile:
    defaults = {"content": PDF, "filename": "letter.pdf", "kind": "evidence", "owner": owner}
    return documents.store(**(defaults | fields))


@pytest.mark.parametrize(
    "filename, content, content_type",
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.PNG", b"\x89PNG\r\n\x1a\n123", "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("a.zip", zipped("x.txt"), "application/zip"),
        ("a.csv", "näme;1\r\n".encode("cp1252"), "text/csv"),
        ("a.csv", "\ufeffname\n".encode("utf-16"), "text/csv"),
        ("a.txt", b"hello", "text/plain"),
        ("a.eml", b"From: a@b.example\r\nSubject: x\r\n\r\nhello", "message/rfc822"),
    ],
)
def test_allowed_kinds_are_known_by_their_bytes(filename, content, content_type):
    assert documents.checked_type(content, filename) == content_type


def test_a_workbook_is_known_by_its_inside():
    assert documents.checked_type(workbook(), "book.xlsx").endswith("spreadsheetml.sheet")
    with pytest.raises(documents.FileIsNotWhatItsNameSays):
        documents.checked_type(zipped("xl/workbook.xml", "xl/vbaProject.bin"), "book.xlsx")


@pytest.mark.parametrize(
    "filename, content, refusal",
    [
        ("a.pdf", b"", documents.FileIsEmpty),
        ("a.exe", b"MZ", documents.FileTypeNotAllowed),
        ("a", b"hello", documents.FileTypeNotAllowed),
        ("a.svg", b"<svg onload='x'/>", documents.FileTypeNotAllowed),
        ("a.html", b"<script>", documents.FileTypeNotAllowed),
        ("a.pdf", b"MZ\x90\x00", documents.FileIsNotWhatItsNameSays),
        ("a.png", PDF, documents.FileIsNotWhatItsNameSays),
        ("a.txt", b"\x00\x01\x02\x03", documents.FileIsNotWhatItsNameSays),
        ("a.csv", PDF, documents.FileIsNotWhatItsNameSays),
        ("a.zip", workbook(), documents.FileIsNotWhatItsNameSays),
        ("a.zip", b"PK\x03\x04broken", documents.FileIsNotWhatItsNameSays),
        ("a.eml", b"hello", documents.FileIsNotWhatItsNameSays),
    ],
)
def test_other_files_are_refused_in_words(filename, content, refusal):
    with pytest.raises(refusal) as told:
        documents.checked_type(content, filename)
    assert told.value.message


def test_a_file_is_kept_with_its_hash_and_its_record(owner):
    file = keep(owner, subject=owner)
    assert (file.size, file.content_type, len(file.sha256)) == (len(PDF), "application/pdf", 64)
    assert (file.subject_type, file.subject_id) == ("core.user", owner.pk)
    assert documents.read(file) == PDF
    assert AuditRecord.objects.get(code="document.stored").after["sha256"] == file.sha256


def test_a_file_over_the_limit_is_refused(owner):
    with pytest.raises(documents.FileTooLarge, match="1 MB"):
        keep(owner, content=PDF + b" " * documents.MEGABYTE, size_limit=documents.MEGABYTE)
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    "given, kept",
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a_Set-Cookie_ x.pdf"),
        ("invoice\u202efdp.pdf", "invoice_fdp.pdf"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_lose_what_could_mislead(given, kept):
    assert documents.clean_filename(given) == kept


def test_changed_bytes_are_noticed(owner):
    file = keep(owner)
    StoredContent.objects.filter(pk=file.pk).update(data=b"%PDF-forged")
    with pytest.raises(documents.FileIsDamaged):
        documents.read(file)


def test_who_may_read_follows_from_the_subject(owner, monkeypatch):
    monkeypatch.setattr(documents, "_readers", {})
    other, manager = makers.user(), makers.user(role=Role.MANAGER)
    alone, hanging = keep(owner), keep(owner, subject=other)
    assert documents.may_read(owner, alone)
    assert not documents.may_read(other, alone)
    assert documents.may_read(manager, alone)
    assert not documents.may_read(manager, hanging), "nobody registered a reader"
    documents.register_reader("core.User", lambda user, file: user.pk == file.subject_id)
    assert documents.may_read(other, hanging)
    assert not documents.may_read(manager, hanging)


def test_opening_is_recorded_and_refused_to_others(owner):
    file = keep(owner)
    assert documents.open_for(owner, file) == PDF
    assert AccessRecord.objects.get().kind == "downloaded"
    with pytest.raises(documents.FileNotYours):
        documents.open_for(makers.user(), file)
    assert AccessRecord.objects.count() == 1


def test_files_go_when_their_time_has_passed(owner):
    working = keep(owner, retention=Retention.WORKING)
    evidence = keep(owner)
    later = clock.now() + timedelta(days=91)
    assert documents.delete_expired(known_at=clock.now(), actor=owner) == 0
    assert documents.delete_expired(known_at=later, actor=owner) == 1
    assert set(StoredFile.objects.all()) == {evidence}
    assert not StoredContent.objects.filter(pk=working.pk).exists()
    assert AuditRecord.objects.get(code="document.deleted_after_retention").after["ids"] == [working.pk]


def test_verification_names_a_file_that_is_not_as_it_was_stored(owner):
    files = [keep(owner) for _ in range(4)]
    documents.delete_expired(known_at=clock.now() + timedelta(days=9_000), actor=owner)
    assert documents.verify() == []
    files = [keep(owner) for _ in range(4)]
    assert documents.verify() == []
    StoredContent.objects.filter(pk=files[0].pk).update(data=b"%PDF-forged")
    StoredContent.objects.filter(pk=files[1].pk).delete()
    forged = hashlib.sha256(b"%PDF-other").hexdigest()
    StoredContent.objects.filter(pk=files[2].pk).update(data=b"%PDF-other")
    StoredFile.objects.filter(pk=files[2].pk).update(sha256=forged)
    files[3].delete()
    told = {fault.row: fault.what for fault in documents.verify()}
    assert "bytes" in told[files[0].pk]
    assert "bytes" in told[files[1].pk]
    assert "recorded" in told[files[2].pk]
    assert "vanished" in told[sorted(told)[-1]]
    assert len(told) == 4


def test_the_nightly_tidying_runs(owner):
    job = documents.TidyUp.run_now(actor=makers.system())
    assert Job.objects.get(pk=job.pk).result == {"files": 0, "form_tokens": 0}


def test_a_large_file_is_kept_byte_for_byte_though_it_goes_another_way(owner):
    content = bytes(range(1, 256)) * 40_000 + b"end"
    assert len(content) > documents.SENT_AS_LITERAL
    file = documents.store(
        content=content, filename="large.bin", kind="x", owner=owner, content_type="text/plain"
    )
    assert documents.read(file) == content
