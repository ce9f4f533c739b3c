"""Test databases by copying: migrate once, prepare once a process, prepared again after a race test.

`collections_migrated_HASH` holds the migrated tables and is shared by all processes and runs that
have the same migrations. `collections_seed_N` adds what `manage.py prepare` makes. `collections_test_N`
is its copy that tests write to; after a test that commits its rows are put back as they were, and where
that isn't enough it is copied anew.
"""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.postgresql.psycopg_any import sql

from collections_app.core import backups
from collections_app.testing.restoring import Prepared

PACKAGES = ("collections_app", "accounts", "campaigns", "reports")


class TestDatabase:
    """The database of one test process. Raises whatever PostgreSQL says; hides nothing."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self, slot: int, lock_folder: Path):
        self.migrated = f"collections_migrated_{migrations_digest()}"
        self.seed = f"collections_seed_{slot}"
        self.name = f"collections_test_{slot}"
        self._lock_folder = lock_folder
        self._prepared: Prepared | None = None

    def make(self) -> None:
        with (self._lock_folder / "migrated.lock").open("a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._exists(self.migrated):
                half = f"{self.migrated}_half"
                self._drop(half)
                self._create(half, "template0")
                self._connect_to(half)
                call_command("migrate", verbosity=0, interactive=False)
                connection.close()
                self._execute("ALTER DATABASE {} RENAME TO {}", half, self.migrated)
                self._drop_old_migrated()
            self._drop(self.name)
            self._drop(self.seed)
            self._create(self.seed, self.migrated)
        self._connect_to(self.seed)
        call_command("prepare", verbosity=0)
        connection.close()
        self._copy()

    def renew(self) -> None:
        """Begin again with what `prepare` makes; ends every other connection to it."""
        for other in connections.all():
            other.close()
        if self._prepared is None or not self._prepared.restore():
            self._copy()
        connection.close()

    def _copy(self) -> None:
        connection.close()
        self._drop(self.name)
        self._create(self.name, self.seed)
        self._connect_to(self.name)
        self._prepared = Prepared()

    def remove(self) -> None:
        connection.close()
        self._drop(self.name)
        self._drop(self.seed)

    def _connect_to(self, name: str) -> None:
        connection.close()
        settings.DATABASES["default"]["NAME"] = name
        for other in connections.all(initialized_only=False):
            other.settings_dict["NAME"] = name

    def _execute(self, statement: str, *names: str) -> list[tuple]:
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
            return cursor.fetchall() if cursor.description else []

    def _exists(self, name: str) -> bool:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    def _create(self, name: str, template: str) -> None:
        # Without fsync copying files is quicker than writing each page of them to the log.
        how = backups.locale() if template == "template0" else " STRATEGY FILE_COPY"
        self._execute("CREATE DATABASE {} TEMPLATE {}" + how, name, template)

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _drop_old_migrated(self) -> None:
        """Keep this one and the two newest others (a branch or two); they cost 15 MB each."""
        rows = self._execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'collections_migrated_%' ORDER BY oid DESC"
        )
        for (name,) in rows[3:]:
            self._drop(name)


def migrations_digest() -> str:
    """A name for the state that all migrations of the house lead to."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((settings.BASE_DIR / package).rglob("migrations/*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]
