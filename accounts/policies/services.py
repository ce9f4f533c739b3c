"""Policies change by proposal and a second person's approval, from a day that is still to come."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.policies.enums import FROM_THE_BEGINNING, POLICY, PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.rules import PROPOSE_POLICY
from accounts.policies.signals import policy_approved
from accounts.policies.versions import DatedVersions
from collections_app.core import audit
from collections_app.core.permissions import require

VERSIONS = DatedVersions(
    POLICY,
    series=("kind", "scope_type", "scope_id"),
    says=("values",),
    begins_late=gettext_lazy("A policy can begin today or later. Choose another day."),
    is_own=gettext_lazy("You proposed this policy, so another manager must approve it."),
)


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

    Raises PolicyValueWrong (naming the field), VersionInThePast, NotAllowed.
    """
    require(actor, PROPOSE_POLICY)
    VERSIONS.refuse_past(valid_from, as_of)
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
    """Ask for approval; raises VersionNotDifferent, VersionInThePast."""
    return VERSIONS.submit(version, actor=actor, as_of=as_of)


@transaction.atomic
def approve_policy(*, version: PolicyVersion, actor, as_of: date) -> PolicyVersion:
    """Put a submitted version in force from its day; raises what `DatedVersions.approve` does."""
    VERSIONS.approve(version, actor=actor, as_of=as_of)
    policy_approved.send(sender=PolicyVersion, version=version, as_of=as_of, actor=actor)
    return version


@transaction.atomic
def reject_policy(*, version: PolicyVersion, comment: str, actor, as_of: date) -> PolicyVersion:
    """Refuse a proposal, or take back one's own."""
    return VERSIONS.reject(version, comment=comment, actor=actor, as_of=as_of)


@transaction.atomic
def install_defaults() -> None:
    """Write the default of every kind that has none for everyone; a step of `manage.py prepare`.

    So the page shows from the first day what holds and since when.
    """
    rows = PolicyVersion.objects.filter(scope_type="", scope_id=None, status=PolicyStatus.APPROVED)
    have = set(rows.values_list("kind", flat=True))
    VERSIONS.install(
        (
            PolicyVersion(
                kind=kind.code,
                valid_from=FROM_THE_BEGINNING,
                values=kind.defaults(),
                status=PolicyStatus.APPROVED,
            )
            for kind in KINDS.values()
            if kind.code not in have
        ),
        audit_code="policy.installed",
    )
