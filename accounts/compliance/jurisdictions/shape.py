"""What a profile is shipped as: the law of one place from a day on, clause by clause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.compliance.clauses import Clause

CALLS = ["call"]
PHONE = ["call", "sms"]
ELECTRONIC = ["call", "sms", "email"]
SPOKEN = ["call", "visit"]
EVERY = ["call", "sms", "email", "letter", "visit"]


@dataclass(frozen=True)
class Shipped:
    """`country` and `contract` ("own", "third_party", empty for both) say whom it binds by itself;
    without a country it binds where a portfolio names it. A draft binds nobody."""

    code: str
    title: str
    valid_from: date
    clauses: Sequence[Clause]
    country: str = ""
    contract: str = ""
    is_draft: bool = False
    note: str = ""


def every_day(span: str) -> dict[str, str]:
    return dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), span)


def days(weekdays: str = "", weekends: str = "") -> dict[str, str]:
    """Monday to Friday and Saturday to Sunday; an empty span is closed."""
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), weekdays) if weekdays else {}
    return week | (dict.fromkeys(("sat", "sun"), weekends) if weekends else {})
