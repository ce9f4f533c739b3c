"""The run: makes the book, queues, lets it all happen, waits until nothing moves, and judges."""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from benchmarks.chaos.waiting import wait_for_an_end

SECRET = "chaos"
SWEEP_SECONDS, CALL_SECONDS = 5, 10  # how often the schedule calls the sweeper and the senders
LOOK_SECONDS, QUIET_ROUNDS = 1, 6  # how often the outbox is counted, and how often nothing may move
LEASE_SECONDS = 25
END_SECONDS, AWAY_SECONDS = 30, 2  # a killed server may take so long to end, and is then missed so long


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stops", type=float, default=0.05, help="payments, holds, opt-outs a message")
    parser.add_argument("--rate", type=float, default=60, help="messages a second expected, to pace stops")
    parser.add_argument("--kill-every", type=float, default=12, help="seconds; 0 kills nobody")
    parser.add_argument("--no-restarts", action="store_true", help="leave database and Redis alone")
    parser.add_argument("--honours-keys", action="store_true", help="the SMS gateway knows repeated keys")
    parser.add_argument("--minutes", type=float, default=60, help="give up after so long")
    parser.add_argument("--keep", action="store_true", help="leave logs and database for a look")
    return parser.parse_args(given)


@dataclass
class Happened:
    """What was done to the run, for the report."""

    restarts: list[str] = field(default_factory=list)
    doubles: int = 0
    seconds: float = 0
    busy_seconds: float = 0  # until nothing was queued any more; the rest waits for leases and deferrals
    queueing_seconds: float = 0


def main(given: list[str]) -> int:
    """Exit status 0 when every promise holds."""
    options = arguments(given)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_app.settings")
    os.environ["COLLECTIONS_REDIS_DATABASE"] = "9"
    django.setup()
    from collections_app.embedded.clients import hold_for_settings  # noqa: PLC0415

    hold_for_settings()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    result = Run(options, folder).go()
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["holds"] else 1


