"""The verbs of a breathing space: granted, extended, treatment ended, ended, undone.

It protects the debts a person had on its first day, charge by charge, from demand, contact, interest,
fees and legal steps; a later bill stands alone. Debt Respite Scheme, SI 2020/1311: a standard one lasts
60 days and comes once in 12 months; one for a mental health crisis lasts as long as the treatment and
30 days more, and comes as often as there is need.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.holds.enums import (
    DAYS_AFTER_TREATMENT,
    HOLD,
    MONTHS_BETWEEN,
    STANDARD_DAYS,
    BreathingSpaceKind,
    HoldReason,
    HoldScope,
    HoldStatus,
)
from accounts.holds.models import BreathingSpace, Hold
from accounts.holds.queries import accounts_of_person, person_records
from accounts.holds.rules import GRANT_BREATHING_SPACE, LIFT_PROTECTION
from accounts.holds.signals import holds_changed
from accounts.ledger.enums import EntryKind, PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.ledger.queries import open_items
from accounts.parties.models import Debtor
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# What is added to a debt because it is late.
LATE = {EntryKind.INTEREST, EntryKind.FEE, EntryKind.PENALTY}


class BreathingSpaceDays(Refused):
    """Its days are out of order, or not of its kind."""


class BreathingSpaceTooSoon(Refused):
    """A standard one began less than 12 months before."""


class BreathingSpaceThere(Refused):
    """The person has one in these days already."""


class BreathingSpaceOver(Refused):
    """It has ended or was undone."""


class NothingToProtect(Refused):
    """The person owed nothing on its first day."""


def debtors_of_person(debtor: Debtor) -> set[int]:
    """His records at every creditor: a moratorium is the person's, whoever is owed."""
    same = Q(pk=debtor.pk)
    if debtor.identity_id is not None:
        same |= Q(identity=debtor.identity_id)
    return set(person_records(Debtor.objects.filter(same).values_list("pk", flat=True)))


def accounts_of_debts(debtor_ids: set[int], day: date) -> set[int]:
    """His accounts, and those he owes together with somebody on that day."""
    joint = AccountParty.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        debtor__in=debtor_ids,
        role=PartyRole.JOINT_DEBTOR,
        valid_from__lte=day,
    )
    return accounts_of_person(debtor_ids) | set(joint.values_list("account_id", flat=True))


def a_year_before(day: date) -> date:
    """The day 12 months before; of 29 February the 28th."""
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


@transaction.atomic
def grant_breathing_space(
    *,
    debtor: Debtor,
    kind: str,
    reference: str,
    first_day: date,
    told_on: date,
    actor,
    as_of: date,
) -> BreathingSpace:
    """Protect what the person owed on `first_day`, which may lie before the notice of `told_on`.

    A standard one has its last day, one for a crisis none yet. Sends `holds_changed`. Raises
    BreathingSpaceDays, BreathingSpaceThere, BreathingSpaceTooSoon, NothingToProtect, NotAllowed.
    """
    require(actor, GRANT_BREATHING_SPACE)
    kind = BreathingSpaceKind(kind)
    if not reference.strip():
        raise Refused(_("Give the reference of the notice."), field="reference")
    if told_on > as_of:
        raise BreathingSpaceDays(_("The notice has come by now: choose a day until today."), field="told_on")
    if first_day > told_on:
        raise BreathingSpaceDays(_("It begins on the day of the notice or before."), field="first_day")
    last_day = first_day + timedelta(days=STANDARD_DAYS - 1) if kind == "standard" else None
    if last_day is not None and last_day < as_of:
        raise BreathingSpaceDays(_("It would be over already: look at the day it began."), field="first_day")
    debtor_ids = debtors_of_person(debtor)
    list(Debtor.objects.filter(pk__in=debtor_ids).order_by("pk").select_for_update(no_key=True))
    _refuse_another(debtor_ids, kind, first_day)
    account_ids = sorted(accounts_of_debts(debtor_ids, first_day))
    list(Account.objects.filter(pk__in=account_ids).order_by("pk").select_for_update(no_key=True))
    space = BreathingSpace.objects.create(
        debtor=debtor,
        kind=kind,
        reference=reference.strip(),
        first_day=first_day,
        told_on=told_on,
        last_day=last_day,
        granted_by=actor,
    )
    made = _protect(space, account_ids, actor=actor, as_of=as_of)
    if not made:
        raise NothingToProtect(_("The debtor owed nothing on that day, so there is nothing to protect."))
    audit.record(
        "breathing_space.granted",
        space,
        actor=actor,
        after={
            "debtor": debtor,
            "kind": kind,
            "reference": space.reference,
            "first_day": first_day,
            "told_on": told_on,
            "last_day": last_day,
            "charges": len(made),
        },
    )
    holds_changed.send(Hold, account_ids=account_ids, as_of=as_of, actor=actor)
    return space


