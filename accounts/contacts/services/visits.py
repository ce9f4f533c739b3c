"""A visit at the debtor's door: begun with a permit, closed with what was found (D8)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.models import Permit
from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.services import ask_permit
from accounts.contacts.enums import (
    AFTER_RIGHT_PARTY,
    ITEMS_NEEDED,
    SPEAKS_FOR_DEBTOR,
    VISIT_OUTCOMES,
    ContactDirection,
    ContactSource,
    FollowUpKind,
    FollowUpStatus,
    IdentityItem,
)
from accounts.contacts.models import FieldVisit, FollowUp
from accounts.contacts.services.attempts import NewAttempt, log_attempts
from accounts.contacts.services.follow_ups import complete_follow_up
from accounts.contacts.services.outcomes import RightPartyNotChecked
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint
from collections_app.core import audit, documents
from collections_app.core.clock import local_date
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

LONGEST_NOTE = 2000
PHOTOS = {"image/jpeg", "image/png"}
PHOTO_LIMIT = 12 * 1024 * 1024


class VisitNotPlanned(Refused):
    """The follow-up is no open visit."""


class VisitClosed(Refused):
    """It has its outcome already."""


class NotAPhoto(Refused):
    """The document is no picture."""


@transaction.atomic
def start_visit(
    *, follow_up: FollowUp, contact_point: ContactPoint | None, officer, at: datetime
) -> FieldVisit | Permit:
    """Ask the gate at the door. Returns the visit, or the permit that refused it, which is kept.

    Beginning it twice gives the same visit. Raises VisitNotPlanned, NotAllowed.
    """
    require(officer, MAKE_CONTACT)
    locked = FollowUp.objects.select_for_update(of=("self",)).select_related("account").get(pk=follow_up.pk)
    if locked.kind != FollowUpKind.VISIT or locked.status != FollowUpStatus.OPEN:
        raise VisitNotPlanned(_("This visit is done or called off."))
    known = FieldVisit.objects.filter(follow_up=locked, officer=officer, attempt__isnull=True).first()
    if known is not None and local_date(known.started_at) == local_date(at):
        return known
    permit = ask_permit(
        debtor=locked.debtor,
        accounts=[locked.account],
        channel=Channel.VISIT,
        at=at,
        contact_point=contact_point,
        actor=officer,
    )
    if not permit.is_allowed:
        return permit
    visit = FieldVisit.objects.create(
        follow_up=locked, officer=officer, permit=permit, contact_point=contact_point, started_at=at
    )
    audit.record("visit.started", visit, actor=officer, after={"account": locked.account, "permit": permit})
    return visit


@transaction.atomic
def close_visit(
    *,
    visit: FieldVisit,
    outcome: str,
    person_reached: str = "",
    items: Iterable[str] = (),
    note: str = "",
    place: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    photo: tuple[str, bytes] | None = None,
    officer,
    at: datetime,
) -> FieldVisit:
    """Say how it went: one attempt under its permit, and the follow-up is done.

    `photo` is (file name, content), a JPEG or PNG of at most 12 MB. What speaks of the debt needs the right
    party. Raises Refused, VisitClosed, RightPartyNotChecked, NotAPhoto, and what `documents.store` raises.
    """
    require(officer, MAKE_CONTACT)
    locked = (
        FieldVisit.objects.select_for_update(of=("self",))
        .select_related("follow_up__account", "permit")
        .get(pk=visit.pk, officer=officer)
    )
    if locked.attempt_id is not None:
        raise VisitClosed(_("This visit has its outcome already."))
    if outcome not in VISIT_OUTCOMES:
        raise Refused(_("Choose how it went."), field="outcome")
    ticked = tuple(item for item in IdentityItem.values if item in set(items))
    if outcome in AFTER_RIGHT_PARTY and (
        len(ticked) < ITEMS_NEEDED or (person_reached and person_reached not in SPEAKS_FOR_DEBTOR)
    ):
        raise RightPartyNotChecked(
            _("Speak of the debt with the right person only: compare two things first."), field="items"
        )
    account = locked.follow_up.account
    [attempt] = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=account.debtor_id,
                creditor_id=account.creditor_id,
                account_ids=(account.pk,),
                channel=Channel.VISIT,
                direction=ContactDirection.OUT,
                at=locked.started_at,
                outcome=outcome,
                officer_id=officer.pk,
                source=ContactSource.PRODUCT,
                permit=locked.permit,
                contact_point_id=locked.contact_point_id,
                person_reached=person_reached,
                checked_items=ticked,
                note=note.strip()[:LONGEST_NOTE],
            )
        ],
        actor=officer,
    )
    locked.attempt, locked.closed_at = attempt, at
    locked.place, locked.latitude, locked.longitude = place.strip()[:200], latitude, longitude
    if photo is not None:
        filename, content = photo
        file = documents.store(
            content=content,
            filename=filename,
            kind="evidence",
            owner=officer,
            subject=locked,
            size_limit=PHOTO_LIMIT,
        )
        if file.content_type not in PHOTOS:
            raise NotAPhoto(_("Add a photo: JPEG or PNG."), field="photo")
        locked.photo = file
    locked.save()
    audit.record("visit.closed", locked, actor=officer, after={"outcome": outcome, "attempt": attempt})
    complete_follow_up(follow_up=locked.follow_up, actor=officer, as_of=local_date(at), attempt=attempt)
    return locked


@transaction.atomic
def call_off_visit(*, visit: FieldVisit, reason: str, officer) -> FollowUp:
    """Take back a visit that was begun and not made, begun by a slip for one: nobody was at the door, so
    nothing counts. The follow-up stands on the route again; permit and reason stay on record.

    Raises VisitClosed, Refused without a reason, NotAllowed.
    """
    require(officer, MAKE_CONTACT)
    locked = (
        FieldVisit.objects.select_for_update(of=("self",))
        .select_related("follow_up", "permit")
        .get(pk=visit.pk, officer=officer)
    )
    if locked.attempt_id is not None:
        raise VisitClosed(_("This visit has its outcome already."))
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    audit.record(
        "visit.called_off",
        locked.follow_up,
        actor=officer,
        before={"started_at": locked.started_at, "permit": locked.permit},
        reason=reason.strip(),
    )
    follow_up = locked.follow_up
    locked.delete()
    return follow_up
