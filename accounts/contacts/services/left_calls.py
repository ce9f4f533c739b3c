"""Calls that were opened and left without an outcome: told to the supervisor, ended in the officer's place.

An open call keeps its officer from every other call and makes colleagues give a reason for theirs, so it
is never dropped: somebody says what came of it.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.contacts.enums import NEVER_RANG, ContactSource, Outcome
from accounts.contacts.models import ContactAttempt, OpenCall
from accounts.contacts.queries import lines_unsaid
from accounts.contacts.rules import END_LEFT_CALL
from accounts.contacts.services.attempts import NewAttempt, log_attempts
from accounts.contacts.services.calls import CallNotOpen, close_call, person_on
from accounts.contacts.services.follow_ups import complete_due_calls
from accounts.parties.enums import Channel
from accounts.tasks.services import raise_tasks
from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from collections_app.core.said import said

LEFT_CALL = "left_call"
LEFT_AFTER = timedelta(hours=2)
# What somebody can say who was not on the line: nothing that is agreed with the debtor.
TOLD_AFTERWARDS = (Outcome.NO_ANSWER, Outcome.LEFT_WORD, Outcome.REACHED, *sorted(NEVER_RANG))


class NotSaidHowKnown(Refused):
    """Who ends a colleague's call says how he knows what came of it."""


class OutcomeNotHis(Refused):
    """Only who was on the line can say that the debtor agreed to something."""


@transaction.atomic
def report_left_calls(*, at: datetime, as_of: date, actor) -> list[int]:
    """Raise a task for the supervisor about every call left open; the ids of the new ones.

    A call that has its task gets no other, so running again adds nothing.
    """
    left = (
        OpenCall.objects.filter(opened_at__lte=at - LEFT_AFTER)
        .select_related("account__team", "officer", "debtor")
        .order_by("opened_at", "pk")
    )
    return raise_tasks(
        kind=LEFT_CALL,
        rows=[
            {
                "subject": call,
                "title": said(
                    gettext_noop("%(officer)s left a call with %(debtor)s without an outcome"),
                    officer=str(call.officer),
                    debtor=call.debtor.name,
                ),
                "detail": said(
                    gettext_noop("Account %(account)s, open since %(moment)s."),
                    account=call.account.number,
                    moment=call.opened_at,
                ),
                "team": call.account.team,
                "role": Role.SUPERVISOR,
                "due_at": at + LEFT_AFTER,
            }
            for call in left
        ],
        actor=actor,
        as_of=as_of,
    )


@transaction.atomic
def end_left_call(*, call: OpenCall, outcome: str, note: str, actor, at: datetime) -> ContactAttempt:
    """Say in the officer's place what came of a call; it is his contact, with its permit.

    Raises CallNotOpen, OutcomeNotHis, NotSaidHowKnown.
    """
    require(actor, END_LEFT_CALL)
    found = (
        OpenCall.objects.select_for_update(of=("self",))
        .select_related("account__creditor", "debtor", "permit", "officer")
        .filter(pk=call.pk)
        .first()
    )
    if found is None:
        raise CallNotOpen(_("This call has its outcome already."))
    if outcome not in TOLD_AFTERWARDS:
        raise OutcomeNotHis(
            _("What the debtor agreed to is said by who spoke with him. Choose what is known."),
            field="outcome",
        )
    if not note.strip():
        raise NotSaidHowKnown(_("Say how you know what came of it."), field="note")
    (attempt,) = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=found.debtor_id,
                creditor_id=found.debtor.creditor_id,
                account_ids=(found.account_id,),
                channel=Channel.CALL,
                direction=found.direction,
                at=found.opened_at,
                outcome=outcome,
                officer_id=found.officer_id,
                source=ContactSource.PRODUCT,
                permit=found.permit,
                contact_point_id=found.contact_point_id,
                person_reached=person_on(found, outcome),
                checked_items=tuple(found.checked_items),
                lines_said=tuple(found.lines_said),
                lines_unsaid=lines_unsaid(found, outcome),
                note=note.strip(),
                colleague_reason=found.colleague_reason,
            )
        ],
        actor=actor,
    )
    audit.record(
        "call.ended_by_supervisor", attempt, actor=actor, reason=note.strip(), after={"outcome": outcome}
    )
    as_of = clock.local_date(at, found.account.creditor.time_zone)
    complete_due_calls(account_ids=[found.account_id], attempt=attempt, actor=actor, as_of=as_of)
    close_call(call=found, outcome=outcome, actor=actor, as_of=as_of)
    return attempt
