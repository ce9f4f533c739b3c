"""Formal notices: what each must say, when it counts as served, and how long the next one waits."""

from django.utils.translation import gettext_lazy as _

from accounts.policies import wording
from accounts.policies.tables import Numbers
from accounts.policies.values import Choice, Several

NOTICE_KINDS = tuple(wording.NOTICES)
SERVICE_METHODS = tuple(wording.METHODS)
# Placeholders of texts that a notice may be obliged to fill.
FIELDS = {
    "creditor_name": _("who asks"),
    "creditor_phone": _("whom to call"),
    "creditor_email": _("where to write"),
    "creditor_address": _("the creditor's postal address"),
    "debtor_name": _("the debtor's name"),
    "reference": _("the reference"),
    "total": _("the amount"),
    "due_date": _("since when it is due"),
    "pay_by_date": _("the last day to pay"),
    "how_to_pay": _("how to pay"),
    "today": _("the day of the notice"),
}
FORMAL_NOTICE = (
    Several(
        "mandatory",
        _("Must say"),
        [
            "creditor_name",
            "creditor_phone",
            "debtor_name",
            "reference",
            "total",
            "due_date",
            "pay_by_date",
            "how_to_pay",
            "today",
        ],
        choices=FIELDS,
        help=_("A notice that lacks one of these is not issued."),
    ),
    Numbers(
        "served_after",
        _("Counts as served after, days"),
        {"post": 5, "registered_post": 5, "courier": 2, "hand": 0, "email": 1, "sms": 1},
        known=SERVICE_METHODS,
        names=wording.METHODS,
        maximum=60,
    ),
    Choice(
        "unit",
        _("Counted in"),
        "business",
        choices={"business": _("business days"), "calendar": _("calendar days")},
    ),
    Numbers(
        "wait",
        _("The next step waits, days after service"),
        {"first": 14, "second": 14, "final": 14, "pre_legal": 30},
        known=NOTICE_KINDS,
        names=wording.NOTICES,
        maximum=366,
        help=_("Calendar days; a last day that is no business day moves to the next one."),
    ),
)
