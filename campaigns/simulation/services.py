"""The verbs of a what-if: order it, make it, and hold an approval against it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace
from datetime import date
from threading import Lock, current_thread, main_thread

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from campaigns.simulation import figures, rules, shadow
from campaigns.simulation.course import Course, Plan, foretell
from campaigns.simulation.enums import LONGEST_DAYS, Side
from campaigns.simulation.models import WhatIf
from campaigns.strategies.enums import InFlight
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import versions_in_force
from campaigns.strategies.rules import check_steps
from campaigns.strategies.services import content_hash
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require

# A part is what a session's temporary tables hold in memory. A day costs what its statements cost however
# few it is about, so parts are as large as that allows. Each waits for its server or is waited for, and
# one alone is at Python at a time: three keep two cores busy.
PART = 51_000
MOST_PARTS, AT_ONCE = 96, 3


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
    *, what_if: WhatIf, actor: User, on_progress: Callable[[int, int], None] | None = None
) -> WhatIf:
    """Walk both sides through the days, side by side, and keep what they would do in `actor`'s name.

    Nothing of the book is written or locked. Safe to run again.
    """
    version, creditors = what_if.version, creditors_of(what_if.version)
    number = Account.objects.filter(creditor__in=creditors, status="open").count()
    plan = Plan(
        what_if_id=what_if.pk,
        version=version,
        creditors=creditors,
        first_day=what_if.first_day,
        days=what_if.days,
        in_flight=what_if.in_flight,
        today=what_if.as_of,
        actor_id=actor.pk,
        parts=parts_for(number),
    )
    _begin_anew(what_if)
    tell = _Telling(plan, on_progress)
    courses = [foretell(plan, on_day=tell.day)] if plan.parts == 1 else _in_parts(plan, tell)
    return _keep(what_if, plan, number, courses)


def _begin_anew(what_if: WhatIf) -> None:
    """Without what a run before this one has kept."""
    with transaction.atomic():
        what_if.steps.all().delete()
        what_if.changed.all().delete()


def parts_for(accounts: int) -> int:
    """Into how many parts a book of so many open accounts is split; it is not inside a transaction,
    because each part has its own."""
    if connection.in_atomic_block:
        return 1
    return min(max(-(-accounts // PART), 1), MOST_PARTS)


class _Telling:
    """Says how many days are done, counting a day of a part as a day."""

    def __init__(self, plan: Plan, on_progress: Callable[[int, int], None] | None) -> None:
        self._total, self._on_progress = plan.days * plan.parts, on_progress
        self._lock, self.done = Lock(), 0

    def day(self, _number: int) -> None:
        with self._lock:
            self.done += 1
            if self._on_progress is not None and current_thread() is main_thread():
                self._on_progress(self.done, self._total)

    def so_far(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.done, self._total)


def _in_parts(plan: Plan, tell: _Telling) -> list[dict[str, Course]]:
    """Each part on a connection of its own, at most `AT_ONCE` at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [
            pool.submit(copy_context().run, _apart, replace(plan, part=part), tell)
            for part in range(plan.parts)
        ]
        pending = set(running)
        while pending:
            done, pending = wait(pending, timeout=1, return_when=FIRST_EXCEPTION)
            if any(each.exception() for each in done):
                pool.shutdown(cancel_futures=True)
                break
            tell.so_far()
        return [each.result() for each in running if not each.cancelled()]


def _apart(plan: Plan, tell: _Telling) -> dict[str, Course]:
    """In a thread, whose connection is its own and goes with it."""
    try:
        shadow.make_room()
        return foretell(plan, on_day=tell.day)
    finally:
        connection.close()


@transaction.atomic
def _keep(
    what_if: WhatIf, plan: Plan, accounts: int, courses: Sequence[Mapping[str, Course]]
) -> WhatIf:
    version = what_if.version
    spared = {
        side.value: sum((part[side].spared for part in courses), Counter()) for side in Side
    }
    what_if.result = {
        "strategy": version.strategy.code,
        "version": version.number,
        "content_hash": what_if.content_hash,
        "in_force": sorted(
            row.content_hash for row in versions_in_force(min(plan.today, plan.first_day))
        ),
        "first_day": what_if.first_day.isoformat(),
        "days": what_if.days,
        "in_flight": what_if.in_flight,
        "accounts": accounts,
        **figures.count_up(what_if, spared, plan.creditors),
    }
    what_if.result_hash = figures.hash_of(what_if.result)
    what_if.finished_at = clock.now()
    what_if.save(update_fields=["result", "result_hash", "finished_at"])
    audit.record(
        "what_if.made",
        what_if,
        actor=what_if.made_by,
        after={"result_hash": what_if.result_hash, "changed": what_if.result["changed"]},
    )
    return what_if


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
