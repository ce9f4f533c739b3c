"""United Kingdom: CONC 7 of the Financial Conduct Authority, with the Debt Respite Scheme."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import TIME_BARRED_WORDS, Clause
from accounts.compliance.jurisdictions.shape import ELECTRONIC, Shipped, every_day

PROFILE = Shipped(
    code="uk_conc",
    title=gettext_noop("United Kingdom, CONC 7 and Breathing Space"),
    country="GB",
    valid_from=date(2021, 5, 4),
    clauses=[
        Clause(
            "hours",
            "hours",
            "Not at unreasonable times; CONC names no hours, the firm does.",
            {"channels": [*ELECTRONIC, "visit"], "week": every_day("08:00-21:00")},
            "CONC 7.9; hours set by the firm",
            "U",
        ),
        Clause(
            "breathing_space",
            "stop",
            "In a breathing space all contact about its debts stops: 60 days, or a crisis treatment and 30 "
            "days after it.",
            {"reasons": ["breathing_space"], "what": "contact"},
            "Debt Respite Scheme, SI 2020/1311",
            "F",
        ),
        Clause(
            "disputed",
            "stop",
            "A disputed debt is looked into before it is demanded.",
            {"reasons": ["dispute"], "what": "demand"},
            "CONC 7.14",
            "F",
        ),
        Clause(
            "time_barred",
            "time_bar",
            "A statute-barred debt is not demanded as if it could be enforced.",
            {"demand": "wording", "words": TIME_BARRED_WORDS},
            "CONC 7.15",
            "F",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A letter about a debt is marked private and confidential; what else a notice must say was not "
            "found.",
            {"kept_by": "notices", "fields": ["creditor_name", "debtor_name", "confidential"]},
            "CONC 7.9",
            "F",
        ),
        Clause(
            "free_advice",
            "say",
            "Somebody in difficulty is told that free and independent debt advice exists.",
            {
                "when": "debt",
                "words": {
                    "en": "Free and independent debt advice is available, for instance through MoneyHelper.",
                },
            },
            "CONC 7.3",
            "C",
        ),
        Clause(
            "wishes",
            "duty",
            "Reasonable requests on when, where and how to be contacted are kept; nothing discloses the "
            "debt to others.",
            {"kept_by": "the debtor's own hours and channels"},
            "CONC 7.3, 7.9",
            "F",
        ),
        Clause(
            "review",
            "duty",
            "A creditor may ask for a review within 20 days; the adviser reviews midway, days 25 to 35.",
            {"kept_by": "holds"},
            "SI 2020/1311 regs 17, 27",
            "C",
        ),
    ],
)
