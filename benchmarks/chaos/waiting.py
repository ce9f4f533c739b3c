"""Waiting for the end of processes, ours or not, instead of looking again and again (Linux)."""

import os
import select
from collections.abc import Iterable


def wait_for_an_end(processes: Iterable[int], seconds: float) -> bool:
    """Wait until one of these processes has ended; whether one has within so many seconds."""
    waiting, places = select.poll(), []
    try:
        for process in processes:
            try:
                place = os.pidfd_open(process)
            except ProcessLookupError:
                return True
            places.append(place)
            waiting.register(place, select.POLLIN)
        return bool(waiting.poll(max(seconds, 0) * 1000))
    finally:
        for place in places:
            os.close(place)
