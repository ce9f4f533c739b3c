"""What irregularities show in an account's timeline and among its verbs."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.irregularities.enums import IRREGULARITY, IrregularityKind, IrregularityStatus
from accounts.irregularities.rules import OPEN_IRREGULARITY, VIEW_IRREGULARITY
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.story import Story, moment_sql
from collections_app.core.web.parts import Action

STEPS = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, i.id, i.kind, i.amount, i.currency, i.note,
       t.from_status, t.to_status, t.reason
FROM accounts_irregularity i
JOIN core_transition t ON t.subject_type = '{IRREGULARITY.name}' AND t.subject_id = i.id
WHERE i.account_id = ANY(%(ids)s) AND i.found_on <= %(as_of)s AND t.effective_date <= %(as_of)s
ORDER BY t.id
"""


def irregularity_event(row, as_of) -> dict:
    """A case was opened, or a step of its status."""
    status = IrregularityStatus(row.to_status)
    kind = str(IrregularityKind(row.kind).label)
    if not row.from_status:
        title, detail = _("Irregularity: %(kind)s") % {"kind": kind.lower()}, row.note
    else:
        title = _("Irregularity: %(status)s") % {"status": str(status.label).lower()}
        detail = row.reason or kind
    return {
        "kind": "payment",
        "icon": "alert-circle" if not row.from_status else status.icon,
        "tone": "attn" if not row.from_status else status.tone,
        "title": title,
        "detail": detail,
        "amount": row.amount,
        "currency": row.currency,
        "url": reverse("accounts:irregularity_detail", args=[row.id]),
    }


def irregularity_verbs(ids, user, as_of) -> list[Action]:
    """Reporting that money on this account is wrong."""
    account = account_of_page(ids)
    if account is None:
        return []
    return [
        Action(
            _("Report an irregularity"),
            reverse("accounts:account_irregularity_new", args=[account.pk]),
            icon="alert-circle",
            permission=OPEN_IRREGULARITY,
        )
    ]


panels.register(
    "account.timeline",
    order=26,
    provider=Story(STEPS, irregularity_event),
    permission=VIEW_IRREGULARITY,
    name="irregularities.cases",
)
panels.register("account.verbs", order=60, provider=irregularity_verbs, name="irregularities.verbs")
