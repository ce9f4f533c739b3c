"""Hours of single American states, laid over every profile of the United States."""

from accounts.compliance.clauses import Clause
from accounts.compliance.jurisdictions.shape import PHONE, every_day

_SOURCE = "State calling hours as listed by a calling-hours tool"

STATE_HOURS = [
    Clause(
        "state_evening",
        "hours",
        "Florida, Oklahoma, Maryland, Washington and Wyoming end the day at 8 p.m.",
        {
            "channels": PHONE,
            "week": every_day("08:00-20:00"),
            "states": ["FL", "OK", "MD", "WA", "WY"],
        },
        _SOURCE,
        "2",
    ),
    Clause(
        "texas_sunday",
        "hours",
        "Texas begins Sundays at noon.",
        {
            "channels": PHONE,
            "week": {**every_day("08:00-21:00"), "sun": "12:00-21:00"},
            "states": ["TX"],
        },
        _SOURCE,
        "2",
    ),
]
