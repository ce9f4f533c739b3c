"""Fields of the policies by which interest, late fees and penalties are charged."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.policies.tables import Amounts, Table, checked_amount, checked_currency
from accounts.policies.values import Choice, Field, Several, Switch, Whole

PERCENT = "%"
POSTING = {
    "never": gettext_lazy("never, only shown"),
    "monthly": gettext_lazy("every month, after a preview"),
    "demand": gettext_lazy("when somebody starts it"),
}
BEARS = {
    "charge": gettext_lazy("Charges"),
    "opening_balance": gettext_lazy("Opening balances"),
    "fee": gettext_lazy("Fees"),
    "penalty": gettext_lazy("Penalties"),
}


def _percent(field: Field, value) -> str:
    try:
        percent = Decimal(str(value).replace("%", "").strip())
    except InvalidOperation:
        raise field.wrong(_("%(value)s is not a percentage.") % {"value": value}) from None
    if not percent.is_finite() or not 0 <= percent <= 1000 or percent != round(percent, 6):
        raise field.wrong(_("a percentage is from 0 to 1000, with six decimals at most."))
    return f"{percent:f}"


@dataclass(frozen=True)
class Rates(Table):
    """Percent a year from a day on: `2026-01-01 9.5`. Past days may be written: a rate learned late."""

    def check_key(self, key):
        try:
            return (date.fromisoformat(key[0]).isoformat(),)
        except ValueError:
            raise self.wrong(_("%(word)s is not a day like 2026-01-31.") % {"word": key[0]}) from None

    def check_value(self, key, value):
        return _percent(self, value)

    def value_to_python(self, stored):
        return Decimal(stored)

    def python(self, stored):
        return {date.fromisoformat(day): Decimal(percent) for day, percent in sorted(stored.items())}


@dataclass(frozen=True)
class Percent(Field):
    """A percentage, or nothing."""

    def clean(self, value):
        return "" if str(value or "").strip() in {"", "–"} else _percent(self, value)

    def python(self, stored):
        return Decimal(stored) if stored else None

    def lines(self, stored):
        return [stored or "–"]

    def shown(self, stored):
        return [(stored,)] if stored else []


@dataclass(frozen=True)
class Steps(Table):
    """What falls due at so many days past due: `10 EUR 15.00`, `40 % 2.5` (of what is open then)."""

    words = 2

    def check_key(self, key):
        if len(key) == 1:
            if not key[0].isdigit() or not 1 <= int(key[0]) <= 3650:
                raise self.wrong(_("%(word)s is not a number of days from 1.") % {"word": key[0]})
            return (str(int(key[0])),)
        return (key[0], PERCENT if key[1] == PERCENT else checked_currency(self, key[1]))

    def check_value(self, key, value):
        return _percent(self, value) if key[1] == PERCENT else checked_amount(self, value, key[1])

    def value_to_python(self, stored):
        return Decimal(stored)

    def python(self, stored):
        return {int(days): row for days, row in super().python(stored).items()}

    def shown(self, stored):
        rows = [line.split() for line in self.lines(stored)]
        return [
            (
                _("%(n)s days past due") % {"n": days},
                f"{value} %" if unit == PERCENT else f"{unit} {value}",
            )
            for days, unit, value in rows
        ]


_POSTING = (
    Choice("posting", gettext_lazy("Posted"), "never", choices=POSTING),
    Switch("second_person", gettext_lazy("A second person approves each run"), True),
)

INTEREST = (
    Rates(
        "rates",
        gettext_lazy("Rates"),
        {},
        gettext_lazy("percent a year"),
        help=gettext_lazy("One line each: the day from which it holds and the rate, 2026-01-01 9.5"),
    ),
    Several("kinds", gettext_lazy("Bear interest"), ["charge", "opening_balance"], choices=BEARS),
    Choice(
        "year",
        gettext_lazy("The year has"),
        "365",
        choices={
            "365": gettext_lazy("365 days"),
            "actual": gettext_lazy("365 days, 366 in leap years"),
            "360": gettext_lazy("360 days"),
        },
    ),
    Switch("first_day", gettext_lazy("The due day itself bears interest"), False),
    Switch("last_day", gettext_lazy("The day of a payment bears interest"), True),
    Choice(
        "rounding",
        gettext_lazy("Rounded"),
        "half_up",
        choices={
            "half_up": gettext_lazy("to the nearest coin, half up"),
            "down": gettext_lazy("down to the coin"),
            "up": gettext_lazy("up to the coin"),
        },
    ),
    Choice(
        "round_each",
        gettext_lazy("What is rounded"),
        "total",
        choices={"total": gettext_lazy("a month's sum"), "window": gettext_lazy("each window")},
    ),
    Whole("free_days", gettext_lazy("Begins after"), 0, gettext_lazy("days past due"), maximum=366),
    Whole(
        "grace_days",
        gettext_lazy("None if paid within"),
        0,
        gettext_lazy("days; after them from the beginning"),
        maximum=366,
    ),
    Amounts("minimum_debt", gettext_lazy("None on items under"), {}),
    Amounts("cap", gettext_lazy("At most, per item"), {}),
    Percent("cap_percent", gettext_lazy("At most, per item"), "", gettext_lazy("percent of it")),
    Amounts("account_cap", gettext_lazy("At most, per account"), {}),
    *_POSTING,
)
FEES = (
    Steps(
        "steps",
        gettext_lazy("Charged"),
        {},
        help=gettext_lazy(
            "One line each: days past due, currency and amount, or a percentage of what is open: "
            "10 EUR 15.00 or 40 % 2.5. Once per item and line."
        ),
    ),
    Amounts("minimum_debt", gettext_lazy("None where less is open than"), {}),
    Amounts("cap", gettext_lazy("At most, per item"), {}),
    *_POSTING,
)