class Run:
    """One chaos run; everything it starts it ends."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        # after django.setup()
        from benchmarks.chaos import book, crew, stops, verdict  # noqa: PLC0415

        self._book, self._crew_of, self._stops_of, self._verdict = book, crew, stops, verdict
        self.options, self.folder = options, folder
        self.dice = random.Random(options.seed)
        self.happened = Happened()

    def go(self) -> dict[str, Any]:
        from collections_app.core import clock  # noqa: PLC0415

        today = clock.today("UTC")
        name = f"chaos_{self.options.messages}"
        creditor = self._book.make_book(name, number=self.options.messages, today=today)
        self._flush_queue()
        run = self._queue(creditor, today)
        receivers = self._start_receivers()
        try:
            ports = json.loads(receivers.stdout.readline())  # they listen by then
            crew = self._crew_of.Crew(
                self.options.workers,
                self.folder,
                dice=self.dice,
                extra={
                    "EMAIL_URL": f"smtp://127.0.0.1:{ports['smtp']}",
                    "SMS_GATEWAY_URL": f"http://127.0.0.1:{ports['http']}/messages",
                    "SMS_GATEWAY_STATUS_URL": f"http://127.0.0.1:{ports['http']}/messages",
                    "SMS_GATEWAY_HONOURS_KEYS": "true" if self.options.honours_keys else "false",
                    "SMS_GATEWAY_SECRET": SECRET,
                    "SENDING_LEASE_SECONDS": str(LEASE_SECONDS),
                    "SENDING_LANES": str(self.options.workers),
                    "PYTHONWARNINGS": "ignore",
                },
            )
            office = self._office(today)
            try:
                crew.tend()
                office.start()
                begun = time.monotonic()
                self._let_it_happen(crew, run)
                self.happened.seconds = time.monotonic() - begun
            finally:
                office.end()
                crew.stop()
        finally:
            receivers.send_signal(signal.SIGTERM)
            receivers.communicate()
        return self._verdict.judge(
            run=run,
            arrived=self.folder / "arrived.jsonl",
            stopped=office.stopped,
            options=self.options,
            happened=self.happened,
            killed=crew.killed,
            folder=self.folder,
        )

    def _flush_queue(self) -> None:
        import redis  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        redis.Redis.from_url(settings.REDIS_URL).flushdb()

    def _queue(self, creditor, today):
        from campaigns.treatment.services import run_reminders  # noqa: PLC0415
        from collections_app.core import clock  # noqa: PLC0415
        from collections_app.core.models import User  # noqa: PLC0415

        begun = time.monotonic()
        (run,) = run_reminders(as_of=today, now=clock.now(), actor=User.objects.system(), creditor=creditor)
        self.happened.queueing_seconds = time.monotonic() - begun
        self._say(f"queued {run.counts} in {self.happened.queueing_seconds:.1f} s")
        return run

    def _start_receivers(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "benchmarks.chaos.receivers", "--folder", str(self.folder)]
        command += ["--seed", str(self.options.seed), "--secret", SECRET]
        command += ["--honours-keys"] if self.options.honours_keys else []
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _office(self, today):
        number = int(self.options.messages * self.options.stops)
        debtors = self.dice.sample(range(1, self.options.messages + 1), number)
        expected = self.options.messages / self.options.rate
        return self._stops_of.Office(
            debtors=debtors,
            pace=0.8 * expected / max(number, 1),
            dice=random.Random(self.options.seed),
            today=today,
        )

    # ---- while it goes on ----

    def _let_it_happen(self, crew, run) -> None:
        """The schedule's calls, deaths, doubles and restarts, until nothing moves any more."""
        from collections_app.core.jobs import run_job  # noqa: PLC0415

        end = time.monotonic() + self.options.minutes * 60
        plan = [] if self.options.no_restarts else [(1 / 3, "postgres"), (2 / 3, "redis")]
        next_sweep = next_call = next_double = time.monotonic()
        next_kill = time.monotonic() + (self.options.kill_every or 1e9)
        told = quiet = 0
        begun = time.monotonic()
        while time.monotonic() < end and quiet < QUIET_ROUNDS:
            now = time.monotonic()
            if now >= next_sweep:
                self._safely(lambda: run_job.delay(runner="core.sweep_jobs"))
                next_sweep = now + SWEEP_SECONDS
            if now >= next_call:
                self._safely(lambda: run_job.delay(runner="campaigns.send_due_messages"))
                next_call = now + CALL_SECONDS
            if now >= next_double:
                self._safely(self._send_doubles)
                next_double = now + self.dice.uniform(1, 4)
            if now >= next_kill:
                crew.kill_one()
                next_kill = now + self.options.kill_every * self.dice.uniform(0.5, 1.5)
            counts = self._safely(lambda: self._counts(run))
            if counts is not None:
                settled = 1 - (counts.get("queued", 0) + counts.get("sending", 0)) / self.options.messages
                while plan and settled >= plan[0][0]:
                    self._restart(plan.pop(0)[1], crew)
                if int(settled * 20) > told:
                    told = int(settled * 20)
                    self._say(f"{settled:.0%} {counts}")
                if counts.get("queued", 0):
                    self.happened.busy_seconds = time.monotonic() - begun
                quiet = quiet + 1 if self._is_over(counts) else 0
            crew.tend_for(LOOK_SECONDS)

    def _is_over(self, counts: dict[str, int]) -> bool:
        if counts.get("queued", 0) or counts.get("sending", 0) or counts.get("deferred", 0):
            return False
        if not self.options.honours_keys:
            return True
        from campaigns.sending.models import Message  # noqa: PLC0415

        return not Message.objects.filter(status="unknown", channel="sms").exists()

    def _counts(self, run) -> dict[str, int]:
        from campaigns.sending.queries import counts_by_status  # noqa: PLC0415

        return {str(status): number for status, number in counts_by_status(run_id=run.pk).items()}

    def _send_doubles(self) -> None:
        """The queue hands out a live job's message once more, or twice."""
        from collections_app.core.jobs import run_job  # noqa: PLC0415
        from collections_app.core.models import Job  # noqa: PLC0415

        live = list(Job.objects.live().values_list("pk", flat=True))
        for pk in self.dice.sample(live, min(2, len(live))):
            run_job.delay(pk)
            run_job.delay(pk)
            self.happened.doubles += 2

    def _restart(self, what: str, crew) -> None:
        """Ends a server as a power cut would, and starts it again."""
        from django.conf import settings  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        from collections_app.embedded.clients import Client  # noqa: PLC0415

        client = Client(settings.DATA_DIR, postgres=True, redis=True)
        server = client.servers[0 if what == "postgres" else 1]
        connection.close()
        process = server.pid()
        if process is None:
            raise RuntimeError(f"{what} was not running")
        os.kill(process, signal.SIGKILL if what == "redis" else signal.SIGQUIT)
        if not wait_for_an_end([process], END_SECONDS):
            raise RuntimeError(f"{what} did not end")
        crew.tend_for(AWAY_SECONDS)
        server.start()
        self.happened.restarts.append(what)
        self._say(f"{what} restarted")

    @staticmethod
    def _safely(work: Callable[[], Any]) -> Any:
        """Its value; None while a server is away."""
        from django.db import DatabaseError, InterfaceError, close_old_connections  # noqa: PLC0415
        from kombu.exceptions import OperationalError as BrokerError  # noqa: PLC0415

        try:
            close_old_connections()
            return work()
        except (DatabaseError, InterfaceError, BrokerError, OSError):
            return None

    @staticmethod
    def _say(words: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
        sys.stderr.flush()
