"""What hardship cases show on the account and debtor pages: that there is one, never its detail."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.hardship.enums import HARDSHIP, HardshipStatus
from accounts.hardship.rules import OPEN_CASE, VIEW_HARDSHIP
from accounts.holds.panels import people_of
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.story import Story, moment_sql
from collections_app.core.web.parts import Action

LOOK = {
    HardshipStatus.OPEN: ("user-question", "wait"),
    HardshipStatus.GRANTED: ("circle-check", "good"),
    HardshipStatus.DECLINED: ("circle-x", "stop"),
    HardshipStatus.ENDED: ("point", "none"),
}


# When a case of the debtors of these accounts was opened and decided.
CASES = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, t.subject_id AS id, t.to_status,
       coalesce(nullif(u.full_name, ''), u.username) AS actor
FROM accounts_hardshipcase c
JOIN core_transition t ON t.subject_type = '{HARDSHIP.name}' AND t.subject_id = c.id
LEFT JOIN core_user u ON u.id = t.actor_id
WHERE c.debtor_id = ANY(%(people)s) AND c.opened_on <= %(as_of)s AND t.effective_date <= %(as_of)s
ORDER BY t.id
"""


def case_event(row, as_of) -> dict:
    icon, tone = LOOK[HardshipStatus(row.to_status)]
    return {
        "kind": "hardship",
        "icon": icon,
        "tone": tone,
        "title": _("Hardship: %(status)s") % {"status": HARDSHIP.label(row.to_status).lower()},
        "detail": row.actor,
        "url": reverse("accounts:hardship_detail", args=[row.id]),
    }


def hardship_verbs(ids, user, as_of) -> list[Action]:
    """Opening a case, unless the debtor has one."""
    account = account_of_page(ids)
    if account is None or account.status != AccountStatus.OPEN:
        return []
    return [
        Action(
            _("Open a hardship case"),
            reverse("accounts:hardship_new", args=[account.debtor_id]),
            icon="user-question",
            permission=OPEN_CASE,
        )
    ]


panels.register(
    "account.timeline",
    order=62,
    provider=Story(CASES, case_event, people_of),
    permission=VIEW_HARDSHIP,
    name="hardship.cases",
)
panels.register("account.verbs", order=40, provider=hardship_verbs, name="hardship.verbs")
