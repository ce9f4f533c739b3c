"""India: the Reserve Bank's rule of 2022, and the draft of 2026, which binds nobody yet."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import Clause
from accounts.compliance.jurisdictions.shape import SPOKEN, Shipped, every_day

_HOURS = {"channels": SPOKEN, "week": every_day("08:00-19:00")}

RBI_2022 = Shipped(
    code="in_rbi",
    title=gettext_noop("India, RBI 2022"),
    country="IN",
    valid_from=date(2022, 8, 12),
    clauses=[
        Clause(
            "hours",
            "hours",
            "No calls for overdue loans before 8:00 or after 19:00.",
            _HOURS,
            "RBI of 12 August 2022",
            "F2",
        ),
        Clause(
            "whom",
            "parties",
            "No messages to family or friends.",
            {"roles": ["debtor", "joint_debtor", "guarantor", "representative", "payer"]},
            "RBI of 12 August 2022",
            "2",
        ),
        Clause(
            "who_calls",
            "say",
            "No anonymous calls: the caller says who he is and for which lender he calls.",
            {"when": "start", "words": {"en": "My name is {officer}; I call on behalf of {creditor}."}},
            "RBI of 12 August 2022",
            "2",
        ),
        Clause(
            "conduct",
            "duty",
            "No intimidation and no anonymous calls; the lender answers for its agents.",
            {"kept_by": "the right-party check"},
            "RBI of 12 August 2022",
            "2",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A notice names the lender, its number and who works for it: the rule against anonymous calls, "
            "taken for notices too.",
            {"kept_by": "notices", "fields": ["creditor_name", "creditor_phone", "officer_name"]},
            "Firm default after RBI of 12 August 2022",
            "U",
        ),
    ],
)
RBI_2026_DRAFT = Shipped(
    code="in_rbi",
    title=gettext_noop("India, RBI draft 2026"),
    country="IN",
    valid_from=date(2026, 7, 1),
    is_draft=True,
    note="Draft of 12 February 2026, proposed from 1 July 2026; whether it became final is unverified.",
    clauses=[
        Clause(
            "hours",
            "hours",
            "Contact from 8:00 to 19:00.",
            _HOURS,
            "RBI draft of 12 February 2026 (press release 62215)",
            "U",
        ),
        RBI_2022.clauses[1],
        Clause(
            "agent",
            "duty",
            "Calls are recorded; the borrower is told beforehand which agent calls; agents are certified "
            "(IIBF); there is a way to complain.",
            {"kept_by": "call recordings, letters"},
            "RBI draft of 12 February 2026 (press release 62215)",
            "U",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A notice names the lender and the agent beforehand, and the way to complain.",
            {
                "kept_by": "notices",
                "fields": ["creditor_name", "creditor_phone", "officer_name", "complaints_to"],
            },
            "RBI draft of 12 February 2026 (press release 62215)",
            "U",
        ),
    ],
)
