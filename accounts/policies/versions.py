"""Dated versions of a rule: drafted by one person, approved by another, in force from a day to come.

The office's policies, the law's contact profiles and the reasons of returned payments are such
versions. What a version says, and how that is cleaned, is each slice's own; its steps are these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.policies.enums import PolicyStatus
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from collections_app.core import audit, clock
from collections_app.core.lifecycle import Lifecycle
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused

# The note of a version the system wrote; the database lets its maker approve that one alone.
INSTALLED = "installed"


class VersionInThePast(Refused):
    """What was decided under the old values stays decided."""


class VersionNotDifferent(Refused):
    """The proposal says what holds already."""


class VersionDayTaken(Refused):
    """Another version of the same thing begins on that day."""


class VersionMakerApproves(NotAllowed):
    """The maker of a version never approves it."""


@dataclass(frozen=True)
class DatedVersions:
    """The steps of one kind of dated version.

    `series` are the columns that say of what it is a version, `says` those that say what holds.
    `begins_late`, `went_by` and `is_own` are the sentences of its refusals. The verbs of a slice
    call these methods inside their own transaction.
    """

    lifecycle: Lifecycle
    series: tuple[str, ...]
    says: tuple[str, ...]
    begins_late: Any
    is_own: Any
    went_by: Any = ""

    def refuse_past(self, valid_from: date, as_of: date) -> None:
        """Raises VersionInThePast for a day before `as_of`."""
        if valid_from < as_of:
            raise VersionInThePast(str(self.begins_late), field="valid_from")

    def approved(self, version: models.Model) -> models.QuerySet:
        """The other approved versions of the same thing."""
        same = {name: getattr(version, name) for name in self.series}
        rows = self.lifecycle.model._default_manager.filter(status=PolicyStatus.APPROVED, **same)
        return rows.exclude(pk=version.pk)

    def before(self, version: Any) -> Any:
        """What of the same thing holds on the version's first day without it, or None."""
        earlier = self.approved(version).filter(valid_from__lte=version.valid_from)
        return earlier.order_by("-valid_from", "-id").first()

    def submit(self, version: Any, *, actor, as_of: date) -> Any:
        """Ask for approval. Refused when it says exactly what would hold on its day anyway."""
        self.refuse_past(version.valid_from, as_of)
        before = self.before(version)
        if before is not None and all(getattr(before, name) == getattr(version, name) for name in self.says):
            raise VersionNotDifferent(_("These values hold already. Change one, or leave it as it is."))
        return self.lifecycle.advance(version, to=PolicyStatus.SUBMITTED, actor=actor, as_of=as_of)

    def approve(self, version: Any, *, comment: str = "", actor, as_of: date) -> Any:
        """Put a version that waits in force from its day; never by its maker.

        Raises VersionMakerApproves, VersionInThePast (its day went by while it waited),
        VersionDayTaken.
        """
        require(actor, APPROVE_POLICY)
        if version.made_by_id == actor.pk:
            raise VersionMakerApproves(str(self.is_own))
        if version.valid_from < as_of:
            raise VersionInThePast(str(self.went_by or self.begins_late), field="valid_from")
        if self.approved(version).filter(valid_from=version.valid_from).exists():
            raise VersionDayTaken(_("Another version begins on that day. Propose it for a later one."))
        return self.lifecycle.advance(
            version,
            to=PolicyStatus.APPROVED,
            actor=actor,
            as_of=as_of,
            reason=comment,
            approved_by=actor,
            approved_at=clock.now(),
        )

    def reject(self, version: Any, *, comment: str, actor, as_of: date) -> Any:
        """Refuse a proposal, with the reason its maker will read. A maker may take his own back."""
        require(actor, PROPOSE_POLICY if version.made_by_id == actor.pk else APPROVE_POLICY)
        if not comment.strip():
            raise Refused(_("Say why, so that it can be put right."), field="comment")
        return self.lifecycle.advance(
            version, to=PolicyStatus.REJECTED, actor=actor, as_of=as_of, reason=comment
        )

    def install(self, versions: Iterable[models.Model], *, audit_code: str) -> None:
        """Write what is shipped. A row that says it is approved was approved by the system alone."""
        system = User.objects.system()
        rows: list[Any] = list(versions)
        for row in rows:
            row.made_by = system
            if row.status == PolicyStatus.APPROVED:
                row.note, row.approved_by, row.approved_at = INSTALLED, system, clock.now()
        made = self.lifecycle.model._default_manager.bulk_create(rows)
        if made:
            ids, first_day = [row.pk for row in made], min(row.valid_from for row in made)
            self.lifecycle.start_many(ids, actor=system, as_of=first_day, reason=INSTALLED)
            audit.record_set(audit_code, self.lifecycle.model, ids=ids, actor=system)