def _refuse_another(debtor_ids: set[int], kind: str, first_day: date) -> None:
    own = BreathingSpace.objects.filter(debtor__in=debtor_ids, undone_on__isnull=True)
    # one that began later is there, too: its days cannot be had twice
    if own.filter(Q(last_day__isnull=True) | Q(last_day__gte=first_day)).exists():
        raise BreathingSpaceThere(_("There is a breathing space in these days. Open it to change it."))
    if kind != BreathingSpaceKind.STANDARD:
        return
    last = own.filter(kind=kind, first_day__gt=a_year_before(first_day)).order_by("-first_day").first()
    if last is not None:
        raise BreathingSpaceTooSoon(
            _("The last one began on %(day)s: another standard one may begin %(months)s months later.")
            % {"day": last.first_day.isoformat(), "months": MONTHS_BETWEEN},
            field="first_day",
        )


def _protect(space: BreathingSpace, account_ids: list[int], *, actor, as_of: date) -> list[int]:
    """Holds on what was open on its first day, or is open now though it is as old (a payment came
    back); and on the interest and fees that came since, which nobody may ask for either. Charges that
    have a hold of it keep that. Returns the ids made."""
    then, now = open_items(account_ids, as_of=space.first_day), open_items(account_ids, as_of=as_of)
    wanted = {
        (item.entry_id, account_id)
        for items in (then, now)
        for account_id, rows in items.items()
        for item in rows
        if item.value_date <= space.first_day or item.kind in LATE
    }
    have = set(space.holds.values_list("entry_id", "account_id"))
    made = Hold.objects.bulk_create(
        [
            Hold(
                account_id=account_id,
                entry_id=entry_id,
                breathing_space=space,
                scopes=list(HoldScope.values),
                reason=HoldReason.BREATHING_SPACE,
                first_day=space.first_day,
                last_day=space.last_day,
                note=space.reference,
                source="breathing_space",
                placed_by=actor,
            )
            for entry_id, account_id in sorted(wanted - have)
        ],
        batch_size=2000,
    )
    ids = [hold.pk for hold in made]
    if ids:
        HOLD.start_many(ids, actor=actor, as_of=space.first_day)
        audit.record_set(
            "hold.placed",
            Hold,
            ids=ids,
            actor=actor,
            after={
                "scopes": list(HoldScope.values),
                "reason": HoldReason.BREATHING_SPACE,
                "first_day": space.first_day,
                "last_day": space.last_day,
            },
            reason=space.reference,
        )
    return ids


@transaction.atomic
def protect_what_came_back(*, as_of: date, actor) -> int:
    """Protect, under each breathing space in force, debts of its time that are open again.

    A payment of before that was returned shows that the charge was owed on its first day. Returns how
    many charges came under one; safe to run again.
    """
    count = 0
    for space in BreathingSpace.objects.in_force(as_of).select_related("debtor").order_by("pk"):
        account_ids = sorted(accounts_of_debts(debtors_of_person(space.debtor), space.first_day))
        made = _protect(space, account_ids, actor=actor, as_of=as_of)
        if made:
            count += len(made)
            holds_changed.send(Hold, account_ids=account_ids, as_of=as_of, actor=actor)
    return count


def _locked(space: BreathingSpace, actor, as_of: date) -> BreathingSpace:
    require(actor, LIFT_PROTECTION)
    locked = BreathingSpace.objects.select_for_update().get(pk=space.pk)
    if locked.undone_on is not None or (locked.last_day is not None and locked.last_day < as_of):
        raise BreathingSpaceOver(_("It has ended already."))
    return locked


