"""How a contact profile changes: proposed by one person, approved by another, from a day to come.

The law changes more slowly than the office's policies, but by the same two people. What was decided
under a version stays decided: a contact of last year is judged by last year's version.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.clauses import Clause, line_of, with_line
from accounts.compliance.enums import PROFILE, Sureness
from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.models import ContactProfile
from accounts.policies.enums import PolicyStatus
from accounts.policies.rules import PROPOSE_POLICY
from accounts.policies.versions import DatedVersions
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

VERSIONS = DatedVersions(
    PROFILE,
    series=("code",),
    says=("clauses",),
    begins_late=gettext_lazy("A profile can begin today or later. Choose another day."),
    is_own=gettext_lazy("You proposed this profile, so another manager must approve it."),
)


def clauses_of(version: ContactProfile) -> list[Clause]:
    """The clauses of a version in their order."""
    return [Clause.from_data(row) for row in version.clauses]


def profile_choices() -> list[tuple[str, str]]:
    """The profiles a portfolio may name, for forms; the empty one first."""
    rows = ContactProfile.objects.filter(status=PolicyStatus.APPROVED).order_by("valid_from", "id")
    latest = {code: _(title) for code, title in rows.values_list("code", "title")}
    return [("", _("none")), *sorted(latest.items(), key=lambda row: row[1])]


@transaction.atomic
def propose_profile(
    *,
    base: ContactProfile,
    changes: Mapping[str, Mapping[str, str]],
    valid_from: date,
    note: str,
    actor,
    as_of: date,
) -> ContactProfile:
    """Write a draft after `base` with other numbers, sources or sureness from a day on.

    `changes` are by clause: "line" (the number as text), "source", "sure"; clauses not named stay.
    Raises ClauseWrong (naming the clause), VersionInThePast, NotAllowed.
    """
    require(actor, PROPOSE_POLICY)
    VERSIONS.refuse_past(valid_from, as_of)
    clauses = []
    for clause in clauses_of(base):
        change = changes.get(clause.key, {})
        sure = change.get("sure", clause.sure)
        if sure not in Sureness.values:
            raise Refused(_("Say how sure this is."), field=clause.key)
        clauses.append(
            with_line(
                clause,
                change.get("line", line_of(clause)),
                source=change.get("source", clause.source),
                sure=sure,
            )
        )
    version = ContactProfile.objects.create(
        code=base.code,
        title=base.title,
        country=base.country,
        contract=base.contract,
        valid_from=valid_from,
        clauses=[clause.as_data() for clause in clauses],
        note=note,
        made_by=actor,
    )
    PROFILE.start(version, actor=actor, as_of=as_of)
    audit.record(
        "contact_profile.proposed",
        version,
        actor=actor,
        after={"code": base.code, "valid_from": valid_from, "changed": sorted(changes)},
        reason=note,
    )
    return version


@transaction.atomic
def submit_profile(*, version: ContactProfile, actor, as_of: date) -> ContactProfile:
    """Ask for approval; raises VersionNotDifferent, VersionInThePast."""
    return VERSIONS.submit(version, actor=actor, as_of=as_of)


@transaction.atomic
def approve_profile(*, version: ContactProfile, actor, as_of: date) -> ContactProfile:
    """Put a submitted version in force from its day; raises what `DatedVersions.approve` does."""
    return VERSIONS.approve(version, actor=actor, as_of=as_of)


@transaction.atomic
def reject_profile(*, version: ContactProfile, comment: str, actor, as_of: date) -> ContactProfile:
    """Refuse a proposal, or take back one's own."""
    return VERSIONS.reject(version, comment=comment, actor=actor, as_of=as_of)


@transaction.atomic
def install_profiles() -> None:
    """Write the profiles as shipped that this installation has none of; a step of `prepare`.

    A shipped draft stays one, which people may submit and approve from a day to come.
    """
    have = set(ContactProfile.objects.values_list("code", flat=True))
    VERSIONS.install(
        (
            ContactProfile(
                code=shipped.code,
                title=shipped.title,
                country=shipped.country,
                contract=shipped.contract,
                valid_from=shipped.valid_from,
                clauses=[clause.as_data() for clause in shipped.clauses],
                note=shipped.note,
                status=PolicyStatus.DRAFT if shipped.is_draft else PolicyStatus.APPROVED,
            )
            for shipped in SHIPPED
            if shipped.code not in have
        ),
        audit_code="contact_profile.installed",
    )
