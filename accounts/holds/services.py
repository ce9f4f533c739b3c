"""Holds are placed, lifted and lapse; legal facts are recorded about the person, for all creditors."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.holds.checklists import begin_checklist, drop_checklist
from accounts.holds.enums import HOLD, HoldReason, HoldScope, HoldStatus
from accounts.holds.models import Hold
from accounts.holds.queries import accounts_of_person, accounts_under
from accounts.holds.rules import (
    END_LEGAL_FACT,
    HOLD_MANY,
    PLACE_HOLD,
    RECORD_LEGAL_FACT,
    may_lift,
)
from accounts.holds.signals import holds_changed
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Debtor, Identity, LegalFact
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused

LONGEST_NOTE = 2000
HOLD_PROTECTS = gettext_lazy(
    "This hold protects the debtor, so a senior officer or a supervisor must lift it."
)


class HoldStopsNothing(Refused):
    """A hold names at least one thing it stops."""


class HoldNeedsOneSubject(Refused):
    """A hold is on a person, on an account or on one charge."""


class HoldEndsTooEarly(Refused):
    """The last day lies before the first, or has gone by."""


class HoldAlreadyThere(Refused):
    """The same hold is in force already."""


class HoldProtects(NotAllowed):
    """It protects a person; somebody senior lifts it."""


class LegalFactAlreadyEnded(Refused):
    """The fact was ended before."""


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = {str(scope) for scope in scopes}
    ordered = [scope.value for scope in HoldScope if scope.value in wanted]
    if not ordered or len(ordered) != len(wanted):
        raise HoldStopsNothing(_("Choose at least one thing that the hold stops."), field="scopes")
    return ordered


def _check_days(first_day: date, last_day: date | None, as_of: date) -> None:
    if last_day is not None and last_day < first_day:
        raise HoldEndsTooEarly(_("The last day comes after the first."), field="last_day")
    if last_day is not None and last_day < as_of:
        raise HoldEndsTooEarly(_("That day has gone by. Choose today or later."), field="last_day")


@transaction.atomic
def place_hold(
    *,
    scopes: Sequence[str],
    reason: str,
    first_day: date,
    last_day: date | None = None,
    debtor: Debtor | None = None,
    account: Account | None = None,
    entry: LedgerEntry | None = None,
    note: str = "",
    source: str = "manual",
    import_batch_id: int | None = None,
    actor,
    as_of: date,
    permission: str = PLACE_HOLD,
) -> Hold:
    """Stop `scopes` on a person, an account or one charge, from a day through a day or until lifted.

    Sends `holds_changed`. Callers with a rule of their own pass its permission. Raises
    HoldStopsNothing, HoldNeedsOneSubject, HoldEndsTooEarly, HoldAlreadyThere, NotAllowed.
    """
    require(actor, permission)
    if entry is not None:
        account = account or entry.account
    if (debtor is None) == (account is None) or (entry is not None and entry.account_id != account.pk):
        raise HoldNeedsOneSubject(_("Say what is held: the debtor, one account or one charge of it."))
    scopes = _checked_scopes(scopes)
    _check_days(first_day, last_day, as_of)
    subject = {"debtor": debtor, "account": account, "entry": entry}
    # One placing at a time on a subject, so that a form sent twice finds the first one.
    if debtor is not None:
        Debtor.objects.select_for_update(no_key=True).get(pk=debtor.pk)
    else:
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    same = Hold.objects.filter(
        **subject,
        status=HoldStatus.ACTIVE,
        reason=reason,
        scopes=scopes,
        first_day=first_day,
        last_day=last_day,
    )
    if same.exists():
        raise HoldAlreadyThere(_("This hold is in force already."))
    hold = Hold.objects.create(
        **subject,
        scopes=scopes,
        reason=HoldReason(reason),
        first_day=first_day,
        last_day=last_day,
        note=note[:LONGEST_NOTE],
        source=source,
        placed_by=actor,
        import_batch_id=import_batch_id,
    )
    HOLD.start(hold, actor=actor, as_of=first_day)
    audit.record(
        "hold.placed",
        hold,
        actor=actor,
        after={
            "scopes": scopes,
            "reason": reason,
            "first_day": first_day,
            "last_day": last_day,
            "debtor": debtor,
            "account": account,
            "entry": entry,
        },
    )
    holds_changed.send(Hold, account_ids=sorted(accounts_under(hold)), as_of=as_of, actor=actor)
    return hold


@transaction.atomic
def place_holds(
    *,
    account_ids: Iterable[int],
    scopes: Sequence[str],
    reason: str,
    first_day: date,
    last_day: date | None,
    note: str = "",
    actor,
    as_of: date,
) -> list[int]:
    """The same hold on many accounts, in a few statements; returns the ids of the holds made.

    Accounts that have this very hold already are left as they are.
    """
    require(actor, HOLD_MANY)
    scopes = _checked_scopes(scopes)
    _check_days(first_day, last_day, as_of)
    wanted = set(
        Account.objects.filter(pk__in=set(account_ids))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    wanted -= set(
        Hold.objects.filter(
            account__in=wanted,
            entry__isnull=True,
            status=HoldStatus.ACTIVE,
            reason=reason,
            scopes=scopes,
            first_day=first_day,
            last_day=last_day,
        ).values_list("account_id", flat=True)
    )
    made = Hold.objects.bulk_create(
        [
            Hold(
                account_id=account_id,
                scopes=scopes,
                reason=HoldReason(reason),
                first_day=first_day,
                last_day=last_day,
                note=note[:LONGEST_NOTE],
                source="bulk",
                placed_by=actor,
            )
            for account_id in sorted(wanted)
        ],
        batch_size=2000,
    )
    ids = [hold.pk for hold in made]
    HOLD.start_many(ids, actor=actor, as_of=first_day)
    audit.record_set(
        "hold.placed",
        Hold,
        ids=ids,
        actor=actor,
        after={"scopes": scopes, "reason": reason, "first_day": first_day, "last_day": last_day},
        reason=note,
    )
    if wanted:
        holds_changed.send(Hold, account_ids=sorted(wanted), as_of=as_of, actor=actor)
    return ids


@transaction.atomic
def lift_hold(*, hold: Hold, reason: str, actor, as_of: date) -> Hold:
    """End a hold today: from today on it stops nothing. Raises Refused, HoldProtects, StatusHasMoved."""
    if not may_lift(actor, hold):
        raise HoldProtects(HOLD_PROTECTS)
    if not reason.strip():
        raise Refused(_("Say why it is lifted."), field="reason")
    HOLD.advance(
        hold,
        to=HoldStatus.LIFTED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        lifted_on=as_of,
        lifted_by=actor,
        lift_reason=reason[:300],
    )
    holds_changed.send(Hold, account_ids=sorted(accounts_under(hold)), as_of=as_of, actor=actor)
    return hold


@transaction.atomic
def lapse_holds(*, as_of: date, actor) -> list[int]:
    """Mark as lapsed what ended by its own date; the dates alone decided it already.

    Returns the ids that lapsed; safe to run again.
    """
    lapsed = HOLD.advance_many(
        Hold.objects.filter(status=HoldStatus.ACTIVE, last_day__lt=as_of),
        to=HoldStatus.LAPSED,
        actor=actor,
        as_of=as_of,
    )
    if lapsed:
        rows = Hold.objects.filter(pk__in=lapsed).values_list("account_id", "debtor_id")
        account_ids = {account for account, _debtor in rows if account is not None}
        account_ids |= accounts_of_person({debtor for _account, debtor in rows if debtor})
        holds_changed.send(Hold, account_ids=sorted(account_ids), as_of=as_of, actor=actor)
    return lapsed


def _accounts_of_identity(identity: Identity) -> set[int]:
    return accounts_of_person(identity.debtors.values_list("pk", flat=True))


@transaction.atomic
def record_legal_fact(
    *, debtor: Debtor, kind: str, effective_date: date, source: str = "", actor, as_of: date
) -> LegalFact:
    """Record that the person behind a debtor is deceased, insolvent or a minor, from a day on.

    It holds for his records at every creditor (`enums.LEGAL_STOPS` says what it stops). One that is
    known already is returned; known from a later day on, it is begun on the earlier one in its place,
    so that the days between are protected, too. Its checklist begins: tasks about the debtor.
    """
    require(actor, RECORD_LEGAL_FACT)
    locked = Debtor.objects.select_for_update(no_key=True).get(pk=debtor.pk)
    if locked.identity is None:
        locked.identity = Identity.objects.create()
        locked.save(update_fields=["identity"])
        debtor.identity = locked.identity
    known = LegalFact.objects.filter(
        identity=locked.identity, kind=kind, ends__isnull=True, ended_by__isnull=True
    ).first()
    if known is not None and known.effective_date <= effective_date:
        return known
    if known is not None:
        _end(known, effective_date=known.effective_date, source=source, actor=actor)
    fact = LegalFact.objects.create(
        identity=locked.identity,
        kind=LegalFactKind(kind),
        effective_date=effective_date,
        source=source,
        actor=actor,
    )
    audit.record(
        "legal_fact.recorded",
        fact,
        actor=actor,
        before={"from": known.effective_date} if known is not None else None,
        after={"kind": kind, "from": effective_date},
    )
    begin_checklist(fact, debtor, actor=actor, as_of=as_of)
    holds_changed.send(
        Hold, account_ids=sorted(_accounts_of_identity(locked.identity)), as_of=as_of, actor=actor
    )
    return fact


def _end(fact: LegalFact, *, effective_date: date, source: str, actor) -> LegalFact:
    return LegalFact.objects.create(
        identity_id=fact.identity_id,
        kind=fact.kind,
        effective_date=effective_date,
        ends=fact,
        source=source,
        actor=actor,
    )


@transaction.atomic
def end_legal_fact(*, fact: LegalFact, effective_date: date, source: str, actor, as_of: date) -> LegalFact:
    """Record that a legal fact ended (a discharge, a coming of age, an error). Returns the ending.

    Raises LegalFactAlreadyEnded.
    """
    require(actor, END_LEGAL_FACT)
    Identity.objects.select_for_update(no_key=True).get(pk=fact.identity_id)
    if fact.ends_id is not None or fact.ended_by.exists():
        raise LegalFactAlreadyEnded(_("This has ended already."))
    ending = _end(fact, effective_date=effective_date, source=source, actor=actor)
    drop_checklist(fact, actor=actor, as_of=as_of)
    audit.record("legal_fact.ended", fact, actor=actor, after={"to": effective_date}, reason=source)
    holds_changed.send(
        Hold, account_ids=sorted(_accounts_of_identity(fact.identity)), as_of=as_of, actor=actor
    )
    return ending
