"""The figures of a what-if from its two courses, in a form whose hash anybody can reckon again."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.hardship.enums import HardshipStatus
from accounts.hardship.models import HardshipCase
from accounts.parties.models import Creditor
from accounts.policies.queries import amount_in, policy
from campaigns.simulation.course import Course
from campaigns.simulation.enums import Outcome
from campaigns.strategies.models import StrategyStep

MOST_PRESSED = 100
LONGEST_TEXT = 400
# Places in a row of a course
CONTACT, DAY, CONTACT_DAY, ACCOUNT, DEBTOR, OFFICER, STEP, KIND, CHANNEL, OUTCOME = range(1, 11)


def figures_of(course: Course, creditors: Sequence[Creditor], *, as_of: date) -> dict[str, Any]:
    """Counts of one side by day and channel, officer, rule and reason; cost by currency."""
    by_day: dict[str, Counter[str]] = defaultdict(Counter)
    loads: dict[int, Counter[str]] = defaultdict(Counter)
    debtors: Counter[int] = Counter()
    seen: set[int] = set()
    for row in course.rows:
        if row[OUTCOME] != Outcome.TAKEN or row[CONTACT] in seen:
            continue
        seen.add(row[CONTACT])
        by_day[row[CONTACT_DAY].isoformat()][row[CHANNEL] or row[KIND]] += 1
        if row[CHANNEL]:
            debtors[row[DEBTOR]] += 1
        if row[OFFICER]:
            loads[row[OFFICER]][row[DAY].isoformat()] += 1
    totals: Counter[str] = sum(by_day.values(), Counter())
    return {
        "by_day": {day: dict(sorted(counts.items())) for day, counts in sorted(by_day.items())},
        "totals": dict(sorted(totals.items())),
        "contacts": sum(debtors.values()),
        "debtors": len(debtors),
        "per_debtor": {str(n): count for n, count in sorted(Counter(debtors.values()).items())},
        "officers": {
            str(pk): {"total": sum(load.values()), "busiest": max(load.values())}
            for pk, load in sorted(loads.items())
        },
        "refused": _sums((rule, n) for (_day, rule), n in course.refused.items()),
        "refused_by_day": _sums((day.isoformat(), n) for (day, _rule), n in course.refused.items()),
        "spared": _sums(
            (reason, n) for counts in course.spared.values() for reason, n in counts.items()
        ),
        "cost": _cost(course, creditors, as_of),
    }


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for key, number in pairs:
        found[str(key)] += number
    return dict(sorted(found.items()))


def _cost(course: Course, creditors: Sequence[Creditor], as_of: date) -> dict[str, dict[str, str]]:
    """What the contacts cost by currency and channel, at the creditor's own rates."""
    found: dict[str, dict[str, Decimal]] = {}
    for creditor in creditors:
        rates = policy("contact_cost", as_of=as_of, creditor_id=creditor.pk)
        for (creditor_id, channel), number in course.by_creditor.items():
            if creditor_id == creditor.pk and channel in rates:
                sums = found.setdefault(creditor.currency, {})
                cost = amount_in(rates[channel], creditor.currency) * number
                sums[channel] = sums.get(channel, Decimal(0)) + cost
    return {
        currency: {channel: str(amount) for channel, amount in sorted(sums.items())}
        for currency, sums in sorted(found.items())
    }


def pressure(course: Course) -> list[list[int]]:
    """[debtor, contacts, 1 if in hardship] of those contacted most, who are in hardship first."""
    contacts: dict[int, set[int]] = defaultdict(set)
    for row in course.rows:
        if row[OUTCOME] == Outcome.TAKEN and row[CHANNEL]:
            contacts[row[DEBTOR]].add(row[CONTACT])
    in_hardship = hard_pressed(contacts)
    ordered = sorted(
        contacts, key=lambda pk: (pk not in in_hardship, -len(contacts[pk]), pk)
    )
    return [[pk, len(contacts[pk]), int(pk in in_hardship)] for pk in ordered[:MOST_PRESSED]]


def hard_pressed(debtor_ids: Iterable[int]) -> set[int]:
    """Those with a hardship case that waits or was granted."""
    open_cases = HardshipCase.objects.filter(
        status__in=[HardshipStatus.OPEN, HardshipStatus.GRANTED]
    )
    return set(open_cases.values_list("debtor_id", flat=True)) & set(debtor_ids)


def changed_accounts(live: Course, draft: Course) -> list[tuple[int, list[str], list[str], int]]:
    """(account, what it gets in force, what it would get, debtor) where the two differ; each a list
    of "day|what|text" in order."""
    steps = StrategyStep.objects.in_bulk({row[STEP] for side in (live, draft) for row in side.rows})
    words = {
        pk: f"{step.channel or step.kind}|{step.template_code or step.title}"
        for pk, step in steps.items()
    }
    sides = [_by_account(course, words) for course in (live, draft)]
    debtors = {row[ACCOUNT]: row[DEBTOR] for side in (live, draft) for row in side.rows}
    return [
        (pk, sides[0].get(pk, []), sides[1].get(pk, []), debtors[pk])
        for pk in sorted({*sides[0], *sides[1]})
        if sides[0].get(pk) != sides[1].get(pk)
    ]


def _by_account(course: Course, words: Mapping[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for row in course.rows:
        if row[OUTCOME] == Outcome.TAKEN:
            found[row[ACCOUNT]].append(f"{row[DAY].isoformat()}|{words[row[STEP]]}")
    return found


def digest_of(courses: Sequence[Course]) -> str:
    """sha256 of every row of both sides, so that the lists are bound by the signature too."""
    found = hashlib.sha256()
    for course in courses:
        for row in course.rows:
            found.update("\t".join(map(str, row)).encode() + b"\n")
    return found.hexdigest()


def hash_of(result: Mapping[str, Any]) -> str:
    """sha256 of the figures as they are stored."""
    text = json.dumps(result, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
