"""An irregularity is opened where it shows itself, given to somebody, and closed with what put it right."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.irregularities.enums import (
    IRREGULARITY,
    POSTED_WRONG,
    UNDER_WAY,
    IrregularityKind,
    IrregularityStatus,
)
from accounts.irregularities.models import Correction, Irregularity
from accounts.irregularities.rules import OPEN_IRREGULARITY, may_work_on
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor
from accounts.parties.queries import day_after
from accounts.tasks.services import raise_task, settle_tasks
from accounts.teams.models import Team
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Role
from collections_app.core.models import StoredFile, User
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.said import Amount, said

# Where nobody says by when: so many business days of the creditor, or calendar days without one.
DAYS_TO_CORRECT = 5
TASK = "irregularity"


class IrregularityRefused(Refused):
    """The case can't stand as given."""


class IrregularityOfAnother(NotAllowed):
    """Somebody else puts it right."""


class CorrectionRefused(Refused):
    """The entry can't have put this case right."""


def _owner(owner, account: Account | None, actor) -> tuple[User | None, Team | None]:
    """A person, a team; without either the account's own people, else whoever opened it."""
    if isinstance(owner, Team):
        return None, owner
    if owner is not None:
        return owner, None
    if account is not None and (account.officer_id or account.team_id):
        return account.officer, account.team
    return (None, None) if actor.role == Role.SYSTEM else (actor, None)


@transaction.atomic
def open_irregularity(
    *,
    kind: str,
    amount: Decimal,
    currency: str,
    note: str,
    account: Account | None = None,
    creditor: Creditor | None = None,
    owner: User | Team | None = None,
    due_date: date | None = None,
    subject: models.Model | None = None,
    actor,
    as_of: date,
    permission: str = OPEN_IRREGULARITY,
) -> Irregularity:
    """Report money that is not as it should be; returns the open case of the same kind and subject
    where there is one.

    `owner` is a person or a team; else the account's officer and team, else whoever opens it.
    Callers with a rule of their own pass its permission. Raises IrregularityRefused.
    """
    require(actor, permission)
    if amount < 0:
        raise IrregularityRefused(_("Enter an amount that is not negative."), field="amount")
    if not note.strip():
        raise IrregularityRefused(_("Say what is wrong."), field="note")
    if account is not None:
        if account.currency != currency:
            raise IrregularityRefused(
                _("The account is kept in %(currency)s.") % {"currency": account.currency}, field="currency"
            )
        creditor = account.creditor
    if due_date is not None and due_date < as_of:
        raise IrregularityRefused(_("That day has gone by. Choose today or later."), field="due_date")
    named = {
        "subject_type": subject._meta.label_lower if subject is not None else "",
        "subject_id": subject.pk if subject is not None else None,
    }
    if subject is not None:
        known = Irregularity.objects.under_way().filter(kind=kind, **named).first()
        if known is not None:
            return known
    person, team = _owner(owner, account, actor)
    if due_date is None:
        due_date = (
            day_after(as_of, DAYS_TO_CORRECT, "business", creditor)
            if creditor is not None
            else as_of + timedelta(days=DAYS_TO_CORRECT)
        )
    case = Irregularity.objects.create(
        kind=IrregularityKind(kind),
        amount=quantise(amount, currency),
        currency=currency,
        account=account,
        creditor=creditor,
        **named,
        owner=person,
        team=team,
        due_date=due_date,
        note=note,
        found_on=as_of,
        opened_by=actor,
    )
    IRREGULARITY.start(case, actor=actor, as_of=as_of)
    audit.record(
        "irregularity.opened",
        case,
        actor=actor,
        after={
            "kind": kind,
            "amount": case.amount,
            "currency": currency,
            "account": account,
            "owner": person,
            "team": team,
            "due_date": due_date,
            **named,
        },
        reason=note,
    )
    _ask_owner(case, actor)
    return case


def _ask_owner(case: Irregularity, actor) -> None:
    """Put the case on the list of tasks of whoever owns it, so that his Today shows it."""
    if case.owner is None and case.team is None:
        return
    zone = case.creditor.time_zone if case.creditor is not None else None
    raise_task(
        kind=TASK,
        title=said(
            gettext_noop("Put right: %(what)s, %(amount)s"),
            what=IrregularityKind(case.kind).label,
            amount=Amount(case.amount, case.currency),
        ),
        detail=case.note,
        subject=case,
        assignee=case.owner,
        team=None if case.owner is not None else case.team,
        due_at=datetime.combine(case.due_date, time(23, 59), tzinfo=clock.zone(zone)),
        actor=actor,
    )


def _locked(case: Irregularity, actor) -> Irregularity:
    locked = (
        Irregularity.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "creditor")
        .get(pk=case.pk)
    )
    if not may_work_on(actor, locked):
        raise IrregularityOfAnother(_("This is somebody else's to put right."))
    return locked


@transaction.atomic
def take_irregularity(*, irregularity: Irregularity, actor, as_of: date) -> Irregularity:
    """Start work on a case: it is the actor's own from now on. Raises StatusHasMoved."""
    locked = _locked(irregularity, actor)
    before = locked.owner_id
    IRREGULARITY.advance(
        locked, to=IrregularityStatus.IN_WORK, actor=actor, as_of=as_of, is_locked=True, owner=actor
    )
    if before != actor.pk:
        settle_tasks(
            subject=locked,
            outcome=said(gettext_noop("Taken by %(owner)s"), owner=str(actor)),
            actor=actor,
            as_of=as_of,
        )
        _ask_owner(locked, actor)
    return locked


