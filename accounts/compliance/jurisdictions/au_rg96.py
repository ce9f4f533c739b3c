"""Australia: RG 96, the regulators' guide for collectors and creditors (ACCC and ASIC)."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import TIME_BARRED_WORDS, Clause
from accounts.compliance.jurisdictions.shape import EVERY, PHONE, Shipped, days, every_day

_CONTACTS = ["call", "sms", "visit"]

PROFILE = Shipped(
    code="au_rg96",
    title=gettext_noop("Australia, RG 96"),
    country="AU",
    valid_from=date(2021, 4, 1),
    clauses=[
        Clause(
            "phone_hours",
            "hours",
            "By phone on weekdays from 7:30 to 21:00, at weekends from 9:00 to 21:00, where he is.",
            {"channels": PHONE, "week": days("07:30-21:00", "09:00-21:00")},
            "RG 96 part 2, section 4: hours of contact",
            "F",
        ),
        Clause(
            "visit_hours",
            "hours",
            "Face to face from 9:00 to 21:00.",
            {"channels": ["visit"], "week": every_day("09:00-21:00")},
            "RG 96 part 2, section 4: hours of contact",
            "F",
        ),
        Clause(
            "work_hours",
            "hours",
            "At work on weekdays from 9:00 to 17:00, if his own hours are not known.",
            {"channels": [*PHONE, "visit"], "week": days("09:00-17:00"), "place": "work"},
            "RG 96 part 2, section 4: hours of contact",
            "F",
        ),
        Clause(
            "holidays",
            "holidays",
            "None on public holidays: the national ones, and those of his state.",
            {"channels": [*PHONE, "visit"], "level": "state"},
            "RG 96 part 2, section 4: hours of contact",
            "F",
        ),
        Clause(
            "contacts_week",
            "cap",
            "Not more than three contacts a week about an account; voice messages, texts and calls he "
            "ends count.",
            {
                "channels": _CONTACTS,
                "counts": "contacts",
                "limit": 3,
                "days": 7,
                "per": "account",
                "always": ["sms"],
            },
            "RG 96 part 2, section 5: frequency of contact",
            "F",
        ),
        Clause(
            "contacts_month",
            "cap",
            "Not more than ten contacts a month about an account.",
            {
                "channels": _CONTACTS,
                "counts": "contacts",
                "limit": 10,
                "days": 30,
                "per": "account",
                "always": ["sms"],
            },
            "RG 96 part 2, section 5: frequency of contact",
            "F",
        ),
        Clause(
            "attempts",
            "cap",
            "Attempts must not be excessive either; the number is the firm's.",
            {"channels": ["call"], "counts": "attempts", "limit": 7, "days": 7, "per": "account"},
            "RG 96 part 2, section 5; number set by the firm",
            "U",
        ),
        Clause(
            "visit_last",
            "last_resort",
            "Face to face as a last resort, after other ways were tried; the number is the firm's.",
            {"channels": ["visit"], "after": 3, "days": 30},
            "RG 96 part 2, section 7; number set by the firm",
            "U",
        ),
        Clause(
            "represented",
            "stop",
            "No direct contact while represented.",
            {"reasons": ["represented"], "what": "contact", "as_held": True},
            "RG 96 part 2, section 9",
            "F",
        ),
        Clause(
            "time_barred",
            "time_bar",
            "A demand for a time-barred debt must not mislead about it.",
            {"demand": "wording", "words": TIME_BARRED_WORDS},
            "RG 96 part 2, statute-barred debt",
            "C",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A notice names the creditor, how to reach it, the account and the amount; a list of the guide's "
            "own was not found.",
            {
                "kept_by": "notices",
                "fields": ["creditor_name", "creditor_phone", "debtor_name", "reference", "total"],
            },
            "Firm default; RG 96",
            "U",
        ),
        Clause(
            "hardship",
            "duty",
            "A hardship notice is answered within 21 days; so are requests for further information.",
            {"kept_by": "hardship", "channels": EVERY},
            "National Credit Code s.72",
            "C",
        ),
        Clause(
            "records",
            "duty",
            "Every contact is recorded with its date, time and nature, and every visit and payment.",
            {"kept_by": "contacts"},
            "RG 96 part 2, section 10",
            "F",
        ),
    ],
)
