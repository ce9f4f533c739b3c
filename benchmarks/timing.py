"""How long something takes: medians, because the machine has other things to do."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def median_seconds(work: Callable[[], object], *, repeats: int = 15) -> float:
    """Median wall time of several runs after one that warms up."""
    work()
    taken = []
    for _run in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def median_cpu_seconds(work: Callable[[], object], *, repeats: int = 15) -> float:
    """As `median_seconds`, in this process's CPU time: fit for work without a database."""
    work()
    taken = []
    for _run in range(repeats):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def cpu_now() -> tuple[float, float]:
    """CPU seconds that this process and the server's process of this connection took so far.

    They say on a busy machine what a clock cannot. The server's is 0 where /proc does not tell it.
    """
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return time.process_time(), 0.0
    return time.process_time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def statement(sql: str, params=None) -> Callable[[], list]:
    """A piece of work: run this and fetch what it gives."""

    def work() -> list:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    return work


def signed_in(user) -> Client:
    """A client with an authenticated session of this user."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, url: str) -> Callable[[], object]:
    """A piece of work: fetch this page. Raises AssertionError when it does not answer 200."""

    def work() -> object:
        answer = client.get(url)
        if answer.status_code != 200:
            raise AssertionError(f"{url} answered {answer.status_code}")
        return answer

    return work


def page_detail(client: Client, url: str) -> dict[str, object]:
    """How many statements a page runs and how long they take together, for the reader of a result."""
    with CaptureQueriesContext(connection) as captured:
        page(client, url)()
    asked = list(captured)
    return {
        "page_cpu_ms": round(1000 * median_cpu_seconds(page(client, url)), 2),
        "statements": len(asked),
        "statement_seconds": round(sum(float(query["time"]) for query in asked), 4),
    }