def _said(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    return reason.strip()[:300]


def _last_until(space: BreathingSpace, last_day: date, code: str, *, reason: str, actor, as_of: date):
    before = space.last_day
    space.last_day = last_day
    space.save(update_fields=["last_day", "treatment_ended_on", "closing_reason"])
    holds = space.holds.filter(status=HoldStatus.ACTIVE)
    if last_day < as_of:
        # days gone by are given back by a lifting, so that interest of those days is reckoned anew
        _lift(space, free_from=last_day + timedelta(days=1), step_day=as_of, reason=reason, actor=actor)
    else:
        holds.update(last_day=last_day)
    audit.record(
        code, space, actor=actor, before={"last_day": before}, after={"last_day": last_day}, reason=reason
    )
    _tell(space, actor=actor, as_of=as_of)
    return space


def _lift(space: BreathingSpace, *, free_from: date, step_day: date, reason: str, actor) -> None:
    HOLD.advance_many(
        space.holds.filter(status=HoldStatus.ACTIVE),
        to=HoldStatus.LIFTED,
        actor=actor,
        as_of=step_day,
        reason=reason,
        lifted_on=free_from,
        lifted_by=actor,
        lift_reason=reason,
    )


def _tell(space: BreathingSpace, *, actor, as_of: date) -> None:
    ids = sorted(set(space.holds.values_list("account_id", flat=True)))
    holds_changed.send(Hold, account_ids=ids, as_of=as_of, actor=actor)


@transaction.atomic
def extend_breathing_space(
    *, space: BreathingSpace, last_day: date, reason: str, actor, as_of: date
) -> BreathingSpace:
    """Let one with a last day last longer. Raises BreathingSpaceDays, BreathingSpaceOver, NotAllowed."""
    locked = _locked(space, actor, as_of)
    if locked.last_day is None:
        raise BreathingSpaceDays(_("It has no last day: say first when the treatment ended."))
    if last_day <= locked.last_day:
        raise BreathingSpaceDays(_("Choose a day after its last."), field="last_day")
    reason = _said(reason)
    return _last_until(locked, last_day, "breathing_space.extended", reason=reason, actor=actor, as_of=as_of)


@transaction.atomic
def end_treatment(
    *, space: BreathingSpace, ended_on: date, reason: str, actor, as_of: date
) -> BreathingSpace:
    """The crisis treatment ended: 30 days more, then it ends by itself."""
    locked = _locked(space, actor, as_of)
    if locked.kind != BreathingSpaceKind.CRISIS or locked.treatment_ended_on is not None:
        raise BreathingSpaceDays(_("Only an open one for a crisis has a treatment that ends."))
    if not locked.first_day <= ended_on <= as_of:
        raise BreathingSpaceDays(_("Choose a day from its first until today."), field="ended_on")
    locked.treatment_ended_on = ended_on
    return _last_until(
        locked,
        ended_on + timedelta(days=DAYS_AFTER_TREATMENT),
        "breathing_space.treatment_ended",
        reason=_said(reason),
        actor=actor,
        as_of=as_of,
    )


@transaction.atomic
def end_breathing_space(
    *, space: BreathingSpace, free_from: date, reason: str, actor, as_of: date
) -> BreathingSpace:
    """End it early: from `free_from` on, today at the latest, it protects nothing more."""
    locked = _locked(space, actor, as_of)
    if not locked.first_day < free_from <= as_of:
        raise BreathingSpaceDays(_("Choose a day after its first, today at the latest."), field="free_from")
    locked.closing_reason = _said(reason)
    before, locked.last_day = locked.last_day, free_from - timedelta(days=1)
    locked.save(update_fields=["last_day", "closing_reason"])
    _lift(locked, free_from=free_from, step_day=free_from, reason=locked.closing_reason, actor=actor)
    audit.record(
        "breathing_space.ended",
        locked,
        actor=actor,
        before={"last_day": before},
        after={"last_day": locked.last_day},
        reason=locked.closing_reason,
    )
    _tell(locked, actor=actor, as_of=as_of)
    return locked


@transaction.atomic
def undo_breathing_space(*, space: BreathingSpace, reason: str, actor, as_of: date) -> BreathingSpace:
    """It was entered by mistake: it never protected, and counts for no 12 months."""
    require(actor, LIFT_PROTECTION)
    locked = BreathingSpace.objects.select_for_update().get(pk=space.pk)
    if locked.undone_on is not None:
        raise BreathingSpaceOver(_("It was undone already."))
    if locked.last_day is not None and locked.last_day < as_of:
        raise BreathingSpaceOver(_("It has ended, and people were spared by it: that cannot be undone."))
    locked.undone_on, locked.closing_reason = as_of, _said(reason)
    locked.save(update_fields=["undone_on", "closing_reason"])
    _lift(locked, free_from=locked.first_day, step_day=as_of, reason=locked.closing_reason, actor=actor)
    audit.record("breathing_space.undone", locked, actor=actor, reason=locked.closing_reason)
    _tell(locked, actor=actor, as_of=as_of)
    return locked
