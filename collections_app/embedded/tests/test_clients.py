"""The servers' life: found, shared, stopped by the last one out, and mended after a hard kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from collections_app.embedded import processes
from collections_app.embedded.clients import Client
from collections_app.embedded.places import EmbeddedServerError, Places
from collections_app.embedded.postgres import PostgresServer
from collections_app.embedded.redis_server import RedisServer
from collections_app.testing.hang import HANG_SECONDS

HOLDER = """
import sys
from collections_app.embedded.clients import Client
client = Client(sys.argv[1], postgres=True, redis=True, durable=False).acquire()
sys.stdout.write("held\\n"); sys.stdout.flush()
sys.stdin.read()
client.release()
"""


def client(folder: Path, **options) -> Client:
    return Client(folder, **({"postgres": True, "redis": True, "durable": False} | options))


def query(folder: Path, statement: str) -> list:
    with psycopg2.connect(
        host=str(Places.of(folder).runtime_dir), user="collections", dbname="collections"
    ) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def pids(folder: Path) -> list[int]:
    places = Places.of(folder)
    return [pid for pid in (PostgresServer(places).pid(), RedisServer(places).pid()) if pid]


def wait_until_dead(numbers: list[int]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while any(processes.is_alive(number) for number in numbers):
        assert time.monotonic() < deadline, f"{numbers} still run"
        os.sched_yield()


@pytest.fixture(autouse=True)
def _nothing_is_left_running(scratch_dir):
    yield
    left = pids(scratch_dir)
    for number in left:
        os.kill(number, signal.SIGKILL)
    wait_until_dead(left)
    assert left == []
    assert not os.path.lexists(Places.of(scratch_dir).runtime_dir), "a socket folder was left behind"


@pytest.fixture
def holder(scratch_dir):
    """Another process that holds the servers until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(scratch_dir)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_the_last_one_out_stops_the_servers(scratch_dir, holder):
    running = pids(scratch_dir)
    assert len(running) == 2
    second = client(scratch_dir).acquire()
    assert pids(scratch_dir) == running, "the second client found those that run"
    holder.communicate()
    assert pids(scratch_dir) == running, "they stay for the one that is left"
    assert query(scratch_dir, "SELECT 1") == [(1,)]
    second.release()
    wait_until_dead(running)
    assert pids(scratch_dir) == []
    assert not Places.of(scratch_dir).postgres_socket.exists()


def test_a_client_that_was_killed_is_not_counted(scratch_dir, holder):
    running = pids(scratch_dir)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert pids(scratch_dir) == running, "nobody was there to stop them"
    client(scratch_dir).acquire().release()
    wait_until_dead(running)


def test_servers_killed_hard_come_back_with_what_was_committed(scratch_dir):
    first = client(scratch_dir, durable=True).acquire()
    query(scratch_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = pids(scratch_dir)
    for number in killed:
        os.kill(number, signal.SIGKILL)
    wait_until_dead(killed)
    second = client(scratch_dir, durable=True).acquire()
    assert query(scratch_dir, "SELECT answer FROM kept") == [(42,)]
    assert not set(pids(scratch_dir)) & set(killed)
    second.release()
    first.release()
    assert pids(scratch_dir) == []


def test_a_stale_note_with_a_strangers_number_does_not_stop_the_start(scratch_dir):
    client(scratch_dir, redis=False).acquire().release()
    server = PostgresServer(Places.of(scratch_dir))
    note = server.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{server.cluster}\n0\n5432\n\n\n\n", encoding="utf-8")
    assert server.pid() is None, "this test's process is no PostgreSQL of that cluster"
    held = client(scratch_dir, redis=False).acquire()
    assert query(scratch_dir, "SELECT 1") == [(1,)]
    held.release()


def test_a_half_made_cluster_is_made_again(scratch_dir):
    server = PostgresServer(Places.of(scratch_dir))
    half = server.cluster.with_name("cluster.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    held = client(scratch_dir, redis=False).acquire()
    assert not half.exists()
    assert query(scratch_dir, "SHOW server_encoding") == [("UTF8",)]
    held.release()


def test_one_can_be_held_without_the_other(scratch_dir):
    held = client(scratch_dir, postgres=False).acquire()
    places = Places.of(scratch_dir)
    assert RedisServer(places).answers()
    assert not PostgresServer(places).answers()
    held.release()
    assert pids(scratch_dir) == []


def test_a_long_folder_name_still_gives_a_short_socket_path(scratch_dir):
    deep = scratch_dir / ("a-long-name-" * 8) / ("and-another-" * 8)
    assert len(os.fsencode(Places.of(deep).postgres_socket)) < 107
    assert Places.of(deep).runtime_dir != Places.of(scratch_dir).runtime_dir


def test_a_socket_folder_that_is_not_a_folder_is_refused(scratch_dir, monkeypatch):
    monkeypatch.setenv("COLLECTIONS_RUNTIME_BASE", str(scratch_dir))
    places = Places.of(scratch_dir)
    places.runtime_dir.symlink_to("/etc")
    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        places.make_runtime_dir(os.getuid(), os.getgid())
    places.remove_runtime_dir()
    assert places.runtime_dir.is_symlink(), "what is not ours stays"
    places.runtime_dir.unlink()
