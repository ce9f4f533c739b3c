"""The doors of the slice under one name, and the verbs that change no paper and no money:
checking, completing, planning, holding back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.approvals.models import Approval
from accounts.approvals.services import NoLongerFits, ask_approval
from accounts.cheques.answers import clear_cheque, clear_cheques, part_pay_cheque, return_cheque
from accounts.cheques.custody import (
    close_count,
    end_hand_over,
    hand_to_bank,
    offer_hand_over,
    sign_hand_over,
    start_count,
    take_from_bank,
)
from accounts.cheques.endings import hand_back, replace_cheque, send_to_legal, settle_in_cash
from accounts.cheques.enums import CHEQUE, DEPOSITABLE, ChequeStatus, Missing, Place
from accounts.cheques.lodging import NewCheque, lodge_cheques, months_after, planned_from
from accounts.cheques.models import Cheque, ChequePlan
from accounts.cheques.presenting import present_collected, put_in_batch, submit, take_out_of_batch
from accounts.cheques.rules import APPROVE_CHEQUE_HOLD, LODGE_CHEQUE, MOVE_CHEQUE
from accounts.cheques.steps import (
    ChequeMovedLater,
    ChequeRefused,
    check_day,
    keep_paper,
    locked,
    move,
)
from accounts.parties.queries import calendar_of
from accounts.payments.models import OwnBankAccount
from accounts.policies.queries import policy
from collections_app.core import audit, clock
from collections_app.core.models import StoredFile
from collections_app.core.permissions import require

__all__ = [
    "ChequeMovedLater",
    "ChequeRefused",
    "NewCheque",
    "ask_hold",
    "attach_paper",
    "clear_cheque",
    "clear_cheques",
    "close_count",
    "complete_cheque",
    "end_hand_over",
    "hand_back",
    "hand_to_bank",
    "lodge_cheques",
    "offer_hand_over",
    "part_pay_cheque",
    "plan_submission",
    "present_collected",
    "put_in_batch",
    "release_security",
    "replace_cheque",
    "return_cheque",
    "send_to_legal",
    "settle_in_cash",
    "sign_hand_over",
    "start_count",
    "submit",
    "take_from_bank",
    "take_in_hand",
    "take_out_of_batch",
    "void_cheque",
]

HOLD_KIND = "cheque_hold"


@transaction.atomic
def take_in_hand(*, cheques: Iterable[Cheque], actor, as_of: date) -> list[Cheque]:
    """The papers were looked at and are complete: they are in hand since they were received, or since
    the last thing missing was added, so that what is typed later can bear its own day. Raises
    ChequeRefused, StatusHasMoved.
    """
    require(actor, MOVE_CHEQUE)
    batch = locked(cheques)
    by_day: dict[date, list[Cheque]] = defaultdict(list)
    for cheque in batch:
        if cheque.missing:
            raise ChequeRefused(
                _("Cheque %(number)s is incomplete. Have it completed first.") % {"number": cheque.number}
            )
        CHEQUE.edge(cheque.status, ChequeStatus.IN_HAND)
        check_day(cheque, as_of, as_of, "cheques")
        by_day[max(cheque.moved_on, cheque.complete_since)].append(cheque)
    for day, alike in by_day.items():
        CHEQUE.advance_many(
            [cheque.pk for cheque in alike], to=ChequeStatus.IN_HAND, actor=actor, as_of=day, moved_on=day
        )
        for cheque in alike:
            cheque.status, cheque.moved_on = ChequeStatus.IN_HAND, day
    return batch


@transaction.atomic
def complete_cheque(
    *, cheque: Cheque, missing: Iterable[str] = (), cheque_date: date | None = None, actor, as_of: date
) -> Cheque:
    """Say what a paper still lacks, and its date once it bears one; from then on it covers.

    A date that stands on the paper is never changed here. Raises ChequeRefused.
    """
    require(actor, MOVE_CHEQUE)
    [now] = locked([cheque])
    if not now.missing:
        raise ChequeRefused(_("Nothing is missing on this cheque."))
    left = [part.value for part in Missing if part.value in set(missing)]
    if now.cheque_date is None and cheque_date is None and Missing.DATE not in left:
        raise ChequeRefused(_("Enter the date that stands on it now."), field="cheque_date")
    before = {"missing": now.missing, "cheque_date": now.cheque_date}
    now.missing = left
    now.complete_since = None if left else as_of
    if now.cheque_date is None and cheque_date is not None:
        months = policy("cheques", as_of=as_of, creditor_id=now.creditor_id)["stale_months"]
        now.cheque_date = cheque_date
        now.valid_until = months_after(cheque_date, months)
        now.planned_on = planned_from(cheque_date, as_of, calendar_of(now.creditor))
        ChequePlan.objects.create(cheque=now, planned_on=now.planned_on, effective_date=as_of, actor=actor)
    now.save(update_fields=["missing", "complete_since", "cheque_date", "valid_until", "planned_on"])
    audit.record(
        "cheque.completed",
        now,
        actor=actor,
        before=before,
        after={"missing": left, "cheque_date": now.cheque_date},
    )
    return now


@transaction.atomic
def release_security(*, cheque: Cheque, reason: str, actor, as_of: date) -> Cheque:
    """A security cheque may be presented from today on, and covers from then. Raises ChequeRefused."""
    require(actor, APPROVE_CHEQUE_HOLD)
    if not reason.strip():
        raise ChequeRefused(_("Say why it may be presented."), field="reason")
    [now] = locked([cheque])
    if not now.is_security or now.released_on is not None:
        raise ChequeRefused(_("It is no security cheque any more."))
    now.released_on = as_of
    now.save(update_fields=["released_on"])
    audit.record("cheque.released", now, actor=actor, after={"released_on": as_of}, reason=reason)
    return now


@transaction.atomic
def void_cheque(*, cheque: Cheque, reason: str, actor, as_of: date) -> Cheque:
    """It was entered by mistake and never was there; its number may be entered again.

    Raises ChequeRefused.
    """
    require(actor, MOVE_CHEQUE)
    if not reason.strip():
        raise ChequeRefused(_("Say what was wrong with it."), field="reason")
    [now] = locked([cheque])
    return move(now, ChequeStatus.VOID, day=now.moved_on, actor=actor, reason=reason[:300])


def _check_plan(cheque: Cheque, day: date, as_of: date, field: str) -> None:
    if cheque.status not in (*DEPOSITABLE, ChequeStatus.RECEIVED):
        raise ChequeRefused(
            _("Cheque %(number)s is «%(status)s», so nothing is planned with it.")
            % {"number": cheque.number, "status": cheque.get_status_display()}
        )
    if cheque.cheque_date is None or day < cheque.cheque_date:
        raise ChequeRefused(
            _("Cheque %(number)s may not be presented before its date, %(day)s.")
            % {
                "number": cheque.number,
                "day": clock.written(cheque.cheque_date) if cheque.cheque_date else _("which is missing"),
            },
            field=field,
        )
    if day < as_of:
        raise ChequeRefused(_("That day has gone by. Choose today or later."), field=field)
    if cheque.valid_until is not None and day > cheque.valid_until:
        raise ChequeRefused(
            _("Cheque %(number)s is stale after %(day)s.")
            % {"number": cheque.number, "day": clock.written(cheque.valid_until)},
            field=field,
        )


@transaction.atomic
def plan_submission(
    *,
    cheques: Iterable[Cheque],
    planned_on: date | None = None,
    bank_account: OwnBankAccount | None = None,
    reason: str = "",
    actor,
    as_of: date,
) -> list[Cheque]:
    """Say when, and to which bank account, cheques shall go; a returned one is planned anew.

    Without a day only the bank account changes. Later than the cheque's own plan is holding it
    back, which somebody else approves (`ask_hold`): refused here. Raises ChequeRefused.
    """
    require(actor, MOVE_CHEQUE)
    batch = locked(cheques)
    for cheque in batch:
        name = {"number": cheque.number}
        if bank_account is not None and bank_account.currency != cheque.currency:
            raise ChequeRefused(
                _("Cheque %(number)s is in %(currency)s.") % (name | {"currency": cheque.currency}),
                field="bank_account",
            )
        if bank_account is not None and bank_account.creditor_id not in (None, cheque.creditor_id):
            raise ChequeRefused(
                _("Cheque %(number)s does not go to that bank account.") % name, field="bank_account"
            )
        if planned_on is not None:
            _check_plan(cheque, planned_on, as_of, "planned_on")
            if cheque.held_until is not None and planned_on < cheque.held_until:
                raise ChequeRefused(
                    _("Cheque %(number)s is held back until %(day)s, as was agreed and approved.")
                    % (name | {"day": clock.written(cheque.held_until)}),
                    field="planned_on",
                )
            due = max(cheque.planned_on or planned_on, as_of)
            if cheque.status != ChequeStatus.RETURNED and planned_on > due:
                raise ChequeRefused(
                    _("Later than %(day)s is holding cheque %(number)s back: ask for that.")
                    % (name | {"day": clock.written(due)}),
                    field="planned_on",
                )
            _plan(cheque, planned_on, reason=reason, actor=actor, as_of=as_of)
        if bank_account is not None:
            Cheque.objects.filter(pk=cheque.pk).update(bank_account=bank_account)
            cheque.bank_account = bank_account
    audit.record_set(
        "cheque.planned",
        Cheque,
        ids=[cheque.pk for cheque in batch],
        actor=actor,
        after={"planned_on": planned_on, "bank_account": bank_account.pk if bank_account else None},
        reason=reason,
    )
    return batch


def _plan(
    cheque: Cheque, day: date, *, reason: str, actor, as_of: date, approval: Approval | None = None
) -> None:
    ChequePlan.objects.create(
        cheque=cheque,
        planned_on=day,
        is_hold=approval is not None,
        effective_date=as_of,
        reason=reason[:300],
        approval=approval,
        actor=actor,
    )
    cheque.planned_on = day
    cheque.held_until = day if approval is not None else cheque.held_until
    cheque.save(update_fields=["planned_on", "held_until"])


@transaction.atomic
def ask_hold(*, cheque: Cheque, until: date, reason: str, actor, as_of: date) -> Approval:
    """Ask that a cheque is presented later, as its debtor wishes; another person approves it.

    One that is held may also be asked for sooner. Nothing changes before that. Raises ChequeRefused,
    ApprovalAlreadyAsked.
    """
    require(actor, LODGE_CHEQUE)
    [now] = locked([cheque])
    if not reason.strip():
        raise ChequeRefused(_("Say why it shall wait."), field="reason")
    _check_plan(now, until, as_of, "until")
    # one that is held already may be let go sooner, as was agreed anew, by the same two people
    if now.planned_on is not None and (
        until == now.planned_on or (until < now.planned_on and now.held_until is None)
    ):
        raise ChequeRefused(
            _("It is planned for %(day)s; choose a later day.") % {"day": clock.written(now.planned_on)},
            field="until",
        )
    share = now.shares.select_related("account__team").order_by("id")[0]
    return ask_approval(
        kind=HOLD_KIND,
        subject=now,
        summary=_("Hold cheque %(number)s of %(debtor)s back until %(day)s: %(reason)s")
        % {"number": now.number, "debtor": now.debtor.name, "day": clock.written(until), "reason": reason},
        content={"cheque": now.pk, "until": until, "planned_on": now.planned_on, "reason": reason},
        permission=APPROVE_CHEQUE_HOLD,
        amount=now.amount,
        currency=now.currency,
        team=share.account.team,
        actor=actor,
        as_of=as_of,
    )


def hold_approved(*, approval: Approval, actor, as_of: date) -> None:
    """What the approval of a hold does. Raises NoLongerFits where the cheque has moved on."""
    until = date.fromisoformat(approval.content["until"])
    [cheque] = locked(Cheque.objects.filter(pk=approval.subject_id))
    try:
        _check_plan(cheque, until, as_of, "until")
    except ChequeRefused as why:
        raise NoLongerFits(why.message) from why
    if cheque.place == Place.BANK:
        raise NoLongerFits(_("The bank has the cheque meanwhile. Take it from there first."))
    _plan(cheque, until, reason=approval.content["reason"], actor=actor, as_of=as_of, approval=approval)
    audit.record(
        "cheque.held", cheque, actor=actor, after={"held_until": until}, reason=approval.content["reason"]
    )


@transaction.atomic
def attach_paper(*, cheque: Cheque, content: bytes, filename: str, actor) -> StoredFile:
    """Keep an image or a paper with a cheque. Raises ChequeRefused, what `documents.store` raises."""
    require(actor, LODGE_CHEQUE)
    file = keep_paper(cheque, (filename, content), kind="cheque", actor=actor)
    if file is None:
        raise ChequeRefused(_("The file is empty. Choose it again."), field="file")
    return file
