"""The verbs of interest: prepare a run, post it, take it back, waive what one account was charged."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.interest import posting
from accounts.interest.enums import INTEREST_RUN, LIVE_RUNS, ChargeKind, RunStatus
from accounts.interest.models import InterestPosting, InterestRun
from accounts.interest.reckoning import first_charged_day, reckon, run_before
from accounts.interest.rules import RUN_INTEREST, WAIVE_INTEREST, may_post, terms_of_run
from accounts.ledger.models import LedgerEntry
from accounts.ledger.periods import closed_until, closed_until_each
from accounts.ledger.services import knowledge_cut_off, reverse_entry
from accounts.parties.models import Creditor
from collections_app.core import audit, clock
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused


class RunRefused(Refused):
    """A run cannot begin, go on or be taken back; the sentence says why."""


class MakerPosts(NotAllowed):
    """The policy wants another person than the maker to post the run."""


class ValueDateMoved(Refused):
    """The run's month was signed since its value date was shown."""


class NothingToWaive(Refused):
    """It was taken back or waived already."""


def month_end(day: date) -> date:
    """The last day of the month a day lies in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


@transaction.atomic
def prepare_run(*, creditor, kind: str, last_day: date, actor, as_of: date, note: str = "") -> InterestRun:
    """Begin a run through the last day of a month that is over; a job then reckons it.

    Raises RunRefused: a month that is not over, nothing charged by the terms, one that is posted
    already, or one still waiting.
    """
    require(actor, RUN_INTEREST)
    if last_day != month_end(last_day) or last_day >= as_of:
        raise RunRefused(
            _("Choose a month that is over: interest and fees are posted for whole months."), field="month"
        )
    # two who prepare at once wait for each other here: the second sees the run of the first
    Creditor.objects.select_for_update(of=("self",), no_key=True).get(pk=creditor.pk)
    run = InterestRun(creditor=creditor, kind=kind, last_day=last_day, first_day=last_day, note=note)
    found = terms_of_run(run)
    in_force = [segment for segment in found if segment.last_day >= last_day]
    if not in_force:
        raise RunRefused(
            _("No terms in force charge %(what)s for this creditor. Propose them under Policies.")
            % {"what": run.get_kind_display().lower()},
            field="kind",
        )
    if all(segment.values["posting"] == "never" for segment in in_force):
        raise RunRefused(
            _("By its terms %(what)s is only shown and never posted for this creditor.")
            % {"what": run.get_kind_display().lower()},
            field="kind",
        )
    others = InterestRun.objects.filter(creditor=creditor, kind=kind, status__in=LIVE_RUNS)
    if others.exclude(status=RunStatus.POSTED).exists():
        raise RunRefused(_("Another run of this creditor is waiting. Post it or discard it first."))
    if others.filter(last_day__gte=last_day).exists():
        raise RunRefused(
            _("That month is posted already. What was learned since comes with the next month."),
            field="month",
        )
    before = run_before(run)
    first = before.last_day + timedelta(days=1) if before else first_charged_day(kind, found)
    if first is None or first > last_day:
        raise RunRefused(_("The terms begin after that month."), field="month")
    run.first_day = first
    run.value_date = value_date_of(run, as_of)
    run.terms_id = in_force[-1].version_id
    run.made_by, run.made_at = actor, clock.now()
    run.save()
    INTEREST_RUN.start(run, actor=actor, as_of=as_of)
    audit.record(
        "interest_run.begun", run, actor=actor, after={"kind": kind, "last_day": last_day}, reason=note
    )
    return run


def value_date_of(run: InterestRun, as_of: date) -> date:
    """The last day of the run's month; the day of posting where that month is signed already."""
    closed = closed_until(run.creditor_id)
    return run.last_day if closed is None or closed < run.last_day else as_of


def value_dates_of(runs: Sequence[InterestRun], as_of: date) -> dict[int, date]:
    """`value_date_of` of many, by id; one statement for all their creditors."""
    closed = closed_until_each({run.creditor_id for run in runs}) if runs else {}
    return {
        run.pk: run.last_day
        if (last := closed.get(run.creditor_id)) is None or last < run.last_day
        else as_of
        for run in runs
    }


def reckon_run(*, run: InterestRun, actor, as_of: date) -> InterestRun:
    """Reckon what a run would post. Safe to run again; a run that is reckoned stays as it is.

    The moment up to which facts count is taken first, in a transaction of its own: what is recorded
    later is looked at again by the next run.
    """
    with transaction.atomic(), knowledge_cut_off() as moment:
        known_at = moment
    with transaction.atomic():
        run = InterestRun.objects.select_for_update(of=("self",)).select_related("creditor").get(pk=run.pk)
        if run.status != RunStatus.PREPARING:
            return run
        reckon(run, terms_of_run(run), run_before(run))
        figures = posting.figures_of(run)
        return INTEREST_RUN.advance(
            run, to=RunStatus.PREPARED, actor=actor, as_of=as_of, known_at=known_at, **figures
        )


