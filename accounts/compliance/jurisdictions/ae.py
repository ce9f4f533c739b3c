"""United Arab Emirates: consumer protection; and Dubai's service charges, named by a portfolio."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import Clause
from accounts.compliance.jurisdictions.shape import PHONE, Shipped, every_day

CONSUMER_PROTECTION = Shipped(
    code="ae",
    title=gettext_noop("United Arab Emirates"),
    country="AE",
    valid_from=date(2021, 1, 1),
    clauses=[
        Clause(
            "hours",
            "hours",
            "From 9:00 to 20:00; only blogs give these hours.",
            {"channels": [*PHONE, "visit"], "week": every_day("09:00-20:00")},
            "Firm default; duty: CBUAE Circular 8/2020, Notice 1158/2021 article 5",
            "U",
        ),
        Clause(
            "fairness",
            "duty",
            "Fair treatment, no harassment, nothing disclosed to others; complaints go to Sanadak.",
            {"kept_by": "right-party check, complaints"},
            "CBUAE Circular 8/2020, Notice 1158/2021 article 5",
            "F",
        ),
        Clause(
            "whom",
            "parties",
            "Nothing about the debt to third parties.",
            {
                "roles": [
                    "debtor",
                    "joint_debtor",
                    "guarantor",
                    "owner",
                    "tenant",
                    "representative",
                    "authorised_contact",
                    "payer",
                ]
            },
            "CBUAE Circular 8/2020, Notice 1158/2021 article 5",
            "F",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A notice says where complaints go. That they go to Sanadak was read; that a notice must say so "
            "is the firm's rule.",
            {"kept_by": "notices", "fields": ["creditor_name", "creditor_phone", "complaints_to"]},
            "Firm default after CBUAE Notice 1158/2021 article 5",
            "U",
        ),
    ],
)
SERVICE_CHARGES = Shipped(
    code="ae_dubai_service_charges",
    title=gettext_noop("Dubai, service charges"),
    valid_from=date(2019, 9, 4),
    note="Binds beside the debtor's own profile where a portfolio names it.",
    clauses=[
        Clause(
            "hours",
            "hours",
            "From 9:00 to 20:00, as elsewhere in the Emirates; only blogs give these hours.",
            {"channels": [*PHONE, "visit"], "week": every_day("09:00-20:00")},
            "Firm default",
            "U",
        ),
        Clause(
            "whom",
            "parties",
            "The owner owes the service charge; a tenant or a payer is not asked for it.",
            {"roles": ["debtor", "joint_debtor", "owner", "guarantor", "representative"]},
            "Dubai Law 6/2019",
            "C",
        ),
        Clause(
            "notice",
            "duty",
            "A written notice approved by RERA gives 30 days to pay; only then is the claim enforceable "
            "before the execution judge, each instalment covered by its notice.",
            {"kept_by": "notices"},
            "Dubai Law 6/2019",
            "F",
        ),
        Clause(
            "notice_fields",
            "duty",
            "The notice shows its approval by RERA, the instalments with their due days, and gives 30 days.",
            {
                "kept_by": "notices",
                "fields": ["notice_approval", "total", "due_date", "pay_by_date"],
                "pay_days": 30,
            },
            "Dubai Law 6/2019",
            "F",
        ),
    ],
)
