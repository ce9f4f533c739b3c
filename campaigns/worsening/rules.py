"""The pure rule: a payer compared with himself, and when his arrears change bucket."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.ledger.ageing import bucket_labels
from accounts.policies.queries import named_rules
from accounts.position.ageing import EDGES
from campaigns.worsening.enums import Sign
from campaigns.worsening.queries import PayerFacts
from collections_app.core.permissions import OFFICE, declare

VIEW = "campaigns.view_worsening"
declare(VIEW, gettext_lazy("See which payers are getting worse"), OFFICE)

# The last items whose days are held against those before.
RECENT = 2


@dataclass(frozen=True)
class WorseningRules:
    """The named rules in force; see the policy "worsening"."""

    name: Any
    payments: int
    later_days: int
    rhythm_percent: int
    rhythm_days: int
    less_percent: int
    broken_promises: int
    within_days: int
    ahead_days: int


def rule_set(*, as_of: date) -> WorseningRules:
    """The rule set in force on a day: the policy "worsening"."""
    name, values = named_rules("worsening", as_of=as_of)
    return WorseningRules(name=name, **values)


def last_near_day(as_of: date) -> date:
    """A bucket that changes by this day changes soon."""
    return as_of + timedelta(days=rule_set(as_of=as_of).ahead_days)


@dataclass(frozen=True)
class Verdict:
    """The signs that hold and what they rest on; `facts` is ready to be kept as JSON."""

    signs: tuple[Sign, ...]
    facts: dict[str, Any]
    days_taken: tuple[int, ...]
    bucket: str
    changes_on: date | None


def days_to_pay(facts: PayerFacts) -> list[tuple[date, date]]:
    """(due day, day it was covered) of each item that is paid, oldest first.

    Money pays the oldest item first. An item is covered on the first day from which what came after
    it and what is owed now leave nothing of it: debits later than it less credits later than that day
    are at least the balance. Counted back from the balance, so that no item before those given is read.
    """
    found: list[tuple[date, date]] = []
    later_charges = Decimal(0)
    later_credits, place = Decimal(0), 0
    for due, amount, is_item in facts.charges:
        room = later_charges - facts.balance
        later_charges += amount
        if room < 0 or not facts.credits:
            continue
        while place + 1 < len(facts.credits) and later_credits + facts.credits[place][1] <= room:
            later_credits += facts.credits[place][1]
            place += 1
        if place + 1 == len(facts.credits) and later_credits + facts.credits[place][1] <= room:
            break  # covered before the first credit that was read
        if is_item:
            found.append((due, facts.credits[place][0]))
    return found[::-1]


def bucket_of(facts: PayerFacts, as_of: date) -> tuple[str, date | None]:
    """The bucket of the oldest item and the day on which it stands in the next; None in the last."""
    labels = bucket_labels(EDGES)
    oldest = facts.oldest_due_date
    if oldest is None or oldest >= as_of:
        due = oldest or facts.next_due_date
        return labels[0], None if due is None else due + timedelta(days=1)
    days = (as_of - oldest).days
    for label, edge in zip(labels[1:], EDGES, strict=False):
        if days <= edge:
            return label, oldest + timedelta(days=edge + 1)
    return labels[-1], None


def judge(facts: PayerFacts, rules: WorseningRules, as_of: date) -> Verdict:
    """The signs of one payer on a day. A sign stands for `within_days` after what it tells of."""
    signs: list[Sign] = []
    told: dict[str, Any] = {}
    since = as_of - timedelta(days=rules.within_days)
    taken = days_to_pay(facts)
    if facts.broken >= rules.broken_promises and facts.broken_on is not None and facts.broken_on > since:
        signs.append(Sign.PROMISE_BROKEN)
        told |= {"broken": facts.broken, "broken_on": facts.broken_on.isoformat()}
    if facts.instalment_on is not None and facts.instalment_on < as_of:
        signs.append(Sign.INSTALMENT_MISSED)
        told |= {"instalment": str(facts.instalment), "instalment_on": facts.instalment_on.isoformat()}
    if facts.returned_on is not None and facts.returned_on > since:
        signs.append(Sign.PAYMENT_RETURNED)
        told |= {"returned": str(facts.returned), "returned_on": facts.returned_on.isoformat()}
    told |= _takes_longer(taken, rules, since, signs)
    told |= _pays(facts, rules, as_of, since, signs)
    bucket, changes_on = bucket_of(facts, as_of)
    return Verdict(
        tuple(sign for sign in Sign if sign in signs),
        told,
        tuple((paid - due).days for due, paid in taken[-8:]),
        bucket,
        changes_on,
    )


def _takes_longer(taken, rules: WorseningRules, since: date, signs: list[Sign]) -> dict[str, Any]:
    """His last items took longer than his own median of those before."""
    if len(taken) < rules.payments + RECENT or taken[-1][1] <= since:
        return {}
    days = [(paid - due).days for due, paid in taken]
    usual, recent = median_low(days[:-RECENT]), median_low(days[-RECENT:])
    if recent - usual < rules.later_days or recent <= 0:
        return {}
    signs.append(Sign.TAKES_LONGER)
    return {"took": recent, "usual": usual}


def _pays(facts: PayerFacts, rules: WorseningRules, as_of: date, since: date, signs) -> dict[str, Any]:
    """His payments are rarer or smaller than his own median."""
    told: dict[str, Any] = {}
    payments = facts.payments
    if len(payments) <= rules.payments:
        return told
    last_day, last_amount = payments[0]
    gaps = [(newer[0] - older[0]).days for newer, older in zip(payments, payments[1:], strict=False)]
    gap = median_low(gaps)
    due_again = last_day + timedelta(days=gap * rules.rhythm_percent // 100 + rules.rhythm_days)
    if since < due_again < as_of:
        signs.append(Sign.STOPPED_PAYING)
        told |= {"last_day": last_day.isoformat(), "gap": gap}
    usual = median_low([amount for _day, amount in payments[1:]])
    if last_day > since and last_amount * 100 < usual * rules.less_percent:
        signs.append(Sign.PAYS_LESS)
        told |= {"last_day": last_day.isoformat(), "last": str(last_amount), "usual_amount": str(usual)}
    return told
