"""Where the embedded servers keep their data, their programs and their sockets."""

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

DATABASE_NAME = "collections"
DATABASE_USER = "collections"
SOCKET_PATH_LIMIT = 107  # bytes of sun_path on Linux, less its closing zero


class EmbeddedServerError(RuntimeError):
    """The servers can't run as asked; the sentence says what to do."""


@dataclass(frozen=True)
class Places:
    """Paths derived from one data folder. Asking for a path creates nothing."""

    data_dir: Path

    @classmethod
    def of(cls, data_dir: str | os.PathLike[str]) -> "Places":
        return cls(Path(data_dir).expanduser().resolve())

    @property
    def digest(self) -> str:
        return hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]

    @property
    def runtime_dir(self) -> Path:
        """Short and hashed, whatever the data folder is called: a socket path may not exceed
        107 bytes. The user's number keeps two users of one folder name apart."""
        base = Path(os.environ.get("COLLECTIONS_RUNTIME_BASE", "/tmp"))
        return base / f"collections-{os.getuid()}-{self.digest}"

    @property
    def redis_socket(self) -> Path:
        return self.runtime_dir / "redis.sock"

    @property
    def postgres_socket(self) -> Path:
        return self.runtime_dir / ".s.PGSQL.5432"

    @property
    def clients_lock(self) -> Path:
        return self.data_dir / "clients.lock"

    @property
    def change_lock(self) -> Path:
        return self.data_dir / "change.lock"

    @property
    def mailbox(self) -> Path:
        return self.data_dir / "mailbox"

    @property
    def backups(self) -> Path:
        return self.data_dir / "backups"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def secret_key(self) -> Path:
        return self.data_dir / "secret-key"

    def make_data_dir(self) -> None:
        """The folder may be walked through (the service account must), not listed by others."""
        if len(os.fsencode(self.postgres_socket)) > SOCKET_PATH_LIMIT:
            raise EmbeddedServerError(
                f"The socket path {self.postgres_socket} is longer than {SOCKET_PATH_LIMIT} bytes; "
                "give COLLECTIONS_RUNTIME_BASE a shorter folder."
            )
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)

    def remove_runtime_dir(self) -> None:
        """Take the socket folder away when the servers have left it; one with anything in it stays."""
        with suppress(OSError):
            self.runtime_dir.rmdir()

    def make_runtime_dir(self, uid: int, gid: int) -> None:
        """Make the socket folder for `uid` alone; refuse one that somebody else put there."""
        folder = self.runtime_dir
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), uid}:
                raise EmbeddedServerError(
                    f"{folder} belongs to somebody else (user {found.st_uid}); "
                    "remove it or set COLLECTIONS_RUNTIME_BASE to a folder of your own."
                ) from None
        if folder.lstat().st_uid != uid:
            os.chown(folder, uid, gid)
        folder.chmod(0o700)
