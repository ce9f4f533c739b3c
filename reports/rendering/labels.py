"""Words that every form of a report shares."""

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.ledger.enums import ReportLine
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.figures.month_rows import MINUS, PLUS

LEVEL_LABELS = {
    "creditor": _("Creditor"),
    "portfolio": _("Portfolio"),
    "team": _("Team"),
    "officer": _("Officer"),
}

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
