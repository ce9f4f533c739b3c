"""Fields of the policies that steer an officer's day: when he may contact whom, and whom first."""

from django.utils.translation import gettext_lazy as _

from accounts.policies import wording
from accounts.policies.contact_tables import Caps, Hours
from accounts.policies.tables import Amounts, Numbers
from accounts.policies.values import Several, Switch, Whole

CHANNELS = tuple(wording.CHANNELS)
# 12 CFR 1006.6(c): who asked for silence is still told of a remedy that will be used
NOTICES_PASS = {
    "opt_out": _("Opted out of contact"),
    "requested": _("Asked for silence"),
    "insolvent": _("Insolvent"),
    "represented": _("Represented"),
}


def _week(span: str, **other: str) -> dict[str, str]:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return {day: other.get(day, span) for day in days}


CONTACT_RULES = (
    Hours(
        "hours",
        _("Hours"),
        {
            "call": _week("08:00-20:00", sat="10:00-16:00", sun="closed"),
            "sms": _week("08:00-20:00", sat="10:00-16:00", sun="closed"),
            "email": _week("07:00-21:00", sun="closed"),
            "visit": _week("09:00-18:00", sat="closed", sun="closed"),
        },
        channels=CHANNELS,
        names=wording.CHANNELS,
        help=_("Times are the debtor's own. A channel without a row is never open; letters have no hours."),
    ),
    Switch("holidays_closed", _("No contact on public holidays"), True),
    Caps(
        "caps",
        _("Caps"),
        [
            {"channels": ["call"], "count": "attempts", "limit": 7, "days": 7},
            {"channels": ["call"], "count": "contacts", "limit": 1, "days": 7},
            {"channels": ["call", "sms", "email"], "count": "attempts", "limit": 10, "days": 7},
            {"channels": ["visit"], "count": "attempts", "limit": 1, "days": 30},
        ],
        channels=CHANNELS,
        names=wording.CHANNELS,
        help=_("One line each, for instance: call,sms attempts 7 in 7 days"),
    ),
    Whole(
        "unknown_zone_margin",
        _("Margin where the debtor's time zone is not known"),
        60,
        _("minutes at both ends of the day"),
        maximum=240,
    ),
    Several(
        "notices_pass",
        _("Notices the law demands still go out after"),
        ["opt_out", "requested"],
        choices=NOTICES_PASS,
    ),
)
CONTACT_COST = tuple(
    Amounts(channel, label, {"*": cost})
    for channel, label, cost in (
        ("email", _("E-mail"), "0.01"),
        ("sms", _("Text message"), "0.08"),
        ("letter", _("Letter"), "1.20"),
        ("call", _("Call"), "3.00"),
        ("visit", _("Visit"), "25.00"),
    )
)
RANKING = (
    Numbers(
        "points",
        _("Points"),
        {
            "call_back": 980,
            "follow_up_late": 950,
            "promise_broken": 900,
            "plan_broken": 890,
            "payment_returned": 880,
            "instalment_late": 870,
            "promise_partly": 860,
            "follow_up_today": 840,
            "dispute_rejected": 820,
            "high_worsening": 700,
            "paying_later": 640,
            "high_no_contact": 600,
            "reminder_unanswered": 500,
            "no_answer": 480,
            "first_time": 400,
            "overdue": 300,
        },
        names=wording.REASONS,
        maximum=1000,
    ),
    Amounts(
        "high",
        _("High from, overdue"),
        {"*": "1000", "AED": "4000", "KWD": "400", "EUR": "800", "USD": "900"},
    ),
    Whole("fresh_days", _("Broken promises and returns lead for"), 14, _("days"), maximum=90),
    Whole("retry_days", _("Try again after no answer"), 2, _("days"), maximum=30),
    Whole("reminder_days", _("A reminder has to work"), 5, _("days"), maximum=60),
    Whole("silent_days", _("No contact means none for"), 30, _("days"), maximum=365),
    Whole("rest_days", _("Pause after a talk without result"), 7, _("days"), maximum=60),
)
WORSENING = (
    Whole("payments", _("A habit is known from"), 4, _("payments"), minimum=2, maximum=24),
    Whole("later_days", _("Takes longer than his own median, by"), 7, _("days"), minimum=1, maximum=180),
    Whole("rhythm_percent", _("No payment for"), 150, _("percent of his usual"), minimum=100, maximum=500),
    Whole("rhythm_days", _("And so much longer"), 5, _("days"), maximum=60),
    Whole("less_percent", _("Last payment under"), 60, _("percent of his usual"), minimum=1, maximum=99),
    Whole("broken_promises", _("Promises broken, from"), 1, minimum=1, maximum=20),
    Whole("within_days", _("A sign stands for"), 30, _("days"), minimum=1, maximum=180),
    Whole("ahead_days", _("The next bucket is near within"), 10, _("days"), minimum=1, maximum=60),
)
