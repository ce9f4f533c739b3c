"""A sign with what it rests on, in words."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.worsening.enums import Sign
from collections_app.core.web.figures import amount_text, day_text


def sign_text(sign: str, facts: Mapping[str, Any], *, currency: str, today: date) -> str:
    """One sign in a clause: "takes 22 days to pay, usually 6"."""

    def day(key: str) -> str:
        return day_text(date.fromisoformat(facts[key]), today)

    def amount(key: str) -> str:
        return amount_text(Decimal(facts[key]), currency)

    if sign == Sign.PROMISE_BROKEN:
        number = facts["broken"]
        return ngettext("Promise broken, %(day)s", "%(n)s promises broken, the last %(day)s", number) % {
            "n": number,
            "day": day("broken_on"),
        }
    if sign == Sign.INSTALMENT_MISSED:
        return _("Instalment of %(amount)s missed, %(day)s") % {
            "amount": amount("instalment"),
            "day": day("instalment_on"),
        }
    if sign == Sign.PAYMENT_RETURNED:
        return _("Payment of %(amount)s returned, %(day)s") % {
            "amount": amount("returned"),
            "day": day("returned_on"),
        }
    if sign == Sign.TAKES_LONGER:
        return _("Takes %(took)s days to pay, before %(usual)s") % {
            "took": facts["took"],
            "usual": facts["usual"],
        }
    if sign == Sign.STOPPED_PAYING:
        return _("Last paid %(day)s, usually every %(gap)s days") % {
            "day": day("last_day"),
            "gap": facts["gap"],
        }
    return _("Last paid %(amount)s, usually %(usual)s") % {
        "amount": amount("last"),
        "usual": amount("usual_amount"),
    }
