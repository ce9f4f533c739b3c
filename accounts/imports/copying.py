"""Rows by COPY into a passing table: the one place that does, in one piece or while they are read."""

import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

from django.db import connection

# What the server is handed at a time: each piece waits for the reader's thread to let go, so a few are
# better than many.
PIECE_BYTES = 1 << 20
WAITING_PIECES = 4
LOOK_SECONDS = 1.0


def _statement(table: str, columns: Iterable[str]) -> str:
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"


def copy_in(table: str, columns: Iterable[str], stream: IO) -> None:
    """COPY lines of PostgreSQL's text format into a table."""
    with connection.cursor() as cursor:
        cursor.copy_expert(_statement(table, columns), stream)


class _Abandoned(Exception):
    """Whoever reads the file has given up; COPY fails of it."""


class Copying:
    """Lines that the server takes in while more of the file are read, on a second core.

    COPY runs on the caller's connection: until `end` or `abandon` he must not use it. What the server
    refuses is raised by `end`, as the database error it is; a broken connection by `put` too.
    """

    def __init__(self, table: str, columns: Iterable[str]) -> None:
        self._pieces: queue.Queue[bytes | None] = queue.Queue(WAITING_PIECES)
        self._failure: BaseException | None = None
        self._is_abandoned = False
        cursor = connection.connection.cursor()
        work = (cursor, _statement(table, columns))
        self._thread = threading.Thread(target=self._copy, args=work, name="copying", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """All lines are handed over; returns when the server has them."""
        self.put(None)
        self._thread.join()
        self._raise_failure()

    def abandon(self) -> None:
        """Stop after a failure of the reading; what was copied falls with the transaction."""
        self._is_abandoned = True
        with suppress(queue.Full):  # who waits for a piece is woken
            self._pieces.put_nowait(None)
        self._thread.join()

    def read(self, _size: int) -> bytes:
        """For COPY's thread: the next piece; empty at the end."""
        piece = self._pieces.get()
        if self._is_abandoned:
            raise _Abandoned
        return piece or b""

    def put(self, piece: bytes | None) -> None:
        """Hand over lines, None after the last; waits while the server is behind."""
        while True:
            self._raise_failure()
            try:
                self._pieces.put(piece, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def _copy(self, cursor, statement: str) -> None:
        try:
            with cursor:
                cursor.copy_expert(statement, self, size=PIECE_BYTES)
        except Exception as failure:  # raised where the lines come from
            self._failure = failure

    def _raise_failure(self) -> None:
        if self._failure is not None:
            with connection.wrap_database_errors:
                raise self._failure
