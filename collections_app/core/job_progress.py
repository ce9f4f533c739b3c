"""How a running job tells how far it is, and hears that it should stop.

A thread with a connection of its own writes progress and heartbeat, so that both are seen while
the runner is inside a transaction and kept alive through one long statement.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.db import DatabaseError, connection

from collections_app.core.models import Job, StoredFile
from collections_app.core.own_connection import execute_apart, is_inside_a_test

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 5.0
WRITE_SECONDS = 0.5
KEPT_ERRORS = 1_000

REPORT = (
    "UPDATE core_job SET heartbeat_at = clock_timestamp(), done = %s, total = %s, message = %s"
    " WHERE id = %s AND lease = %s AND status = 'running'"
)


class Cancelled(Exception):
    """Somebody asked the job to stop; raised inside the runner at its next step."""


class LeaseLost(Exception):
    """Another worker has the job now; this one must not write any more."""


class Progress:
    """What a runner is given to tell how far it is.

    `total(n)` says how much there is, `advance(n, message)` that it was done, `error(row, message)`
    that one row could not be done. The first thousand errors are kept, all are counted.
    `check()`, also called by `advance`, raises Cancelled or LeaseLost.
    """

    def __init__(self, job: Job) -> None:
        self.done = 0
        self.size = 0
        self.message = ""
        self.errors: list[dict] = []
        self.error_count = 0
        self.result_file: StoredFile | None = None
        self._job = job
        self._stop = threading.Event()
        self._is_cancelled = False
        self._is_lost = False
        self._written: tuple = (0, 0, "")
        self._written_at = monotonic()

    def total(self, number: int) -> None:
        self.size = number
        self.check()

    def advance(self, number: int = 1, message: str = "") -> None:
        self.done += number
        if message:
            self.message = message[:300]
        self.check()

    def error(self, row, message: str) -> None:
        """Note that `row` (a number or a reference a clerk can find) could not be done."""
        self.error_count += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append({"row": row, "message": str(message)})

    def attach(self, file: StoredFile) -> None:
        """Make a stored file the job's result."""
        self.result_file = file

    def check(self) -> None:
        """Raise Cancelled or LeaseLost when the job should stop here."""
        if self._is_lost:
            raise LeaseLost
        if self._is_cancelled:
            raise Cancelled

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Write progress and heartbeat in the background for the time of a run."""
        if is_inside_a_test():  # nobody else sees the row; one write at the end tells all
            yield
            execute_apart(REPORT, self._report())
            return
        if connection.in_atomic_block:  # nor here: the row comes to be when the caller commits
            yield
            return
        thread = threading.Thread(target=self._keep_reporting, name=f"job-{self._job.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _report(self) -> list:
        return [self.done, self.size, self.message, self._job.pk, self._job.lease]

    def _keep_reporting(self) -> None:
        try:
            while not self._stop.wait(WRITE_SECONDS):
                state = (self.done, self.size, self.message)
                is_due = monotonic() - self._written_at >= HEARTBEAT_SECONDS
                if is_due or state != self._written:
                    self._write(state)
                if monotonic() - self._written_at > LEASE_SECONDS:
                    self._is_lost = True
        finally:
            connection.close()

    def _write(self, state: tuple) -> None:
        try:
            connection.close_if_unusable_or_obsolete()
            with connection.cursor() as cursor:
                cursor.execute(f"{REPORT} RETURNING cancel_requested", self._report())
                answer = cursor.fetchone()
        except DatabaseError:
            logger.exception("Job %s could not tell its progress.", self._job.pk)
            connection.close()
            return
        if answer is None:
            self._is_lost = True
            self._stop.set()
            return
        self._is_cancelled = answer[0]
        self._written, self._written_at = state, monotonic()
