"""The daily feed: until when books are fed, the alarm when a feed is missed, and its end.

Whether books are too old is reckoned from the creditor's `fed_until` and the policy "feed" at the
moment somebody asks; the alarm is what people see of it. It is raised by a job before the hour's
reminders and by the reminder run itself, and is over when a feed arrives.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import transaction
from django.db.models import Max, OuterRef, Q, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.imports.enums import FEED_ALARM, FEED_ALIVE, FeedAlarmStatus, ImportKind, ImportStatus
from accounts.imports.models import FeedAlarm, ImportBatch
from accounts.imports.rules import RELEASE_FEED, creditors_open_to
from accounts.parties.models import Creditor
from accounts.parties.queries import calendar_of
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import kept, policy
from accounts.tasks.services import raise_tasks, settle_tasks
from accounts.teams.models import TeamMembership
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from collections_app.core.said import said

TASK_KIND = "late_feed"
NEVER_LATE = datetime(1900, 1, 1, tzinfo=UTC)
LONGEST_RELEASE = timedelta(days=7)
FARTHEST_BACK = 400  # days; the age allowed is at most thirty


class FeedRefused(Refused):
    """The alarm can't be released so."""


def fed_after(creditor_id: int, *, as_of: date, now: datetime) -> datetime:
    """Books fed before this moment are too old to remind anyone by.

    Days on which no file is expected do not count: their hours are added to the age allowed.
    """
    values = policy("feed", as_of=as_of, creditor_id=creditor_id)
    if values["expected"] == "never":
        return NEVER_LATE
    allowed = timedelta(hours=values["max_age_hours"])
    if values["expected"] == "daily":
        return now - allowed
    calendar, zone = kept(("feed_days", creditor_id), lambda: _days_of(creditor_id))
    # in UTC: hours of a zone are not all of one length
    moment = now.astimezone(UTC)
    for _day in range(FARTHEST_BACK):
        day = (moment - timedelta(microseconds=1)).astimezone(zone).date()
        began = datetime.combine(day, datetime.min.time(), tzinfo=zone).astimezone(UTC)
        if calendar.is_business_day(day):
            if moment - began >= allowed:
                return moment - allowed
            allowed -= moment - began
        moment = began
    return moment


def _days_of(creditor_id: int) -> tuple[clock.BusinessCalendar, ZoneInfo]:
    creditor = Creditor.objects.get(pk=creditor_id)
    return calendar_of(creditor), clock.zone(creditor.time_zone)


ALIVE_KEY = "feeds.alive"
ALIVE_SECONDS = 600


def alive_alarms() -> list[dict[str, Any]]:
    """The missed feeds that are not over, read now and kept for banners: creditor, name, status."""
    found = list(
        FeedAlarm.objects.alive()
        .order_by("fed_until", "id")
        .values("creditor_id", "creditor__name", "status", "fed_until")
    )
    cache.set(ALIVE_KEY, found, ALIVE_SECONDS)
    return found


def late_feeds(user, *, is_kept: bool = False) -> list[dict[str, Any]]:
    """Missed feeds whose reminders wait, of creditors whose name the user may read.

    `is_kept`: only what was read a moment ago, for a banner that must not slow a page down; the
    menu's numbers, asked for after every page, read anew.
    """
    found = (cache.get(ALIVE_KEY) or []) if is_kept else alive_alarms()
    late = [row for row in found if row["status"] == FeedAlarmStatus.LATE]
    if not late:
        return []
    seen = set(
        Creditor.objects.visible_to(user)
        .filter(pk__in=[row["creditor_id"] for row in late])
        .values_list("pk", flat=True)
    )
    return [row for row in late if row["creditor_id"] in seen]


def _forget() -> None:
    """Banners show the alarms as they are once this transaction has committed."""
    transaction.on_commit(alive_alarms)


def is_late(creditor: Creditor, *, now: datetime) -> bool:
    """Whether the creditor's books are too old; never where no file has fed them yet."""
    if creditor.fed_until is None:
        return False
    as_of = clock.local_date(now, creditor.time_zone)
    return creditor.fed_until < fed_after(creditor.pk, as_of=as_of, now=now)