@transaction.atomic
def approve_run(*, run: InterestRun, actor, as_of: date, value_date: date | None = None) -> InterestRun:
    """Let a prepared run be posted, as it was shown, with the `value_date` that was shown (by default
    the one it was prepared with).

    Raises MakerPosts where the terms ask for two, ValueDateMoved where its month was signed meanwhile.
    """
    require(actor, RUN_INTEREST)
    if not may_post(actor, run):
        raise MakerPosts(_("You prepared this run, so another supervisor or manager must post it."))
    shown, day = value_date or run.value_date, value_date_of(run, as_of)
    if shown != day:
        raise ValueDateMoved(
            _(
                "%(month)s is signed, so this run would be posted with %(day)s, not with %(shown)s as it "
                "was shown. Nothing was posted. Press again to post it with %(day)s."
            )
            % {"month": f"{run.last_day:%Y-%m}", "day": _day(day), "shown": _day(shown)}
        )
    return INTEREST_RUN.advance(
        run, to=RunStatus.APPROVED, actor=actor, as_of=as_of, approved_by=actor, value_date=day
    )


def _day(day: date) -> str:
    return formats.date_format(day, "j F Y")


@transaction.atomic
def post_run(*, run: InterestRun, actor, as_of: date) -> InterestRun:
    """Post an approved run as one set of entries. Posting it twice adds nothing.

    Where the books were closed over its value date since it was approved, nothing is posted: it is
    back among the prepared ones, with the day it would now be posted with.
    """
    run = InterestRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.status != RunStatus.APPROVED:
        return run
    closed = closed_until(run.creditor_id)
    if closed is not None and closed >= run.value_date:
        return INTEREST_RUN.advance(
            run,
            to=RunStatus.PREPARED,
            actor=actor,
            as_of=as_of,
            reason=_("The month was signed before the run was posted, so its value date has changed."),
            approved_by=None,
            value_date=value_date_of(run, as_of),
        )
    posting.post(run, actor=actor, as_of=as_of)
    return INTEREST_RUN.advance(
        run,
        to=RunStatus.POSTED,
        actor=actor,
        as_of=as_of,
        posted_at=clock.now(),
    )


@transaction.atomic
def discard_run(*, run: InterestRun, reason: str, actor, as_of: date) -> InterestRun:
    """Throw a run away before it is posted."""
    require(actor, RUN_INTEREST)
    return INTEREST_RUN.advance(run, to=RunStatus.DISCARDED, actor=actor, as_of=as_of, reason=reason)


@transaction.atomic
def reverse_run(*, run: InterestRun, reason: str, actor, as_of: date) -> InterestRun:
    """Take back every entry of the last posted run; the month can then be reckoned anew.

    Raises RunRefused.
    """
    require(actor, RUN_INTEREST)
    run = InterestRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    later = InterestRun.objects.filter(
        creditor_id=run.creditor_id, kind=run.kind, status__in=LIVE_RUNS, last_day__gt=run.last_day
    )
    if later.exists():
        raise RunRefused(_("A later run rests on this one. Take back or discard the later one first."))
    posting.take_back(run, value_date=value_date_of(run, as_of), reason=reason, actor=actor, as_of=as_of)
    return INTEREST_RUN.advance(run, to=RunStatus.REVERSED, actor=actor, as_of=as_of, reason=reason)


@transaction.atomic
def waive(*, charged: InterestPosting, reason: str, actor, as_of: date) -> LedgerEntry:
    """Take back what an account was charged, for good; up to the actor's authority to adjust.

    Raises NothingToWaive, BeyondAuthority. Later runs leave that month, or that fee, alone.
    """
    require(actor, WAIVE_INTEREST)
    locked = InterestPosting.objects.select_for_update(of=("self",))
    charged = locked.select_related("entry", "run").get(pk=charged.pk)
    entry = charged.entry
    if not charged.is_live or entry is None or charged.waived_by_id:
        raise NothingToWaive(_("It was taken back already."))
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise NothingToWaive(_("It was taken back already."))
    closed = closed_until(charged.run.creditor_id)
    day = entry.value_date if closed is None or closed < entry.value_date else as_of
    reversal = reverse_entry(
        entry=entry, value_date=day, reason=reason, actor=actor, as_of=as_of, permission=WAIVE_INTEREST
    )
    charged.reversal, charged.waived_by, charged.waived_reason = reversal, actor, reason
    charged.save(update_fields=["reversal", "waived_by", "waived_reason"])
    audit.record("interest.waived", charged, actor=actor, after={"amount": charged.amount}, reason=reason)
    return reversal


def creditors_due(as_of: date) -> list[tuple[int, str, date]]:
    """(creditor, kind, last day) of the months that are over and whose terms are posted monthly."""
    last_day = as_of.replace(day=1) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT creditor_id FROM accounts_account ORDER BY creditor_id")
        creditors = [row[0] for row in cursor.fetchall()]
    due = []
    for kind in ChargeKind.values:
        for creditor_id in creditors:
            run = InterestRun(creditor_id=creditor_id, kind=kind, last_day=last_day)
            found = [segment for segment in terms_of_run(run) if segment.last_day >= last_day]
            if any(segment.values["posting"] == "monthly" for segment in found):
                due.append((creditor_id, kind, last_day))
    return due
