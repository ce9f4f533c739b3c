"""Words that every form of a report shares."""

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.enums import PromiseStatus
from accounts.contacts.enums import (
    ContactDirection,
    ContactSource,
    FollowUpStatus,
    NonPaymentReason,
    Outcome,
    PersonReached,
)
from accounts.ledger.enums import PartyRole, PaymentMethod, ReportLine
from accounts.parties.enums import Channel
from collections_app.core import money
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.figures.month_rows import MINUS, PLUS

LEVEL_LABELS = {
    "creditor": _("Creditor"),
    "portfolio": _("Portfolio"),
    "team": _("Team"),
    "officer": _("Officer"),
}
BY_LEVEL_LABELS = {
    "creditor": _("By creditor"),
    "portfolio": _("By portfolio"),
    "team": _("By team"),
    "officer": _("By officer"),
}

# A dataset holds codes, so that its hash does not depend on a language.
WORDS: dict[str, dict[str, object]] = {
    noun: dict(choices.choices)
    for noun, choices in {
        "channel": Channel,
        "direction": ContactDirection,
        "outcome": Outcome,
        "person": PersonReached,
        "reason": NonPaymentReason,
        "source": ContactSource,
        "follow_up": FollowUpStatus,
        "method": PaymentMethod,
        "promise": PromiseStatus,
        "party": PartyRole,
    }.items()
}
WORDS["follow_up"]["late"] = _("Late")
WORDS["registration"] = {
    "new": _("New"),
    "migrated": _("Migrated"),
    "re-registration": _("Late registration"),
}
WORDS["on_file"] = {"address": _("address"), "phone": _("phone"), "email": _("e-mail")}

CHECK_LABELS = {
    "identity_house": _("Opening, movements and closing agree for the house"),
    "identity_rows": _("They agree on every row by itself"),
    "identity_accounts": _("They agree on every account"),
    "creditors_sum_to_house": _("Creditors sum to the house"),
    "portfolios_sum_to_house": _("Portfolios sum to the house"),
    "teams_sum_to_house": _("Teams sum to the house"),
    "officers_sum_to_house": _("Officers sum to the house"),
    "transfers_cancel": _("Transfers cancel over the house"),
    "ageing_ties": _("The ageing sums to the ledger"),
    "accounts_roll_forward": _("Open accounts roll forward"),
    "balances_roll_forward": _("Accounts with a balance roll forward"),
    "rows_are_the_registered": _("The rows are the registered accounts"),
    "channels_equal_the_log": _("The channels equal the contact log"),
    "each_attempt_once": _("Each attempt stands once"),
}


def figure_label(name: str) -> str:
    """A figure of the identity in words, with its sign."""
    own = {
        "opening": _("Opening"),
        "closing": _("Closing"),
        "prior_period": _("Prior period"),
        "transferred_in": _("Moved in"),
        "transferred_out": _("Moved out"),
    }
    label = own.get(name) or ReportLine(name).label
    sign = "+ " if name in PLUS else "\u2212 " if name in MINUS else ""
    return f"{sign}{label}"


def month_name(month: Month) -> str:
    """ "October 2026", in the reader's language."""
    return date_format(month.first_day, "F Y")


def title_of(dataset: dict) -> str:
    """ "Collection Report, October 2026", in the reader's language."""
    return f"{ReportKind(dataset['report']).label}, {month_name(Month.parse(dataset['month']))}"


def word(code: str | None, noun: str) -> str:
    """A code of a frozen dataset in the reader's words; one that is no longer known stays as it is."""
    return str(WORDS[noun].get(code or "", code or ""))


def owner(name: str) -> str:
    """Whose accounts they are, of a frozen dataset: nobody's are unassigned, in the reader's words."""
    return name or translate("Unassigned")


def doer(name: str) -> str:
    """Who acted, of a frozen dataset: where nobody did, the system."""
    return name or translate("System")


def age_label(bucket: str) -> str:
    """An age of the ageing table: "Current", "1\u201330", "over 365"."""
    if bucket == "current":
        return translate("Current")
    if bucket.endswith("+"):
        return translate("over %(days)s") % {"days": bucket[:-1]}
    return bucket.replace("-", "\u2013")


def amount_in_words(amount: Decimal | str, currency: str) -> str:
    """An amount of a dataset as the reader writes it, zero written out."""
    return money.format_amount(Decimal(amount), currency, get_language() or "en")


def day_in_words(day: date | str | None) -> str:
    """A day of a dataset with its year, as people write it."""
    if not day:
        return ""
    return date_format(date.fromisoformat(day) if isinstance(day, str) else day, "j M Y")
