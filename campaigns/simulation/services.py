"""The verbs of a what-if: order it, make it, and hold an approval against it."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import date
from functools import partial
from threading import Event, Lock

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from campaigns.simulation import figures, rules
from campaigns.simulation.course import Course, Plan, foretell
from campaigns.simulation.enums import LONGEST_DAYS, Side
from campaigns.simulation.models import ChangedAccount, ForetoldStep, WhatIf
from campaigns.simulation.shared_gate import SharedGate
from campaigns.strategies.enums import InFlight, VersionStatus
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import versions_in_force
from campaigns.strategies.rules import check_steps
from campaigns.strategies.services import content_hash
from collections_app.core import audit, bulk, clock
from collections_app.core.own_connection import is_inside_a_test
from collections_app.core.permissions import require

STEP_COLUMNS = [
    "side", "contact", "day", "contact_day", "account_id", "debtor_id", "officer_id", "step_id",
    "kind", "channel", "outcome", "rule",
]  # fmt: skip
OPEN = (VersionStatus.DRAFT, VersionStatus.SUBMITTED)


@transaction.atomic
def order_what_if(
    *,
    version: StrategyVersion,
    first_day: date,
    days: int,
    in_flight: str = InFlight.MOVE,
    actor,
    as_of: date,
) -> WhatIf:
    """Write down what is to be tried out; the job makes it. Earlier ones of the version go, unless
    somebody signed them.

    Raises StrategyIncomplete, PeriodTooLong.
    """
    require(actor, rules.RUN)
    check_steps(list(version.steps.all()))
    if not 1 <= days <= LONGEST_DAYS:
        raise rules.PeriodTooLong(
            _("Choose between 1 and %(n)s days.") % {"n": LONGEST_DAYS}, field="days"
        )
    version.what_ifs.exclude(result_hash=version.signed_result or "-").delete()
    what_if = WhatIf.objects.create(
        version=version,
        content_hash=content_hash(version),
        as_of=as_of,
        first_day=first_day,
        days=days,
        in_flight=in_flight,
        made_by=actor,
    )
    audit.record(
        "what_if.ordered",
        what_if,
        actor=actor,
        after={"version": version.pk, "first_day": first_day, "days": days},
    )
    return what_if


def creditors_of(version: StrategyVersion) -> list[Creditor]:
    """Whose books the strategy may treat."""
    found = Creditor.objects.filter(is_active=True).order_by("id")
    if version.strategy.creditor_id is not None:
        found = found.filter(pk=version.strategy.creditor_id)
    return list(found)


def make_what_if(
    what_if: WhatIf, *, on_progress: Callable[[int, int], None] | None = None
) -> WhatIf:
    """Walk both sides through the days, side by side, and keep what they would do.

    Nothing of the book is written or locked. Safe to run again.
    """
    version, today = what_if.version, what_if.as_of
    creditors = creditors_of(version)
    live, draft = _both(what_if, creditors, on_progress)
    changed = figures.changed_accounts(live, draft)
    in_hardship = figures.hard_pressed({row[3] for row in changed})
    result = {
        "strategy": version.strategy.code,
        "version": version.number,
        "content_hash": what_if.content_hash,
        "in_force": sorted(
            row.content_hash for row in versions_in_force(min(today, what_if.first_day))
        ),
        "first_day": what_if.first_day.isoformat(),
        "days": what_if.days,
        "in_flight": what_if.in_flight,
        "accounts": Account.objects.filter(creditor__in=creditors, status="open").count(),
        "live": figures.figures_of(live, creditors, as_of=today),
        "draft": figures.figures_of(draft, creditors, as_of=today),
        "changed": len(changed),
        "pressure": figures.pressure(draft),
        "rows": figures.digest_of([live, draft]),
    }
    _keep(what_if, result, [live, draft], changed, in_hardship)
    return what_if


def _both(
    what_if: WhatIf,
    creditors: Sequence[Creditor],
    on_progress: Callable[[int, int], None] | None,
) -> list[Course]:
    """Both sides, the draft a day behind, so that it finds the gate's answers given already."""
    plan = Plan(
        version=what_if.version,
        creditors=creditors,
        first_day=what_if.first_day,
        days=what_if.days,
        in_flight=what_if.in_flight,
        today=what_if.as_of,
    )
    gate = SharedGate()
    if is_inside_a_test():
        return [foretell(plan, side, gate, begin=_at_once, on_day=_silent) for side in Side]
    pace = _Pace(what_if.days)
    with ThreadPoolExecutor(2) as pool:
        running = [
            pool.submit(copy_context().run, _apart, plan, side, gate, pace) for side in Side
        ]
        pending = set(running)
        try:
            while pending:
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
                if on_progress is not None:
                    on_progress(pace.walked, what_if.days * 2)
        except BaseException:
            pace.stop()
            raise
        return [each.result() for each in running]


