"""Saving the outcome of a call: what was said, what follows from it, and the next step, at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.arrangements.schedule import PlanTerms
from accounts.arrangements.services import propose_plan, take_promise
from accounts.compliance import spoken
from accounts.contacts.callees import callable_points, concerns
from accounts.contacts.enums import (
    AFTER_RIGHT_PARTY,
    ENDS_OF_CALL,
    LOSES_NUMBER,
    ContactSource,
    FollowUpKind,
    Outcome,
)
from accounts.contacts.models import ContactAttempt, OpenCall
from accounts.contacts.queries import lines_unsaid, step_after
from accounts.contacts.services.attempts import NewAttempt, check_accounts, log_attempts
from accounts.contacts.services.calls import close_call, locked_call, person_on
from accounts.contacts.services.follow_ups import complete_due_calls, plan_follow_up
from accounts.contacts.services.stops import mark_wrong_party
from accounts.contacts.services.tracing import raise_trace
from accounts.contacts.suggestions import Step
from accounts.disputes.services import raise_dispute
from accounts.hardship.services import open_hardship_case
from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.services import HoldAlreadyThere, place_hold
from accounts.parties.enums import Channel, ContactPointStatus
from accounts.parties.services import mark_contact_point
from collections_app.core import audit, clock
from collections_app.core.refusal import Refused
from collections_app.core.said import said


class OutcomeUnknown(Refused):
    """Not one of the nine outcomes of a call."""


class RightPartyNotChecked(Refused):
    """The debt may be spoken of only with the right party."""


class ReasonMissing(Refused):
    """A contact in arrears stores why it was not paid (D30)."""


class HardshipNotAsked(Refused):
    """Who cannot pay is asked whether it is hardship."""


class CallBackNeedsTime(Refused):
    """A call back names its day."""


class WordingNotRead(Refused):
    """The debt is spoken of only after the words that a law wants with it, a time-barred one's say."""


class ClaimedPaymentInFuture(Refused):
    """What is paid already was paid today or before."""


class DisputeNamesNoItem(Refused):
    """A dispute names the items and the amounts in dispute."""


@dataclass(frozen=True)
class Said:
    """What the officer heard and decided; an outcome reads only the fields it needs.

    `next_step` replaces the step that the rule proposes; `without_step` says none is wanted.
    """

    note: str = ""
    nonpayment_reason: str = ""
    accounts: tuple = ()
    amount: Decimal | None = None
    due_date: date | None = None
    method: str = ""
    number: int = 1
    rhythm: str = ""
    paid_on: date | None = None
    items: tuple[tuple[Any, Decimal], ...] = ()
    dispute_reason: str = ""
    statement: str = ""
    department: Any = None
    asked: Any = None
    question: str = ""
    is_hardship: bool | None = None
    marker: str = ""
    hardship_note: str = ""
    call_back_on: date | None = None
    call_back_time: time | None = None
    next_step: Step | None = None
    without_step: bool = False


@dataclass(frozen=True)
class _Saving:
    """The call being saved; `as_of` is the day in the creditor's business zone."""

    call: OpenCall
    outcome: str
    said: Said
    officer: Any
    as_of: date
    attempt: ContactAttempt


