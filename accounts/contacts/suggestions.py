"""The next step a contact calls for, by rule; pure.

Days come from the policy "after_contact" (business days by outcome). An outcome without a row
calls for no step of the officer: a promise, a dispute and a hardship case have clocks of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from accounts.contacts.enums import FollowUpKind, Outcome
from collections_app.core.clock import BusinessCalendar, add_business_days

# A policy written before these outcomes were told apart says the same of them as of the other one.
LIKE = {
    Outcome.NOT_CONNECTED: Outcome.NO_ANSWER,
    Outcome.NOT_IN_SERVICE: Outcome.WRONG_PARTY,
}
NOON = time(13)
MORNING = time(10)
AFTERNOON = time(16)

KINDS = {
    Outcome.PAID_ALREADY: FollowUpKind.CHECK,
    Outcome.WRONG_PARTY: FollowUpKind.CHECK,
    Outcome.NOT_IN_SERVICE: FollowUpKind.CHECK,
}


@dataclass(frozen=True)
class Step:
    """What to do next, on a day and maybe at a time of the debtor's day."""

    kind: str
    due_on: date
    due_time: time | None = None


def next_step(
    outcome: str,
    *,
    day: date,
    local_time: time,
    days: Mapping[str, int],
    calendar: BusinessCalendar,
) -> Step | None:
    """The step that the rule proposes after a contact on `day` at `local_time`; None for none.

    Who did not answer in the morning is tried in the afternoon next time, and the other way round.
    """
    wait = days.get(outcome, days.get(LIKE.get(outcome, ""), None))
    if wait is None:
        return None
    due_on = add_business_days(day, wait, calendar)
    due_time = None
    if outcome == Outcome.NO_ANSWER:
        due_time = AFTERNOON if local_time < NOON else MORNING
    return Step(KINDS.get(Outcome(outcome), FollowUpKind.CALL), due_on, due_time)
