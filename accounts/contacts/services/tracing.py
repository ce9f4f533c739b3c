"""Looking for a debtor whom no number or address reaches: one task a step, closed with what it brought."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.contacts.enums import TraceStep
from accounts.contacts.models import TraceResult
from accounts.ledger.models import Account
from accounts.parties.enums import ContactPointStatus
from accounts.parties.models import Debtor
from accounts.parties.rules import MANAGE_CONTACT_POINT
from accounts.parties.services import add_contact_point
from accounts.policies.queries import policy
from accounts.tasks.models import Task
from accounts.tasks.services import complete_task, raise_task
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from collections_app.core.said import Said, said

TRACE, UNTRACED = "trace", "untraced"
EVENING = time(18)


class NoTrace(Refused):
    """The task asks for something else, or is done."""


class SomebodyElses(Refused):
    """What was found is known as somebody else's number."""


def trace_step(debtor: Debtor, *, as_of: date) -> TraceStep | None:
    """Where to look now: the first step of the policy that was not taken since the last success; None
    when all were."""
    taken = set()
    for step, point in (
        TraceResult.objects.filter(debtor=debtor).order_by("-pk").values_list("step", "contact_point")
    ):
        if point is not None:
            break
        taken.add(step)
    steps = policy("tracing", as_of=as_of, creditor_id=debtor.creditor_id)["steps"]
    return next((TraceStep(step) for step in steps if step not in taken), None)


@transaction.atomic
def raise_trace(
    *, debtor: Debtor, account: Account, reason: Said, due_on: date | None = None, actor, as_of: date
) -> Task:
    """Ask the account's officer, or his team, to look for the debtor; an open search stays the one.

    When every step was taken, a senior officer is asked what to do.
    """
    step = trace_step(debtor, as_of=as_of)
    days = policy("tracing", as_of=as_of, creditor_id=debtor.creditor_id)["days"]
    officer = account.officer if account.officer and account.officer.is_active else None
    due = datetime.combine(
        due_on or as_of + timedelta(days=days), EVENING, clock.zone(debtor.creditor.time_zone)
    )
    if step is None:
        return raise_task(
            kind=UNTRACED,
            title=said(gettext_noop("%(debtor)s was not found: decide what to do"), debtor=debtor.name),
            detail=reason,
            subject=debtor,
            team=account.team,
            role=Role.SENIOR_OFFICER,
            due_at=due,
            actor=actor,
        )
    return raise_task(
        kind=TRACE,
        title=said(gettext_noop("Find a number or address of %(debtor)s"), debtor=debtor.name),
        detail=said(gettext_noop("%(reason)s Look in: %(step)s."), reason=reason, step=step.label),
        subject=debtor,
        team=account.team,
        role="" if officer or account.team else Role.SENIOR_OFFICER,
        assignee=officer,
        due_at=due,
        actor=actor,
    )


@transaction.atomic
def close_trace_found(
    *, task: Task, kind: str, value: str, source: str, confidence: int, note: str = "", actor, as_of: date
) -> TraceResult:
    """A way to reach him was found: it stands on his record, not verified, with where it comes from.

    Raises NoTrace, SomebodyElses, NotAPhone, AlreadyKnown.
    """
    debtor, step = _asked(task, actor, as_of)
    point = add_contact_point(
        debtor=debtor,
        kind=kind,
        value=value,
        source=source,
        confidence=confidence,
        actor=actor,
        as_of=as_of,
    )
    if point.status == ContactPointStatus.WRONG_PARTY:
        raise SomebodyElses(_("Somebody else answers there, as we know. Look further."), field="value")
    told = said(
        gettext_noop("Found in %(step)s: %(source)s, %(confidence)s percent sure."),
        step=step.label,
        source=source,
        confidence=confidence,
    )
    return _closed(task, debtor, step, point, note, told, actor, as_of)


@transaction.atomic
def close_trace_not_found(*, task: Task, note: str = "", actor, as_of: date) -> TraceResult:
    """Nothing there: the next step is asked for, or, after the last one, a decision. Raises NoTrace."""
    debtor, step = _asked(task, actor, as_of)
    told = said(gettext_noop("Not found in %(step)s."), step=step.label)
    result = _closed(task, debtor, step, None, note, told, actor, as_of)
    account = _account_of(debtor)
    if account is not None:
        raise_trace(debtor=debtor, account=account, reason=told, actor=actor, as_of=as_of)
    return result


def _account_of(debtor: Debtor) -> Account | None:
    """The account whose officer looks for him: his own, else one he owes jointly or represents."""
    accounts = Account.objects.select_related("officer", "team").order_by("pk")
    return (
        accounts.filter(debtor=debtor).first()
        or accounts.filter(parties__debtor=debtor, parties__valid_to=None).first()
    )


def _asked(task: Task, actor, as_of: date) -> tuple[Debtor, TraceStep]:
    require(actor, MANAGE_CONTACT_POINT)
    if task.kind != TRACE or task.subject_type != Debtor._meta.label_lower:
        raise NoTrace(_("This task does not ask for a number or address."))
    debtor = Debtor.objects.select_for_update(no_key=True, of=("self",)).select_related("creditor").get(
        pk=task.subject_id
    )
    return debtor, trace_step(debtor, as_of=as_of) or TraceStep.RECORDS


def _closed(task, debtor, step, point, note, told, actor, as_of) -> TraceResult:
    if note:
        told = said("%(told)s %(note)s", told=told, note=note)
    complete_task(task=task, outcome=told, actor=actor, as_of=as_of)
    result = TraceResult.objects.create(
        task=task, debtor=debtor, step=step, contact_point=point, note=note.strip()[:300], actor=actor
    )
    audit.record(
        "trace.found" if point else "trace.not_found", result, actor=actor, after={"step": step, "task": task}
    )
    return result
