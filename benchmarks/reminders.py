"""A reminder run over one creditor's book: judged, asked, written and queued, then taken back."""

import time
from datetime import datetime, timedelta
from datetime import time as day_time
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.parties.models import Creditor
from accounts.parties.queries import calendar_of
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from campaigns.sending.models import Message
from campaigns.treatment.services import run_reminders
from collections_app.core import clock
from collections_app.core.clock import business_day_on_or_after
from collections_app.core.models import User

MORNING = day_time(10)
# Who owes, what of, and how he is reached: the reading that no run can do without.
BARE = """
    SELECT d.id, d.name, d.language, p.value, sum(s.overdue - s.contested)
    FROM accounts_account a
    JOIN accounts_standing s ON s.account_id = a.id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    LEFT JOIN accounts_contactpoint p ON p.debtor_id = d.id AND p.kind = 'email' AND p.status = 'good'
    WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.overdue > s.contested
      AND NOT EXISTS (SELECT 1 FROM accounts_hold h WHERE h.status = 'active'
                      AND (h.account_id = a.id OR h.debtor_id = d.id))
      AND NOT EXISTS (SELECT 1 FROM accounts_promise v WHERE v.account_id = a.id AND v.status = 'open')
    GROUP BY d.id, p.value
"""
SECONDS_PER_1000 = 3


def measure(*, accounts: int, seed: int) -> Measured:
    creditor = Creditor.objects.get(code="CITYPOWER")
    day = business_day_on_or_after(clock.today(creditor.time_zone) + timedelta(days=1), calendar_of(creditor))
    now = datetime.combine(day, MORNING, ZoneInfo(creditor.time_zone))
    bare = median_seconds(statement(BARE, {"creditor": creditor.pk}), repeats=5)
    before = Message.objects.count()
    with transaction.atomic():
        # The feed of that morning has come: without it nobody would be reminded.
        Creditor.objects.filter(pk=creditor.pk).update(fed_until=now)
        begun = time.perf_counter()
        runs = run_reminders(as_of=day, now=now, actor=User.objects.system(), creditor=creditor)
        seconds = time.perf_counter() - begun
        counts = runs[0].counts
        messages = Message.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM campaigns_steprecord")
            judged = cursor.fetchone()[0]
        transaction.set_rollback(True)
    if messages == before:
        raise AssertionError("Nobody was reminded.")
    return Measured(
        seconds,
        bare,
        figures={"seconds_per_1000": seconds * 1000 / max(judged, 1)},
        limits={"seconds_per_1000": SECONDS_PER_1000},
        detail={"messages": messages - before, "steps": judged, "counts": counts},
    )
