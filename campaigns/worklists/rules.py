"""Who sees a worklist, and the rule set that ranks it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.policies.queries import rule_sets
from accounts.teams.enums import WORKS_ACCOUNTS
from collections_app.core.enums import Role
from collections_app.core.permissions import declare

WORKERS = WORKS_ACCOUNTS

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
    payments: int  # known from so many
    rhythm_percent: int  # of the usual gap between payments
    rhythm_days: int  # and so many days more, without one
    less_percent: int  # of the usual payment


def rule_set(*, as_of: date) -> RuleSet:
    """The rule set in force on a day: the policy "ranking"; what worsened, the policy "worsening" says."""
    sets = rule_sets(["ranking", "worsening"], as_of=as_of)
    (name, values), (_name, habits) = sets["ranking"], sets["worsening"]
    own = {field: habits[field] for field in ("payments", "rhythm_percent", "rhythm_days", "less_percent")}
    return RuleSet(name=name, **values, **own)
