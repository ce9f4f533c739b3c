"""What /proc knows about a process: is it alive, is it ours?"""

import os
from pathlib import Path


def is_alive(pid: int) -> bool:
    """True while the process runs; a zombie (dead, not yet collected) doesn't count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def started_at(pid: int) -> int | None:
    """The start of a process in clock ticks since boot: with its number, its identity."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(state.rpartition(")")[2].split()[19])


def works_in(pid: int, folder: Path) -> bool:
    """Is this live process one that works in `folder`, as every PostgreSQL process does?

    A process whose folder we may not read belongs to another user, so it isn't ours.
    """
    try:
        return is_alive(pid) and Path(os.readlink(f"/proc/{pid}/cwd")) == folder
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def any_works_in(folder: Path) -> bool:
    return any(works_in(int(name), folder) for name in os.listdir("/proc") if name.isdigit())
