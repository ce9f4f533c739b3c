"""Who uses the servers: a shared lock per process; the last one out stops them.

Two files in the data folder. `change.lock` is held alone while servers start or stop. `clients.lock`
is held shared by every process that uses them, for as long as it lives: the kernel lets go of it
however the process dies, so nobody who was killed is counted.
"""

import atexit
import fcntl
import os
from pathlib import Path
from typing import IO

from collections_app.embedded.places import Places
from collections_app.embedded.postgres import PostgresServer
from collections_app.embedded.redis_server import RedisServer


class Client:
    """One process's claim on the embedded servers of a data folder."""

    def __init__(
        self, data_dir: str | os.PathLike[str], *, postgres: bool, redis: bool, durable: bool = True
    ):
        self.places = Places.of(data_dir)
        self.servers: list[PostgresServer | RedisServer] = []
        if postgres:
            self.servers.append(PostgresServer(self.places, durable=durable))
        if redis:
            self.servers.append(RedisServer(self.places, durable=durable))
        self._claim: IO | None = None
        self._owner = os.getpid()

    def acquire(self) -> "Client":
        """Find the servers or start them. Raises EmbeddedServerError, then nothing is claimed."""
        self.places.make_data_dir()
        with _locked(self.places.change_lock):
            self._claim = _open(self.places.clients_lock)
            fcntl.flock(self._claim, fcntl.LOCK_SH)
            try:
                for server in self.servers:
                    server.start()
            except BaseException:
                self._let_go()
                raise
        return self

    def release(self) -> None:
        """Let go; stop the servers when nobody else holds them. A forked child does nothing."""
        if self._claim is None or os.getpid() != self._owner:
            return
        with _locked(self.places.change_lock):
            self._let_go()

    def _let_go(self) -> None:
        if self._claim is None:
            return
        self._claim.close()
        self._claim = None
        with _open(self.places.clients_lock) as alone:
            try:
                fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            # Both, whatever this process needed: an earlier client may have started the other.
            for server in (RedisServer(self.places), PostgresServer(self.places)):
                server.stop()
            self.places.remove_runtime_dir()


_held: dict[Path, Client] = {}


def hold(
    data_dir: str | os.PathLike[str], *, postgres: bool = True, redis: bool = True, durable: bool = True
) -> Client:
    """Use the embedded servers until this process ends; asking twice is asking once."""
    key = Places.of(data_dir).data_dir
    client = _held.get(key)
    if client is None or client._owner != os.getpid():
        client = Client(data_dir, postgres=postgres, redis=redis, durable=durable).acquire()
        atexit.register(client.release)
        _held[key] = client
    return client


def hold_for_settings() -> None:
    """Hold what the settings say is embedded; with both addresses given, nothing."""
    from django.conf import settings  # noqa: PLC0415 the settings are read when asked, not on import

    if settings.EMBEDDED_POSTGRES or settings.EMBEDDED_REDIS:
        hold(
            settings.DATA_DIR,
            postgres=settings.EMBEDDED_POSTGRES,
            redis=settings.EMBEDDED_REDIS,
        )


def _open(path: Path) -> IO:
    return path.open("a+b")


class _locked:
    """Hold a lock file alone."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> None:
        self._file = _open(self._path)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *error) -> None:
        self._file.close()
