"""The catalogue of policies: every rule of the office that is data, with its fields and defaults.

A default holds until a version is approved; `source` says where it comes from. A kind whose one
field bears the key `table` answers with the table itself: `policy("tolerance", ...)["EUR"]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.policies.agreeing import PAYMENT_PLAN
from accounts.policies.charging import FEES, INTEREST
from accounts.policies.tables import Amounts, Authority, Numbers, Pieces, Taxes
from accounts.policies.values import Choice, Field, Order, PolicyValueWrong, Several, Switch, Whole
from accounts.policies.working import CONTACT_RULES, RANKING
from collections_app.core.enums import Role

DAY_UNITS = {"business": _("business days"), "calendar": _("calendar days")}
SCOPES = {
    "contact": _("Contact"),
    "demand": _("Demand"),
    "interest": _("Interest"),
    "fee": _("Fees"),
    "legal": _("Legal steps"),
}
TAXABLE = ("charge", "fee", "interest", "penalty", "credit_note", "discount")
ALLOCATION_RANKS = {
    "fees": _("Fees"),
    "interest": _("Interest"),
    "penalties": _("Penalties"),
    "charges": _("Charges"),
}
ACROSS_ORDERS = {
    "oldest": _("oldest overdue first"),
    "smallest": _("smallest balance first"),
    "largest": _("largest balance first"),
}
# How a line of a bank statement finds its account, the strongest evidence first
BANK_RULES = {
    "structured": _("Structured reference"),
    "end_to_end": _("End-to-end id"),
    "text": _("Account or invoice number in the text"),
    "payer": _("Payer's account number, from earlier payments"),
    "amount_name": _("Exact amount and name"),
    "cheque": _("Number and exact amount of a cheque with the bank"),
}
TABLE = "table"


@dataclass(frozen=True)
class Kind:
    """One rule of the office. `lead` says in one line what it decides."""

    code: str
    label: Any
    lead: Any
    fields: tuple[Field, ...]
    source: Any = ""

    @property
    def is_table(self) -> bool:
        return len(self.fields) == 1 and self.fields[0].key == TABLE

    def defaults(self) -> dict[str, Any]:
        """The values before anything was approved, as they are stored."""
        return {field.key: field.clean(field.default) for field in self.fields}

    def clean(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are stored; missing ones take their default.

        Raises PolicyValueWrong for a value its field may not have or a field nobody knows.
        """
        known = {field.key for field in self.fields}
        if strange := sorted(set(values) - known):
            raise PolicyValueWrong(f"{self.label}: {strange[0]}", field=strange[0])
        return {field.key: field.clean(values.get(field.key, field.default)) for field in self.fields}

    def python(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What the code reckons with. A field added since the version was stored has its default."""
        values = {
            # a default is cleaned only where it is needed: every payment asks for a policy
            field.key: field.python(
                stored[field.key] if field.key in stored else field.clean(field.default)
            )
            for field in self.fields
        }
        return values[TABLE] if self.is_table else values


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "promise_grace",
            _("Promises: grace"),
            _("How long after its day a promised payment may still come, and how far ahead one may promise."),
            (
                Whole("days", _("Grace"), 2, _("days"), maximum=30),
                Choice("unit", _("Counted in"), "business", choices=DAY_UNITS),
                Whole("longest_days", _("Longest promise"), 45, _("days ahead"), minimum=1, maximum=366),
            ),
            _("Bank transfers take up to two business days"),
        ),
        Kind(
            "payment_plan",
            _("Payment plans"),
            _("How long, how small and how late instalments may be, and who agrees on a plan alone."),
            PAYMENT_PLAN,
        ),
        Kind(
            "contact_rules",
            _("Contact: hours and caps"),
            _("When a debtor may be contacted, on his own clock, and how often."),
            CONTACT_RULES,
            _("CFPB Regulation F, 12 CFR 1006.14 (7 calls in 7 days), as the house's common floor"),
        ),
        Kind(
            "tolerance",
            _("Tolerance"),
            _("An account that owes no more than this is not asked for money."),
            (Amounts(TABLE, _("Up to"), {"*": "0", "EUR": "5.00", "USD": "5.00", "AED": "20.00"}),),
        ),
        Kind(
            "authority",
            _("Authority"),
            _("Up to how much a role may post by hand; above it somebody with the authority does."),
            tuple(
                Authority(
                    act,
                    label,
                    {
                        "senior_officer": {"*": "100"},
                        "supervisor": {"*": "1000"},
                        "manager": {"*": "unlimited"},
                    },
                    help=_("One line each, for instance: supervisor EUR 1000"),
                )
                for act, label in (
                    ("write_off", _("Write off")),
                    ("discount", _("Settlement discount")),
                    ("adjustment", _("Adjust")),
                    ("credit_note", _("Credit note")),
                    ("refund", _("Pay back")),
                )
            ),
        ),
        Kind(
            "write_off",
            _("Write-offs: a second person"),
            _("Above which amount nobody writes off alone, however far his authority reaches."),
            (
                Amounts(
                    "alone",
                    _("One person alone, up to"),
                    {"*": "5000"},
                    help=_("What he wrote off on the account before counts along."),
                ),
            ),
            _("Two people for what is given up, by amount"),
        ),
        Kind(
            "escalation",
            _("Escalation"),
            _("What puts an account on the escalation list."),
            (
                Whole("days_past_due", _("Days past due, from"), 120, _("days"), minimum=1),
                Amounts("overdue", _("And overdue, from"), {"*": "1000"}),
                Whole("broken_promises", _("Or broken promises, from"), 2, minimum=1, maximum=20),
                Whole("within_days", _("Broken within the last"), 90, _("days"), minimum=1),
                Whole("silent_days", _("Or no contact made for"), 60, _("days"), minimum=1),
            ),
        ),
        Kind(
            "hardship_clock",
            _("Hardship"),
            _("How soon a hardship case must be answered, and what stops meanwhile."),
            (
                Whole("days", _("Answer within"), 10, _("days"), minimum=1, maximum=90),
                Choice("unit", _("Counted in"), "business", choices=DAY_UNITS),
                Several(
                    "scopes", _("Stops meanwhile"), ["contact", "demand", "fee", "legal"], choices=SCOPES
                ),
            ),
        ),
        Kind(
            "dispute_clock",
            _("Disputes: answer"),
            _("How soon a department must answer; a department's own number of days goes first."),
            (
                Whole("days", _("Answer within"), 5, _("days"), minimum=1, maximum=90),
                Choice("unit", _("Counted in"), "business", choices=DAY_UNITS),
            ),
        ),
        Kind(
            "after_rejection",
            _("Disputes: after a rejection"),
            _("How long a debtor is left in peace after his dispute was rejected."),
            (
                Whole("days", _("Peace"), 7, _("days"), maximum=90),
                Choice("unit", _("Counted in"), "calendar", choices=DAY_UNITS),
            ),
        ),
        Kind(
            "after_contact",
            _("After a contact"),
            _("In how many business days the next step is proposed, by outcome of the contact."),
            (
                Numbers(
                    TABLE,
                    _("Business days"),
                    {
                        "no_answer": 1,
                        "left_word": 2,
                        "paid_already": 5,
                        "cannot_pay": 7,
                        "wrong_party": 1,
                        "refuses": 5,
                        "reached": 3,
                    },
                    maximum=90,
                ),
            ),
        ),
        Kind(
            "export_limit",
            _("Export limits"),
            _("How many rows of personal data a role may take out in one file."),
            (
                Numbers(
                    TABLE,
                    _("Rows"),
                    {
                        Role.COLLECTION_OFFICER.value: 500,
                        Role.FIELD_OFFICER.value: 200,
                        Role.SENIOR_OFFICER.value: 2_000,
                        Role.SUPERVISOR.value: 10_000,
                        Role.MANAGER.value: 200_000,
                        Role.AUDITOR.value: 200_000,
                    },
                    known=tuple(Role.values),
                ),
            ),
        ),
        Kind(
            "tax",
            _("Tax in an amount"),
            _("Which tax is within the amount of an entry that is posted here without stating one."),
            (
                Taxes(
                    TABLE,
                    _("By kind of entry"),
                    {},
                    known=TAXABLE,
                    help=_(
                        "One line each: kind, code, percent, for instance: fee VAT20 20. "
                        "Amounts include the tax. A kind without a line has none."
                    ),
                ),
            ),
            _("Amounts are kept with tax, as billed; net is amount less tax"),
        ),
        Kind(
            "allocation",
            _("Payments: what they pay first"),
            _(
                "In which order money without a name pays the items of an account, and whether one payment "
                "may be split over several accounts of a debtor."
            ),
            (
                Order(
                    "order",
                    _("Order"),
                    [],
                    choices=ALLOCATION_RANKS,
                    help=_(
                        "One word a line, first comes first: fees, interest, penalties, charges. "
                        "Empty: the oldest due item first, whatever it is."
                    ),
                ),
                Switch("across_accounts", _("One payment over several accounts, as agreed"), False),
                Choice("across_order", _("Accounts in turn"), "oldest", choices=ACROSS_ORDERS),
            ),
            _("Plain age first, as an open account is read where nothing was agreed"),
        ),
        Kind(
            "return_fee",
            _("Returned payments: fee"),
            _("What a debtor is charged when a payment comes back, for the reasons that say so."),
            tuple(
                Amounts(scheme, label, {}, help=_("One line each, for instance: EUR 5.00. Empty: no fee."))
                for scheme, label in (
                    ("ach", _("ACH (United States)")),
                    ("sepa", _("SEPA direct debit")),
                    ("becs", _("BECS (Australia)")),
                    ("bacs", _("Bacs (United Kingdom)")),
                    ("cheque", _("Cheque")),
                )
            ),
        ),
        Kind(
            "cash_desk",
            _("Cash desk: receipts"),
            _("How receipts for cash are numbered, without gaps."),
            (
                Choice(
                    "series",
                    _("Numbered in"),
                    "cashier",
                    choices={"cashier": _("a series a cashier"), "office": _("one series of the office")},
                ),
            ),
        ),
        Kind(
            "denominations",
            _("Cash desk: notes and coins"),
            _("What is counted at the close of a cashier's day and on a deposit slip."),
            (
                Pieces(
                    TABLE,
                    _("Notes and coins"),
                    {
                        "*": "1000 500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
                        "AED": "1000 500 200 100 50 20 10 5 1 0.50 0.25 0.10 0.05 0.01",
                        "BHD": "20 10 5 1 0.500 0.100 0.050 0.025 0.010 0.005",
                        "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
                        "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
                        "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
                        "KWD": "20 10 5 1 0.500 0.250 0.100 0.050 0.020 0.010 0.005",
                        "OMR": "50 20 10 5 1 0.500 0.100 0.050 0.025 0.010 0.005",
                        "SAR": "500 200 100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
                        "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
                    },
                    help=_("One line a currency, for instance: AED 1000 500 200 100 50 20 10 5 1 0.50 0.25"),
                ),
            ),
        ),
        Kind(
            "cheques",
            _("Cheques"),
            _("How long after its date a bank takes a cheque."),
            (Whole("stale_months", _("Stale after"), 6, _("months"), minimum=1, maximum=24),),
            _("Six months is the usual term of banks; national law may say otherwise"),
        ),
        Kind(
            "bank_matching",
            _("Bank statements: what is sure"),
            _("Which evidence posts a line of a bank statement by itself; all else is asked."),
            (
                Several(
                    "sure",
                    _("Posts by itself on"),
                    ["structured", "end_to_end", "text", "cheque"],
                    choices=BANK_RULES,
                ),
            ),
        ),
        Kind(
            "interest",
            _("Interest"),
            _("What overdue items bear: the rates by day, how days are counted, and when it is posted."),
            INTEREST,
        ),
        Kind(
            "late_fee",
            _("Late fees"),
            _("What is charged once an item is so many days past due."),
            FEES,
        ),
        Kind(
            "penalty",
            _("Penalties"),
            _("What a contract or a law lays on top once an item is so many days past due."),
            FEES,
        ),
        Kind(
            "ranking",
            _("Worklist: ranking"),
            _("Which reason comes first in a worklist, and what counts as high, fresh or silent."),
            RANKING,
        ),
        Kind(
            "clearance",
            _("Clearance letters: when a payment is final"),
            _("How long after its day a payment may still come back; before that no letter says paid up."),
            (
                Whole("transfer", _("Bank transfer"), 0, _("days"), maximum=400),
                Whole("cash", _("Cash"), 0, _("days"), maximum=400),
                Whole("card", _("Card"), 120, _("days"), maximum=400),
                Whole("cheque", _("Cheque, from its payment"), 10, _("days"), maximum=400),
                Whole("direct_debit", _("Direct debit"), 60, _("days"), maximum=400),
                Whole("other", _("Other"), 10, _("days"), maximum=400),
            ),
            _("Direct debits: 56 days (SEPA), 60 days (ACH); cards: 120 days"),
        ),
        Kind(
            "feed",
            _("Daily feed"),
            _("After how long without fresh books reminders wait and an alarm is raised."),
            (
                Whole("max_age_hours", _("Books may be this old"), 30, _("hours"), minimum=1, maximum=720),
                Choice(
                    "expected",
                    _("Files are expected"),
                    "business",
                    choices={
                        "daily": _("every day"),
                        "business": _("on the creditor's business days; other days do not count"),
                        "never": _("never: the books are kept here, and no feed is missed"),
                    },
                ),
                Choice(
                    "missing",
                    _("A document that a list of all open items no longer names"),
                    "ask",
                    choices={
                        "ask": _("waits for a decision"),
                        "paid": _("was paid to the creditor"),
                        "credited": _("was credited by the creditor"),
                    },
                ),
            ),
        ),
    )
}
