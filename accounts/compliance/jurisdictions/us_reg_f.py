"""United States: Regulation F, which binds who collects for others (12 CFR part 1006)."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import TIME_BARRED_WORDS, Clause
from accounts.compliance.jurisdictions.shape import CALLS, ELECTRONIC, EVERY, Shipped, every_day
from accounts.compliance.jurisdictions.us_states import STATE_HOURS

PROFILE = Shipped(
    code="us_reg_f",
    title=gettext_noop("United States, Regulation F"),
    country="US",
    contract="third_party",
    valid_from=date(2021, 11, 30),
    clauses=[
        Clause(
            "hours",
            "hours",
            "No contact before 8 a.m. or after 9 p.m. where the consumer is.",
            {"channels": [*ELECTRONIC, "visit"], "week": every_day("08:00-21:00")},
            "12 CFR 1006.6(b)(1)",
            "F",
        ),
        *STATE_HOURS,
        Clause(
            "call_frequency",
            "cap",
            "Not more than seven calls within seven consecutive days about a particular debt; a call "
            "he asked for, within seven days, and one that did not connect do not count.",
            {
                "channels": CALLS,
                "counts": "attempts",
                "limit": 7,
                "days": 7,
                "per": "debt",
                "frees_asked": True,
            },
            "12 CFR 1006.14(b)(2)(i)(A), (b)(3)",
            "F2",
        ),
        Clause(
            "after_conversation",
            "pause",
            "No call within seven consecutive days after a telephone conversation about the debt; the "
            "conversation's day is the first.",
            {"channels": CALLS, "days": 7, "per": "debt"},
            "12 CFR 1006.14(b)(2)(i)(B)",
            "F2",
        ),
        Clause(
            "represented",
            "stop",
            "Represented by an attorney: contact the attorney only.",
            {"reasons": ["represented"], "what": "contact", "as_held": True},
            "12 CFR 1006.6(b)(2); FDCPA s.805(a)",
            "F",
        ),
        Clause(
            "cease",
            "stop",
            "Refuses to pay or wants contact to cease: stop.",
            {"reasons": ["opt_out", "requested"], "what": "contact", "as_held": True},
            "12 CFR 1006.6(c); FDCPA s.805(c)",
            "C",
        ),
        Clause(
            "cease_notices",
            "notices",
            "After that only these: that efforts end, and that a specific remedy may or will be used.",
            {"reasons": ["opt_out", "requested"], "most": 2},
            "12 CFR 1006.6(c)",
            "C",
        ),
        Clause(
            "work_email",
            "workplace",
            "No e-mail to an address the employer provides, unless he agreed to it.",
            {"channels": ["email"]},
            "12 CFR 1006.42, 1006.6(d)(3)",
            "C",
        ),
        Clause(
            "employer",
            "workplace",
            "No contact at work once the employer is known to prohibit it.",
            {"channels": EVERY, "place": "forbidden"},
            "12 CFR 1006.6(b)(3); FDCPA s.805(a)",
            "F",
        ),
        Clause(
            "text_check",
            "number_check",
            "Texts only to a number agreed to, or checked to be still his, within sixty days.",
            {"channels": ["sms"], "days": 60},
            "12 CFR 1006.6(d)",
            "2",
        ),
        Clause(
            "validation",
            "validation",
            "Validation information in, or within five days of, the first communication.",
            {"days": 5},
            "12 CFR 1006.34",
            "2",
        ),
        Clause(
            "dispute",
            "stop",
            "Disputed in writing within the validation period: stop collecting what is disputed.",
            {"reasons": ["dispute"], "what": "demand"},
            "12 CFR 1006.38",
            "C",
        ),
        Clause(
            "time_barred",
            "time_bar",
            "No suit and no threat of one on a time-barred debt; a demand carries the wording for it.",
            {"demand": "wording", "words": TIME_BARRED_WORDS},
            "12 CFR 1006.26(b)",
            "C",
        ),
        Clause(
            "validation_period",
            "duty",
            "Nothing said or sent within the validation period may overshadow the right to dispute. The tone "
            "of texts is checked by the clause below; what is said on the phone is not checked.",
            {"kept_by": "the tone of texts, scripts"},
            "12 CFR 1006.34(b)(5), 1006.38(b)",
            "C",
        ),
        Clause(
            "overshadowing",
            "overshadow",
            "Until the validation period ends, 30 days after receipt of the notice (assumed five business "
            "days after sending), no text that presses: firm, final or before legal steps.",
            {"days": 30, "receipt_days": 5, "tones": ["firm", "final", "legal"]},
            "12 CFR 1006.34(b)(5), 1006.38(b); which texts press is the house's reading",
            "U",
        ),
        Clause(
            "notice_fields",
            "duty",
            "A validation notice names who collects with name and mailing address, the consumer, the account "
            "and the debt.",
            {
                "kept_by": "notices",
                "fields": ["creditor_name", "creditor_address", "debtor_name", "reference", "total"],
            },
            "12 CFR 1006.34(c)(2)",
            "C",
        ),
        Clause(
            "opt_out_line",
            "duty",
            "Every e-mail and text tells how to opt out of that address or number.",
            {"kept_by": "templates"},
            "12 CFR 1006.6(e)",
            "C",
        ),
        Clause(
            "who_calls",
            "say",
            "Every communication tells that it is from a debt collector; the first one also that it is an "
            "attempt to collect and that what is learned will be used for it. Said to nobody but him.",
            {
                "when": "debt",
                "words": {
                    "en": "This is a call from a debt collector. It is an attempt to collect a debt, and any "
                    "information I obtain will be used for that purpose.",
                },
            },
            "12 CFR 1006.18(e); FDCPA s.807(11)",
            "C",
        ),
        Clause(
            "retention",
            "duty",
            "Evidence is kept until three years after the last collection activity; recordings of calls "
            "three years after the call.",
            {"kept_by": "retention"},
            "12 CFR 1006.100",
            "F",
        ),
    ],
)
