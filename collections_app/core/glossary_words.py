"""The words themselves: by heading, each with its code, its name and what it means here."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.glossary_contact import CONTACT
from collections_app.core.glossary_money import MONEY

GROUPS = {
    "who": _("Who"),
    "money": _("Money"),
    "time": _("Days and moments"),
    "contact": _("Contact"),
    "agreed": _("What was agreed or contested"),
    "work": _("Work"),
    "reports": _("Reports and proof"),
}

WORDS = {
    "who": [
        (
            "creditor",
            _("creditor"),
            _(
                "Whose claims are collected: the office's own firm or a client of it. A wall stands "
                "between creditors: nothing of one is shown or used for another."
            ),
        ),
        (
            "portfolio",
            _("portfolio"),
            _(
                "A part of a creditor's accounts that shares terms, such as payment terms and what one "
                "invoice becomes."
            ),
        ),
        (
            "debtor",
            _("debtor"),
            _(
                "The person or organisation who owes a creditor. The same person owing two creditors is "
                "two debtors."
            ),
        ),
        (
            "party",
            _("party"),
            _(
                "A person or organisation connected with an account in a role: debtor, joint debtor, "
                "guarantor, owner, tenant, representative, payer."
            ),
        ),
        (
            "contact_point",
            _("contact point"),
            _(
                "A phone number, e-mail or postal address of a debtor, with its source and whether it is "
                "good, bad, of the wrong party or opted out."
            ),
        ),
        (
            "debtor_bank_details",
            _("bank details of a debtor"),
            _(
                "From which account a debtor pays. Proposed by one person and approved by another, neither "
                "of whom takes his payments; the number is masked, and each reading is recorded."
            ),
        ),
        (
            "team",
            _("team"),
            _("The people who work a set of accounts together, under a supervisor."),
        ),
        (
            "department_user",
            _("department user"),
            _(
                "Somebody of Sales, Legal, Finance or another department who answers the questions routed"
                " to him and sees nothing else."
            ),
        ),
        (
            "deputy",
            _("deputy"),
            _(
                "Who takes over somebody's worklist, follow-ups and approvals while he is absent; never "
                "approves what he proposed himself."
            ),
        ),
    ],
    "money": MONEY,
    "time": [
        (
            "due_date",
            _("due date"),
            _("The last day on which a charge is paid in time."),
        ),
        (
            "days_past_due",
            _("days past due"),
            _("Days since the oldest unpaid charge fell due."),
        ),
        (
            "value_date",
            _("value date"),
            _("The day a movement counts for, in the creditor's own zone."),
        ),
        (
            "recorded_at",
            _("recorded at"),
            _("The moment this product learned of something. A report asks what was known at a moment."),
        ),
        (
            "as_of",
            _("as of"),
            _("The day from which one looks."),
        ),
        (
            "known_at",
            _("as known on"),
            _("The moment whose knowledge is asked for: what was recorded later is left out."),
        ),
        (
            "episode",
            _("episode"),
            _(
                "From the first unpaid due day until everything due is paid. A step of a strategy is "
                "taken once in an episode."
            ),
        ),
        (
            "fed_until",
            _("fed until"),
            _("The day up to which a creditor's data has arrived. Reminders wait when a feed is missing."),
        ),
        (
            "feed_alarm",
            _("missed feed"),
            _(
                "A creditor's file of entries that did not come in time. Its reminders wait until one comes, "
                "or until somebody releases them for some hours with a reason."
            ),
        ),
    ],
    "contact": CONTACT,
    "agreed": [
        (
            "promise",
            _("promise"),
            _(
                "The debtor says how much he will pay by which day. Whether it was kept follows from the "
                "payments, never from a click."
            ),
        ),
        (
            "payment_plan",
            _("payment plan"),
            _(
                "Instalments agreed with a debtor. In force it spares its accounts and may stop interest "
                "and fees on its days. The payments alone say whether it is completed or broken."
            ),
        ),
        (
            "instalment",
            _("instalment"),
            _(
                "One amount of a payment plan with its due day. Late once that day has gone by unpaid, "
                "missed once its grace is over."
            ),
        ),
        (
            "dispute",
            _("dispute"),
            _(
                "Items and amounts the debtor contests. That part is neither chased nor paid by "
                "allocation until it is answered."
            ),
        ),
        (
            "hold",
            _("hold"),
            _(
                "A stop of contact, demand, interest, fees or legal steps for a person, an account or a "
                "charge, with an end."
            ),
        ),
        (
            "hardship_case",
            _("hardship case"),
            _("The debtor cannot pay. A hold, a senior officer's task and its clock begin."),
        ),
        (
            "opt_out",
            _("opt-out"),
            _("The debtor does not want to be contacted in this way."),
        ),
    ],
    "work": [
        (
            "worklist",
            _("worklist"),
            _(
                "An officer's queue in the order in which accounts are worked, each with the reason it is"
                " there."
            ),
        ),
        (
            "strategy",
            _("strategy"),
            _(
                "The approved, versioned steps before and after a due date: which message, by which way, "
                "on which day."
            ),
        ),
        (
            "stage",
            _("arrears stage"),
            _("How far an account has come on its strategy."),
        ),
        (
            "campaign",
            _("campaign"),
            _("A planned action on a frozen set of accounts, approved by somebody who did not make it."),
        ),
        (
            "member",
            _("campaign member"),
            _("An account in a campaign, with exactly one of nine statuses."),
        ),
        (
            "campaign_activity",
            _("campaign activity"),
            _("A step of a campaign with its days, owner and team."),
        ),
        (
            "escalation",
            _("escalation"),
            _(
                "The accounts that a dated rule puts before a senior officer or manager, whose decision "
                "is recorded."
            ),
        ),
        (
            "task",
            _("task"),
            _("Something a person must do by a time; raised by somebody or by the product."),
        ),
        (
            "approval",
            _("approval"),
            _("A second person's yes or no to what somebody proposed."),
        ),
        (
            "policy",
            _("policy"),
            _("A rule of the office as dated data: limits, hours, tolerances. Approved before it holds."),
        ),
        (
            "import",
            _("import"),
            _("A file brought into the book as a whole, with a control sheet, and taken back as a whole."),
        ),
    ],
    "reports": [
        (
            "collector_report",
            _("collector's report"),
            _(
                "An officer's account of a period: figures from the ledger, documents that prove what he "
                "says, reviewed and approved."
            ),
        ),
        (
            "closing",
            _("closing"),
            _("A month signed: its closing balance is the next month's opening."),
        ),
        (
            "prior_period",
            _("prior period"),
            _(
                "What became known after a month was signed but belongs to it; it stands in the month in "
                "which it became known."
            ),
        ),
        (
            "kept_rate",
            _("kept rate"),
            _(
                "Promises kept of those that came due, by number and by amount; replaced and cancelled "
                "ones do not count."
            ),
        ),
        (
            "control_sheet",
            _("control sheet"),
            _("Rows and sums of an import or a report, to be held against the source."),
        ),
        (
            "seal",
            _("seal"),
            _(
                "A link of the chain of hashes over the audit record and the ledger: what is sealed "
                "cannot be changed unseen."
            ),
        ),
    ],
}
