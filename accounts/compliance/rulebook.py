"""The contact rules in force on each day, for everyone, a creditor or a portfolio."""

from datetime import date

from accounts.compliance.profiles import Profile
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion

CONTACT_RULES = "contact_rules"


class Rulebook:
    """Every approved version of the contact rules, so that each day gets its own."""

    def __init__(self) -> None:
        kind = KINDS[CONTACT_RULES]
        source = str(kind.source)
        self.default = Profile.of(kind.python(kind.defaults()), name="default", source=source)
        self.versions = [
            (
                version.scope_type,
                version.scope_id,
                version.valid_from,
                Profile.of(
                    kind.python(version.values),
                    name=f"{version.scope_type or 'office'} {version.valid_from}",
                    source=version.note[:120] or source,
                    version=version.pk,
                ),
            )
            for version in PolicyVersion.objects.filter(
                kind=CONTACT_RULES, status=PolicyStatus.APPROVED
            ).order_by("valid_from", "id")
        ]

    @property
    def longest_window(self) -> int:
        profiles = [self.default, *(row[3] for row in self.versions)]
        return max(profile.longest_window for profile in profiles)

    def in_force(self, day: date, creditor_id: int, portfolio_id: int | None) -> Profile:
        """A portfolio's version goes before a creditor's before everyone's; the latest begun."""
        for scope in (("portfolio", portfolio_id), ("creditor", creditor_id), ("", None)):
            begun = [
                profile
                for scope_type, scope_id, valid_from, profile in self.versions
                if (scope_type, scope_id) == scope and valid_from <= day
            ]
            if begun and (scope[0] == "" or scope[1] is not None):
                return begun[-1]
        return self.default
