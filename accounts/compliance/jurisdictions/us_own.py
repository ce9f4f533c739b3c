"""United States, a creditor's own accounts: not bound by Regulation F, by the states' hours."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import TIME_BARRED_WORDS, Clause
from accounts.compliance.jurisdictions.shape import CALLS, ELECTRONIC, Shipped, every_day
from accounts.compliance.jurisdictions.us_states import STATE_HOURS

PROFILE = Shipped(
    code="us_own",
    title=gettext_noop("United States, own accounts"),
    country="US",
    contract="own",
    valid_from=date(2021, 11, 30),
    clauses=[
        Clause(
            "hours",
            "hours",
            "Regulation F does not bind an original creditor; the house keeps its hours all the same.",
            {"channels": [*ELECTRONIC, "visit"], "week": every_day("08:00-21:00")},
            "House rule after 12 CFR 1006.6(b)(1)",
            "U",
        ),
        *STATE_HOURS,
        Clause(
            "call_frequency",
            "cap",
            "The house keeps the number of calls of Regulation F.",
            {
                "channels": CALLS,
                "counts": "attempts",
                "limit": 7,
                "days": 7,
                "per": "debt",
                "frees_asked": True,
            },
            "House rule after 12 CFR 1006.14(b)(2)",
            "U",
        ),
        Clause(
            "time_barred",
            "time_bar",
            "A demand for a time-barred debt carries the wording for it.",
            {"demand": "wording", "words": TIME_BARRED_WORDS},
            "House rule after 12 CFR 1006.26(b)",
            "U",
        ),
    ],
)