@transaction.atomic
def give_irregularity(
    *,
    irregularity: Irregularity,
    owner: User | Team,
    due_date: date,
    reason: str = "",
    actor,
    as_of: date,
) -> Irregularity:
    """Give a case that is under way to another person or team, by a day. Raises IrregularityRefused."""
    locked = _locked(irregularity, actor)
    if locked.status not in UNDER_WAY:
        raise IrregularityRefused(_("This case has ended."))
    if due_date < as_of:
        raise IrregularityRefused(_("That day has gone by. Choose today or later."), field="due_date")
    before = {"owner": locked.owner, "team": locked.team, "due_date": locked.due_date}
    locked.owner, locked.team = (None, owner) if isinstance(owner, Team) else (owner, locked.team)
    locked.due_date = due_date
    locked.save(update_fields=["owner", "team", "due_date"])
    audit.record(
        "irregularity.given",
        locked,
        actor=actor,
        before=before,
        after={"owner": locked.owner, "team": locked.team, "due_date": due_date},
        reason=reason,
    )
    settle_tasks(
        subject=locked,
        outcome=said(gettext_noop("Given to %(owner)s"), owner=str(locked.whose())),
        actor=actor,
        as_of=as_of,
    )
    _ask_owner(locked, actor)
    return locked


def _check_correction(case: Irregularity, entry: LedgerEntry) -> None:
    if entry.currency != case.currency:
        raise CorrectionRefused(_("That entry is in another currency."), field="entry")
    account = Account.objects.get(pk=entry.account_id)
    if case.creditor_id is not None and account.creditor_id != case.creditor_id:
        raise CorrectionRefused(_("That entry is on an account of another creditor."), field="entry")


def _link(case: Irregularity, entry: LedgerEntry, actor) -> Correction:
    _check_correction(case, entry)
    correction, is_new = Correction.objects.get_or_create(
        irregularity=case, entry=entry, defaults={"actor": actor}
    )
    if is_new:
        audit.record("irregularity.corrected", case, actor=actor, after={"entry": entry.pk})
    return correction


@transaction.atomic
def close_irregularity(
    *,
    irregularity: Irregularity,
    note: str,
    entry: LedgerEntry | None = None,
    entries: Iterable[LedgerEntry] = (),
    actor,
    as_of: date,
) -> Irregularity:
    """End a case with what put it right: postings, or in words where none was needed. Money on the
    wrong account and money posted twice of an account stand wrong until something was posted.

    Raises IrregularityOfAnother, IrregularityRefused, CorrectionRefused, StatusHasMoved.
    """
    locked = _locked(irregularity, actor)
    if not note.strip():
        raise IrregularityRefused(_("Say what put it right."), field="note")
    for corrected in [*([entry] if entry is not None else []), *entries]:
        _link(locked, corrected, actor)
    if locked.account_id and locked.kind in POSTED_WRONG and not locked.corrections.exists():
        raise IrregularityRefused(
            _(
                "Tick the posting that put it right, and post it first if it is not there. If nothing was "
                "wrong, say that instead."
            ),
            field="entries",
        )
    settle_tasks(subject=locked, outcome=note, actor=actor, as_of=as_of)
    return IRREGULARITY.advance(
        locked,
        to=IrregularityStatus.CLOSED,
        actor=actor,
        as_of=as_of,
        reason=note[:300],
        is_locked=True,
        outcome=note,
        ended_on=as_of,
        ended_by=actor,
    )


@transaction.atomic
def cancel_irregularity(*, irregularity: Irregularity, reason: str, actor, as_of: date) -> Irregularity:
    """Nothing was wrong after all, with the reason; whoever opened it does not cancel it alone.

    Raises IrregularityOfAnother, IrregularityRefused.
    """
    locked = _locked(irregularity, actor)
    if not reason.strip():
        raise IrregularityRefused(_("Say why nothing was wrong."), field="reason")
    if locked.opened_by_id == actor.pk and actor.role not in (Role.MANAGER, Role.SYSTEM):
        raise IrregularityOfAnother(
            _("You reported it, so somebody else says that nothing was wrong."), field="reason"
        )
    settle_tasks(subject=locked, outcome=reason, actor=actor, as_of=as_of)
    return IRREGULARITY.advance(
        locked,
        to=IrregularityStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason[:300],
        is_locked=True,
        outcome=reason,
        ended_on=as_of,
        ended_by=actor,
    )


@transaction.atomic
def attach_document(*, irregularity: Irregularity, content: bytes, filename: str, actor) -> StoredFile:
    """Keep a paper with the case. Raises what `documents.store` raises, IrregularityOfAnother."""
    case = Irregularity.objects.visible_to(actor).filter(pk=irregularity.pk).first()
    if case is None:
        raise IrregularityOfAnother(_("This is somebody else's to put right."))
    require(actor, OPEN_IRREGULARITY)
    return documents.store(content=content, filename=filename, kind="irregularity", owner=actor, subject=case)
