"""What the product learns of a law comes to an installation that keeps its profiles already.

Where nobody has changed a profile, a new version of it begins on the day of the upgrade, as shipped.
Where people have one of their own, their numbers stay: a draft with what is new in it waits for two of
them. Nothing that was approved is ever changed, so that the past is judged as it was.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.compliance.jurisdictions import SHIPPED, Shipped
from accounts.compliance.models import ContactProfile
from accounts.compliance.versions import VERSIONS
from accounts.policies.enums import PolicyStatus
from accounts.policies.versions import INSTALLED

ONE_DAY = timedelta(days=1)
# What is offered begins so long after, for two people to read it and decide.
TO_DECIDE = timedelta(days=30)


@transaction.atomic
def renew_profiles(*, as_of: date) -> None:
    """Bring the profiles that are kept to what is shipped, from `as_of` on; safe to run again."""
    stored: dict[str, list[ContactProfile]] = {}
    for row in ContactProfile.objects.order_by("valid_from", "id"):
        stored.setdefault(row.code, []).append(row)
    rows = [
        row
        for shipped in _latest(as_of)
        if shipped.code in stored
        for row in _renewed(shipped, stored[shipped.code], as_of)
    ]
    VERSIONS.install(rows, audit_code="contact_profile.renewed")


def _latest(as_of: date) -> Iterable[Shipped]:
    """Of each profile the shipped text that is law now, drafts left out."""
    found: dict[str, Shipped] = {}
    for shipped in sorted(SHIPPED, key=lambda row: row.valid_from):
        if not shipped.is_draft and shipped.valid_from <= as_of:
            found[shipped.code] = shipped
    return found.values()


def _renewed(shipped: Shipped, have: list[ContactProfile], as_of: date) -> Iterator[ContactProfile]:
    """The version to write, if there is anything to say that was not said here before."""
    approved = [row for row in have if row.status == PolicyStatus.APPROVED]
    texts = [clause.as_data() for clause in shipped.clauses]
    if not approved or approved[-1].clauses == texts:
        return
    last = approved[-1]
    begins = max(as_of, last.valid_from + ONE_DAY)
    if last.note == INSTALLED:
        yield _version(shipped, texts, begins, PolicyStatus.APPROVED, "")
        return
    # what the people here have seen once, in a draft or a version, they were offered
    seen = {clause["key"] for row in have for clause in row.clauses}
    new = [clause for clause in texts if clause["key"] not in seen]
    if new:
        note = _("New in the product: %(clauses)s. The numbers of your own version stay.") % {
            "clauses": ", ".join(clause["key"] for clause in new)
        }
        yield _version(shipped, [*last.clauses, *new], begins + TO_DECIDE, PolicyStatus.DRAFT, note)


def _version(shipped: Shipped, clauses: list[dict], begins: date, status: str, note: str) -> ContactProfile:
    return ContactProfile(
        code=shipped.code,
        title=shipped.title,
        country=shipped.country,
        contract=shipped.contract,
        valid_from=begins,
        clauses=clauses,
        note=note,
        status=status,
    )
