"""The last months' reports, each built as it could be known then, signed in order, so they chain."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.position.jobs import CompareStandings
from collections_app.core.models import User
from reports.closing.services import build_report, sign_report
from reports.demonstration.money import post_late
from reports.demonstration.office import TIME_ZONE
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.formats import FORMATS


def sign_months(*, months: int, as_of: date, formats=FORMATS) -> int:
    """Build and sign the three reports of the last whole months; returns how many were signed."""
    manager = User.objects.get(username="tanaka")
    builder = User.objects.get(username="delgado")
    month = Month.of(as_of)
    wanted = []
    for _back in range(months):
        month = month.previous
        wanted.insert(0, month)
    signed = 0
    for month in wanted:
        day = min(month.last_day + timedelta(days=2), as_of - timedelta(days=1))
        known_at = datetime.combine(day, time(18), ZoneInfo(TIME_ZONE))
        for kind in ReportKind:
            build = build_report(kind=kind, month=month, actor=builder, known_at=known_at, formats=formats)
            sign_report(build=build, actor=manager)
            signed += 1
    post_late(as_of=as_of)
    CompareStandings.run_now(as_of=as_of, actor=User.objects.system())
    return signed
