"""Which dated terms hold for which accounts, on which days.

The rates are those of the version in force on the day asked from: a rate that is learned late counts
from its own day. Everything else (how days count, rounding, caps) holds on the days of its version.
A version before the first one with rates does not divide anything: nothing was charged under it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.interest.windows import Rate, Terms
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import amount_in
from accounts.policies.tables import ANY_CURRENCY
from collections_app.core.money import decimals

BEGINNING = date(1900, 1, 1)
END = date(9999, 12, 31)
# creditor, portfolio, currency
Group = tuple[int, int | None, str]


@dataclass(frozen=True)
class Segment:
    """The terms of one group of accounts (creditor, portfolio, currency) on a run of days."""

    group: Group
    first_day: date
    last_day: date
    version_id: int | None
    values: dict[str, Any]
    rates: tuple[Rate, ...] = ()

    @property
    def currency(self) -> str:
        return self.group[2]

    def terms(self) -> Terms:
        """As the pure arithmetic takes them; windows of the product always end with the month."""
        values = self.values
        return Terms(
            year=values["year"],
            first_day=values["first_day"],
            last_day=values["last_day"],
            rounding=values["rounding"],
            round_each=values["round_each"],
            free_days=values["free_days"],
            grace_days=values["grace_days"],
            minimum_debt=amount_in(values["minimum_debt"], self.currency),
            cap=limit_in(values["cap"], self.currency),
            cap_percent=values["cap_percent"],
            account_cap=limit_in(values["account_cap"], self.currency),
            by_month=True,
        )


def limit_in(table: dict[str, Decimal], currency: str) -> Decimal | None:
    """A limit by currency; None where the table has no row for it."""
    return table.get(currency, table.get(ANY_CURRENCY))


def charges(values: dict[str, Any]) -> bool:
    """Whether a version charges anything at all."""
    return bool(values.get("rates") or values.get("steps"))


def versions(kind: str, *, as_of: date) -> list[PolicyVersion]:
    """Every approved version of a kind that has begun by a day, oldest first."""
    return list(
        PolicyVersion.objects.filter(kind=kind, status=PolicyStatus.APPROVED, valid_from__lte=as_of).order_by(
            "valid_from", "id"
        )
    )


def segments(
    kind: str, groups: Iterable[Group], *, as_of: date, known: list[PolicyVersion] | None = None
) -> list[Segment]:
    """The terms of each group of accounts up to a day, divided where another version begins.

    Groups under whose version of that day nothing is charged have none.
    """
    known = versions(kind, as_of=as_of) if known is None else known
    python = {version.pk: KINDS[kind].python(version.values) for version in known}
    found = []
    for group in groups:
        course = course_of(known, group, as_of)
        if not course or not charges(python[course[-1][1].pk]):
            continue
        while not charges(python[course[0][1].pk]):
            course.pop(0)
        newest = python[course[-1][1].pk]
        rates = tuple(Rate(day, percent) for day, percent in newest.get("rates", {}).items())
        for number, (first_day, version) in enumerate(course):
            last = course[number + 1][0] - timedelta(days=1) if number + 1 < len(course) else END
            found.append(
                Segment(
                    group=group,
                    first_day=first_day if number else BEGINNING,
                    last_day=last,
                    version_id=version.pk,
                    values=python[version.pk],
                    rates=rates,
                )
            )
    return found


def course_of(known: list[PolicyVersion], group: Group, as_of: date) -> list[tuple[date, PolicyVersion]]:
    """(first day, version) as they follow each other for a group; the narrowest scope goes first."""
    creditor_id, portfolio_id, _currency = group
    scopes = [("portfolio", portfolio_id), ("creditor", creditor_id), ("", None)]
    course: list[tuple[date, PolicyVersion]] = []
    for day in sorted({version.valid_from for version in known}):
        if day > as_of:
            break
        for scope_type, scope_id in scopes:
            mine = [
                version
                for version in known
                if version.scope_type == scope_type
                and version.scope_id == scope_id
                and version.valid_from <= day
            ]
            if mine:
                if not course or course[-1][1] is not mine[-1]:
                    course.append((day, mine[-1]))
                break
    return course


def as_rows(found: list[Segment]) -> tuple[list[dict], list[dict]]:
    """Terms and rates as rows for SQL; `key` joins the two."""
    terms, rates = [], []
    for key, segment in enumerate(found, 1):
        values, currency = segment.values, segment.currency
        creditor_id, portfolio_id, _code = segment.group
        cap, account_cap = (limit_in(values.get(name, {}), currency) for name in ("cap", "account_cap"))
        percent = values.get("cap_percent")
        terms.append(
            {
                "key": key,
                "creditor_id": creditor_id,
                "portfolio_id": portfolio_id or 0,
                "currency": currency,
                "valid_from": segment.first_day.isoformat(),
                "valid_to": segment.last_day.isoformat(),
                "year": values.get("year", ""),
                "first_day": values.get("first_day", False),
                "last_day": values.get("last_day", True),
                "rounding": values.get("rounding", "half_up"),
                "round_each": values.get("round_each", "total"),
                "free_days": values.get("free_days", 0),
                "grace_days": values.get("grace_days", 0),
                "kinds": values.get("kinds", ["charge", "opening_balance"]),
                "minimum_debt": str(amount_in(values["minimum_debt"], currency)),
                "cap": None if cap is None else str(cap),
                "cap_percent": None if percent is None else str(percent),
                "account_cap": None if account_cap is None else str(account_cap),
                "decimals": decimals(currency),
            }
        )
        rates += [
            {"key": key, "valid_from": rate.valid_from.isoformat(), "percent": str(rate.percent)}
            for rate in segment.rates
        ]
    return terms, rates
