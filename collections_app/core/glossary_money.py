"""The words of money; `glossary_words` puts them under their heading."""

from django.utils.translation import gettext_lazy as _

MONEY = [
    (
        "account",
        _("account"),
        _("One obligation to one creditor in one currency, with everything charged and paid on it."),
    ),
    (
        "ledger_entry",
        _("ledger entry"),
        _(
            "One line of an account: a charge, fee, payment or another kind. It is never changed; a "
            "wrong one is reversed."
        ),
    ),
    (
        "charge",
        _("charge"),
        _("What the creditor bills: an invoice, a fine, an instalment due. It has a due date of its own."),
    ),
    (
        "fee",
        _("fee"),
        _("A cost of collecting that is added to the account."),
    ),
    (
        "payment",
        _("payment"),
        _("Money received, on its value date."),
    ),
    (
        "reversal",
        _("reversal"),
        _("The opposite of an earlier entry, with a reason: a returned payment, a wrong charge."),
    ),
    (
        "returned_payment",
        _("returned payment"),
        _(
            "A receipt that came back on a day of its own: a bounced cheque, a direct debit taken back. "
            "The receipt is reversed, what it paid is open again, and the reason says what follows."
        ),
    ),
    (
        "return_reason",
        _("return reason"),
        _(
            "What a code of a scheme (ACH, SEPA, BECS, Bacs, cheque, card) means from a day on: what it asks "
            "for, whether and when the payment is tried again, what it stops, whether a fee is charged."
        ),
    ),
    (
        "retry",
        _("retry"),
        _("A returned payment that is to be presented again on a day, within the reason's limit."),
    ),
    (
        "return_file",
        _("return file"),
        _(
            "A bank's file that says which payments came back. Rows of success reverse nothing; rows "
            "without a receipt wait until somebody finds it."
        ),
    ),
    (
        "cheque",
        _("cheque"),
        _(
            "A paper that stands for money still to come, often with a date ahead. It covers the debt "
            "until the bank pays it, and never pays by itself. It is never presented before its date."
        ),
    ),
    (
        "cover",
        _("cover"),
        _(
            "How much of a debt cheques stand for on a day: those still to be paid, complete and not "
            "stale; never more than is owed, never of a security cheque, and only once where one "
            "replaced another."
        ),
    ),
    (
        "security cheque",
        _("security cheque"),
        _(
            "A cheque given as a guarantee. It is neither presented nor cover until somebody senior "
            "releases it."
        ),
    ),
    (
        "presentment",
        _("presentment"),
        _("A cheque going to the bank for payment. Each is counted; one that came back is presented again."),
    ),
    (
        "cheque hand-over",
        _("cheque hand-over"),
        _("Cheques passing from one person to another. They are the taker's when he has signed."),
    ),
    (
        "cheque count",
        _("cheque count"),
        _(
            "A surprise count of the cheques that somebody holds, never by himself. What is not there "
            "opens an irregularity."
        ),
    ),
    (
        "irregularity",
        _("irregularity"),
        _(
            "Money that is not as it should be: too little, too much, twice, on the wrong account, of "
            "nobody known. It has an owner and a day, and ends with what put it right."
        ),
    ),
    (
        "bank_line",
        _("bank line"),
        _(
            "One payment on a bank's statement. It is posted to accounts, tied to a deposit or a receipt, "
            "sent back, or no debtor's money; until then it waits, with its age."
        ),
    ),
    (
        "unidentified",
        _("unidentified money"),
        _("Money that came in and of which nobody knows whose it is. The reconciliation counts it."),
    ),
    (
        "reconciliation",
        _("reconciliation"),
        _(
            "What a bank states beside what became of it: opening and lines make the closing, and all "
            "that came in is posted, waits, went back, or is not a debtor's."
        ),
    ),
    (
        "control total",
        _("control total"),
        _(
            "The balance that a creditor's own books show at the end of a day, held against ours; "
            "with a list, account by account."
        ),
    ),
    (
        "missing item",
        _("missing item"),
        _(
            "An open document that a creditor's list of all open items does not name. Somebody says what "
            "became of it; nothing is guessed."
        ),
    ),
    (
        "journal",
        _("journal"),
        _(
            "What was born here for one creditor, as a file for its own books. Each entry stands in "
            "one journal only."
        ),
    ),
    (
        "cash_receipt",
        _("cash receipt"),
        _(
            "What a payer is given for cash: the next number of its series, never left out, the amount "
            "in figures and words, what it paid and the balance after. A void one keeps its number."
        ),
    ),
    (
        "cash_day",
        _("cash day"),
        _(
            "A cashier's till on one day: begun with a float, counted by note and coin, signed for by "
            "whoever receives the money. Expected = counted + difference."
        ),
    ),
    (
        "float",
        _("float"),
        _(
            "Change money a cashier's day begins with. It is counted morning and evening; between two "
            "days it has a named holder."
        ),
    ),
    (
        "statement_of_account",
        _("statement of account"),
        _(
            "Every movement of an account, or of all a debtor's accounts with one creditor, over a period: "
            "opening balance, movements and closing balance, which add up on its face."
        ),
    ),
    (
        "clearance_letter",
        _("clearance letter"),
        _(
            "A letter that confirms that nothing is owed and no payment can come back. It bears a code by "
            "which anybody can check that it is genuine and still valid."
        ),
    ),
    (
        "receipt_book",
        _("receipt book"),
        _(
            "Printed receipts with numbers that a collector carries. Each leaf is used, spoilt, missing "
            "or blank; the book is taken back when all are accounted for."
        ),
    ),
    (
        "deposit_instruction",
        _("deposit instruction"),
        _(
            "To which bank account cash of a currency goes, within how many business days, brought by "
            "whom; from a day on, approved by a second person. A creditor's own goes first."
        ),
    ),
    (
        "deposit",
        _("deposit"),
        _(
            "A numbered slip of cash brought to one bank account. The stamped copy proves that it was "
            "there; it is tied to one credit of the bank, and a difference opens an irregularity."
        ),
    ),
    (
        "adjustment",
        _("adjustment"),
        _("A correction in either direction, with a reason and an approval above a limit."),
    ),
    (
        "credit_note",
        _("credit note"),
        _("The creditor takes back a charge or a part of it."),
    ),
    (
        "write_off",
        _("write-off"),
        _("The balance is given up and kept as a memo; what is paid later is a recovery."),
    ),
    (
        "recovery",
        _("recovery"),
        _("Money that comes in after a write-off. It lowers what is still written off and makes no credit."),
    ),
    (
        "reinstatement",
        _("reinstatement"),
        _("A part of what was written off stands in the balance again, with a reason."),
    ),
    (
        "allocation",
        _("allocation"),
        _(
            "Which payment pays which charge. It is worked out by the order in force on the day (oldest due "
            "first, unless another was agreed), and skips what is disputed; only a named one is stored."
        ),
    ),
    (
        "split_payment",
        _("split payment"),
        _(
            "One payment over several accounts of a debtor with one creditor in one currency. Its parts "
            "stand or fall together."
        ),
    ),
    (
        "credit_balance",
        _("credit balance"),
        _(
            "Money beyond what is owed. It is paid back, moved to another account of the debtor, or pays "
            "what is billed next."
        ),
    ),
    (
        "closed_month",
        _("closed month"),
        _(
            "A month whose Collection Report is signed. What is dated into it later stands in a later "
            "month's report and is listed, with who, when and why."
        ),
    ),
    (
        "net",
        _("net"),
        _(
            "An amount less the tax in it. Amounts are kept with their tax, as billed; where none is stated "
            "a dated rule says which."
        ),
    ),
    (
        "balance",
        _("balance"),
        _("Everything charged less everything credited up to a day. Below zero it is a credit."),
    ),
    (
        "overdue",
        _("overdue"),
        _("The unpaid part of what has fallen due."),
    ),
    (
        "interest run",
        _("interest run"),
        _(
            "The interest, late fees or penalties of one creditor through the end of a month: reckoned, "
            "shown, then posted as one set. It also puts right what was learned since the last one."
        ),
    ),
    (
        "calculation window",
        _("calculation window"),
        _(
            "A run of days with one base, one rate and one length of year, and the interest of them. "
            "Days on which interest is stopped are a window without any, with the reason."
        ),
    ),
    (
        "standing",
        _("standing"),
        _(
            "An account's balance, overdue amount and oldest unpaid due date as of a day, kept ready "
            "for lists."
        ),
    ),
    (
        "ageing",
        _("ageing"),
        _("Unpaid items by how long they have been due; an account is counted where its oldest item is."),
    ),
    (
        "opening_balance",
        _("opening balance"),
        _("What an account owed when it was brought in from another system. It is not a new charge."),
    ),
]
