"""A number for each test process on this machine: its own test database and its own Redis database."""

import fcntl
import os
from pathlib import Path
from typing import IO

COUNT = 60


class Slot:
    """The lowest number that nobody holds; kept by a file lock, so a killed process frees it."""

    def __init__(self, folder: Path):
        self._file, self.number = self._take(folder)

    @staticmethod
    def _take(folder: Path) -> tuple[IO, int]:
        for number in range(1, COUNT + 1):
            lock = (folder / f"slot-{number}.lock").open("a+b")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            os.set_inheritable(lock.fileno(), False)
            return lock, number
        raise RuntimeError(f"{COUNT} test processes use {folder} already.")
