"""The processes of a running product: started, watched, started again, and stopped together."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collections_app.embedded import processes

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
LOG_LIMIT = 10 * 1024 * 1024
_libc = ctypes.CDLL(None)


def tied() -> dict[str, Any]:
    """Options for a subprocess that Ctrl-C doesn't reach and that never outlives this process.

    Ctrl-C comes to the supervisor alone, which stops the rest in order; when it is killed hard, the
    kernel ends what it started. The supervisor has one thread, so `preexec_fn` is safe.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        _libc.prctl(DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return {
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
        "preexec_fn": die_with_parent,
    }


@dataclass
class Child:
    """One program, its log, and when it may be started again after it ended by itself."""

    name: str
    command: list[str]
    log: Path
    stop_seconds: float = 15
    process: subprocess.Popen | None = None
    restarts: int = 0
    not_before: float = 0.0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=os.environ | self.environment, **tied()
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log_end(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class Children:
    """All processes of one start; a note of them lets the next start clear up after a hard kill."""

    def __init__(self, note: Path):
        self._note = note
        self.all: list[Child] = []

    def start(self, child: Child) -> None:
        self.all.append(child)
        child.start()
        self._write_note()

    def restart_dead(self) -> list[Child]:
        """Start again what ended by itself, later each time; returns those just started."""
        again = []
        now = time.monotonic()
        for child in self.all:
            if child.is_running() or now < child.not_before:
                continue
            child.restarts += 1
            child.not_before = now + min(60, 2**child.restarts)
            child.start()
            again.append(child)
        if again:
            self._write_note()
        return again

    def stop(self) -> None:
        """Ask each to finish, last started first; end by force what doesn't in its time."""
        running = [(child, child.process) for child in reversed(self.all) if child.process is not None]
        for _child, process in running:
            process.terminate()  # does nothing to one that ended already
        begun = time.monotonic()
        for child, process in running:
            try:
                process.wait(max(0.1, child.stop_seconds - (time.monotonic() - begun)))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._note.unlink(missing_ok=True)

    def _write_note(self) -> None:
        rows = [
            {"name": child.name, "pid": child.process.pid, "started": processes.started_at(child.process.pid)}
            for child in self.all
            if child.process is not None
        ]
        half = self._note.with_suffix(".new")
        half.write_text(json.dumps(rows), encoding="utf-8")
        half.replace(self._note)


def clear_up(note: Path) -> list[str]:
    """End what a start that was killed hard left behind; returns the names of what it ended.

    A process counts as ours only if number and start time are those noted.
    """
    try:
        rows = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    left = [row for row in rows if row["started"] and processes.started_at(row["pid"]) == row["started"]]
    for row in left:
        os.kill(row["pid"], signal.SIGTERM)
    deadline = time.monotonic() + 15
    for row in left:
        while processes.is_alive(row["pid"]) and time.monotonic() < deadline:
            time.sleep(0.05)
        if processes.started_at(row["pid"]) == row["started"] and processes.is_alive(row["pid"]):
            os.killpg(row["pid"], signal.SIGKILL)
    note.unlink(missing_ok=True)
    return [row["name"] for row in left]


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
