"""A draft of a strategy against what is in force, thirty days ahead on the whole book."""

import time
from datetime import timedelta

from django.db import connection, transaction

from benchmarks.reminders import BARE
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from campaigns.simulation.models import WhatIf
from campaigns.simulation.services import make_what_if, order_what_if
from campaigns.strategies.models import Strategy
from campaigns.strategies.queries import versions_in_force
from campaigns.strategies.services import NewStep, draft_version, save_version
from collections_app.core import clock
from collections_app.core.models import User

DAYS = 30
SECONDS_PER_100000 = 60
SOONER = {7: 5, 15: 10}  # what the draft does differently: two steps come sooner, and a call is added


def measure(*, accounts: int, seed: int) -> Measured:
    today, system = clock.today(), User.objects.system()
    reading = statement(BARE.replace("a.creditor_id = %(creditor)s AND", ""), {})
    bare = median_seconds(reading, repeats=3) * DAYS * 2
    strategy = Strategy.objects.order_by("pk")[0]
    version = draft_version(strategy=strategy, actor=system, as_of=today)
    live = next(row for row in versions_in_force(today) if row.strategy_id == strategy.pk)
    steps = [
        NewStep(
            step.code, step.title, step.stage, SOONER.get(step.day_offset, step.day_offset),
            step.channel, step.template_code, step.stage_name,
        )
        for step in live.steps.order_by("day_offset", "id")
    ]  # fmt: skip
    steps.append(NewStep("call", "Ring", 5, 60, "", "", kind="call"))
    save_version(version=version, steps=steps, actor=system)
    what_if = order_what_if(
        version=version, first_day=today + timedelta(days=1), days=DAYS, actor=system, as_of=today
    )
    begun = time.perf_counter()
    made: WhatIf = make_what_if(what_if=what_if, actor=what_if.made_by)
    seconds = time.perf_counter() - begun
    result = made.result
    rows = made.steps.count()
    with transaction.atomic():
        version.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_account")
        number = cursor.fetchone()[0]
    return Measured(
        seconds,
        bare,
        figures={"seconds_per_100000": seconds * 100_000 / number},
        limits={"seconds_per_100000": SECONDS_PER_100000},
        detail={
            "days": DAYS,
            "steps": rows,
            "contacts": {side: result[side]["totals"] for side in ("live", "draft")},
            "refused": {side: result[side]["refused"] for side in ("live", "draft")},
            "changed": result["changed"],
        },
    )
