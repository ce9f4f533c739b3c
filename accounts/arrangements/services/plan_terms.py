"""What a payment plan must be like: its terms, its accounts, its amount, and who agrees on it alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.arrangements.enums import PLAN_DRAFTED, PlanStatus
from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.schedule import Due, PlanTerms, ScheduleImpossible, instalments_of, months_of
from accounts.holds.queries import held
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from accounts.policies.queries import amount_in, policy
from collections_app.core.money import format_amount
from collections_app.core.refusal import Refused

KIND = "payment_plan"
FREEZABLE = ("interest", "fee")
ZERO = Decimal(0)


class PlanTermsWrong(Refused):
    """The terms give no schedule."""


class PlanAccountsDiffer(Refused):
    """The accounts are not of one debtor, creditor and currency, or not open."""


class PlanMoreThanOwed(Refused):
    """More is agreed on than is owed."""


class PlanBeyondPolicy(Refused):
    """An instalment is smaller, or the plan longer, than the policy allows anybody."""


class PlanBeyondAuthority(Refused):
    """Somebody with more authority must approve it."""


class PlanStandsAlready(Refused):
    """Another plan for one of the accounts is in force, offered or waiting."""


class PlanWhileHeld(Refused):
    """Nothing may be demanded on an account now, so no instalments are agreed on."""


class PlanTooLate(Refused):
    """The first day has gone by before the plan came into force."""


class PlanNotOpen(Refused):
    """Only a plan that is offered, waiting or in force can be cancelled or replaced."""


def plan_rule(account: Account, as_of: date) -> dict[str, Any]:
    """The policy `payment_plan` for an account's plans."""
    return policy(KIND, as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id)


def schedule_of(terms: PlanTerms, *, account: Account, as_of: date) -> list[Due]:
    """The instalments of terms, checked against the limits that hold for everybody.

    What a form shows before anything is saved, and what is saved. Raises PlanTermsWrong,
    PlanBeyondPolicy.
    """
    rule, currency = plan_rule(account, as_of), account.currency
    if terms.deposit and terms.deposit_due is None:
        terms = replace(terms, deposit_due=as_of)
    try:
        rows = instalments_of(terms, currency)
    except ScheduleImpossible as why:
        raise PlanTermsWrong(_why(why.reason), field=why.field) from why
    if rows[0].due_date < as_of:
        field = "deposit_due" if rows[0].number == 0 else "first_due"
        raise PlanTermsWrong(_("That day has gone by. Choose today or later."), field=field)
    smallest = amount_in(rule["smallest"], currency)
    # with `each` the last is the rest, and may be small
    regular = [row for row in rows if row.number][: -1 if terms.each and len(rows) > 1 else None]
    least = min((row.amount for row in regular), default=terms.amount)
    if least < smallest:
        raise PlanBeyondPolicy(
            _("The smallest instalment is %(amount)s. Agree on fewer instalments.")
            % {"amount": format_amount(smallest, currency, with_currency=True)},
            field="each" if terms.each else "number",
        )
    if months_of(rows, as_of) > rule["longest_months"]:
        raise PlanBeyondPolicy(
            _("The longest plan is %(n)s months. Agree on fewer or larger instalments.")
            % {"n": rule["longest_months"]},
            field="each" if terms.each else "number",
        )
    return rows


def _why(reason: str) -> str:
    return {
        "deposit_late": _("The deposit comes before the first instalment."),
        "not_money": _("Enter an amount in whole coins of the currency."),
        "nothing": _("Enter an amount above zero."),
        "deposit_all": _("The deposit leaves nothing for instalments. Take a promise for it."),
        "rhythm": _("Choose how often he pays."),
        "too_many": _("Choose from 1 to 600 instalments."),
        "too_small": _("So many instalments leave less than a coin for each."),
    }[reason]


def check_accounts(accounts: Sequence[Account], as_of: date, replacing: PaymentPlan | None) -> None:
    """Whether a plan may be made for these accounts. Raises PlanAccountsDiffer, PlanWhileHeld,
    PlanStandsAlready."""
    alike = {(account.creditor_id, account.debtor_id, account.currency) for account in accounts}
    if len(alike) > 1:
        raise PlanAccountsDiffer(_("A plan is for accounts of one debtor, creditor and currency."))
    check_may_be_asked(accounts, as_of)
    others = PaymentPlan.objects.filter(
        plan_accounts__account__in=[account.pk for account in accounts],
        status__in=[*PLAN_DRAFTED, PlanStatus.IN_FORCE],
    )
    other = others.exclude(pk=replacing.pk if replacing else None).first()
    if other is not None:
        raise PlanStandsAlready(
            _("A plan stands already for %(number)s: %(status)s. Change or cancel that one.")
            % {"number": accounts[0].number, "status": other.get_status_display().lower()}
        )


def check_may_be_asked(accounts: Sequence[Account], as_of: date) -> None:
    """Whether money may be asked for on these accounts. Raises PlanAccountsDiffer, PlanWhileHeld."""
    if any(account.status != AccountStatus.OPEN for account in accounts):
        raise PlanAccountsDiffer(_("One of the accounts is closed. Reopen it or leave it out."))
    ids = [account.pk for account in accounts]
    stopped = held(ids, as_of)
    if any("demand" in scopes for scopes in stopped.values()):
        raise PlanWhileHeld(
            _("A hold stops demands on %(number)s, so no plan can be agreed on. Lift the hold first.")
            % {"number": next(a.number for a in accounts if "demand" in stopped.get(a.pk, ()))}
        )


def shares_of(accounts: Sequence[Account], amount: Decimal, as_of: date) -> list[Decimal]:
    """How much of the plan is each account's, the first accounts in full. PlanMoreThanOwed."""
    owed = balances([account.pk for account in accounts], as_of=as_of)
    left, shares = amount, []
    for account in accounts:
        part = min(max(owed.get(account.pk, ZERO), ZERO), left)
        shares.append(part)
        left -= part
    if left > 0:
        raise PlanMoreThanOwed(
            _("At most %(amount)s can be agreed on: that is what is owed.")
            % {"amount": format_amount(amount - left, accounts[0].currency, with_currency=True)},
            field="amount",
        )
    return shares


def beyond_text(role: str, rule: dict, asked: dict) -> str:
    """Why a role may not agree on such a plan alone, in words."""
    limits = (rule["alone"].get(role) or {}) if role in rule["alone"] else {}
    limit = limits.get(asked["currency"], limits.get("*", ZERO))
    reasons = []
    if limit is not None and asked["amount"] > limit:
        reasons.append(
            _("You agree alone on up to %(amount)s.")
            % {"amount": format_amount(limit, asked["currency"], with_currency=True)}
        )
    if asked["months"] > rule["months"].get(role, 0):
        reasons.append(_("You agree alone on up to %(n)s months.") % {"n": rule["months"].get(role, 0)})
    if asked["freezes"] and role not in rule["may_freeze"]:
        reasons.append(_("Freezing interest or fees needs somebody else's yes."))
    return " ".join([*reasons, _("Ask for approval, or change the plan.")])
