"""Policies change by proposal and a second person's approval, from a day that is still to come."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.policies.enums import POLICY, PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from accounts.policies.signals import policy_approved
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused

INSTALLED = "installed"
FROM_THE_BEGINNING = date(1900, 1, 1)


class PolicyInThePast(Refused):
    """What was decided under the old values stays decided."""


class PolicyNotDifferent(Refused):
    """The proposal says what holds already."""


class PolicyDayTaken(Refused):
    """Another version of the same scope begins on that day."""


class PolicyMakerApproves(NotAllowed):
    """The maker of a version never approves it."""


def _refuse_past(valid_from: date, as_of: date) -> None:
    if valid_from < as_of:
        raise PolicyInThePast(_("A policy can begin today or later. Choose another day."), field="valid_from")


@transaction.atomic
def propose_policy(
    *,
    kind: str,
    values: Mapping[str, Any],
    valid_from: date,
    scope_type: str = "",
    scope_id: int | None = None,
    note: str,
    actor,
    as_of: date,
) -> PolicyVersion:
    """Write a draft of a kind's values from a day on, for everyone, a creditor or a portfolio.

    Raises PolicyValueWrong (naming the field), PolicyInThePast, NotAllowed.
    """
    require(actor, PROPOSE_POLICY)
    _refuse_past(valid_from, as_of)
    version = PolicyVersion.objects.create(
        kind=kind,
        scope_type=scope_type,
        scope_id=scope_id if scope_type else None,
        valid_from=valid_from,
        values=KINDS[kind].clean(values),
        note=note,
        made_by=actor,
    )
    POLICY.start(version, actor=actor, as_of=as_of)
    audit.record(
        "policy.proposed",
        version,
        actor=actor,
        after={"kind": kind, "valid_from": valid_from, "values": version.values},
        reason=note,
    )
    return version


@transaction.atomic
def submit_policy(*, version: PolicyVersion, actor, as_of: date) -> PolicyVersion:
    """Ask for approval. Refused when it says exactly what would hold on its day anyway."""
    _refuse_past(version.valid_from, as_of)
    before = (
        PolicyVersion.objects.filter(
            kind=version.kind,
            scope_type=version.scope_type,
            scope_id=version.scope_id,
            status=PolicyStatus.APPROVED,
            valid_from__lte=version.valid_from,
        )
        .order_by("-valid_from", "-id")
        .first()
    )
    if before is not None and before.values == version.values:
        raise PolicyNotDifferent(_("These values hold already. Change one, or leave it as it is."))
    POLICY.advance(version, to=PolicyStatus.SUBMITTED, actor=actor, as_of=as_of)
    return version


@transaction.atomic
def approve_policy(*, version: PolicyVersion, actor, as_of: date) -> PolicyVersion:
    """Put a submitted version in force from its day; never by its maker.

    Raises PolicyMakerApproves, PolicyInThePast (its day went by while it waited), PolicyDayTaken.
    """
    require(actor, APPROVE_POLICY)
    if version.made_by_id == actor.pk:
        raise PolicyMakerApproves(_("You proposed this policy, so another manager must approve it."))
    _refuse_past(version.valid_from, as_of)
    taken = PolicyVersion.objects.filter(
        kind=version.kind,
        scope_type=version.scope_type,
        scope_id=version.scope_id,
        valid_from=version.valid_from,
        status=PolicyStatus.APPROVED,
    )
    if taken.exists():
        raise PolicyDayTaken(_("Another version begins on that day. Propose it for a later one."))
    POLICY.advance(
        version,
        to=PolicyStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        approved_by=actor,
        approved_at=clock.now(),
    )
    policy_approved.send(sender=PolicyVersion, version=version, as_of=as_of, actor=actor)
    return version


@transaction.atomic
def reject_policy(*, version: PolicyVersion, comment: str, actor, as_of: date) -> PolicyVersion:
    """Refuse a proposal, with the reason its maker will read. A maker may take his own back."""
    require(actor, PROPOSE_POLICY if version.made_by_id == actor.pk else APPROVE_POLICY)
    if not comment.strip():
        raise Refused(_("Say why, so that it can be put right."), field="comment")
    POLICY.advance(version, to=PolicyStatus.REJECTED, actor=actor, as_of=as_of, reason=comment)
    return version


@transaction.atomic
def install_defaults() -> None:
    """Write the default of every kind that has none for everyone; a step of `manage.py prepare`.

    So the page shows from the first day what holds and since when. Approved by the system alone.
    """
    system = User.objects.system()
    have = set(
        PolicyVersion.objects.filter(scope_type="", scope_id=None, status=PolicyStatus.APPROVED).values_list(
            "kind", flat=True
        )
    )
    made = PolicyVersion.objects.bulk_create(
        PolicyVersion(
            kind=kind.code,
            valid_from=FROM_THE_BEGINNING,
            values=kind.defaults(),
            note=INSTALLED,
            status=PolicyStatus.APPROVED,
            made_by=system,
            approved_by=system,
            approved_at=clock.now(),
        )
        for kind in KINDS.values()
        if kind.code not in have
    )
    if made:
        ids = [version.pk for version in made]
        POLICY.start_many(ids, actor=system, as_of=FROM_THE_BEGINNING, reason=INSTALLED)
        audit.record_set("policy.installed", PolicyVersion, ids=ids, actor=system)
