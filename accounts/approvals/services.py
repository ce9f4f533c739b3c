"""Ask for a second person's decision on one exact content, and decide."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts.approvals.acts import act_of
from accounts.approvals.enums import APPROVAL, ApprovalStatus
from accounts.approvals.models import Approval
from accounts.approvals.rules import decidable_by
from accounts.approvals.signals import approval_decided
from accounts.teams.models import Team
from collections_app.core import audit, clock, permissions
from collections_app.core.refusal import NotAllowed, Refused


class ApprovalContentChanged(Refused):
    """What was asked is no longer what stands there."""


class ApprovalNotYours(NotAllowed):
    """The maker never decides, nor anybody without the permission."""


class ApprovalNeedsComment(Refused):
    """A refusal says why."""


class ApprovalAlreadyAsked(Refused):
    """The same thing waits for an answer already."""


class NoLongerFits(Refused):
    """Raised by an act that was approved but can't be done any more; the request lapses."""


def content_hash(content: Mapping[str, Any]) -> str:
    """sha256 over the content in canonical JSON; the same content gives the same hash."""
    text = json.dumps(audit.plain(content), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def ask_approval(
    *,
    kind: str,
    subject: models.Model,
    summary: str,
    content: Mapping[str, Any],
    permission: str,
    amount: Decimal | None = None,
    currency: str = "",
    team: Team | None = None,
    roles: Iterable[str] = (),
    actor,
    as_of: date,
) -> Approval:
    """Ask whoever holds `permission` (in `team`, and is of one of `roles`) to approve `content`.

    If an act is registered for `kind`, the approval does it. `permission` must be in the catalogue
    (KeyError). Raises ApprovalAlreadyAsked.
    """
    permissions.get(permission)
    facts = {
        "kind": kind,
        "subject_type": subject._meta.label_lower,
        "subject_id": subject.pk,
    }
    if Approval.objects.filter(**facts, status=ApprovalStatus.WAITING).exists():
        raise ApprovalAlreadyAsked(_("This waits for approval already."))
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                **facts,
                summary=summary[:300],
                content=audit.plain(content),
                content_hash=content_hash(content),
                amount=amount,
                currency=currency,
                permission=permission,
                team=team,
                roles=list(roles),
                requested_by=actor,
            )
    except IntegrityError as error:
        if "approval_one_waiting" not in str(error):
            raise
        raise ApprovalAlreadyAsked(_("This waits for approval already.")) from error  # asked meanwhile
    APPROVAL.start(approval, actor=actor, as_of=as_of)
    audit.record(
        "approval.asked",
        approval,
        actor=actor,
        after={**facts, "content_sha256": approval.content_hash},
        reason=summary,
    )
    return approval


@transaction.atomic
def decide_approval(
    *,
    approval: Approval,
    approve: bool,
    comment: str = "",
    content: Mapping[str, Any] | None = None,
    actor,
    as_of: date,
) -> Approval:
    """Approve or refuse. With `content`, it must still have the hash that was asked about.

    An approval does the act that is registered for its kind, in the same transaction; where that
    no longer fits, the request lapses instead: look at the status of what is returned. Sends
    `approval_decided` in the transaction. Raises what the act raises, ApprovalNotYours, ApprovalNeedsComment,
    ApprovalContentChanged, StatusHasMoved.
    """
    if not Approval.objects.filter(decidable_by(actor, as_of), pk=approval.pk).exists():
        fresh = Approval.objects.only("status").get(pk=approval.pk)
        APPROVAL.edge(fresh.status, ApprovalStatus.APPROVED)
        raise ApprovalNotYours(
            _("Somebody other than its maker, who may approve such things, must decide this.")
        )
    if not approve and not comment.strip():
        raise ApprovalNeedsComment(_("Say why, so that it can be put right."), field="comment")
    act = act_of(approval.kind) if approve else None
    if act is not None and content_hash(approval.content) != approval.content_hash:
        raise ApprovalContentChanged(_("What is stored is not what was asked. Refuse it."))
    if content is not None and approve and content_hash(content) != approval.content_hash:
        raise ApprovalContentChanged(
            _("It was changed after approval was asked for. Refuse it, and let it be asked again.")
        )
    decision = {"actor": actor, "as_of": as_of, "decided_by": actor, "decided_at": clock.now()}
    try:
        with transaction.atomic():
            APPROVAL.advance(
                approval,
                to=ApprovalStatus.APPROVED if approve else ApprovalStatus.REFUSED,
                reason=comment,
                comment=comment,
                **decision,
            )
            if act is not None:
                act.perform(approval=approval, actor=actor, as_of=as_of)
    except NoLongerFits as why:
        approval.refresh_from_db()
        return APPROVAL.advance(
            approval, to=ApprovalStatus.LAPSED, reason=why.message, comment=why.message, **decision
        )
    approval_decided.send(Approval, approval=approval, actor=actor, as_of=as_of)
    return approval


@transaction.atomic
def withdraw_approval(*, approval: Approval, actor, as_of: date) -> Approval:
    """The maker takes his request back. Raises ApprovalNotYours."""
    if approval.requested_by_id != actor.pk:
        raise ApprovalNotYours(_("Only who asked can take it back."))
    APPROVAL.advance(
        approval,
        to=ApprovalStatus.WITHDRAWN,
        actor=actor,
        as_of=as_of,
        decided_by=actor,
        decided_at=clock.now(),
    )
    return approval


@transaction.atomic
def lapse_approvals(*, subject: models.Model, reason: str, actor, as_of: date) -> list[Approval]:
    """What waits about a row lapses, because the row has gone another way; nobody decided it."""
    waiting = Approval.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=subject.pk, status=ApprovalStatus.WAITING
    ).order_by("pk")
    return [
        APPROVAL.advance(
            approval,
            to=ApprovalStatus.LAPSED,
            actor=actor,
            as_of=as_of,
            reason=reason,
            comment=reason,
            decided_at=clock.now(),
        )
        for approval in waiting
    ]
