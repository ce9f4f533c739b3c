"""The policies about money: what may be posted by whom, what a payment pays, what is charged on top."""

from django.utils.translation import gettext_lazy as _

from accounts.policies import wording
from accounts.policies.charging import FEES, INTEREST
from accounts.policies.kind import TABLE, Kind
from accounts.policies.tables import Amounts, Authority, Pieces, Taxes
from accounts.policies.values import Choice, Order, Several, Switch, Whole

TAXABLE = tuple(wording.ENTRIES)
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

MONEY_KINDS = (
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
        "tax",
        _("Tax in an amount"),
        _("Which tax is within the amount of an entry that is posted here without stating one."),
        (
            Taxes(
                TABLE,
                _("By kind of entry"),
                {},
                known=TAXABLE,
                names=wording.ENTRIES,
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
                ("card", _("Card chargeback")),
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
        "bank_details",
        _("Bank details: who changed them"),
        _("How long whoever proposed or approved a debtor's bank details takes none of his payments."),
        (Whole("days", _("Takes no payment for"), 90, _("days"), maximum=730),),
        _("Who says from which account money comes is not the one who takes it"),
    ),
)
