"""The verbs on debtors and the ways to reach them."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.phones import normalise
from accounts.parties.rules import MANAGE_CONTACT_POINT
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class NotAPhone(Refused):
    """No number can be read from what was given."""


class AlreadyKnown(Refused):
    """The debtor has this number or address already, and it is in use."""


@transaction.atomic
def add_contact_point(
    *,
    debtor: Debtor,
    kind: str,
    value: str,
    source: str,
    actor,
    as_of: date,
    label: str = "",
    confidence: int = 70,
    is_primary: bool = False,
    is_workplace: bool = False,
) -> ContactPoint:
    """Note a new way to reach a debtor (D24); old ones stay. Raises NotAPhone, AlreadyKnown.

    A first choice takes the place of the one before. Audited without the value itself.
    """
    require(actor, MANAGE_CONTACT_POINT)
    raw = value.strip()
    if kind == ContactPointKind.PHONE:
        number = normalise(raw, debtor.country or debtor.creditor.country)
        if number is None:
            raise NotAPhone(
                _("This is no phone number. Write it with its country code, as in +971 50 555 0142."),
                field="value",
            )
        kept = number
    else:
        kept = raw.lower() if kind == ContactPointKind.EMAIL else raw
    Debtor.objects.select_for_update(no_key=True).get(pk=debtor.pk)
    same = ContactPoint.objects.filter(debtor=debtor, kind=kind, value=kept, valid_to__isnull=True)
    if same.filter(status__in=[ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED]).exists():
        raise AlreadyKnown(_("This is known already and in use."), field="value")
    # Somebody else answers there, whoever's record it was heard on: known, and not used.
    stopped = kind != ContactPointKind.ADDRESS and ContactPoint.objects.filter(
        kind=kind, value=kept, status=ContactPointStatus.WRONG_PARTY
    ).exists()
    if stopped and same.filter(status=ContactPointStatus.WRONG_PARTY).exists():
        raise AlreadyKnown(
            _("Somebody else answers there. If that was a mistake, mark it as good and say how you know."),
            field="value",
        )
    is_primary = is_primary and not stopped
    if is_primary:
        ContactPoint.objects.filter(debtor=debtor, kind=kind, is_primary=True).update(is_primary=False)
    point = ContactPoint.objects.create(
        debtor=debtor,
        kind=kind,
        label=label,
        value=kept,
        raw=raw,
        source=source,
        status=ContactPointStatus.WRONG_PARTY if stopped else ContactPointStatus.UNVERIFIED,
        status_on=as_of if stopped else None,
        noted_on=as_of,
        confidence=confidence,
        is_primary=is_primary,
        is_workplace=is_workplace,
        country=debtor.country,
        valid_from=as_of,
    )
    audit.record(
        "contact_point.added", point, actor=actor, after={"debtor": debtor, "kind": kind, "source": source}
    )
    return point


@transaction.atomic
def mark_contact_point(*, point: ContactPoint, status: str, reason: str, actor, as_of: date) -> ContactPoint:
    """Say that a number or address is good, bad or unverified, and how one knows.

    Wrong party and opt-out reach further and are verbs of `accounts.contacts`.
    """
    require(actor, MANAGE_CONTACT_POINT)
    locked = ContactPoint.objects.select_for_update(of=("self",), no_key=True).get(pk=point.pk)
    before = locked.status
    locked.status = status  # no lifecycle
    locked.status_on = as_of
    if status == ContactPointStatus.BAD:
        locked.is_primary = False
    locked.save(update_fields=["status", "status_on", "is_primary"])
    audit.record(
        "contact_point.marked",
        locked,
        actor=actor,
        before={"status": before},
        after={"status": status},
        reason=reason,
    )
    return locked
