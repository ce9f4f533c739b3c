"""Where an account stands on its ladder: its stage, and each step done, late, skipped, due or ahead (D18)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from campaigns.strategies.enums import STAGE_NAMES
from campaigns.strategies.models import StrategyStep
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import Episode, StepRecord
from collections_app.core.statuses import StatusChoices, Tone


class RungState(StatusChoices):
    DONE = "done", Tone.GOOD, "circle-check", _("Done")
    LATE = "late", Tone.ATTENTION, "clock", _("Done late")
    QUEUED = "queued", Tone.WAIT, "clock", _("Queued")
    SKIPPED = "skipped", Tone.NONE, "point", _("Skipped")
    WAITS = "waits", Tone.STOP, "hand-stop", _("Waits")
    DUE = "due", Tone.ATTENTION, "alert-triangle", _("Due")
    AHEAD = "ahead", Tone.NONE, "point", _("Ahead")


@dataclass(frozen=True)
class Rung:
    """One step of one account: the day it is due, the day it was taken, and why it waits or was skipped."""

    step: StrategyStep
    state: str
    due_on: date
    taken_on: date | None = None
    why: str = ""


@dataclass(frozen=True)
class Ladder:
    """One episode of an account, with the stage it is in by its days past due."""

    episode: Episode
    days: int
    stage: int
    stage_name: str
    rungs: list[Rung]


def stage_of(steps: Iterable[StrategyStep], days: int) -> tuple[int, str]:
    """The one stage of so many days past due: that of the last step whose day has come; 0 before."""
    begun = [step for step in steps if step.day_offset <= days]
    if not begun:
        return 0, str(_("Before the first stage"))
    last = max(begun, key=lambda step: step.day_offset)
    return last.stage, last.stage_name or str(STAGE_NAMES.get(last.stage, ""))


def ladder_of(account, *, as_of: date) -> Ladder | None:
    """The running episode of an account, else its last one; None where it never had one."""
    episode = (
        Episode.objects.filter(account=account)
        .select_related("version__strategy")
        .order_by("cured_on", "-first_due_date")
        .first()
    )
    running = Episode.objects.filter(account=account, cured_on=None).select_related("version__strategy")
    episode = running.first() or episode
    if episode is None or episode.version is None:
        return None
    anchor = account.standing.oldest_due_date or episode.first_due_date
    days = ((episode.cured_on or as_of) - anchor).days
    records = {row.step_id: row for row in episode.steps.select_related("step")}
    steps = {step.pk: step for step in episode.version.steps.all()}
    steps |= {row.step_id: row.step for row in records.values()}
    ordered = sorted(steps.values(), key=lambda step: (step.day_offset, step.pk))
    own = [step for step in ordered if step.version_id == episode.version_id]
    stage, name = stage_of(own, days)
    rungs = [_rung(step, records.get(step.pk), episode, anchor, days) for step in ordered]
    return Ladder(episode, days, stage, name, rungs)


def _rung(
    step: StrategyStep, record: StepRecord | None, episode: Episode, anchor: date, days: int
) -> Rung:
    due_on = record.due_on if record is not None else anchor + timedelta(days=step.day_offset)
    if record is None:
        if episode.began_after is not None and step.day_offset <= episode.began_after:
            return Rung(step, RungState.SKIPPED, due_on, why=str(_("before it came in")))
        if episode.cured_on is not None:
            return Rung(step, RungState.SKIPPED, due_on, why=str(_("cured before")))
        return Rung(step, RungState.DUE if step.day_offset <= days else RungState.AHEAD, due_on)
    why = str(record.get_spared_display()) if record.spared else ""
    if record.status == StepStatus.MISSED:
        return Rung(step, RungState.SKIPPED, due_on, why=why)
    if record.status == StepStatus.SPARED:
        is_behind = episode.reached is not None and step.day_offset <= episode.reached
        return Rung(step, RungState.SKIPPED if is_behind else RungState.WAITS, due_on, why=why)
    if record.status == StepStatus.QUEUED:
        return Rung(step, RungState.QUEUED, due_on, record.taken_on)
    is_late = record.taken_on is not None and record.taken_on > due_on
    return Rung(step, RungState.LATE if is_late else RungState.DONE, due_on, record.taken_on)
