"""Who sees a worklist, and the rule set that ranks it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from campaigns.worklists.enums import RankReason
from collections_app.core.enums import Role
from collections_app.core.permissions import declare

WORKERS = {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER}

declare("campaigns.view_worklist", _("See the worklists of one's accounts"), WORKERS | {
    Role.SUPERVISOR, Role.MANAGER,
})
declare("campaigns.work_list", _("Work down one's own list"), WORKERS)
declare("campaigns.refresh_worklist", _("Rank the worklists anew"), {Role.SUPERVISOR, Role.MANAGER})

# Points of a reason: the more, the earlier in the list. Equal points are ordered by amount and age.
POINTS = {
    RankReason.CALL_BACK: 980,
    RankReason.FOLLOW_UP_LATE: 950,
    RankReason.PROMISE_BROKEN: 900,
    RankReason.PAYMENT_RETURNED: 880,
    RankReason.PROMISE_PARTLY: 860,
    RankReason.FOLLOW_UP_TODAY: 840,
    RankReason.DISPUTE_REJECTED: 820,
    RankReason.HIGH_WORSENING: 700,
    RankReason.PAYING_LATER: 640,
    RankReason.HIGH_NO_CONTACT: 600,
    RankReason.REMINDER_UNANSWERED: 500,
    RankReason.NO_ANSWER: 480,
    RankReason.FIRST_TIME: 400,
    RankReason.OVERDUE: 300,
}
# From which overdue amount an account counts as high, per currency.
HIGH = {"*": "1000", "AED": "4000", "KWD": "400", "EUR": "800", "USD": "900"}
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

    name: str
    points: dict[str, int]
    high: dict[str, Decimal]
    fresh_days: int  # how long a broken promise or a returned payment leads the list
    retry_days: int  # after no answer
    reminder_days: int  # a reminder is given this long to work before one calls
    silent_days: int  # without contact made: "no contact"
    rest_days: int  # after a conversation without result


def rule_set(*, as_of: date) -> RuleSet:
    """The rule set in force on a day."""
    return RuleSet(
        name="Standard",
        points={reason.value: points for reason, points in POINTS.items()},
        high={currency: Decimal(amount) for currency, amount in HIGH.items()},
        fresh_days=14,
        retry_days=2,
        reminder_days=5,
        silent_days=30,
        rest_days=7,
    )
