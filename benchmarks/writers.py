"""Several processes that post at the same time, as several people at several web workers do.

Imports nothing of the product before Django is set up: a spawned process begins here.
"""

import multiprocessing
import time
from collections.abc import Sequence
from importlib import import_module

WAIT_SECONDS = 300


def posted_per_second(kind: str, spans: Sequence[Sequence[int]], database: str) -> float:
    """Post one payment on each account; one writer for each span. Payments a second, all together.

    `kind` is a function of `benchmarks.doors`. The clock runs from the moment all writers are warm
    to the last one's last commit.
    """
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(len(spans)), context.Queue()
    writers = [
        context.Process(target=_write, args=(kind, list(span), database, barrier, told)) for span in spans
    ]
    for writer in writers:
        writer.start()
    # a writer that failed says nothing, and ends the measurement
    times = [told.get(timeout=WAIT_SECONDS) for _writer in writers]
    for writer in writers:
        writer.join(WAIT_SECONDS)
        if writer.exitcode:
            raise RuntimeError(f"A writer of {kind} ended with {writer.exitcode}.")
    begun, ended = min(first for first, _last in times), max(last for _first, last in times)
    return sum(len(span) - WARM_UP for span in spans) / (ended - begun)


WARM_UP = 10  # payments of each writer before the clock runs: plans are made, connections are open


def _write(kind: str, span: list[int], database: str, barrier, told) -> None:
    import django  # noqa: PLC0415 a process of its own sets Django up for itself

    django.setup()
    from django.db import connection  # noqa: PLC0415

    connection.settings_dict["NAME"] = database
    post = getattr(import_module("benchmarks.doors"), kind)(span)
    for account_id in span[:WARM_UP]:
        post(account_id)
    barrier.wait(WAIT_SECONDS)
    begun = time.monotonic()
    for account_id in span[WARM_UP:]:
        post(account_id)
    told.put((begun, time.monotonic()))
