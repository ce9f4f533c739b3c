"""The embedded Redis: queue, sessions and cache, on a Unix socket."""

import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from collections_app.embedded import processes
from collections_app.embedded.places import EmbeddedServerError, Places
from collections_app.embedded.service_account import ServiceAccount

START_SECONDS = 30
ONCE = Retry(NoBackoff(), 0)
DATABASES = 64  # tests take one each


class RedisServer:
    """One Redis of one data folder. The caller holds the change lock while it starts or stops."""

    def __init__(self, places: Places, *, durable: bool = True):
        self.places = places
        self.account = ServiceAccount(places)
        self.durable = durable

    @property
    def folder(self) -> Path:
        return self.account.own_folder("redis")

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.places.redis_socket), socket_timeout=5, retry=ONCE)

    def answers(self) -> bool:
        """True when commands are served; a Redis that still loads its file raises, so False."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            return False

    def start(self) -> None:
        if self.answers():
            return
        uid, gid = self.account.identity
        self.places.make_runtime_dir(uid, gid)
        deadline = time.monotonic() + START_SECONDS
        if self.pid() is None:
            self._launch()
        while not self.answers():
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"The embedded Redis did not answer within {START_SECONDS} seconds; "
                    f"see {self.folder / 'redis.log'}"
                )
            time.sleep(0.02)

    def _launch(self) -> None:
        command = [
            str(self.account.redis_programs / "redis-server"),
            "--port", "0",
            "--unixsocket", str(self.places.redis_socket),
            "--unixsocketperm", "700",
            "--dir", str(self.folder),
            "--pidfile", str(self.folder / "redis.pid"),
            "--logfile", str(self.folder / "redis.log"),
            "--databases", str(DATABASES),
            "--maxmemory-policy", "noeviction",
            "--save", "300 1" if self.durable else "",
            "--daemonize", "yes",
        ]  # fmt: skip
        done = self.account.run(command, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise EmbeddedServerError(f"The embedded Redis did not start: {done.stdout}{done.stderr}")

    def stop(self) -> None:
        """Ask it to save and end, and wait until the process is gone."""
        pid = self.pid()
        if pid is None:
            return
        try:
            with self._client() as client:
                client.shutdown(save=self.durable, nosave=not self.durable)
        except (redis.ConnectionError, redis.TimeoutError):
            pass  # it closes the connection as it goes; the wait below proves it
        deadline = time.monotonic() + START_SECONDS
        while processes.is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def pid(self) -> int | None:
        """The server's process by its own note, if that process is proved to be this Redis."""
        try:
            noted = int((self.folder / "redis.pid").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return noted if processes.works_in(noted, self.folder) else None