@transaction.atomic
def watch_feeds(*, now: datetime, creditor_ids: Iterable[int] | None = None) -> dict[str, int]:
    """Raise, raise again and end alarms; as the system. Returns how many of each.

    A release that has run out while the feed is still missing is an alarm again.
    """
    actor = User.objects.system()
    done = {"raised": 0, "again": 0, "over": 0}
    creditors = Creditor.objects.filter(is_active=True, fed_until__isnull=False).order_by("id")
    if creditor_ids is not None:
        creditors = creditors.filter(pk__in=list(creditor_ids))
    for creditor in creditors.select_for_update(of=("self",), no_key=True):
        as_of = clock.local_date(now, creditor.time_zone)
        alarm = FeedAlarm.objects.alive().filter(creditor=creditor).first()
        if not is_late(creditor, now=now):
            if alarm is not None:
                _end(alarm, actor=actor, as_of=as_of)
                done["over"] += 1
        elif alarm is None:
            alarm = FeedAlarm.objects.create(creditor=creditor, fed_until=creditor.fed_until)
            FEED_ALARM.start(alarm, actor=actor, as_of=as_of)
            audit.record(
                "feed_alarm.raised",
                alarm,
                actor=actor,
                after={"creditor": creditor.pk, "fed_until": creditor.fed_until},
            )
            _ask(alarm, creditor, actor=actor, as_of=as_of)
            _forget()
            done["raised"] += 1
        elif alarm.status == FeedAlarmStatus.RELEASED and alarm.released_until <= now:
            FEED_ALARM.advance(
                alarm,
                to=FeedAlarmStatus.LATE,
                actor=actor,
                as_of=as_of,
                reason=_("The release has run out and no feed has come."),
                released_until=None,
            )
            _ask(alarm, creditor, actor=actor, as_of=as_of)
            _forget()
            done["again"] += 1
    for alarm in FeedAlarm.objects.alive().filter(
        Q(creditor__is_active=False) | Q(creditor__fed_until__isnull=True)
    ):
        _end(alarm, actor=actor, as_of=clock.local_date(now))
        done["over"] += 1
    return done


def _ask(alarm: FeedAlarm, creditor: Creditor, *, actor, as_of: date) -> None:
    """A task for each supervisor of the creditor's teams, or for managers where it has none."""
    title = said(gettext_noop("No feed from %(creditor)s: reminders wait"), creditor=creditor.name)
    detail = said(
        gettext_noop("Bring in the creditor's file, or release the reminders with a reason under Feeds.")
    )
    members = TeamMembership.objects.on(as_of).filter(team__in=creditor.teams.all())
    leaders = User.objects.filter(
        is_active=True, role=Role.SUPERVISOR, pk__in=members.values("user")
    ).order_by("id")
    rows = [{"assignee": leader} for leader in leaders] or [{"role": Role.MANAGER.value}]
    raise_tasks(
        kind=TASK_KIND,
        rows=[{"subject": alarm, "title": title, "detail": detail, **row} for row in rows],
        actor=actor,
        as_of=as_of,
    )


def _end(alarm: FeedAlarm, *, actor, as_of: date) -> None:
    FEED_ALARM.advance(
        alarm, to=FeedAlarmStatus.OVER, actor=actor, as_of=as_of, ended_at=clock.now()
    )
    settle_tasks(subject=alarm, outcome=said(gettext_noop("A feed has arrived.")), actor=actor, as_of=as_of)
    _forget()


