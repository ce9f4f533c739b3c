"""Backup and restore: one folder that holds everything, proved before it counts.

A backup is a folder with `database.dump` (pg_dump's custom format; stored documents are in the
database too) and `manifest.json`: hash and size of the dump, and the rows of every table in the same
snapshot. It's written beside its place and moved there whole. A restore fills a new database,
counts its rows against the manifest, runs the verify commands on it, and only then takes its place.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import connection, connections
from django.db.backends.postgresql.psycopg_any import sql
from django.utils.translation import gettext_lazy as _

from collections_app.core import audit, clock, postgres_programs, sealing
from collections_app.core.enums import Role
from collections_app.core.jobs import JobRunner
from collections_app.core.models import BackupRun, User
from collections_app.core.refusal import Refused

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
KEPT = 14  # daily backups in the data folder
VERIFIERS = ("verify_ledger", "verify_audit")


class BackupExists(Refused):
    pass


class BackupDamaged(Refused):
    pass


class RestoreFailed(Refused):
    pass


class DatabaseInUse(Refused):
    pass


@dataclass(frozen=True)
class Backup:
    """What a manifest says."""

    path: Path
    made_at: str
    server: int
    sha256: str
    size: int
    rows: dict[str, int]


def write(path: Path, *, actor: User) -> BackupRun:
    """Write a backup folder and read it back. Raises BackupExists, ProgramMissing, ProgramFailed."""
    path = path.resolve()
    if path.exists():
        raise BackupExists(f"{path} exists already; a backup never writes over another.")
    half = path.with_name(f"{path.name}.unfinished")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700, parents=True)
    try:
        server = postgres_programs.server_version()
        made_at = clock.now().isoformat(timespec="seconds")
        rows = _dump(half / DUMP, server)
        size, digest = (half / DUMP).stat().st_size, file_digest(half / DUMP)
        manifest = {
            "format": FORMAT,
            "made_at": made_at,
            "server": server,
            "sha256": digest,
            "size": size,
            "rows": rows,
        }
        _write_through(half / MANIFEST, json.dumps(manifest, indent=2, sort_keys=True).encode())
        half.rename(path)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    read(path)
    run = BackupRun.objects.create(path=str(path), size=size, sha256=digest, actor=actor)
    audit.record("backup.written", run, actor=actor, after={"sha256": digest, "size": size})
    return run


def read(path: Path) -> Backup:
    """The manifest of a backup whose dump is proved whole. Raises BackupDamaged."""
    try:
        known = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        backup = Backup(
            path, known["made_at"], known["server"], known["sha256"], known["size"], known["rows"]
        )
        if known["format"] != FORMAT:
            raise BackupDamaged(f"{path} is a backup of format {known['format']}; this reads {FORMAT}.")
        found = file_digest(path / DUMP)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(f"{path} is no whole backup: {error}") from error
    if found != backup.sha256:
        raise BackupDamaged(f"{path / DUMP} is not as it was written: its hash differs.")
    return backup


def restore(path: Path, *, replace: bool = False) -> str:
    """Put a backup in the place of this database; returns the name under which the old one stays.

    Refuses to replace a database that people use unless `replace`. The old one is renamed, never
    dropped. Until the last step nothing that runs is touched.
    """
    backup = read(path.resolve())
    current = connection.settings_dict["NAME"]
    if not replace and _is_used():
        raise DatabaseInUse(
            f"The database {current} holds users or accounts. Add --replace to put the backup in its "
            "place; the present one stays under another name."
        )
    stamp = clock.now().strftime("%Y%m%d%H%M%S")
    fresh, old = f"{current}_restored_{stamp}", f"{current}_before_{stamp}"
    fill(backup, fresh)
    _server("ALTER DATABASE {} RENAME TO {}", current, old, ends=current)
    _server("ALTER DATABASE {} RENAME TO {}", fresh, current)
    return old


def prove(path: Path) -> None:
    """Restore a backup aside, verify it and drop it again. Raises BackupDamaged or RestoreFailed."""
    aside = f"{connection.settings_dict['NAME']}_proof_{os.getpid()}"
    fill(read(path.resolve()), aside)
    _server("DROP DATABASE {}", aside, ends=aside)


def fill(backup: Backup, database: str) -> None:
    """Restore into a new database and prove it; a failed one is dropped. Raises RestoreFailed."""
    server = postgres_programs.server_version()
    program = postgres_programs.find("pg_restore", server=server, exactly=True)
    _server("CREATE DATABASE {} TEMPLATE template0" + locale(), database)
    try:
        postgres_programs.run(
            program,
            ["--exit-on-error", "--no-owner", "--no-acl", "--jobs", "2", str(backup.path / DUMP)],
            database=database,
        )
        _verify(backup, database)
    except BaseException:
        _server("DROP DATABASE IF EXISTS {}", database, ends=database)
        raise


def prune(folder: Path, keep: int = KEPT) -> int:
    """Delete all but the newest whole backups of a folder, and what a cut-off one left."""
    whole = sorted(found for found in folder.iterdir() if (found / MANIFEST).is_file())
    gone = whole[:-keep] + [found for found in folder.iterdir() if found.name.endswith(".unfinished")]
    for found in gone:
        shutil.rmtree(found)
    return len(gone)


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dump(target: Path, server: int) -> dict[str, int]:
    """Dump one snapshot and count the rows that this same snapshot sees."""
    program = postgres_programs.find("pg_dump", server=server)
    apart = connection.copy()
    try:
        apart.set_autocommit(False)
        with apart.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            postgres_programs.run(
                program,
                ["--format=custom", f"--snapshot={snapshot}", f"--file={target}"],
                database=apart.settings_dict["NAME"],
            )
            rows = _count_rows(cursor)
        apart.rollback()
    finally:
        apart.close()
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return rows


def _count_rows(cursor) -> dict[str, int]:
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname"
    )
    rows = {}
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        rows[table] = cursor.fetchone()[0]
    return rows


def _verify(backup: Backup, database: str) -> None:
    """Count every table against the manifest, then let ledger and audit prove themselves."""
    with _connected_to(database):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # a restored database has no statistics, so no good plans
            found = _count_rows(cursor)
        wrong = [table for table in backup.rows | found if backup.rows.get(table) != found.get(table)]
        if wrong:
            raise RestoreFailed(f"The restored tables differ from the manifest: {', '.join(wrong)}.")
        sealing.reset_pending()
        for command in VERIFIERS:
            if command not in get_commands():
                continue
            try:
                call_command(command, verbosity=0)
            except (CommandError, SystemExit) as error:
                raise RestoreFailed(f"{command} fails on the restored database: {error}") from error


@contextmanager
def _connected_to(database: str) -> Iterator[None]:
    """The default connection on another database of the same server."""
    current = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = current


def locale() -> str:
    """How a database beside the present one reads text as that does; for CREATE DATABASE.

    Without it a new one takes what the server was made with, perhaps `C` and no encoding at all.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datlocprovider, datcollate, datctype FROM pg_database WHERE datname = current_database()"
        )
        provider, collate, ctype = cursor.fetchone()
        if provider != "c":  # builtin or ICU: so the whole cluster was made
            return " ENCODING 'UTF8'"
        clause = sql.SQL(" ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}")
        text: str = clause.format(sql.Literal(collate), sql.Literal(ctype)).as_string(cursor.cursor)
        return text


def _is_used() -> bool:
    """Whether people or accounts stand in the present database; a fresh one holds neither."""
    if User._meta.db_table not in connection.introspection.table_names():
        return False
    return User.objects.exclude(role=Role.SYSTEM).exists()


def _server(statement: str, *names: str, ends: str = "") -> None:
    """Run a statement about databases; `ends` names one whose sessions are ended first."""
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        if ends:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [ends]
            )
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def _write_through(path: Path, content: bytes) -> None:
    """Write a file so that it survives a power cut."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


class BackUp(JobRunner):
    """The daily backup into BACKUP_DIR; the newest fourteen are kept."""

    name = "core.backup"
    title = _("Back up the database")
    retries = 2

    def run(self, job, progress):
        folder: Path = settings.BACKUP_DIR
        written = write(folder / clock.now().strftime("%Y-%m-%dT%H%M%SZ"), actor=job.actor)
        return {"path": written.path, "size": written.size, "deleted": prune(folder)}
