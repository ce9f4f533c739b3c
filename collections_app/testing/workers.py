"""Real Celery workers on the test's own database and queue, for what only a real one can prove."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from collections_app.testing.hang import HANG_SECONDS
from collections_app.testing.settings import MARK


def wait_until(holds: Callable[[], bool], seconds: float = HANG_SECONDS) -> bool:
    """Ask every twentieth of a second until it holds; False when the time is over."""
    clock, rounds = threading.Event(), int(seconds * 20)
    return any(holds() or clock.wait(0.05) for _ in range(rounds)) or holds()


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """The product's settings, pointed at the database and the queue of this test."""
    place = connection.settings_dict
    host, name = str(place["HOST"] or ""), place["NAME"]
    address = f"postgres://{place['USER']}@/{name}?host={quote(host, safe='')}"
    if host and not host.startswith("/"):
        address = f"postgres://{place['USER']}:{place['PASSWORD']}@{host}:{place['PORT'] or 5432}/{name}"
    environment = {key: value for key, value in os.environ.items() if key != MARK}
    environment |= {"DJANGO_SETTINGS_MODULE": "collections_app.settings", "DATABASE_URL": address}
    return environment | extra


class Workers:
    """Worker processes of one test; `kill` is SIGKILL to the whole group, as the kernel would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen] = []

    def start(self, number: int = 1, *, include: str = "", **extra: str) -> list[subprocess.Popen]:
        """Start workers with one slot each and wait until they listen. `include` names a module with
        runners of the test's own; `extra` goes into their environment."""
        command = [sys.executable, "-m", "celery", "-A", "collections_app", "worker"]
        command += ["--pool=solo", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        command += [f"--include={include}"] if include else []
        started, logs = [], []
        for _ in range(number):
            at = len(self._running)
            log = self._folder / f"worker-{at}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [*command, f"--hostname=worker{at}@test"],
                    cwd=settings.BASE_DIR,
                    env=_environment(extra),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._running.append(process)
            started.append(process)
            logs.append(log)
        for log in logs:
            is_up = wait_until(lambda log=log: b" ready." in log.read_bytes())
            assert is_up, log.read_text(errors="replace")
        return started

    def kill(self, process: subprocess.Popen) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(HANG_SECONDS)

    def logs(self) -> str:
        return "\n".join(log.read_text(errors="replace") for log in sorted(self._folder.glob("worker-*.log")))

    def stop(self) -> None:
        for process in self._running:
            if process.poll() is None:
                self.kill(process)