@transaction.atomic
def release_feed(*, alarm: FeedAlarm, hours: int, reason: str, actor, as_of: date) -> FeedAlarm:
    """Let the creditor's reminders go for some hours though its books are old.

    Raises FeedRefused, StatusHasMoved, NotAllowed.
    """
    require(actor, RELEASE_FEED)
    if not reason.strip():
        raise FeedRefused(_("Say why reminders may go by old books."), field="reason")
    if not 0 < hours <= LONGEST_RELEASE // timedelta(hours=1):
        raise FeedRefused(_("Choose up to seven days."), field="hours")
    if not creditors_open_to(actor).filter(pk=alarm.creditor_id).exists():
        raise FeedRefused(_("Your teams do not work for this creditor."))
    released = FEED_ALARM.advance(
        alarm,
        to=FeedAlarmStatus.RELEASED,
        actor=actor,
        as_of=as_of,
        reason=reason.strip()[:300],
        released_by=actor,
        released_until=clock.now() + timedelta(hours=hours),
    )
    FeedAlarm.objects.filter(pk=alarm.pk).update(reason=reason.strip()[:300])
    _forget()
    settle_tasks(
        subject=alarm,
        outcome=_("Reminders were released: %(reason)s") % {"reason": reason.strip()},
        actor=actor,
        as_of=as_of,
    )
    return released


@transaction.atomic
def end_release(*, alarm: FeedAlarm, reason: str, actor, as_of: date) -> FeedAlarm:
    """Take a release back before its time: the creditor's reminders wait again from now on.

    Raises FeedRefused, StatusHasMoved, NotAllowed.
    """
    require(actor, RELEASE_FEED)
    if not reason.strip():
        raise FeedRefused(_("Say why the reminders wait again."), field="reason")
    if not creditors_open_to(actor).filter(pk=alarm.creditor_id).exists():
        raise FeedRefused(_("Your teams do not work for this creditor."))
    late = FEED_ALARM.advance(
        alarm,
        to=FeedAlarmStatus.LATE,
        actor=actor,
        as_of=as_of,
        reason=reason.strip()[:300],
        released_until=None,
    )
    _ask(late, late.creditor, actor=actor, as_of=as_of)
    _forget()
    return late


def oldest_feed(*, as_of: date) -> datetime | None:
    """Until when the books of the creditor fed longest ago are fed; those whose policy expects no
    files are not waited for and do not count. None where no file has fed any."""
    # One statement, for the menu asks: a creditor's own version before everyone's before the default.
    default = Value(KINDS["feed"].defaults()["expected"], output_field=TextField())
    in_force = (
        PolicyVersion.objects.filter(kind="feed", status=PolicyStatus.APPROVED, valid_from__lte=as_of)
        .annotate(expected=Coalesce(KeyTextTransform("expected", "values"), default))
        .order_by("-valid_from", "-id")
        .values("expected")
    )
    own = in_force.filter(scope_type="creditor", scope_id=OuterRef("pk"))[:1]
    return (
        Creditor.objects.filter(is_active=True, fed_until__isnull=False)
        .annotate(expected=Coalesce(Subquery(own), Subquery(in_force.filter(scope_type="")[:1]), default))
        .exclude(expected="never")
        .order_by("fed_until")
        .values_list("fed_until", flat=True)
        .first()
    )


def feed_arrived(*, creditor_ids: Iterable[int], moment: datetime, actor, as_of: date) -> None:
    """Entries of these creditors came by a file: their books are fed, their alarms over."""
    ids = list(creditor_ids)
    Creditor.objects.filter(pk__in=ids).update(fed_until=moment)
    for alarm in FeedAlarm.objects.alive().filter(creditor__in=ids).order_by("id"):
        _end(alarm, actor=User.objects.system(), as_of=as_of)


def feed_taken_back(batch: ImportBatch) -> None:
    """The file that fed a creditor's books last is taken back: they are as old as the one before."""
    if batch.creditor_id is None or batch.posted_at is None:
        return
    earlier = (
        ImportBatch.objects.filter(creditor=batch.creditor_id, status=ImportStatus.POSTED)
        .filter(Q(control__feeds=True) | Q(kind=ImportKind.ENTRIES))
        .exclude(pk=batch.pk)
        .aggregate(last=Max("posted_at"))
    )["last"]
    Creditor.objects.filter(pk=batch.creditor_id, fed_until=batch.posted_at).update(fed_until=earlier)


__all__ = [
    "FEED_ALIVE", "FeedRefused", "end_release", "fed_after", "feed_arrived", "feed_taken_back", "is_late",
    "late_feeds", "oldest_feed", "release_feed", "watch_feeds",
]  # fmt: skip
