"""Calls from numbers that stand on no record: logged, and tied to an account once it is known whose."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts.enums import ContactDirection, ContactSource, Outcome
from accounts.contacts.incoming import SHORTEST, digits_of
from accounts.contacts.models import ContactAttempt, UnknownCall
from accounts.contacts.services.attempts import log_attempt
from accounts.ledger.models import Account
from accounts.parties.enums import Channel, ContactPointKind
from accounts.parties.models import ContactPoint
from accounts.parties.services import AlreadyKnown, add_contact_point
from collections_app.core import audit, clock
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class NumberTooShort(Refused):
    """So few digits name nobody."""


class AlreadyTied(Refused):
    """Somebody said already whose call it was; its contact may be corrected."""


@transaction.atomic
def log_unknown_call(*, number: str, at: datetime, note: str = "", officer) -> UnknownCall:
    """Keep that somebody called whom nobody knows yet. Raises NumberTooShort."""
    require(officer, MAKE_CONTACT)
    if len(digits_of(number)) < SHORTEST:
        raise NumberTooShort(_("Write the whole number."), field="number")
    call = UnknownCall.objects.create(
        number=number.strip()[:40], at=at, note=note.strip()[:300], officer=officer
    )
    audit.record("unknown_call.logged", call, actor=officer)
    return call


@transaction.atomic
def tie_call(*, call: UnknownCall, account: Account, keep_number: bool, actor) -> ContactAttempt:
    """It was about this account: it becomes a contact of its own time; with `keep_number` the debtor
    gets the number, not verified. Raises AlreadyTied, NotAPhone."""
    require(actor, MAKE_CONTACT)
    call = UnknownCall.objects.select_for_update(of=("self",)).select_related("officer").get(pk=call.pk)
    if call.attempt_id is not None:
        raise AlreadyTied(_("This call is tied already."))
    point = None
    if keep_number:
        point = _kept(call, account, actor)
    attempt = log_attempt(
        debtor=account.debtor,
        accounts=[account],
        channel=Channel.CALL,
        direction=ContactDirection.IN,
        at=call.at,
        outcome=Outcome.REACHED,
        officer=call.officer,
        source=ContactSource.LOGGED,
        contact_point=point,
        note=call.note,
        colleague_reason=gettext_noop("Called in from an unknown number"),
        actor=actor,
    )
    call.attempt, call.tied_by = attempt, actor
    call.save(update_fields=["attempt", "tied_by"])
    audit.record("unknown_call.tied", call, actor=actor, after={"account": account, "attempt": attempt})
    return attempt


def _kept(call: UnknownCall, account: Account, actor) -> ContactPoint | None:
    try:
        return add_contact_point(
            debtor=account.debtor,
            kind=ContactPointKind.PHONE,
            value=call.number,
            source=gettext_noop("called us"),
            confidence=60,
            actor=actor,
            as_of=clock.local_date(call.at),
        )
    except AlreadyKnown:
        return None
