"""A worker whose machine's clock is wrong: included by the workers of a chaos run, never by others.

`CHAOS_SKEW_SECONDS` is added to whatever the worker's own clock says: `time.time`, the product's
`clock.now` and `clock.today`, and Django's `timezone.now`. The database keeps its own time.
"""

import os
import time
from datetime import UTC, datetime

from django.utils import timezone

from collections_app.core import clock

SECONDS = float(os.environ.get("CHAOS_SKEW_SECONDS", "0"))
_true_time = time.time


def skewed_time() -> float:
    return _true_time() + SECONDS


def skewed_now() -> datetime:
    return datetime.fromtimestamp(skewed_time(), UTC)


if SECONDS:
    time.time = skewed_time  # type: ignore[assignment]
    clock.now = skewed_now
    timezone.now = skewed_now  # noqa: TID251 the clock that is put wrong here
