"""A backup is whole or refused; a restore is proved before it takes the place of anything."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from collections_app.core import audit, backups
from collections_app.core.enums import JobStatus, Role
from collections_app.core.models import AuditRecord, BackupRun, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book():
    """A few committed and sealed facts."""
    system = User.objects.system()
    for number in range(3):
        user = User.objects.create_user(f"user{number}", role=Role.MANAGER, full_name=f"Üser {number}")
        audit.record("user.invited", user, actor=system)
    audit.seal()
    return system


def databases() -> list[str]:
    with connection.cursor() as cursor:
        name = connection.settings_dict["NAME"]
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", [f"{name}%"])
        return [row[0] for row in cursor.fetchall()]


def locale_of(name: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datlocprovider, datcollate, datctype FROM pg_database WHERE datname = %s", [name]
        )
        return cursor.fetchone()


def drop(name: str) -> None:
    backups._server("DROP DATABASE {}", name, ends=name)


def test_a_backup_restores_with_every_row_and_verifies(book, scratch_dir):
    run = backups.write(scratch_dir / "one", actor=book)
    manifest = json.loads((scratch_dir / "one" / "manifest.json").read_text())
    assert manifest["sha256"] == run.sha256 == backups.file_digest(scratch_dir / "one" / "database.dump")
    assert manifest["rows"]["core_user"] == 4
    assert (scratch_dir / "one" / "database.dump").stat().st_mode & 0o077 == 0

    backups.fill(backups.read(scratch_dir / "one"), "collections_scratch_restore")
    try:
        with backups._connected_to("collections_scratch_restore"):
            assert User.objects.get(username="user2").full_name == "Üser 2"
            call_command("verify_audit", stdout=StringIO())
            with pytest.raises(Exception, match="Cannot update or delete"), connection.cursor() as cursor:
                cursor.execute("DELETE FROM core_auditrecord")
        # A server made without a locale would give `C`, where É and é are strangers.
        assert locale_of("collections_scratch_restore") == locale_of(connection.settings_dict["NAME"])
    finally:
        drop("collections_scratch_restore")


def test_restoring_replaces_what_came_after_and_keeps_it_aside(book, scratch_dir):
    name = connection.settings_dict["NAME"]
    backups.write(scratch_dir / "one", actor=book)
    User.objects.create_user("late", role=Role.MANAGER, full_name="Came later")
    with pytest.raises(backups.DatabaseInUse):
        backups.restore(scratch_dir / "one")
    aside = backups.restore(scratch_dir / "one", replace=True)
    assert not User.objects.filter(username="late").exists()
    assert connection.settings_dict["NAME"] == name
    with backups._connected_to(aside):
        assert User.objects.filter(username="late").exists()
    drop(aside)


def test_a_damaged_backup_is_refused_and_nothing_is_touched(book, scratch_dir):
    backups.write(scratch_dir / "one", actor=book)
    dump = scratch_dir / "one" / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    before = databases()
    with pytest.raises(CommandError, match="hash differs"):
        call_command("restore", scratch_dir / "one", "--replace")
    assert databases() == before


def test_a_backup_that_holds_other_rows_than_it_says_is_not_put_in_place(book, scratch_dir):
    backups.write(scratch_dir / "one", actor=book)
    path = scratch_dir / "one" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["rows"]["core_user"] += 1
    path.write_text(json.dumps(manifest))
    before = databases()
    with pytest.raises(CommandError, match="core_user"):
        call_command("restore", scratch_dir / "one", "--check-only")
    assert databases() == before, "what failed was dropped"


def test_a_row_changed_by_hand_fails_the_restore(book, scratch_dir):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditrecord DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditrecord SET reason = 'changed' WHERE id = 1")
        cursor.execute("ALTER TABLE core_auditrecord ENABLE TRIGGER USER")
    assert AuditRecord.objects.get(pk=1).reason == "changed"
    backups.write(scratch_dir / "one", actor=book)
    with pytest.raises(CommandError, match="verify_audit"):
        call_command("restore", scratch_dir / "one", "--check-only", stderr=StringIO())


def test_a_second_backup_never_writes_over_the_first(book, scratch_dir):
    call_command("backup", scratch_dir / "one", stdout=StringIO())
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", scratch_dir / "one", stdout=StringIO())
    assert BackupRun.objects.count() == 1


def test_a_backup_that_fails_leaves_nothing(book, scratch_dir, monkeypatch):
    def fail(*args, **kwargs):
        raise backups.postgres_programs.ProgramFailed("no space left")

    monkeypatch.setattr(backups.postgres_programs, "run", fail)
    with pytest.raises(CommandError, match="no space left"):
        call_command("backup", scratch_dir / "one")
    assert list(scratch_dir.iterdir()) == []
    assert BackupRun.objects.count() == 0


def test_the_daily_job_keeps_the_newest(book, scratch_dir, settings):
    settings.BACKUP_DIR = scratch_dir / "backups"
    (scratch_dir / "backups").mkdir()
    for day in range(1, 17):
        old = scratch_dir / "backups" / f"2026-01-{day:02}T013000Z"
        old.mkdir()
        (old / "manifest.json").write_text("{}")
    job = backups.BackUp.run_now(actor=book)
    assert job.status == JobStatus.DONE
    kept = sorted(found.name for found in (scratch_dir / "backups").iterdir())
    assert len(kept) == 14
    assert kept[0] == "2026-01-04T013000Z"
    assert BackupRun.objects.get().path == str(scratch_dir / "backups" / kept[-1])


def test_an_older_server_is_never_restored_with_a_newer_client(tmp_path, monkeypatch):
    monkeypatch.setattr(backups.postgres_programs, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.postgres_programs.ProgramMissing, match="postgresql-client-15"):
        backups.postgres_programs.find("pg_restore", server=15, exactly=True)
    assert backups.postgres_programs.find("pg_dump", server=15).parent.name == "bin"


def test_what_a_client_program_says_is_told(scratch_dir):
    with pytest.raises(backups.postgres_programs.ProgramFailed, match="does not exist"):
        backups.postgres_programs.run(
            backups.postgres_programs.find("psql", server=backups.postgres_programs.server_version()),
            ["-c", "SELECT 1"],
            database="collections_nowhere",
        )
