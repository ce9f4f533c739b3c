"""What the receivers counted, held against what the office was told."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.chaos.book import address_of
from benchmarks.chaos.stops import Stopped
from campaigns.sending.models import Message
from campaigns.sending.queries import run_figures


def judge(
    *, run, arrived: Path, stopped: Stopped, options, happened, killed: int, folder: Path
) -> dict[str, Any]:
    """The figures and whether every promise holds."""
    rows = [json.loads(line) for line in arrived.read_text(encoding="utf-8").splitlines()]
    counted = [row for row in rows if row["counts"]]
    by_address = Counter(row["to"] for row in counted)
    twice = {to: number for to, number in by_address.items() if number > 1}
    figures = run_figures(run.pk, run.counts["messages"])
    after, in_flight = _after_a_stop(counted, stopped)
    sent_to = set(
        Message.objects.filter(status="sent", run_id=run.pk).values_list("contact_point__value", flat=True)
    )
    unknown_sms = Message.objects.filter(status="unknown", channel="sms", run_id=run.pk).count()
    promises = {
        "none_twice": not twice,
        "adds_up": figures.queued == figures.sent + figures.unknown + figures.withheld + figures.deferred,
        "every_sent_one_arrived": sent_to <= set(by_address),
        "every_arrival_is_sent_or_unknown": len(set(by_address) - sent_to) <= figures.unknown,
        "none_after_a_stop": not after,
        "none_unknown_on_a_gateway_that_honours_keys": not (options.honours_keys and unknown_sms),
    }
    return {
        "name": "chaos",
        "messages": options.messages,
        "workers": options.workers,
        "honours_keys": options.honours_keys,
        "seconds": round(happened.seconds, 1),
        "busy_seconds": round(happened.busy_seconds, 1),
        "messages_a_second": round(len(counted) / max(happened.busy_seconds, 1), 1),
        "queueing_seconds": round(happened.queueing_seconds, 1),
        "killed_workers": killed,
        "restarts": happened.restarts,
        "queue_messages_sent_twice": happened.doubles,
        "arrived": len(counted),
        "repeats_the_gateway_knew": len(rows) - len(counted),
        "twice": dict(list(twice.items())[:5]),
        "queued": figures.queued,
        "sent": figures.sent,
        "unknown": figures.unknown,
        "unknown_texts": unknown_sms,
        "withheld": figures.withheld,
        "deferred": figures.deferred,
        "failed": figures.failed,
        "waiting": figures.waiting,
        "stops": dict(Counter(stopped.kind.values())),
        "under_way_when_stopped": in_flight,
        "after_a_stop": after[:5],
        "promises": promises,
        "holds": all(promises.values()),
        "folder": str(folder),
    }


def _after_a_stop(counted: list[dict], stopped: Stopped) -> tuple[list[dict], int]:
    """Messages whose hand-over began after the commit, and the number of those that were at the
    gateway's door when it was committed."""
    at = {address_of(place): (moment, stopped.kind[place]) for place, moment in stopped.at.items()}
    after, in_flight = [], 0
    for row in counted:
        moment, kind = at.get(row["to"], (float("inf"), ""))
        if row["begun"] > moment:
            after.append({**row, "stopped_at": moment, "kind_of_stop": kind})
        elif row["at"] > moment:
            in_flight += 1
    return after, in_flight