@transaction.atomic
def save_outcome(
    *, call: OpenCall, outcome: str, officer, at: datetime, said: Said | None = None
) -> ContactAttempt:
    """End the call: the attempt, what follows from the outcome, and the next step, or nothing.

    Promise, dispute, hold and hardship case are made by their own slices' services, whose refusals
    are raised as they are. Raises CallNotOpen, OutcomeUnknown, RightPartyNotChecked, WordingNotRead,
    ReasonMissing and the outcome's own refusals.
    """
    said = said or Said()
    call = locked_call(call, officer)
    if outcome not in ENDS_OF_CALL:
        raise OutcomeUnknown(_("Choose one of the nine outcomes."), field="outcome")
    if outcome in AFTER_RIGHT_PARTY and not call.is_right_party:
        raise RightPartyNotChecked(
            _("Tick two things the person got right first; until then the debt is not spoken of.")
        )
    unsaid = lines_unsaid(call, outcome)
    if outcome in AFTER_RIGHT_PARTY and any(name.startswith(spoken.WORDING) for name in unsaid):
        raise WordingNotRead(
            _("Read out the words the law wants and tick them; until then the debt is not spoken of.")
        )
    _check(outcome, said, clock.local_date(at, call.account.creditor.time_zone))
    accounts = list({account.pk: account for account in (call.account, *said.accounts)}.values())
    as_of = clock.local_date(at, call.account.creditor.time_zone)
    check_accounts(call.debtor, accounts, at=call.opened_at)
    (attempt,) = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=call.debtor_id,
                creditor_id=call.debtor.creditor_id,
                account_ids=tuple(account.pk for account in accounts),
                channel=Channel.CALL,
                direction=call.direction,
                at=call.opened_at,
                outcome=outcome,
                officer_id=officer.pk,
                source=ContactSource.PRODUCT,
                permit=call.permit,
                contact_point_id=call.contact_point_id,
                person_reached=person_on(call, outcome),
                checked_items=tuple(call.checked_items),
                lines_said=tuple(call.lines_said),
                lines_unsaid=unsaid,
                nonpayment_reason=said.nonpayment_reason,
                note=said.note.strip(),
                duration_seconds=max(0, int((at - call.opened_at).total_seconds())),
                colleague_reason=call.colleague_reason,
            )
        ],
        actor=officer,
    )
    saving = _Saving(call, outcome, said, officer, as_of, attempt)
    complete_due_calls(
        account_ids=[account.pk for account in accounts], attempt=attempt, actor=officer, as_of=as_of
    )
    effect = _EFFECTS.get(Outcome(outcome))
    made = effect(saving) if effect else None
    _plan_next(saving, at)
    audit.record(
        "call.outcome_saved",
        attempt,
        actor=officer,
        after={"outcome": outcome, "made": f"{made._meta.label_lower} {made.pk}" if made else ""},
    )
    close_call(call=call, outcome=outcome, actor=officer, as_of=as_of)
    return attempt


def _check(outcome: str, said: Said, as_of: date) -> None:
    """What an outcome must know before anything is written."""
    needs_reason = {Outcome.PROMISE, Outcome.CANNOT_PAY}
    if outcome in needs_reason and not said.nonpayment_reason:
        raise ReasonMissing(_("Choose why it was not paid."), field="nonpayment_reason")
    if outcome == Outcome.CANNOT_PAY and said.is_hardship is None:
        raise HardshipNotAsked(_("Ask whether it is hardship, and say yes or no."), field="is_hardship")
    if outcome == Outcome.CALL_BACK and said.call_back_on is None:
        raise CallBackNeedsTime(_("Ask on which day to call back."), field="call_back_on")
    if outcome == Outcome.PAID_ALREADY and said.paid_on is not None and said.paid_on > as_of:
        raise ClaimedPaymentInFuture(
            _("That day is still to come. If it will be paid, take a promise."), field="paid_on"
        )
    if outcome == Outcome.DISPUTES and not any(amount for _entry, amount in said.items):
        raise DisputeNamesNoItem(_("Name the item and the amount in dispute."), field="items")


# --- what follows from an outcome ---


def _take_promise(saving: _Saving):
    """One amount by one day; in several instalments it is a payment plan, beyond the officer's
    authority one that waits for approval."""
    said = saving.said
    if said.number > 1:
        return propose_plan(
            accounts=[saving.call.account],
            terms=PlanTerms(
                amount=said.amount, rhythm=said.rhythm, first_due=said.due_date, number=said.number
            ),
            ask=True,
            note=said.note,
            actor=saving.officer,
            as_of=saving.as_of,
        )
    return take_promise(
        account=saving.call.account,
        debtor=saving.call.debtor,
        amount=said.amount,
        due_date=said.due_date,
        method=said.method,
        actor=saving.officer,
        as_of=saving.as_of,
    )


