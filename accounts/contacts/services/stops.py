"""Stopping the use of a number or address, or of a channel, from a day on (D3, D12)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.contacts.rules import STOP_POINT
from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.services import place_hold
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


@transaction.atomic
def mark_wrong_party(*, contact_point: ContactPoint, actor, as_of: date) -> list[int]:
    """Somebody else answers there: stop the number or address everywhere it stands.

    Over all debtors and creditors, because the fact is about the number. An address is stopped on
    its own record only: others may well live there. Returns the ids of the points stopped.
    """
    require(actor, STOP_POINT)
    same = ContactPoint.objects.filter(kind=contact_point.kind, value=contact_point.value)
    if contact_point.kind == ContactPointKind.ADDRESS:
        same = ContactPoint.objects.filter(pk=contact_point.pk)
    ids = list(
        same.exclude(status=ContactPointStatus.WRONG_PARTY).order_by("pk").values_list("pk", flat=True)
    )
    ContactPoint.objects.filter(pk__in=ids).update(
        status=ContactPointStatus.WRONG_PARTY, status_on=as_of, is_primary=False
    )
    audit.record_set("contact_point.marked_wrong_party", ContactPoint, ids=ids, actor=actor)
    contact_point.refresh_from_db()
    return ids


class NotStoppedAsWrong(Refused):
    """Nobody marked this number or address as somebody else's."""


class TakenBackWithoutReason(Refused):
    """A number is used again only for a reason somebody gives."""


@transaction.atomic
def take_back_wrong_party(
    *, contact_point: ContactPoint, reason: str, actor, as_of: date
) -> list[int]:
    """The mark was a mistake: the number may be used again wherever it was stopped by it.

    It is not verified anywhere until somebody says so. Returns the ids of the points given back.
    Raises TakenBackWithoutReason, NotStoppedAsWrong.
    """
    require(actor, STOP_POINT)
    if not reason.strip():
        raise TakenBackWithoutReason(_("Say how you know that it is his after all."), field="reason")
    same = ContactPoint.objects.filter(kind=contact_point.kind, value=contact_point.value)
    if contact_point.kind == ContactPointKind.ADDRESS:
        same = ContactPoint.objects.filter(pk=contact_point.pk)
    marked = same.filter(status=ContactPointStatus.WRONG_PARTY).order_by("pk")
    ids = list(marked.select_for_update(no_key=True).values_list("pk", flat=True))
    if not ids:
        raise NotStoppedAsWrong(_("Nobody marked this as wrong party."))
    ContactPoint.objects.filter(pk__in=ids).update(
        status=ContactPointStatus.UNVERIFIED, status_on=as_of
    )
    audit.record_set(
        "contact_point.wrong_party_taken_back", ContactPoint, ids=ids, actor=actor, reason=reason.strip()
    )
    contact_point.refresh_from_db()
    return ids


@transaction.atomic
def opt_out(
    *,
    debtor: Debtor,
    actor,
    as_of: date,
    contact_point: ContactPoint | None = None,
    channel: str = "",
    source: str = "",
) -> None:
    """Take the debtor's consent away: for one number or address, for a channel (an SMS STOP), or, with
    neither named, for every one (a request to cease).

    With his last channel gone, a hold on all contact is placed; he gets then what the law still demands.
    """
    require(actor, STOP_POINT)
    if contact_point is not None:
        ContactPoint.objects.filter(pk=contact_point.pk).update(
            status=ContactPointStatus.OPTED_OUT, status_on=as_of
        )
        audit.record("contact_point.opted_out", contact_point, actor=actor, reason=source)
        return
    locked = Debtor.objects.select_for_update(no_key=True).get(pk=debtor.pk)
    before = locked.allowed_channels
    allowed = [value for value in (before or Channel.values) if channel and value != channel]
    if not allowed:
        place_hold(
            scopes=[HoldScope.CONTACT],
            reason=HoldReason.OPT_OUT,
            first_day=as_of,
            debtor=debtor,
            note=source,
            actor=actor,
            as_of=as_of,
        )
        return
    Debtor.objects.filter(pk=debtor.pk).update(allowed_channels=allowed)
    debtor.allowed_channels = allowed
    audit.record(
        "debtor.opted_out",
        debtor,
        actor=actor,
        before={"allowed_channels": before},
        after={"allowed_channels": allowed},
        reason=source,
    )
