"""The catalogue of policies: every rule of the office that is data, with its fields and defaults.

A default holds until a version is approved; `source` says where it comes from. A kind whose one
field bears the key `table` answers with the table itself: `policy("tolerance", ...)["EUR"]`. Those
about money are in `money_kinds`.
"""

from django.utils.translation import gettext_lazy as _

from accounts.policies import wording
from accounts.policies.agreeing import PAYMENT_PLAN
from accounts.policies.kind import TABLE, Kind
from accounts.policies.money_kinds import MONEY_KINDS
from accounts.policies.notices import FORMAL_NOTICE
from accounts.policies.tables import Amounts, Numbers
from accounts.policies.values import Choice, Several, Whole
from accounts.policies.working import CONTACT_COST, CONTACT_RULES, RANKING, WORSENING
from collections_app.core.enums import Role

DAY_UNITS = {"business": _("business days"), "calendar": _("calendar days")}
SCOPES = {
    "contact": _("Contact"),
    "demand": _("Demand"),
    "interest": _("Interest"),
    "fee": _("Fees"),
    "legal": _("Legal steps"),
}

TRACE_STEPS = {
    "records": _("Own papers and the debtor's other accounts"),
    "parties": _("People with a part in the account"),
    "registers": _("Registers and directories"),
    "agent": _("Tracing agent"),
    "visit": _("Visit to the last address"),
}

WORKING_KINDS = (
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
        _("The office's own hours and caps (12 CFR 1006.14(b)(2) for calls, as a floor everywhere)"),
    ),
    Kind(
        "escalation",
        _("Escalation"),
        _("What puts an account on the escalation list."),
        (
            Whole("days_past_due", _("Days past due, from"), 120, _("days"), minimum=1),
            Amounts("overdue", _("And overdue, from"), {"*": "1000"}),
            Whole("broken_promises", _("Or broken promises, from"), 2, minimum=1, maximum=20),
            Whole("broken_plans", _("Or broken payment plans, from"), 1, minimum=1, maximum=20),
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
            Several("scopes", _("Stops meanwhile"), ["contact", "demand", "fee", "legal"], choices=SCOPES),
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
        "formal_notice",
        _("Formal notices"),
        _("What a formal notice must say, when it counts as served and how long the next one waits."),
        FORMAL_NOTICE,
        _("12 CFR 1006.34(b)(5): receipt assumed 5 business days after sending; Dubai Law 6/2019: 30 days"),
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
                    "not_connected": 1,
                    "not_in_service": 1,
                    "left_word": 2,
                    "paid_already": 5,
                    "cannot_pay": 7,
                    "wrong_party": 1,
                    "refuses": 5,
                    "reached": 3,
                },
                names=wording.OUTCOMES,
                maximum=90,
            ),
        ),
    ),
    Kind(
        "tracing",
        _("Tracing"),
        _("Where a debtor nobody reaches is looked for, in this order, and how long each step may take."),
        (
            Several(
                "steps",
                _("Looks in"),
                ["records", "parties", "registers", "agent"],
                choices=TRACE_STEPS,
            ),
            Whole("days", _("For each step"), 7, _("days"), minimum=1, maximum=90),
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
        "contact_cost",
        _("Contact: cost"),
        _("What one contact costs the office, by channel; for the what-if of a strategy."),
        CONTACT_COST,
        _("Estimates to begin with: put the office's own figures in"),
    ),
    Kind(
        "sending",
        _("Sending"),
        _("How long the reminders of a run wait before they leave, so that officers may hold some."),
        (
            Whole(
                "forewarning_minutes", _("Officers may look for"), 0, _("minutes"), maximum=1_440
            ),
        ),
    ),
    Kind(
        "worsening",
        _("Worsening payers"),
        _("When a payer counts as getting worse, held against himself, before his arrears change bucket."),
        WORSENING,
        _("House rule: later, smaller or rarer than his own median"),
    ),
    Kind(
        "ranking",
        _("Worklist: ranking"),
        _("Which reason comes first in a worklist, and what counts as high, fresh or silent."),
        RANKING,
    ),
)
FEED = Kind(
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
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in (*WORKING_KINDS, *MONEY_KINDS, FEED)}
