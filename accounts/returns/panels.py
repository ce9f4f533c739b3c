"""What returns add to an account's timeline: the reversal itself the ledger tells."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.returns.enums import Block, Scheme
from accounts.returns.rules import VIEW_RETURN
from collections_app.core import panels
from collections_app.core.story import Story, moment_sql

STOPS = f"""
SELECT {moment_sql("s.first_day", "p.recorded_at")} AS at, p.id, s.scheme, s.strength, r.code, r.label
FROM accounts_meansstop s
JOIN accounts_paymentreturn p ON p.id = s.payment_return_id
JOIN accounts_returnreason r ON r.id = p.reason_id
WHERE s.account_id = ANY(%(ids)s) AND s.first_day <= %(as_of)s
"""


def stop_event(row, as_of) -> dict:
    """A means of payment was stopped, or flagged."""
    stopped = row.strength == Block.STOP
    words = _("No further collection: %(scheme)s") if stopped else _("Careful with: %(scheme)s")
    return {
        "kind": "payment_returned",
        "icon": "hand-stop" if stopped else "flag",
        "tone": "stop" if stopped else "attn",
        "title": words % {"scheme": Scheme(row.scheme).label},
        "detail": f"{row.code} {_(row.label)}",
        "url": reverse("accounts:return_detail", args=[row.id]),
    }


panels.register(
    "account.timeline",
    order=27,
    provider=Story(STOPS, stop_event),
    permission=VIEW_RETURN,
    name="returns.stops",
)
