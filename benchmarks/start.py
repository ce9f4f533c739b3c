"""`script/start` with everything installed: the first time, with tables and book to make, and again."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.runner import Measured, judge
from collections_app.embedded.clients import Client
from collections_app.embedded.places import Places
from collections_app.embedded.service_account import SHARED_BASE
from collections_app.embedded.supervisor import BASE_DIR, free_port

FIRST_SECONDS, SECOND_SECONDS = 180, 10
READY = "Ctrl-C stops everything"
END_SECONDS = 120


class NotStarted(Exception):
    """The product ended before it was ready; the message is what it said."""


def measure_start(folder: Path, *, accounts: int) -> dict[str, Any]:
    """Two starts on a folder of their own, removed afterwards; between them the servers alone."""
    place = folder / f"start-{os.getpid()}"
    try:
        first = _seconds_until_ready(place, accounts)
        servers = _seconds_of_servers(place)
        second = _seconds_until_ready(place, accounts)
    finally:
        shutil.rmtree(SHARED_BASE / Places.of(place).digest, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)
    measured = Measured(
        second,
        servers,
        figures={"first_seconds": first, "second_seconds": second},
        limits={"first_seconds": FIRST_SECONDS, "second_seconds": SECOND_SECONDS},
    )
    return judge("start", measured, accounts=accounts, whose=resource.RUSAGE_CHILDREN)


def _seconds_until_ready(place: Path, accounts: int) -> float:
    """From the command to the address on the screen; the product is stopped again."""
    # as script/start does: without it six processes would compile every module anew at each start
    foreign = ("COLLECTIONS_", "BENCHMARK_", "DATABASE_", "REDIS_", "DJANGO_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "collections_app.embedded.supervisor", "--accounts", str(accounts),
         "--port", str(free_port(0)), "--data-dir", str(place)],
        cwd=BASE_DIR, env=environment | {"MAILBOX_PORT": str(free_port(0))},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        said: list[str] = []
        for line in process.stdout or ():
            said.append(line)
            if READY in line:
                break
        else:
            raise NotStarted("".join(said))
        taken = time.perf_counter() - begun
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_SECONDS)
    return taken


def _seconds_of_servers(place: Path) -> float:
    """PostgreSQL and Redis alone: what no start can do without."""
    begun = time.perf_counter()
    held = Client(place, postgres=True, redis=True).acquire()
    taken = time.perf_counter() - begun
    held.release()
    return taken
