"""The contact gate: decisions a second, one alone with its facts, and facts for a set against bare SQL."""

import multiprocessing
import random
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from accounts.compliance.queries import Asked, Known, Reading
from benchmarks.runner import Measured
from collections_app.core import clock

CORES = 2
SET = 20_000
CHUNK = 2_000
ALONE = 60
SECONDS = 3.0
A_SECOND = 50_000
ALONE_MS = 5
# what a year of an office asks for, mostly calls and reminders
CHANNELS = ("call", "call", "call", "email", "email", "sms", "letter", "visit")
ACCOUNTS = """
    SELECT id, debtor_id FROM accounts_account WHERE status = 'open' ORDER BY mod(id, 97), id LIMIT %s
"""


def measure(*, accounts: int, seed: int) -> Measured:
    """Facts of a set are gathered by the product and by its very statements alone; decisions are
    taken in one process a core, of those facts, pure; one alone is asked as a page asks."""
    requests = _requests(seed)
    chunks = [requests[start : start + CHUNK] for start in range(0, len(requests), CHUNK)]
    statements = _recorded(chunks)
    bare = _bare(statements)
    known, gather = _gathered(chunks)
    alone = sorted(_alone(asked) for asked in requests[:ALONE])[ALONE // 2]
    connection.close()  # what forks must not share it
    answers = _in_parallel(known)
    rates = [rate for rate, _of_cpu in answers]
    allowed = sum(row.verdict().allowed for row in known)
    return Measured(
        gather,
        bare,
        figures={"decisions_a_second": sum(rates), "alone_ms": alone * 1000},
        limits={"alone_ms": ALONE_MS},
        at_least={"decisions_a_second": A_SECOND},
        detail={
            "requests": len(requests),
            "allowed": allowed,
            "facts_a_second": round(len(requests) / gather),
            "each_core_a_second": [round(rate) for rate in rates],
            "each_core_a_second_of_cpu": [round(of_cpu) for _rate, of_cpu in answers],
            "statements": len(statements),
        },
    )


def _requests(seed: int) -> list[Asked]:
    """Contacts over a week, by day and night, in an order of no meaning."""
    dice = random.Random(seed)  # noqa: S311 the same again by its seed, nothing is kept secret
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, [SET])
        rows = cursor.fetchall()
    begun = clock.now().replace(microsecond=0)
    return [
        Asked(
            debtor_id,
            (account_id,),
            dice.choice(CHANNELS),
            begun + timedelta(seconds=dice.randrange(7 * 86_400)),
        )
        for account_id, debtor_id in (dice.choice(rows) for _number in range(SET))
    ]


def _recorded(chunks: Sequence[Sequence[Asked]]) -> list[tuple]:
    """The statements by which the facts of all chunks are read."""
    found: list[tuple] = []

    def record(execute, sql, params, many, context):
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        for chunk in chunks:
            Reading(chunk)
    return found


def _bare(statements: Sequence[tuple]) -> float:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()
    return time.perf_counter() - begun


def _gathered(chunks: Sequence[Sequence[Asked]]) -> tuple[list[Known], float]:
    begun = time.perf_counter()
    known: list[Known] = []
    for chunk in chunks:
        read = Reading(chunk)
        known += [read.known(asked) for asked in chunk]
    return known, time.perf_counter() - begun


def _alone(asked: Asked) -> float:
    begun = time.perf_counter()
    Reading([asked]).known(asked).verdict()
    return time.perf_counter() - begun


def _in_parallel(known: list[Known]) -> list[tuple[float, float]]:
    """Decisions a second, and a second of its own CPU, of each of as many processes as cores at the
    same time: beside other work on every core only the second says what the code can do."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    workers = [context.Process(target=_decide_all, args=(known, answers)) for _core in range(CORES)]
    for worker in workers:
        worker.start()
    found = [answers.get() for _worker in workers]
    for worker in workers:
        worker.join()
    return found


def _decide_all(known: list[Known], answers) -> None:
    for row in known:  # what is looked up once is looked up
        row.verdict()
    decided, begun, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < SECONDS:
        for row in known:
            row.verdict()
        decided += len(known)
    answers.put((decided / (time.perf_counter() - begun), decided / (time.process_time() - cpu)))