def _believe_paid(saving: _Saving):
    """No demand until the payment has had time to arrive; the check is the next step."""
    step = _step(saving, saving.call.opened_at)
    try:
        return place_hold(
            scopes=[HoldScope.DEMAND],
            reason=HoldReason.CLAIMS_PAID,
            first_day=saving.as_of,
            last_day=step.due_on if step else saving.as_of,
            account=saving.call.account,
            note=saving.said.note,
            actor=saving.officer,
            as_of=saving.as_of,
        )
    except HoldAlreadyThere:
        return None


def _raise_dispute(saving: _Saving):
    said = saving.said
    return raise_dispute(
        account=saving.call.account,
        items=[(entry, amount) for entry, amount in said.items if amount],
        reason=said.dispute_reason,
        statement=said.statement or said.note,
        department=said.department,
        asked=said.asked,
        question=said.question,
        actor=saving.officer,
        as_of=saving.as_of,
    )


def _open_hardship_case(saving: _Saving):
    if not saving.said.is_hardship:
        return None
    return open_hardship_case(
        debtor=concerns(saving.call.account, saving.call.debtor, saving.as_of),
        marker=saving.said.marker,
        note=saving.said.hardship_note,
        actor=saving.officer,
        as_of=saving.as_of,
    )


def _stop_number(saving: _Saving):
    if saving.call.contact_point is not None:
        mark_wrong_party(contact_point=saving.call.contact_point, actor=saving.officer, as_of=saving.as_of)


def _mark_dead(saving: _Saving):
    """A number that is not in service is dialled no more; it may come back, so it is no wrong party."""
    if saving.call.contact_point is not None:
        mark_contact_point(
            point=saving.call.contact_point,
            status=ContactPointStatus.BAD,
            reason=gettext_noop("Not in service when called"),
            actor=saving.officer,
            as_of=saving.as_of,
        )


_EFFECTS: dict[Outcome, Callable[[_Saving], Any]] = {
    Outcome.PROMISE: _take_promise,
    Outcome.PAID_ALREADY: _believe_paid,
    Outcome.DISPUTES: _raise_dispute,
    Outcome.CANNOT_PAY: _open_hardship_case,
    Outcome.WRONG_PARTY: _stop_number,
    Outcome.NOT_IN_SERVICE: _mark_dead,
}


# --- the next step ---


def _step(saving: _Saving, at: datetime) -> Step | None:
    said = saving.said
    if saving.outcome == Outcome.CALL_BACK and said.call_back_on is not None:
        return Step(FollowUpKind.CALL_BACK, said.call_back_on, said.call_back_time)
    if said.without_step or (saving.outcome == Outcome.CANNOT_PAY and said.is_hardship):
        return None
    if said.next_step is not None:
        return said.next_step
    return step_after(
        outcome=saving.outcome,
        account=saving.call.account,
        debtor_id=saving.call.debtor_id,
        at=at,
        as_of=saving.as_of,
    )


def _search(saving: _Saving, step: Step) -> None:
    """No number is left: somebody looks for one, by the day of the step."""
    raise_trace(
        debtor=saving.call.debtor,
        account=saving.call.account,
        reason=said(
            gettext_noop("%(outcome)s: %(number)s."),
            outcome=Outcome(saving.attempt.outcome).label,
            number=str(saving.call.contact_point or "–"),
        ),
        due_on=max(step.due_on, saving.as_of),
        actor=saving.officer,
        as_of=saving.as_of,
    )


def _plan_next(saving: _Saving, at: datetime) -> None:
    step = _step(saving, at)
    if step is None:
        return
    if saving.outcome in LOSES_NUMBER:
        if not callable_points(saving.call.debtor, saving.as_of):
            _search(saving, step)
            return
        step = replace(step, kind=FollowUpKind.CALL)
    if step.due_on < saving.as_of:
        step = replace(step, due_on=saving.as_of)
    plan_follow_up(
        account=saving.call.account,
        debtor=saving.call.debtor,
        owner=saving.officer,
        kind=step.kind,
        due_on=step.due_on,
        due_time=step.due_time,
        note=saving.said.note[:300],
        attempt=saving.attempt,
        actor=saving.officer,
        as_of=saving.as_of,
    )
