"""What disputes show on the account page and in "why not?"."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.disputes.enums import DISPUTE, DisputeReason, DisputeStatus
from accounts.disputes.models import Dispute
from accounts.disputes.queries import open_disputes
from accounts.disputes.rules import RAISE_DISPUTE, VIEW_DISPUTE
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.money import format_amount
from collections_app.core.story import Story, moment_sql
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Figure

LOOK = {
    DisputeStatus.UPHELD: ("circle-check", "good"),
    DisputeStatus.PARTLY_UPHELD: ("circle-dot", "good"),
    DisputeStatus.REJECTED: ("circle-x", "stop"),
    DisputeStatus.WITHDRAWN: ("arrow-back-up", "none"),
}


# When each dispute was raised and how it ended.
DISPUTES = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, d.id, d.reason AS about, d.amount,
       d.upheld_amount, d.currency, d.answer, e.name AS department,
       coalesce(nullif(u.full_name, ''), u.username) AS asked, t.from_status, t.to_status, t.reason
FROM accounts_dispute d
JOIN core_transition t ON t.subject_type = '{DISPUTE.name}' AND t.subject_id = d.id
LEFT JOIN accounts_department e ON e.id = d.department_id
LEFT JOIN core_user u ON u.id = d.asked_id
WHERE d.account_id = ANY(%(ids)s) AND d.raised_on <= %(as_of)s AND t.effective_date <= %(as_of)s
ORDER BY t.id
"""


def dispute_event(row, as_of) -> dict:
    """A dispute was raised, or a step of its status."""
    if not row.from_status:
        title = _("Disputes: %(reason)s") % {"reason": DisputeReason(row.about).label.lower()}
        detail = f"{row.department}, {row.asked}" if row.asked else ""
        icon, tone, amount = "message-question", "wait", row.amount
    else:
        title = _("Dispute: %(status)s") % {"status": DISPUTE.label(row.to_status).lower()}
        detail = row.answer or row.reason
        icon, tone = LOOK[DisputeStatus(row.to_status)]
        amount = row.upheld_amount or None
    return {
        "kind": "dispute",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "amount": amount,
        "currency": row.currency,
        "url": reverse("accounts:dispute_detail", args=[row.id]),
    }


def dispute_figures(ids, user, as_of) -> list[Figure]:
    """What is disputed, with whom it is and how long there is, for the strip."""
    found = [dispute for rows in open_disputes(ids, as_of=as_of).values() for dispute in rows]
    if not found:
        return []
    first = found[0]
    days = (first.answer_due - as_of).days if first.answer_due else None
    left = "" if days is None else (_("%(n)s d left") if days >= 0 else _("%(n)s d late")) % {"n": abs(days)}
    return [
        Figure(
            _("Disputed"),
            ui.figure(sum(dispute.amount for dispute in found), first.currency),
            note=", ".join(filter(None, [str(first.department or ""), left])),
            url=reverse("accounts:dispute_detail", args=[first.pk]),
        )
    ]


def dispute_verbs(ids, user, as_of) -> list[Action]:
    """Raising a dispute, on an open account."""
    account = account_of_page(ids)
    if account is None or account.status != AccountStatus.OPEN:
        return []
    return [
        Action(
            _("Raise a dispute"),
            reverse("accounts:dispute_new", args=[account.pk]),
            icon="message-report",
            key="d",
            permission=RAISE_DISPUTE,
        )
    ]


def disputed_reasons(ids, user, as_of) -> dict[int, list[dict]]:
    """Why part of an account is not asked for: it is in dispute, or was and rests for some days."""
    reasons: dict[int, list[dict]] = {}
    for account_id, disputes in open_disputes(ids).items():
        for dispute in disputes:
            reasons.setdefault(account_id, []).append(
                {
                    "code": "disputed",
                    "text": _("%(amount)s is in dispute")
                    % {"amount": format_amount(dispute.amount, dispute.currency, with_currency=True)},
                    "until": None,
                    "url": reverse("accounts:dispute_detail", args=[dispute.pk]),
                }
            )
    for dispute in Dispute.objects.filter(account__in=ids, resolved_on__lte=as_of, chase_again_on__gt=as_of):
        reasons.setdefault(dispute.account_id, []).append(
            {
                "code": "resting",
                "text": _("Dispute rejected, left in peace until %(day)s")
                % {"day": day_text(dispute.chase_again_on, as_of)},
                "until": datetime.combine(dispute.chase_again_on, time.min, UTC),
                "url": reverse("accounts:dispute_detail", args=[dispute.pk]),
            }
        )
    return reasons


panels.register(
    "account.timeline",
    order=50,
    provider=Story(DISPUTES, dispute_event),
    permission=VIEW_DISPUTE,
    name="disputes.disputes",
)
panels.register(
    "account.strip",
    order=25,
    provider=dispute_figures,
    permission=VIEW_DISPUTE,
    name="disputes.disputed",
)
panels.register("account.verbs", order=20, provider=dispute_verbs, name="disputes.verbs")
panels.register("why_not", order=20, provider=disputed_reasons, name="disputes.disputed")
