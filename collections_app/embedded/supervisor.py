"""`script/start`: the whole product on one machine, from nothing to an address to open.

Servers, tables, the demonstration book, mail server, web, workers and schedule; it watches them,
and Ctrl-C ends all it started and nothing else.
"""

import argparse
import fcntl
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from collections_app.embedded.children import Child, Children, clear_up, python, tied
from collections_app.embedded.clients import Client
from collections_app.embedded.places import EmbeddedServerError, Places

BASE_DIR = Path(__file__).resolve().parent.parent.parent
MANAGE = str(BASE_DIR / "manage.py")
WEB_SECONDS = 60


class StopRequested(Exception):
    """Ctrl-C or a signal to end."""


class CannotStart(Exception):
    """A sentence that says what to do."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/start", description="Set the product up where needed, and run it until Ctrl-C."
    )
    parser.add_argument("--empty", action="store_true", help="no demonstration book: your own office")
    parser.add_argument("--port", type=int, default=8000, help="of the web server (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument(
        "--data-dir",
        default=os.environ.get("COLLECTIONS_DATA_DIR") or str(BASE_DIR / "data"),
        help="folder of database, mail, backups (data/; or COLLECTIONS_DATA_DIR)",
    )
    parser.add_argument("--accounts", type=int, default=3000, help="size of the demonstration book")
    parser.add_argument("--workers", type=int, default=2, help="Celery worker processes (2)")
    return parser.parse_args(arguments)


def free_port(wanted: int) -> int:
    """The wanted port, or one that the system chooses when that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise CannotStart("No port is free on 127.0.0.1.")


class Product:
    """One run of the product on one data folder."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.places = Places.of(options.data_dir)
        self.children = Children(self.places.data_dir / "processes.json")
        self.client: Client | None = None
        self._sign_ins = self.places.data_dir / "sign-ins"
        self._lock: IO | None = None

    def run(self) -> None:
        begun = time.monotonic()
        self.places.make_data_dir()
        self._take_over()
        os.environ["COLLECTIONS_DATA_DIR"] = str(self.places.data_dir)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
        self._make_secret_key()
        try:
            self._start_servers()
            self._start_mailbox()
            self._make_ready()
            self._start_product()
            self._wait_for_web()
            say(f"Ready in {time.monotonic() - begun:.1f} seconds.")
            self._say_address()
            self._watch()
        finally:
            self._stop()

    def _take_over(self) -> None:
        """Refuse a second start on this data folder; clear up after one that was killed hard."""
        self._lock = (self.places.data_dir / "start.lock").open("a+b")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"The product runs already on {self.places.data_dir}. "
                "Stop that one, or give another --data-dir and --port."
            ) from None
        if left := clear_up(self.children._note):
            say(f"Cleared up after a start that was cut off: {', '.join(left)}.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.options.host, self.options.port))
            except OSError as error:
                raise CannotStart(
                    f"Port {self.options.port} can't be used ({error.strerror}); give another --port."
                ) from None

    def _make_secret_key(self) -> None:
        """An installation without SECRET_KEY gets its own, kept in the data folder for its owner."""
        path = self.places.secret_key
        if os.environ.get("SECRET_KEY") or path.exists():
            return
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))

    def _start_servers(self) -> None:
        postgres, redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
        if postgres or redis:
            names = " and ".join(n for n, own in (("PostgreSQL", postgres), ("Redis", redis)) if own)
            say(f"Starting the embedded {names} in {self.places.data_dir} ...")
            self.client = Client(self.places.data_dir, postgres=postgres, redis=redis).acquire()

    def _start_mailbox(self) -> None:
        if os.environ.get("EMAIL_URL"):
            return
        port = free_port(int(os.environ.get("MAILBOX_PORT", "8025")))
        os.environ["MAILBOX_PORT"] = str(port)
        folder = str(self.places.mailbox)
        self._start_child(
            "mail server",
            python("-m", "collections_app.embedded.mailbox", "--port", str(port), "--folder", folder),
        )

    def _make_ready(self) -> None:
        os.environ.setdefault("PUBLIC_URL", f"http://localhost:{self.options.port}")
        command = python(MANAGE, "make_ready", "--accounts", str(self.options.accounts))
        command += ["--sign-ins", str(self._sign_ins)]
        if self.options.empty:
            command.append("--empty")
        if subprocess.run(command, check=False, **tied()).returncode != 0:
            raise CannotStart("The product could not be made ready; the reason stands above.")

    def _start_product(self) -> None:
        say("Starting web server, workers and schedule ...")
        bind = f"{self.options.host}:{self.options.port}"
        if self.options.host not in {"127.0.0.1", "localhost"}:
            os.environ.setdefault("ALLOWED_HOSTS", f"localhost,127.0.0.1,{self.options.host}")
        self._start_child(
            "web server",
            python(
                "-m", "gunicorn", "collections_app.wsgi", "--bind", bind, "--workers", "2",
                "--threads", "4", "--graceful-timeout", "8", "--timeout", "120", "--no-control-socket",
            ),
        )  # fmt: skip
        celery = python("-m", "celery", "-A", "collections_app")
        self._start_child(
            "workers",
            [*celery, "worker", "--concurrency", str(self.options.workers), "--loglevel", "INFO",
             "--without-gossip", "--without-mingle"],
            stop_seconds=20,
        )  # fmt: skip
        schedule = str(self.places.data_dir / "beat-schedule")
        self._start_child("schedule", [*celery, "beat", "--schedule", schedule, "--pidfile", ""])

    def _start_child(self, name: str, command: list[str], stop_seconds: float = 15) -> None:
        log = self.places.logs / f"{name.replace(' ', '-')}.log"
        environment = {"PYTHONPATH": str(BASE_DIR)}
        self.children.start(Child(name, command, log, stop_seconds, environment=environment))

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + WEB_SECONDS
        web = next(child for child in self.children.all if child.name == "web server")
        while time.monotonic() < deadline and web.is_running():
            try:
                connection = http.client.HTTPConnection(self.options.host, self.options.port, timeout=10)
                connection.request("GET", "/", headers={"Host": "localhost"})
                if connection.getresponse().status < 500:
                    return
                break
            except OSError:
                time.sleep(0.1)
        raise CannotStart(f"The web server does not answer. Its log ends:\n{web.log_end()}")

    def _say_address(self) -> None:
        say(f"\n  Open http://localhost:{self.options.port}/\n")
        say(self._sign_ins.read_text(encoding="utf-8").rstrip("\n"))
        self._sign_ins.unlink()
        say(f"Logs are in {self.places.logs}. Ctrl-C stops everything.")

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            for child in self.children.restart_dead():
                say(f"The {child.name} had ended and was started again; see {child.log}.")

    def _stop(self) -> None:
        """A second Ctrl-C while it stops changes nothing: it ends when all is closed."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping ...")
        self.children.stop()
        if self.client is not None:
            self.client.release()
        say("Stopped.")


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested


def main() -> int:
    options = parse(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    try:
        Product(options).run()
    except StopRequested:
        return 0
    except (CannotStart, EmbeddedServerError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
