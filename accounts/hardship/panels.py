"""What hardship cases show on the account and debtor pages: that there is one, never its detail."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.hardship.enums import HARDSHIP, HardshipStatus
from accounts.hardship.models import HardshipCase
from accounts.hardship.rules import OPEN_CASE, VIEW_HARDSHIP
from accounts.holds.queries import person_records
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page, debtor_ids_of
from collections_app.core import panels
from collections_app.core.models import Transition
from collections_app.core.web.parts import Action

LOOK = {
    HardshipStatus.OPEN: ("user-question", "wait"),
    HardshipStatus.GRANTED: ("circle-check", "good"),
    HardshipStatus.DECLINED: ("circle-x", "stop"),
    HardshipStatus.ENDED: ("point", "none"),
}


def hardship_events(ids, user, as_of) -> list[dict]:
    """When a case of the debtors of these accounts was opened and decided."""
    debtors = person_records(debtor_ids_of(ids))
    cases = set(
        HardshipCase.objects.filter(debtor__in=debtors, opened_on__lte=as_of).values_list("pk", flat=True)
    )
    steps = (
        Transition.objects.filter(subject_type=HARDSHIP.name, subject_id__in=cases, effective_date__lte=as_of)
        .select_related("actor")
        .order_by("id")
    )
    events = []
    for step in steps:
        icon, tone = LOOK[HardshipStatus(step.to_status)]
        events.append(
            {
                "at": panels.moment_of(step.effective_date, step.recorded_at),
                "kind": "hardship",
                "icon": icon,
                "tone": tone,
                "title": _("Hardship: %(status)s") % {"status": HARDSHIP.label(step.to_status).lower()},
                "detail": str(step.actor),
                "url": reverse("accounts:hardship_detail", args=[step.subject_id]),
            }
        )
    return events


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
    provider=hardship_events,
    permission=VIEW_HARDSHIP,
    name="hardship.cases",
)
panels.register("account.verbs", order=40, provider=hardship_verbs, name="hardship.verbs")
