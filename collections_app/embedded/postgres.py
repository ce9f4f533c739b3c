"""The embedded PostgreSQL: made, started, stopped and mended through its own programs."""

import os
import shutil
import time
from pathlib import Path

import psycopg2

from collections_app.embedded import processes
from collections_app.embedded.places import (
    DATABASE_NAME,
    DATABASE_USER,
    EmbeddedServerError,
    Places,
)
from collections_app.embedded.service_account import ServiceAccount

START_SECONDS = 90  # a crashed cluster replays its log first
ROOMY_SHARED_MEMORY = 512 * 1024 * 1024


class PostgresServer:
    """One cluster of one data folder. The caller holds the change lock while it starts or stops."""

    def __init__(self, places: Places, *, durable: bool = True):
        """`durable=False` turns fsync off: for tests alone, a power cut then loses the cluster."""
        self.places = places
        self.account = ServiceAccount(places)
        self.durable = durable

    @property
    def cluster(self) -> Path:
        return self.account.own_folder("postgresql") / "cluster"

    @property
    def log(self) -> Path:
        return self.account.own_folder("postgresql") / "postgresql.log"

    def _connect(self, database: str):
        return psycopg2.connect(
            host=str(self.places.runtime_dir), user=DATABASE_USER, dbname=database, connect_timeout=5
        )

    def answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start and wait until it answers; does nothing when it does already."""
        if self.answers():
            return
        uid, gid = self.account.identity
        self.places.make_runtime_dir(uid, gid)
        self._make_cluster()
        if self._is_coming_up():
            self._make_database()
            return
        command = [
            self._program("pg_ctl"), "start", "-w", "-s", "-t", str(START_SECONDS),
            "-D", str(self.cluster), "-l", str(self.log), "-o", self._options(),
        ]  # fmt: skip
        done = self.account.run(command, cwd=self.cluster.parent)
        if done.returncode != 0:
            raise EmbeddedServerError(
                f"The embedded PostgreSQL did not start (code {done.returncode}). "
                f"Its log ends:\n{self._log_end()}"
            )
        self._make_database()

    def stop(self) -> None:
        """Stop quickly and cleanly: sessions end, nothing is half-written."""
        if not (self.cluster / "postmaster.pid").exists():
            return
        command = [self._program("pg_ctl"), "stop", "-w", "-s", "-m", "fast", "-D", str(self.cluster)]
        self.account.run(command, capture_output=True)

    def pid(self) -> int | None:
        """The server's process by its own note, if that process is proved to be this cluster's."""
        try:
            noted = int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return noted if processes.works_in(noted, self.cluster) else None

    def _program(self, name: str) -> str:
        return str(self.account.postgres_programs / name)

    def _options(self) -> str:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.places.runtime_dir),
            "max_connections": "200",
            "shared_buffers": os.environ.get("EMBEDDED_SHARED_BUFFERS", "256MB"),
            "effective_cache_size": "1GB",
            "work_mem": "16MB",
            # A session takes of it what its temporary tables fill: the rows of a large file being posted.
            "temp_buffers": "384MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            # Room enough that the log's own writer writes a large file's log, beside the session, and not it.
            "wal_buffers": "64MB",
            "wal_writer_delay": "50ms",
            "wal_writer_flush_after": "16MB",
            # The build knows only pglz: it took three times as long as writing the pages it shortens.
            "wal_compression": "off",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # A statement and the row it was refused for tell of people: neither is logged.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "dynamic_shared_memory_type": self._shared_memory(),
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return " ".join(f"-c {name}='{value}'" for name, value in settings.items())

    def _shared_memory(self) -> str:
        """A container often has 64 MB of /dev/shm, or one that nobody may write to; parallel
        queries then share memory through files of the cluster."""
        folder = Path("/dev/shm")
        if not folder.is_dir() or not self.account.can_write(folder):
            return "mmap"
        free = os.statvfs(folder)
        return "posix" if free.f_bavail * free.f_frsize >= ROOMY_SHARED_MEMORY else "mmap"

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole, so a half-made one is none."""
        if (self.cluster / "PG_VERSION").exists():
            return
        half = self.cluster.with_name("cluster.new")
        if half.exists():
            shutil.rmtree(half)
        done = self.account.run(
            [
                self._program("initdb"), "-D", str(half), "-U", DATABASE_USER, "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--no-instructions",
            ]
            + ([] if self.durable else ["--no-sync"]),
            capture_output=True,
            text=True,
            cwd=half.parent,
        )  # fmt: skip
        if done.returncode != 0:
            raise EmbeddedServerError(
                f"The database cluster could not be made in {half}:\n{done.stdout}{done.stderr}"
            )
        half.rename(self.cluster)

    def _is_coming_up(self) -> bool:
        """Wait for a server that is on its way, or until the last process of a dead one is gone.

        PostgreSQL drops the note of a dead server itself, unless its number lives again as another
        program, or stays as a zombie that nobody collects (in a container): then it would refuse
        for good. Its notes in cluster and socket folder go here, after it's proved that no
        process works in the cluster.
        """
        deadline = time.monotonic() + START_SECONDS
        while processes.any_works_in(self.cluster):
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"A PostgreSQL works in {self.cluster} but doesn't answer. "
                    f"Its log ends:\n{self._log_end()}"
                )
            time.sleep(0.1)
        socket_note = self.places.postgres_socket.with_name(".s.PGSQL.5432.lock")
        for note in (self.cluster / "postmaster.pid", socket_note):
            note.unlink(missing_ok=True)
        return False

    def _make_database(self) -> None:
        connection = self._connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
        finally:
            connection.close()

    def _log_end(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(lines[-20:])
