"""What promises show on the account page, in the list and in "why not?"."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.arrangements.enums import PROMISE, PromiseStatus
from accounts.arrangements.queries import open_promises
from accounts.arrangements.rules import TAKE_PROMISE, VIEW_PROMISE
from accounts.ledger.enums import AccountStatus, PaymentMethod
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.money import format_amount
from collections_app.core.story import Story, day_of, moment_sql
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Figure

LOOK = {
    PromiseStatus.OPEN: ("hourglass", "wait"),
    PromiseStatus.KEPT: ("circle-check", "good"),
    PromiseStatus.PARTLY_KEPT: ("circle-dot", "attn"),
    PromiseStatus.BROKEN: ("heart-broken", "stop"),
    PromiseStatus.REPLACED: ("repeat", "none"),
    PromiseStatus.CANCELLED: ("circle-x", "none"),
}


# When each promise was taken and what became of it, by its transitions.
PROMISES = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, p.id, p.due_date, p.grace_until,
       p.currency, p.amount, p.received, p.method, coalesce(nullif(u.full_name, ''), u.username) AS taken_by,
       t.from_status, t.to_status, t.reason
FROM accounts_promise p
JOIN core_transition t ON t.subject_type = '{PROMISE.name}' AND t.subject_id = p.id
LEFT JOIN core_user u ON u.id = p.taken_by_id
WHERE p.account_id = ANY(%(ids)s) AND p.taken_on <= %(as_of)s AND t.effective_date <= %(as_of)s
ORDER BY t.id
"""


def promise_event(row, as_of) -> dict:
    """A promise was taken, or a step of its status."""
    icon, tone = LOOK[PromiseStatus(row.to_status)]
    if not row.from_status:
        title = _("Promised for %(day)s") % {"day": day_text(day_of(row.due_date), as_of)}
        method = PaymentMethod(row.method).label if row.method else ""
        detail = ", ".join(filter(None, [str(method), row.taken_by]))
    else:
        title = _("Promise: %(status)s") % {"status": PROMISE.label(row.to_status).lower()}
        detail = row.reason or _("%(received)s came by %(day)s") % {
            "received": format_amount(row.received, row.currency),
            "day": day_text(day_of(row.grace_until), as_of),
        }
        if row.to_status == PromiseStatus.REPLACED:
            detail = _("by a new promise")
    return {
        "kind": "promise",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "amount": row.amount,
        "currency": row.currency,
        "url": reverse("accounts:promise_detail", args=[row.id]),
    }


def promise_figures(ids, user, as_of) -> list[Figure]:
    """The promise that is due first, for the strip."""
    found = [promise for rows in open_promises(ids, as_of=as_of).values() for promise in rows]
    if not found:
        return []
    first = found[0]
    more = _("and %(n)s more") % {"n": len(found) - 1} if len(found) > 1 else ""
    return [
        Figure(
            _("Promised"),
            ui.figure(first.amount, first.currency),
            note=f"{day_text(first.due_date, as_of)} {more}".strip(),
            url=reverse("accounts:promise_detail", args=[first.pk]),
        )
    ]


def promise_verbs(ids, user, as_of) -> list[Action]:
    """Taking a promise, on an open account."""
    account = account_of_page(ids)
    if account is None or account.status != AccountStatus.OPEN:
        return []
    return [
        Action(
            _("Take a promise"),
            reverse("accounts:promise_new", args=[account.pk]),
            icon="hourglass",
            key="p",
            permission=TAKE_PROMISE,
        )
    ]


def promised_reasons(ids, user, as_of) -> dict[int, list[dict]]:
    """Why an account is not chased: a promise is open and within its grace."""
    reasons: dict[int, list[dict]] = {}
    for account_id, promises in open_promises(ids).items():
        for promise in promises:
            if promise.grace_until >= as_of:
                reasons.setdefault(account_id, []).append(
                    {
                        "code": "promised",
                        "text": _("Promised %(amount)s by %(day)s")
                        % {
                            "amount": format_amount(promise.amount, promise.currency, with_currency=True),
                            "day": day_text(promise.due_date, as_of),
                        },
                        "until": datetime.combine(promise.grace_until, time.max, UTC),
                        "url": reverse("accounts:promise_detail", args=[promise.pk]),
                    }
                )
    return reasons


panels.register(
    "account.timeline",
    order=40,
    provider=Story(PROMISES, promise_event),
    permission=VIEW_PROMISE,
    name="arrangements.promises",
)
panels.register(
    "account.strip",
    order=20,
    provider=promise_figures,
    permission=VIEW_PROMISE,
    name="arrangements.promised",
)
panels.register("account.verbs", order=10, provider=promise_verbs, name="arrangements.verbs")
panels.register("why_not", order=30, provider=promised_reasons, name="arrangements.promised")
