"""How a contact profile changes: proposed by one person, approved by another, from a day to come.

The law changes more slowly than the office's policies, but by the same two people. What was decided
under a version stays decided: a contact of last year is judged by last year's version.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.clauses import Clause, line_of, with_line
from accounts.compliance.enums import PROFILE, ProfileStatus, Sureness
from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.models import ContactProfile
from accounts.compliance.rulebook import INSTALLED
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from accounts.policies.services import (
    PolicyDayTaken,
    PolicyInThePast,
    PolicyMakerApproves,
    PolicyNotDifferent,
)
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


def clauses_of(version: ContactProfile) -> list[Clause]:
    """The clauses of a version in their order."""
    return [Clause.from_data(row) for row in version.clauses]


def profile_choices() -> list[tuple[str, str]]:
    """The profiles a portfolio may name, for forms; the empty one first."""
    rows = ContactProfile.objects.filter(status=ProfileStatus.APPROVED).order_by("valid_from", "id")
    latest = dict(rows.values_list("code", "title"))
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
    Raises ClauseWrong (naming the clause), PolicyInThePast, NotAllowed.
    """
    require(actor, PROPOSE_POLICY)
    _refuse_past(valid_from, as_of)
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


def version_before(version: ContactProfile) -> ContactProfile | None:
    """What holds on the version's first day without it."""
    return (
        ContactProfile.objects.filter(
            code=version.code, status=ProfileStatus.APPROVED, valid_from__lte=version.valid_from
        )
        .exclude(pk=version.pk)
        .order_by("-valid_from", "-id")
        .first()
    )


@transaction.atomic
def submit_profile(*, version: ContactProfile, actor, as_of: date) -> ContactProfile:
    """Ask for approval. Refused when it says exactly what would hold on its day anyway."""
    _refuse_past(version.valid_from, as_of)
    before = version_before(version)
    if before is not None and before.clauses == version.clauses:
        raise PolicyNotDifferent(_("These values hold already. Change one, or leave it as it is."))
    PROFILE.advance(version, to=ProfileStatus.SUBMITTED, actor=actor, as_of=as_of)
    return version


@transaction.atomic
def approve_profile(*, version: ContactProfile, actor, as_of: date) -> ContactProfile:
    """Put a submitted version in force from its day; never by its maker.

    Raises PolicyMakerApproves, PolicyInThePast (its day went by while it waited), PolicyDayTaken.
    """
    require(actor, APPROVE_POLICY)
    if version.made_by_id == actor.pk:
        raise PolicyMakerApproves(_("You proposed this profile, so another manager must approve it."))
    _refuse_past(version.valid_from, as_of)
    taken = ContactProfile.objects.filter(
        code=version.code, valid_from=version.valid_from, status=ProfileStatus.APPROVED
    )
    if taken.exists():
        raise PolicyDayTaken(_("Another version begins on that day. Propose it for a later one."))
    PROFILE.advance(
        version,
        to=ProfileStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        approved_by=actor,
        approved_at=clock.now(),
    )
    return version


@transaction.atomic
def reject_profile(*, version: ContactProfile, comment: str, actor, as_of: date) -> ContactProfile:
    """Refuse a proposal, with the reason its maker will read. A maker may take his own back."""
    require(actor, PROPOSE_POLICY if version.made_by_id == actor.pk else APPROVE_POLICY)
    if not comment.strip():
        raise Refused(_("Say why, so that it can be put right."), field="comment")
    PROFILE.advance(version, to=ProfileStatus.REJECTED, actor=actor, as_of=as_of, reason=comment)
    return version


def _refuse_past(valid_from: date, as_of: date) -> None:
    if valid_from < as_of:
        raise PolicyInThePast(
            _("A profile can begin today or later. Choose another day."), field="valid_from"
        )


@transaction.atomic
def install_profiles() -> None:
    """Write the profiles as shipped that this installation has none of; a step of `prepare`.

    Approved by the system alone, as the defaults of the policies are; a shipped draft stays one,
    which people may submit and approve from a day to come.
    """
    system = User.objects.system()
    have = set(ContactProfile.objects.values_list("code", flat=True))
    made = ContactProfile.objects.bulk_create(
        ContactProfile(
            code=shipped.code,
            title=shipped.title,
            country=shipped.country,
            contract=shipped.contract,
            valid_from=shipped.valid_from,
            clauses=[clause.as_data() for clause in shipped.clauses],
            note=shipped.note if shipped.is_draft else INSTALLED,
            status=ProfileStatus.DRAFT if shipped.is_draft else ProfileStatus.APPROVED,
            made_by=system,
            approved_by=None if shipped.is_draft else system,
            approved_at=None if shipped.is_draft else clock.now(),
        )
        for shipped in SHIPPED
        if shipped.code not in have
    )
    if made:
        ids = [version.pk for version in made]
        PROFILE.start_many(ids, actor=system, as_of=min(row.valid_from for row in made), reason=INSTALLED)
        audit.record_set("contact_profile.installed", ContactProfile, ids=ids, actor=system)
