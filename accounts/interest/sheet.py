"""The interest of an account told so that somebody else can reckon it again: words, rows, paper."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.arrangements.models import PaymentPlan
from accounts.holds.enums import HoldReason
from accounts.interest.queries import Accrued
from accounts.interest.terms import Segment
from accounts.interest.windows import Window
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.enums import LegalFactKind
from accounts.policies.charging import BEARS
from collections_app.core import pdf
from collections_app.core.money import format_amount

# Of this sheet and of that of a fee.
SHEET_STYLES = ("base.css", "sheet.css")

REASONS = {str(code): label for choices in (HoldReason, LegalFactKind) for code, label in choices.choices}
REASONS["payment_plan"] = PaymentPlan._meta.verbose_name


def why_frozen(codes: str) -> str:
    """The reasons of frozen days in words, each once."""
    found = dict.fromkeys(REASONS.get(code, code) for code in codes.split("; ") if code)
    return ", ".join(str(label) for label in found)


def in_words(segment: Segment) -> list[str]:
    """The conventions of a version, a sentence each."""
    values, currency = segment.values, segment.currency
    words = [
        {
            "365": _("A year has 365 days."),
            "360": _("A year has 360 days."),
            "actual": _("A year has 365 days, a leap year 366."),
        }[values["year"]],
        _("The due day itself bears interest.")
        if values["first_day"]
        else _("Interest begins on the day after the due day."),
        _("The day on which money came still bears interest.")
        if values["last_day"]
        else _("The day on which money came bears none."),
        _("Interest is simple: interest bears none."),
        _("It is borne by: %(kinds)s.") % {"kinds": ", ".join(str(BEARS[kind]) for kind in values["kinds"])},
    ]
    rounded = {
        "half_up": _("rounded to the nearest coin, half up"),
        "down": _("rounded down to the coin"),
        "up": _("rounded up to the coin"),
    }[values["rounding"]]
    by_window = values["round_each"] == "window"
    each = _("Each window is %(how)s.") if by_window else _("A month's sum is %(how)s.")
    words.append(each % {"how": rounded})
    if values["free_days"]:
        words.append(_("It begins %(n)s days after the due day.") % {"n": values["free_days"]})
    if values["grace_days"]:
        words.append(
            _("What is paid within %(n)s days bears none; after them it runs from the beginning.")
            % {"n": values["grace_days"]}
        )
    terms = segment.terms()
    amounts = (
        (terms.minimum_debt, _("Items under %(amount)s bear none.")),
        (terms.cap, _("An item bears at most %(amount)s.")),
        (terms.account_cap, _("An account bears at most %(amount)s.")),
    )
    for amount, text in amounts:
        if amount:
            words.append(text % {"amount": format_amount(amount, currency, "en", with_currency=True)})
    if terms.cap_percent is not None:
        most = _("An item bears at most %(percent)s of its amount.")
        words.append(most % {"percent": percent_text(terms.cap_percent)})
    return words


def exact_text(amount: Decimal) -> str:
    """Eight decimals, as it was reckoned."""
    return f"{amount:,.8f}"


def percent_text(rate: Decimal) -> str:
    return f"{rate.normalize():f} %"


def items_of(windows: Sequence[Window]) -> dict[int, LedgerEntry]:
    return LedgerEntry.objects.in_bulk({window.key for window in windows})


def item_text(entry: LedgerEntry) -> str:
    return entry.reference or entry.description or entry.get_kind_display()


def sheet_pdf(
    *,
    account: Account,
    found: Accrued,
    terms: Sequence[Segment],
    as_of: date,
    posted: Decimal,
    known_at: datetime | None = None,
    language: str,
) -> bytes:
    """The sheet a court can reckon again: source rates, conventions, every window, totals.

    `account` comes with debtor and creditor. The same facts give the same bytes.
    `known_at` is the moment whose knowledge it tells, where it is not today's.
    """
    with translation.override(language):
        context = _context(account, found, terms, as_of, posted, language)
        context["known_at"] = f"{known_at:%Y-%m-%d %H:%M}" if known_at else ""
    return pdf.render("pdf/interest_sheet.html", context, language=language, stylesheets=SHEET_STYLES)


def _context(account, found: Accrued, terms, as_of, posted, language) -> dict[str, Any]:
    code = account.currency

    def day(value: date) -> str:
        return format_date(value, "d MMM y", locale=language.replace("-", "_"))

    def amount(value: Decimal) -> str:
        return format_amount(value, code, language)

    items = items_of(found.windows)
    groups = []
    for key in dict.fromkeys(window.key for window in sorted(found.windows, key=lambda w: (w.key, w.last))):
        mine = [window for window in found.windows if window.key == key]
        groups.append(
            {
                "item": item_text(items[key]),
                "due": day(items[key].due_date),
                "amount": amount(items[key].amount),
                "rows": [
                    {
                        "first": day(window.first),
                        "last": day(window.last),
                        "days": window.days,
                        "base": amount(window.base),
                        "rate": percent_text(window.rate),
                        "year": window.year_days,
                        "interest": exact_text(window.interest),
                        "frozen": why_frozen(window.frozen),
                    }
                    for window in mine
                ],
                "sum": exact_text(sum((window.interest for window in mine), Decimal(0))),
            }
        )
    rates = [(day(rate.valid_from), percent_text(rate.percent)) for rate in terms[-1].rates] if terms else []
    return {
        "account": account,
        "day": day(as_of),
        "groups": groups,
        "months": [
            (format_date(month, "MMMM y", locale=language.replace("-", "_")), amount(value))
            for month, value in sorted(found.months.items())
        ],
        "rates": rates,
        "versions": [
            {"since": day(segment.first_day) if number else "", "words": in_words(segment)}
            for number, segment in enumerate(terms)
        ],
        "total": format_amount(found.amount, code, language, with_currency=True),
        "posted": format_amount(posted, code, language, with_currency=True),
        "rest": format_amount(found.amount - posted, code, language, with_currency=True),
        "exact": exact_text(sum((window.interest for window in found.windows), Decimal(0))),
    }
