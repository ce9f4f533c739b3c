"""`script/start` as its user meets it: an address, Ctrl-C, a hard kill, a second start."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from smtplib import SMTP

import psycopg2
import pytest

from collections_app.core.enums import Role
from collections_app.embedded import processes
from collections_app.embedded.places import DATABASE_NAME, DATABASE_USER, Places
from collections_app.embedded.postgres import PostgresServer
from collections_app.embedded.redis_server import RedisServer
from collections_app.embedded.supervisor import BASE_DIR, MANAGE, free_port
from collections_app.testing.hang import HANG_SECONDS


class Start:
    """One `script/start` of the test, without bootstrap."""

    def __init__(self, folder, port: int, options: tuple[str, ...] = ("--empty",)):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COLLECTIONS_", "DATABASE_", "REDIS_", "DJANGO_"))
        }
        self.folder, self.port, self.lines = folder, port, []
        self.environment = environment | {"MAILBOX_PORT": str(free_port(0))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "collections_app.embedded.supervisor", *options,
             "--port", str(port), "--data-dir", str(folder), "--workers", "1"],
            cwd=BASE_DIR, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def wait_for(self, words: str) -> str:
        """The line with these words; a start that never says them is ended and told."""
        guard = threading.Timer(HANG_SECONDS, self.process.terminate)
        guard.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line)
                if words in line:
                    return line
        finally:
            guard.cancel()
        raise AssertionError(f"it ended without «{words}»:\n" + "".join(self.lines))

    def children(self) -> dict[str, int]:
        rows = json.loads((self.folder / "processes.json").read_text(encoding="utf-8"))
        return {row["name"]: row["pid"] for row in rows}

    def made_ready(self, *options: str) -> str:
        """What the second part of every start says of this one's database and files."""
        return subprocess.run(
            [sys.executable, MANAGE, "make_ready", *options],
            cwd=BASE_DIR, env=self.environment | {"COLLECTIONS_DATA_DIR": str(self.folder)},
            check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        self.lines += self.process.stdout.readlines()
        return self.process.wait(timeout=HANG_SECONDS)


def wait_until_gone(numbers) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while any(processes.is_alive(number) for number in numbers):
        assert time.monotonic() < deadline, f"still running: {numbers}"
        os.sched_yield()


@pytest.fixture
def start(scratch_dir):
    begun = []

    def run(*options: str) -> Start:
        begun.append(Start(scratch_dir, free_port(0), options or ("--empty",)))
        return begun[-1]

    yield run
    for one in begun:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)
        one.process.stdout.close()


def server_pids(folder) -> list[int]:
    places = Places.of(folder)
    return [pid for pid in (PostgresServer(places).pid(), RedisServer(places).pid()) if pid]


MADE = (
    "SELECT is_demonstration FROM core_organisation",
    "SELECT count(*) FROM accounts_account",
    "SELECT count(*) FROM core_user",
    "SELECT count(*) FROM reports_reportbuild WHERE status = 'signed'",
)


def asked(folder, statement: str) -> list:
    """The first column of what the database of that start answers."""
    place = {"host": str(Places.of(folder).runtime_dir), "user": DATABASE_USER, "dbname": DATABASE_NAME}
    with closing(psycopg2.connect(**place)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    finally:
        connection.close()


@pytest.mark.long
def test_starts_of_one_folder_take_up_what_the_one_before_has_left(start, scratch_dir):
    """One story: empty and cut off, filled and stopped midway, filled and stopped clean, made ready again."""
    empty = start("--empty")
    empty.wait_for("Ready in")
    empty.wait_for("Nobody can sign in yet")
    empty.wait_for("Ctrl-C stops everything")
    assert any(line.startswith("Making the tables") for line in empty.lines)
    assert not any(line.startswith("Filling the demonstration book") for line in empty.lines)
    assert answers(empty.port)
    running = empty.children()
    assert set(running) == {"mail server", "web server", "workers", "schedule"}
    assert len(server_pids(scratch_dir)) == 2

    refused = start("--empty")
    assert refused.process.wait(timeout=HANG_SECONDS) == 1
    assert "runs already" in refused.process.stdout.read()
    assert answers(empty.port), "the refused start harmed nothing"

    empty.end(signal.SIGKILL)
    wait_until_gone(running.values())

    stopped = start("--accounts", "20000")
    stopped.wait_for("Filling the demonstration book")
    assert stopped.end(signal.SIGINT) == 0
    assert stopped.lines[-1] == "Stopped.\n"
    assert not any(line.startswith("Making the tables") for line in stopped.lines), "made once is made"
    assert "Traceback" not in "".join(stopped.lines)
    assert server_pids(scratch_dir) == []

    filled = start("--accounts", "50")
    filled.wait_for("Filling the demonstration book")  # no half of it was left
    filled.wait_for("Ready in")
    filled.wait_for("Ctrl-C stops everything")
    roles = [str(role.label) for role in Role if role != Role.SYSTEM]
    assert [role for role in roles if not any(line.strip().startswith(role) for line in filled.lines)] == []
    assert answers(filled.port)

    made = [asked(scratch_dir, what) for what in MADE]
    assert (made[:2], made[3]) == ([[True], [50]], [6])
    assert filled.made_ready("--accounts", "50") == "", "a book that is there is left alone"
    assert [asked(scratch_dir, what) for what in MADE] == made

    running = [*filled.children().values(), *server_pids(scratch_dir)]
    assert len(running) == 6
    assert filled.end(signal.SIGTERM) == 0
    assert filled.lines[-1] == "Stopped.\n"
    wait_until_gone(running)
    assert server_pids(scratch_dir) == []
    assert not (scratch_dir / "processes.json").exists()
    assert oct((scratch_dir / "secret-key").stat().st_mode)[-3:] == "600"


def test_a_taken_port_is_named(scratch_dir, start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = Start(scratch_dir, taken.getsockname()[1])
        assert one.process.wait(timeout=HANG_SECONDS) == 1
        assert "give another --port" in one.process.stdout.read()
        one.process.stdout.close()


def test_the_mail_server_keeps_what_it_takes(scratch_dir):
    port = free_port(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "collections_app.embedded.mailbox", "--port", str(port),
         "--folder", str(scratch_dir / "mailbox")],
        cwd=BASE_DIR,
    )  # fmt: skip
    deadline = time.monotonic() + HANG_SECONDS
    while True:
        try:
            with SMTP("127.0.0.1", port) as smtp:
                smtp.sendmail("office@example.com", ["ann@example.com"], "Subject: Hello\r\n\r\nText\r\n")
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
    process.terminate()
    assert process.wait(timeout=HANG_SECONDS) == 0
    kept = [file.read_text() for file in (scratch_dir / "mailbox" / "new").iterdir()]
    assert len(kept) == 1
    assert kept[0].startswith("X-Envelope-To: ann@example.com")
