"""Any officer takes a promise and proposes a plan; nobody judges one; a senior may cancel one that
should not stand. What goes beyond an officer's authority somebody approves whose authority reaches it."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts.policies.queries import reaches
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

VIEW_PROMISE = declare("accounts.view_promise", _("See promises of accounts in view"), OFFICE)
TAKE_PROMISE = declare("accounts.take_promise", _("Take a payment promise"), OFFICE)
CANCEL_PROMISE = declare(
    "accounts.cancel_promise",
    _("Cancel an open promise, with a reason"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)

VIEW_PLAN = declare("accounts.view_plan", _("See payment plans of accounts in view"), OFFICE)
PROPOSE_PLAN = declare(
    "accounts.propose_plan",
    _("Propose a payment plan, and agree on it within one's authority"),
    OFFICE,
)
DECIDERS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}
APPROVE_PLAN = declare(
    "accounts.approve_plan", _("Approve a payment plan beyond another's authority"), DECIDERS
)
CANCEL_PLAN = declare(
    "accounts.cancel_plan", _("Cancel a payment plan that is in force, with a reason"), DECIDERS
)


def may_agree(
    role: str, rule: dict, *, amount: Decimal, currency: str, months: int, freezes: list[str]
) -> bool:
    """Whether a role may agree on such a plan alone by the policy `payment_plan`."""
    return (
        role == Role.SYSTEM
        or reaches(rule["alone"].get(role), amount, currency)
        and months <= rule["months"].get(role, 0)
        and (not freezes or role in rule["may_freeze"])
    )


def who_may_agree(rule: dict, **plan) -> list[str]:
    """The roles that may approve such a plan."""
    return [role.value for role in Role if role in DECIDERS and may_agree(role, rule, **plan)]
