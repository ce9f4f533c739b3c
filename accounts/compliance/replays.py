"""Ordering a replay and keeping what it found, so that a regulator's year stays readable."""

from datetime import date

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.compliance.enums import REPLAY, ReplayStatus
from accounts.compliance.models import ContactReplay, ReplayFinding
from accounts.compliance.replay import Finding, Progress, replay
from accounts.compliance.rules import VIEW_REPLAY
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

BATCH = 2_000


class ReplayPeriodWrong(Refused):
    """A replay is of days that have begun, the first before the last."""


@transaction.atomic
def order_replay(*, first_day: date, last_day: date, actor, as_of: date) -> ContactReplay:
    """Write down that a period is to be replayed. Raises ReplayPeriodWrong, NotAllowed."""
    require(actor, VIEW_REPLAY)
    if last_day < first_day:
        raise ReplayPeriodWrong(_("The last day lies before the first."), field="last_day")
    if first_day > as_of:
        raise ReplayPeriodWrong(_("Nothing has happened on these days yet."), field="first_day")
    ordered = ContactReplay.objects.create(first_day=first_day, last_day=last_day, ordered_by=actor)
    REPLAY.start(ordered, actor=actor, as_of=as_of)
    audit.record("contact_replay.ordered", ordered, actor=actor, after={"from": first_day, "to": last_day})
    return ordered


@transaction.atomic
def run_replay(
    *, ordered: ContactReplay, actor, as_of: date, progress: Progress | None = None
) -> ContactReplay:
    """Replay the period and keep every row that was found; a finished one is left as it is."""
    if ordered.status != ReplayStatus.RUNNING:
        return ordered
    found = replay(first=ordered.first_day, last=ordered.last_day, progress=progress)
    ReplayFinding.objects.filter(replay=ordered).delete()
    rows = (*found.disagreements, *found.breaches, *found.learned_later)
    ReplayFinding.objects.bulk_create((_row(ordered, row) for row in rows), batch_size=BATCH)
    REPLAY.advance(
        ordered,
        to=ReplayStatus.AGREES if found.agrees else ReplayStatus.DIFFERS,
        actor=actor,
        as_of=as_of,
        figures=found.figures(),
    )
    return ordered


def _row(ordered: ContactReplay, row: Finding) -> ReplayFinding:
    return ReplayFinding(
        replay=ordered,
        kind=row.kind,
        subject=row.subject,
        subject_id=row.pk,
        at=parse_datetime(row.at),
        channel=row.channel,
        debtor_id=row.debtor_id,
        what=row.what[:500],
        contact_id=row.contact_id,
    )
