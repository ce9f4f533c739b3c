"""Opening a case stops the chasing and starts a clock; a senior decides, and the hold follows."""

from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.hardship.enums import HARDSHIP, HardshipMarker, HardshipStatus
from accounts.hardship.models import HardshipCase
from accounts.hardship.queries import person_of
from accounts.hardship.rules import DECIDE, OPEN_CASE, VIEW_NOTE
from accounts.hardship.signals import hardship_changed
from accounts.holds.enums import HoldReason, HoldStatus
from accounts.holds.models import Hold
from accounts.holds.queries import accounts_of_person
from accounts.holds.services import lift_hold, place_hold
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.tasks.services import raise_task, settle_tasks
from accounts.teams.models import Team
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.said import said

TASK = "hardship_decision"


class HardshipAlreadyOpen(Refused):
    """The debtor has a case that is open or granted."""


class HardshipMakerDecides(NotAllowed):
    """Who opened a case does not decide it."""


class HardshipNeedsReason(Refused):
    """A decision about a person says why."""


def _team_of(debtor: Debtor) -> Team | None:
    """The team of the debtor's newest account that has one."""
    account = (
        Account.objects.filter(debtor=debtor, team__isnull=False)
        .select_related("team")
        .order_by("-id")
        .first()
    )
    return account.team if account else None


@transaction.atomic
def open_hardship_case(*, debtor: Debtor, marker: str, note: str = "", actor, as_of: date) -> HardshipCase:
    """A debtor said he cannot pay: hold him, ask a senior officer, start the clock (policy
    `hardship_clock` of his creditor). Raises HardshipAlreadyOpen, NotAllowed.
    """
    require(actor, OPEN_CASE)
    Debtor.objects.select_for_update(of=("self",), no_key=True).get(pk=debtor.pk)
    waiting = HardshipCase.objects.filter(
        person_of(debtor), status__in=[HardshipStatus.OPEN, HardshipStatus.GRANTED]
    )
    if waiting.exists():
        raise HardshipAlreadyOpen(_("This debtor has a hardship case already. Add what is new to it."))
    rule = policy("hardship_clock", as_of=as_of, creditor_id=debtor.creditor_id)
    answer_due = day_after(as_of, rule["days"], rule["unit"], debtor.creditor)
    hold = place_hold(
        scopes=rule["scopes"],
        reason=HoldReason.HARDSHIP,
        first_day=as_of,
        debtor=debtor,
        source="hardship",
        actor=actor,
        as_of=as_of,
        permission=OPEN_CASE,
    )
    case = HardshipCase.objects.create(
        debtor=debtor,
        marker=HardshipMarker(marker),
        note=note,
        opened_on=as_of,
        opened_by=actor,
        answer_due=answer_due,
        hold=hold,
    )
    case.task = raise_task(
        kind=TASK,
        title=said(gettext_noop("Decide a hardship case")),
        subject=case,
        team=_team_of(debtor),
        role=Role.SENIOR_OFFICER,
        due_at=datetime.combine(answer_due, time(23, 59), tzinfo=clock.zone(debtor.creditor.time_zone)),
        actor=actor,
    )
    case.save(update_fields=["task"])
    HARDSHIP.start(case, actor=actor, as_of=as_of)
    audit.record(
        "hardship.opened",
        case,
        actor=actor,
        after={"debtor": debtor, "marker": marker, "answer_due": answer_due, "hold": hold},
    )
    _tell(case, actor=actor, as_of=as_of)
    return case


def _tell(case: HardshipCase, *, actor, as_of: date) -> None:
    hardship_changed.send(
        HardshipCase,
        account_ids=sorted(accounts_of_person([case.debtor_id])),
        case_ids=[case.pk],
        as_of=as_of,
        actor=actor,
    )


@transaction.atomic
def decide_hardship_case(
    *, case: HardshipCase, outcome: str, decision: str, actor, as_of: date
) -> HardshipCase:
    """Grant, decline or end a case. Granted keeps the hold; declined or ended lifts it.

    Raises HardshipMakerDecides (ending one's own is allowed only after another granted it),
    HardshipNeedsReason, StatusHasMoved, NotAllowed.
    """
    require(actor, DECIDE)
    if case.opened_by_id == actor.pk and outcome != HardshipStatus.ENDED:
        raise HardshipMakerDecides(_("You opened this case, so somebody else decides it."))
    if not decision.strip():
        raise HardshipNeedsReason(_("Write the decision and why."), field="decision")
    locked = HardshipCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    HARDSHIP.edge(locked.status, outcome)
    if case.opened_by_id == actor.pk and locked.status == HardshipStatus.OPEN:
        raise HardshipMakerDecides(_("You opened this case, so somebody else decides it."))
    HARDSHIP.advance(
        case,
        to=outcome,
        actor=actor,
        as_of=as_of,
        decided_by=actor,
        decided_on=as_of,
        decision=decision,
    )
    if outcome != HardshipStatus.GRANTED and case.hold_id is not None:
        hold = Hold.objects.get(pk=case.hold_id)
        if hold.status == HoldStatus.ACTIVE:
            lift_hold(hold=hold, reason=case.get_status_display(), actor=actor, as_of=as_of)
    settle_tasks(subject=case, outcome=said(HardshipStatus(case.status).label), actor=actor, as_of=as_of)
    _tell(case, actor=actor, as_of=as_of)
    return case


def reveal_note(*, case: HardshipCase, user) -> str:
    """The protected detail, with a record of who read it; called by a POST."""
    require(user, VIEW_NOTE)
    audit.record_access("revealed", case, user=user, detail={"field": "note"})
    return case.note
