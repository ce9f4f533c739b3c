"""Who sees a worklist, and the rule set that ranks it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.policies.kinds import KINDS
from accounts.policies.queries import version_in_force
from accounts.policies.versions import FROM_THE_BEGINNING
from accounts.teams.enums import WORKS_ACCOUNTS
from collections_app.core.enums import Role
from collections_app.core.permissions import declare

WORKERS = WORKS_ACCOUNTS

declare(
    "campaigns.view_worklist",
    _("See the worklists of one's accounts"),
    WORKERS
    | {
        Role.SUPERVISOR,
        Role.MANAGER,
    },
)
declare("campaigns.work_list", _("Work down one's own list"), WORKERS)
declare("campaigns.refresh_worklist", _("Rank the worklists anew"), {Role.SUPERVISOR, Role.MANAGER})

# (stage, name, from days past due) where no strategy says otherwise.
STAGES = (
    (1, "Friendly", 1),
    (2, "Reminder", 15),
    (3, "Warning", 45),
    (4, "Final", 90),
    (5, "Pre-legal", 120),
)


@dataclass(frozen=True)
class RuleSet:
    """The named rules under which a list was ranked. Amounts are in the currency of their key."""

    name: Any
    points: dict[str, int]
    high: dict[str, Decimal]
    fresh_days: int  # how long a broken promise or a returned payment leads the list
    retry_days: int  # after no answer
    reminder_days: int  # a reminder is given this long to work before one calls
    silent_days: int  # without contact made: "no contact"
    rest_days: int  # after a conversation without result


def rule_set(*, as_of: date) -> RuleSet:
    """The rule set in force on a day: the policy "ranking"."""
    version = version_in_force("ranking", as_of=as_of)
    kind = KINDS["ranking"]
    return RuleSet(
        name=_("Standard")
        if version is None or version.valid_from == FROM_THE_BEGINNING
        else _("Approved %(day)s") % {"day": version.valid_from},
        **kind.python(version.values if version else kind.defaults()),
    )
