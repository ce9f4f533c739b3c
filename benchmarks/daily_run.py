"""A day's run over a whole book under treatment: who is due, whom it spares, and all the gate must know.

Against the bare SQL of the same: one statement that selects, and the fact statements of the gate whose
rows nobody looks at. Then the same at a tenth of the book, the run's steps recorded, a second run of the
day, which finds nothing to do, and one after every account's episode was written anew in bulk.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from datetime import time as day_time
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.compliance.queries import Asked, Reading
from accounts.ledger.services import roll_standing
from accounts.parties.models import Creditor
from benchmarks.runner import Measured
from benchmarks.treated_book import use_treated_book
from campaigns.treatment.book_pass import House, judge_books
from campaigns.treatment.models import ReminderRun
from campaigns.treatment.recording import record_steps

CHUNK = 2_000
SECONDS = 20
RATIO = 2
GROWTH = 12
SMALLER = 10
ROUNDS = 3  # the best of each, because the machine has other things to do
# Whose step is due today, unless held, promised, without address or too small: by hand.
SELECTION = """
    SELECT coalesce(d.merged_into_id, d.id) AS debtor_id, array_agg(a.id) AS accounts,
           array_agg(e.id), array_agg(l.id), array_agg(s.overdue), max(l.day_offset), min(p.id)
    FROM accounts_account a
    JOIN accounts_standing s ON s.account_id = a.id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    LEFT JOIN campaigns_episode e ON e.account_id = a.id AND e.cured_on IS NULL
    JOIN campaigns_strategystep l ON l.day_offset <= %(today)s::date - s.oldest_due_date
     AND l.day_offset > coalesce(e.reached, l.day_offset - 1)
     AND (e.reached IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM campaigns_strategystep n WHERE n.day_offset > l.day_offset
             AND n.day_offset <= %(today)s::date - s.oldest_due_date))
    LEFT JOIN LATERAL (SELECT p.id FROM accounts_contactpoint p WHERE p.debtor_id = d.id
        AND p.status = 'good' AND p.valid_to IS NULL AND p.kind = CASE l.channel WHEN 'email' THEN 'email'
            WHEN 'sms' THEN 'phone' ELSE 'address' END ORDER BY p.is_primary DESC LIMIT 1) p ON TRUE
    WHERE a.status = 'open' AND s.oldest_due_date <= %(today)s::date + 3
      AND NOT EXISTS (SELECT 1 FROM accounts_hold h WHERE h.status = 'active'
          AND (h.account_id = a.id OR h.debtor_id = d.id))
      AND NOT EXISTS (SELECT 1 FROM accounts_promise v WHERE v.account_id = a.id AND v.status = 'open')
    GROUP BY 1
"""


def bare(today: date, facts: Sequence[tuple]) -> float:
    """Seconds of the selection, and of the gate's own fact statements when nobody looks at the rows."""
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(SELECTION, {"today": today})
        cursor.fetchall()
        for query, params in facts:
            cursor.execute(query, params)
            cursor.fetchall()
    return time.perf_counter() - begun


class Asking:
    """Keeps the statements that pass by."""

    def __init__(self) -> None:
        self.found: list[tuple] = []

    def __call__(self, execute, sql, params, many, context):
        self.found.append((sql, params))
        return execute(sql, params, many, context)


def one_run(
    today: date, *, records: bool, asking: Asking | None = None
) -> tuple[float, int]:
    """Seconds of selecting and gathering, over all books, and how many messages that makes."""
    houses = [
        House(creditor, datetime.combine(today, day_time(6), ZoneInfo(creditor.time_zone)))
        for creditor in Creditor.objects.filter(is_active=True).order_by("id")
    ]
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        judged = judge_books(cursor, houses, as_of=today)
    for house in houses:
        groups = judged[house.creditor.pk].groups
        for start in range(0, len(groups), CHUNK):
            requests = [
                Asked(row.debtor_id, tuple(sorted(row.account_ids)), row.channel, house.now,
                      point_id=row.point_id, is_automatic=True)
                for row in groups[start : start + CHUNK]
            ]  # fmt: skip
            with connection.execute_wrapper(asking) if asking else nullcontext():
                Reading(requests)
    seconds = time.perf_counter() - begun
    groups = [group for found in judged.values() for group in found.groups]
    if records:
        record_steps(
            (
                (*row, "queued", "", None, None, None)
                for group in groups
                for row in zip(
                    group.account_ids, group.episode_ids, group.step_ids, group.due_on, strict=True
                )
            ),
            ReminderRun(as_of=today),
        )
    return seconds, len(groups)


def written(work: Callable[[], object]) -> int:
    """How many rows of real tables a piece of work writes."""
    query = (
        "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
        " WHERE schemaname = 'public'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        before = cursor.fetchone()[0]
        work()
        cursor.execute(query)
        return int(cursor.fetchone()[0] - before)


def measure_book(*, accounts: int, seed: int) -> dict[str, float]:
    today = use_treated_book(accounts=accounts, seed=seed)
    roll_standing(as_of=today)
    found: dict[str, float] = {}
    asking = Asking()
    with transaction.atomic():  # both begin warm
        one_run(today, records=False, asking=asking)
        bare(today, asking.found)
        transaction.set_rollback(True)
    bares, runs = [], []
    for _round in range(ROUNDS):
        with transaction.atomic():
            bares.append(bare(today, asking.found))
            seconds, found["messages"] = one_run(today, records=False)
            runs.append(seconds)
            transaction.set_rollback(True)
    found["bare"], found["run"] = min(bares), min(runs)
    with transaction.atomic():
        # as a bulk import leaves it: every row of a table written anew, its statistics not yet
        with connection.cursor() as cursor:
            cursor.execute("UPDATE campaigns_episode SET recorded_at = recorded_at")
        found["after_bulk"], _messages = one_run(today, records=True)
        found["written_again"] = written(lambda: one_run(today, records=True))
        transaction.set_rollback(True)
    return found


def measure(*, accounts: int, seed: int) -> Measured:
    small = measure_book(accounts=max(accounts // SMALLER, 100), seed=seed)
    large = measure_book(accounts=accounts, seed=seed)
    return Measured(
        large["run"],
        large["bare"],
        figures={
            "seconds": large["run"],
            "ratio": large["run"] / large["bare"],
            "growth": large["run"] / small["run"],
            "written_again": large["written_again"],
            "after_bulk": large["after_bulk"] / large["run"],
        },
        limits={
            "seconds": SECONDS, "ratio": RATIO, "growth": GROWTH, "written_again": 0, "after_bulk": 1.5
        },
        detail={"large": large, "small": small},
    )  # fmt: skip
