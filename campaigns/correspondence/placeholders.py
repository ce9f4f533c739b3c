"""The closed list of what a text may say, and the values for one message.

A placeholder that is not here cannot be saved; a value is formatted before it reaches the text, so
that a text cannot print an amount with the wrong decimals or a date in another language.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from collections_app.core import money
from collections_app.core.paper_frame import RIGHT_TO_LEFT

# name -> what it says, for the editor's list. `accounts` is a list to loop over.
PLACEHOLDERS = {
    "creditor_name": gettext_lazy("the creditor's name on letters"),
    "creditor_phone": gettext_lazy("the phone number for questions"),
    "creditor_email": gettext_lazy("the address for questions"),
    "creditor_address": gettext_lazy("the creditor's postal address, in one line"),
    "how_to_pay": gettext_lazy("the creditor's payment instructions"),
    "creditor_department": gettext_lazy("the creditor's department"),
    "creditor_hours": gettext_lazy("the hours for questions"),
    "complaints_to": gettext_lazy("where complaints go"),
    "notice_approval": gettext_lazy("the regulator's approval of the creditor's notices"),
    "confidential": gettext_lazy("the words Private and confidential"),
    "debtor_name": gettext_lazy("the debtor's name"),
    "reference": gettext_lazy("what to write with a payment"),
    "total": gettext_lazy("what is asked for, one amount per currency"),
    "pay_by": gettext_lazy("the day to pay by, 7 December"),
    "pay_by_date": gettext_lazy("the day to pay by with weekday and year"),
    "today": gettext_lazy("the day of the message"),
    "due_date": gettext_lazy("the first due day among the items"),
    "days_past_due": gettext_lazy("days since the first due day; 0 before it"),
    "stage_name": gettext_lazy("the stage's name in the strategy"),
    "officer_name": gettext_lazy("the officer of the first account, or the creditor's name"),
    "account_count": gettext_lazy("how many accounts are listed"),
    "accounts": gettext_lazy("the accounts: account.number, account.amount, account.due_date"),
    "opt_out": gettext_lazy("how to end messages by this channel: reply with STOP"),
    "disputed": gettext_lazy("what is in dispute and not asked for; empty if nothing is"),
}
# What ends messages is one word in every language, read by `sending.replies`.
OPT_OUT = {
    "en": "If you do not want to hear from us this way, reply with STOP.",
    "ar": "إذا كنتم لا ترغبون في تلقي رسائلنا بهذه الطريقة فأجيبوا بكلمة STOP.",
}
CONFIDENTIAL = {"en": "Private and confidential", "ar": "خاص وسري"}
ACCOUNT_FIELDS = {"number", "amount", "due_date"}
# In a subject line only these: none of them shows a debt.
SUBJECT_PLACEHOLDERS = {"creditor_name", "reference"}


@dataclass(frozen=True)
class DemandItem:
    """One item a message asks for: `open - contested` of what was billed. Amounts in `currency`."""

    description: str
    reference: str
    due_date: date
    billed: Decimal
    paid: Decimal
    contested: Decimal
    asked: Decimal


@dataclass(frozen=True)
class AccountLine:
    """One account of a message with the items asked for; they sum to `asked`."""

    account_id: int
    number: str
    currency: str
    items: tuple[DemandItem, ...]
    officer_name: str = ""
    product: str = ""

    @property
    def asked(self) -> Decimal:
        return sum((item.asked for item in self.items), Decimal(0))

    @property
    def contested(self) -> Decimal:
        return sum((item.contested for item in self.items), Decimal(0))

    @property
    def due_date(self) -> date | None:
        return min((item.due_date for item in self.items), default=None)


@dataclass(frozen=True)
class Figures:
    """Everything a message may say, from the ledger of one day. Formats in `language`."""

    language: str
    as_of: date
    debtor_name: str
    creditor_name: str
    lines: tuple[AccountLine, ...]
    pay_within_days: int = 14
    stage: int = 1
    stage_name: str = ""
    creditor_phone: str = ""
    creditor_email: str = ""
    creditor_address: str = ""
    how_to_pay: str = ""
    creditor_department: str = ""
    creditor_hours: str = ""
    complaints_to: str = ""
    notice_approval: str = ""
    is_notice: bool = False
    address: tuple[str, ...] = ()
    is_demonstration: bool = False
    # Said by every text whatever its words: whose account it is when the message goes to somebody else
    # (his representative, a joint debtor), and the sentences a law asks for.
    about: str = ""
    wordings: tuple[str, ...] = ()
    extra: dict = field(default_factory=dict)

    @property
    def pay_by(self) -> date:
        return self.as_of + timedelta(days=self.pay_within_days)

    @property
    def reference(self) -> str:
        return self.lines[0].number if self.lines else ""

    @property
    def totals(self) -> dict[str, Decimal]:
        """Currency to what is asked for; currencies never add."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.asked
        return sums

    @property
    def contested(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            if line.contested:
                sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.contested
        return sums

    @property
    def due_date(self) -> date | None:
        return min((line.due_date for line in self.lines if line.due_date), default=None)


def babel_locale(language: str) -> Locale:
    """The locale for dates; Latin digits everywhere, so that a day can be compared with a bank's."""
    try:
        return Locale.parse({"en": "en_GB", "ar": "ar_AE"}.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def day(value: date | None, language: str, pattern: str = "d MMMM") -> str:
    """A day in words of that language; empty for none."""
    return format_date(value, pattern, locale=babel_locale(language)) if value else ""


def amount(value: Decimal, currency: str, language: str) -> str:
    """Code before the figure, as a letter shows it: AED 1,120.00."""
    return f"{currency} {money.format_amount(value, currency, language)}"


def isolated(text: str, language: str) -> str:
    """A phone or bank number inside right-to-left text, so that its groups keep their order."""
    if language in RIGHT_TO_LEFT and text:
        return f"\u2066{text}\u2069"
    return text


def joined(amounts: Sequence[str], language: str) -> str:
    """One amount per currency in a sentence: "AED 10.00 and USD 5.00"."""
    if len(amounts) < 2:
        return "".join(amounts)
    with override(language):
        return _("%(first)s and %(last)s") % {"first": ", ".join(amounts[:-1]), "last": amounts[-1]}


def _sums(sums: dict[str, Decimal], language: str) -> str:
    return joined([amount(value, code, language) for code, value in sums.items()], language)


def confidential(language: str) -> str:
    """What stands over a letter that nobody else is to open."""
    return CONFIDENTIAL.get(language, CONFIDENTIAL["en"])


def values(figures: Figures) -> dict:
    """The placeholders of one message, every one a text, a number or a list of texts."""
    language = figures.language
    due = figures.due_date
    officer = next((line.officer_name for line in figures.lines if line.officer_name), "")
    return {
        "creditor_name": figures.creditor_name,
        "creditor_phone": isolated(figures.creditor_phone, language),
        "creditor_email": figures.creditor_email,
        "creditor_address": ", ".join(figures.creditor_address.split("\n")),
        "how_to_pay": figures.how_to_pay,
        "creditor_department": figures.creditor_department,
        "creditor_hours": figures.creditor_hours,
        "complaints_to": figures.complaints_to,
        "notice_approval": figures.notice_approval,
        "confidential": confidential(language),
        "debtor_name": figures.debtor_name,
        "reference": figures.reference,
        "total": _sums(figures.totals, language),
        "pay_by": day(figures.pay_by, language),
        "pay_by_date": day(figures.pay_by, language, "EEE d MMM y"),
        "today": day(figures.as_of, language, "d MMMM y"),
        "due_date": day(due, language),
        "days_past_due": max((figures.as_of - due).days, 0) if due else 0,
        "stage_name": figures.stage_name,
        "officer_name": officer or figures.creditor_name,
        "account_count": len(figures.lines),
        "accounts": [
            {
                "number": line.number,
                "amount": amount(line.asked, line.currency, language),
                "due_date": day(line.due_date, language),
            }
            for line in figures.lines
        ],
        "opt_out": OPT_OUT.get(language, OPT_OUT["en"]),
        "disputed": _sums(figures.contested, language),
    }


def sample(language: str = "en") -> Figures:
    """Invented figures that try a text before it is saved: two accounts, a long name, a dispute."""
    item = DemandItem(
        description="September bill",
        reference="INV-2026-09-44871",
        due_date=date(2026, 10, 7),
        billed=Decimal("690.00"),
        paid=Decimal("200.00"),
        contested=Decimal("120.00"),
        asked=Decimal("370.00"),
    )
    return Figures(
        language=language,
        as_of=date(2026, 11, 23),
        debtor_name="Noor Trading LLC",
        creditor_name="City Power",
        creditor_phone="+971 4 555 0100",
        creditor_email="accounts@citypower.example",
        how_to_pay="Bank transfer to City Power, AE00 0000 0000 0000 0044 871",
        creditor_department="Customer accounts",
        creditor_hours="Sunday to Thursday, 9:00 to 16:00",
        complaints_to="Complaints: care@citypower.example",
        notice_approval="Approved under no. 4711",
        lines=(
            AccountLine(1, "44871", "AED", (item,), officer_name="Amal Haddad"),
            AccountLine(2, "44872", "AED", (item,)),
        ),
        stage_name="Reminder",
    )
