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
from smtplib import SMTP

import pytest

from collections_app.embedded import processes
from collections_app.embedded.places import Places
from collections_app.embedded.postgres import PostgresServer
from collections_app.embedded.redis_server import RedisServer
from collections_app.embedded.supervisor import BASE_DIR, free_port
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
        self.process = subprocess.Popen(
            [sys.executable, "-m", "collections_app.embedded.supervisor", *options,
             "--port", str(port), "--data-dir", str(folder), "--workers", "1"],
            cwd=BASE_DIR, env=environment | {"MAILBOX_PORT": str(free_port(0))},
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


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    finally:
        connection.close()


@pytest.mark.long
def test_a_start_is_stopped_midway_fills_the_book_is_cut_off_recovers_and_stops_clean(start, scratch_dir):
    """One story of four starts in one folder: each takes up what the one before has left."""
    stopped = start("--accounts", "20000")
    stopped.wait_for("Filling the demonstration book")
    assert stopped.end(signal.SIGINT) == 0
    assert stopped.lines[-1] == "Stopped.\n"
    assert any(line.startswith("Making the tables") for line in stopped.lines)
    assert "Traceback" not in "".join(stopped.lines)
    assert server_pids(scratch_dir) == []

    first = start("--accounts", "50")
    first.wait_for("Filling the demonstration book")  # no half of it was left
    first.wait_for("Ready in")
    first.wait_for("Collection officer")
    first.wait_for("Ctrl-C stops everything")
    assert not any(line.startswith("Making the tables") for line in first.lines), "made once is made"
    assert answers(first.port)
    running = first.children()
    assert set(running) == {"mail server", "web server", "workers", "schedule"}
    assert len(server_pids(scratch_dir)) == 2

    second = start("--accounts", "50")
    assert second.process.wait(timeout=HANG_SECONDS) == 1
    assert "runs already" in second.process.stdout.read()
    assert answers(first.port), "the refused start harmed nothing"

    first.end(signal.SIGKILL)
    wait_until_gone(running.values())

    third = start("--accounts", "50")
    third.wait_for("Ctrl-C stops everything")
    assert not any(line.startswith("Filling the demonstration book") for line in third.lines)
    assert answers(third.port)
    running = [*third.children().values(), *server_pids(scratch_dir)]
    assert len(running) == 6
    assert third.end(signal.SIGTERM) == 0
    assert third.lines[-1] == "Stopped.\n"
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