def _at_once(_number: int) -> None:
    """Nobody to wait for."""


def _silent() -> None:
    """Nobody to tell."""


class _Pace:
    """How far the sides are: the draft begins a day once the other side has ended it."""

    def __init__(self, days: int) -> None:
        self._ended = [Event() for _day in range(days)]
        self._lock = Lock()
        self._is_stopped = False
        self.walked = 0

    def begin(self, side: str, number: int) -> None:
        if side == Side.DRAFT:
            self._ended[number].wait()
        if self._is_stopped:
            raise RuntimeError("The other side, or who waits for both, has given up.")

    def end(self, side: str) -> None:
        with self._lock:
            self.walked += 1
        if side == Side.LIVE:
            next(event for event in self._ended if not event.is_set()).set()

    def stop(self) -> None:
        self._is_stopped = True
        for event in self._ended:
            event.set()


def _apart(plan: Plan, side: str, gate: SharedGate, pace: _Pace) -> Course:
    """In a thread, whose connection is its own and goes with it."""
    try:
        return foretell(
            plan, side, gate, begin=partial(pace.begin, side), on_day=partial(pace.end, side)
        )
    except BaseException:
        pace.stop()
        raise
    finally:
        connection.close()


@transaction.atomic
def _keep(
    what_if: WhatIf,
    result: dict,
    courses: Sequence[Course],
    changed: Sequence[tuple],
    in_hardship: set[int],
) -> None:
    what_if.steps.all().delete()
    what_if.changed.all().delete()
    bulk.copy_rows(
        ForetoldStep,
        ["what_if_id", *STEP_COLUMNS],
        ((what_if.pk, *row) for course in courses for row in course.rows),
    )
    bulk.copy_rows(
        ChangedAccount,
        [
            "what_if_id", "account_id", "live", "draft", "live_contacts", "draft_contacts",
            "in_hardship",
        ],
        (
            (
                what_if.pk, account_id, _text(live), _text(draft), len(live), len(draft),
                debtor_id in in_hardship,
            )
            for account_id, live, draft, debtor_id in changed
        ),
    )  # fmt: skip
    what_if.result = result
    what_if.result_hash = figures.hash_of(result)
    what_if.finished_at = clock.now()
    what_if.save(update_fields=["result", "result_hash", "finished_at"])
    audit.record(
        "what_if.made",
        what_if,
        actor=what_if.made_by,
        after={"result_hash": what_if.result_hash, "changed": result["changed"]},
    )


def _text(steps: Sequence[str]) -> str:
    text = ";".join(steps)
    return text if len(text) <= figures.LONGEST_TEXT else text[: figures.LONGEST_TEXT - 1] + "…"


def what_if_to_sign(version: StrategyVersion) -> WhatIf | None:
    """The latest finished one over days ahead of the version as it stands."""
    made = (
        version.what_ifs.filter(content_hash=content_hash(version), finished_at__isnull=False)
        .order_by("-id")
        .first()
    )
    return made if made is not None and made.is_ahead else None


def check_signed(*, version: StrategyVersion, signed_result: str, in_flight: str) -> WhatIf:
    """The what-if that the approver signs; raises NotTriedOut where it is missing, of other steps, or
    was made for accounts under way being treated another way."""
    what_if = what_if_to_sign(version)
    if what_if is None:
        raise rules.NotTriedOut(
            _("Nobody has tried this version out as it stands. Run the what-if first.")
        )
    if signed_result != what_if.result_hash or in_flight != what_if.in_flight:
        raise rules.NotTriedOut(
            _("The what-if has changed since you looked at it. Look at it again, then approve.")
        )
    return what_if
