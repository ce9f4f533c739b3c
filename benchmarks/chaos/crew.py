"""Real Celery workers with wrong clocks, killed at random and replaced."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from benchmarks.chaos.waiting import wait_for_an_end

# Seconds by which the clocks of the workers are wrong, worker by worker.
SKEWS = (0, -7_200, 7_200, -45, 600, -86_400, 3, 21_600)


class Crew:
    """So many workers of one slot each; `extra` goes into their environment."""

    def __init__(self, number: int, folder: Path, *, dice: random.Random, extra: dict[str, str]) -> None:
        self._folder, self._dice, self._extra = folder, dice, extra
        self._places: list[subprocess.Popen | None] = [None] * number
        self._started = 0
        self.killed = 0

    def tend(self) -> None:
        """Start whoever is missing."""
        for place, worker in enumerate(self._places):
            if worker is None or worker.poll() is not None:
                self._places[place] = self._start(place)

    def tend_for(self, seconds: float) -> None:
        """Start whoever is missing, at once, for so long."""
        end = time.monotonic() + seconds
        self.tend()
        while (left := end - time.monotonic()) > 0:
            if wait_for_an_end([worker.pid for worker in self._places if worker is not None], left):
                self.tend()

    def kill_one(self) -> None:
        """SIGKILL to one of them, as the kernel would when memory is short."""
        living = [worker for worker in self._places if worker is not None and worker.poll() is None]
        if living:
            self._end(self._dice.choice(living))
            self.killed += 1

    def stop(self) -> None:
        for worker in self._places:
            if worker is not None and worker.poll() is None:
                self._end(worker)

    @staticmethod
    def _end(worker: subprocess.Popen) -> None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def _start(self, place: int) -> subprocess.Popen:
        self._started += 1
        command = [sys.executable, "-m", "celery", "-A", "collections_app", "worker", "--pool=solo"]
        command += ["--loglevel=WARNING", "--without-gossip", "--without-mingle"]
        command += ["--include=benchmarks.chaos.skew", f"--hostname=worker{self._started}@chaos"]
        skew = str(SKEWS[place % len(SKEWS)])
        with (self._folder / f"worker-{place}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=os.environ | _address() | {"CHAOS_SKEW_SECONDS": skew} | self._extra,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _address() -> dict[str, str]:
    """The database of the run; the queue is the embedded one of the data folder."""
    place = connection.settings_dict
    host = quote(place["HOST"], safe="")
    return {"DATABASE_URL": f"postgres://{place['USER']}@/{place['NAME']}?host={host}"}
