"""Saudi Arabia: SAMA's debt collection rules of 2018, and their update of 2025."""

from datetime import date

from django.utils.translation import gettext_noop

from accounts.compliance.clauses import Clause
from accounts.compliance.jurisdictions.shape import CALLS, SPOKEN, Shipped

_BANK_HOURS = {day: "09:00-16:00" for day in ("sun", "mon", "tue", "wed", "thu")}
_RULES = "SAMA 391000083340"
_UPDATE = "SAMA 106889333"

_SINCE_2018 = [
    Clause(
        "call_frequency",
        "cap",
        "Not more than ten attempts by phone in thirty days, over all of the customer's debts.",
        {"channels": CALLS, "counts": "attempts", "limit": 10, "days": 30, "per": "person"},
        f"{_RULES}, attempts by phone",
        "F",
    ),
    Clause(
        "bank_hours",
        "hours",
        "Calls within the official hours of banks; the hours themselves are the firm's.",
        {"channels": SPOKEN, "week": _BANK_HOURS, "local": True},
        "SAMA circular of 2010 (rulebook node 7198); hours set by the firm",
        "U",
    ),
    Clause(
        "whom",
        "parties",
        "The debtor and the guarantor only.",
        {"roles": ["debtor", "joint_debtor", "guarantor", "representative", "payer"]},
        "SAMA circular of 2010 (rulebook node 7198)",
        "F",
    ),
]
_KEPT = [
    Clause(
        "recorded",
        "say",
        "The customer is told at the start of a call that it is recorded.",
        {
            "when": "start",
            "words": {
                "en": "This call is recorded.",
                "ar": "هذه المكالمة مسجلة.",
            },
        },
        _RULES,
        "F",
    ),
    Clause(
        "records",
        "duty",
        "Calls are recorded and he is told so at the start; records are kept at least ten years.",
        {"kept_by": "retention"},
        _RULES,
        "F",
    ),
    Clause(
        "content",
        "duty",
        "A message names creditor, department, contact number, hours and the employee.",
        {"kept_by": "templates"},
        _RULES,
        "F",
    ),
    Clause(
        "notice_fields",
        "duty",
        "A notice names creditor, department, contact number, hours and the employee, and is not issued "
        "without one of them.",
        {
            "kept_by": "notices",
            "fields": [
                "creditor_name",
                "creditor_department",
                "creditor_phone",
                "creditor_hours",
                "officer_name",
            ],
        },
        _RULES,
        "F",
    ),
    Clause(
        "legal_start",
        "duty",
        "Legal action after more than three months of default on end or five separate ones, after a last "
        "attempt through the national address.",
        {"kept_by": "notices"},
        "SAMA rulebook node 1708",
        "F",
    ),
]

SAMA_2018 = Shipped(
    code="sa_sama",
    title=gettext_noop("Saudi Arabia, SAMA 2018"),
    country="SA",
    valid_from=date(2018, 1, 1),
    clauses=[
        *_SINCE_2018,
        Clause(
            "channels",
            "channels",
            "By phone, text, e-mail, registered mail and the national address.",
            {"channels": ["call", "sms", "email", "letter"]},
            f"{_RULES}, channels",
            "F",
        ),
        *_KEPT,
    ],
)
SAMA_2025 = Shipped(
    code="sa_sama",
    title=gettext_noop("Saudi Arabia, SAMA 2025"),
    country="SA",
    valid_from=date(2025, 3, 6),
    clauses=[
        Clause(
            "call_frequency",
            "cap",
            "The new standard for calls was not found; ten attempts in thirty days, per customer, is kept.",
            {"channels": CALLS, "counts": "attempts", "limit": 10, "days": 30, "per": "person"},
            f"{_UPDATE}; number of {_RULES}",
            "U",
        ),
        *_SINCE_2018[1:],
        Clause(
            "channels",
            "channels",
            "By phone, text, e-mail, registered mail, the national address, application and website.",
            {"channels": ["call", "sms", "email", "letter"]},
            f"{_UPDATE}, channels",
            "F",
        ),
        Clause(
            "objection",
            "stop",
            "During an objection no reminder of default until it is resolved, whatever the debt.",
            {"reasons": ["dispute", "objection"], "what": "demand", "wide": True, "local": True},
            f"{_UPDATE}, objections",
            "F",
        ),
        *_KEPT,
        Clause(
            "language",
            "duty",
            "Arabic comes first.",
            {"kept_by": "templates"},
            _UPDATE,
            "F",
        ),
    ],
)
