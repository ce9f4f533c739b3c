"""What promises and payment plans show on the account page, in the list and in "why not?"."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.arrangements.enums import PLAN, PROMISE, PlanStatus, PromiseStatus
from accounts.arrangements.queries import Agreed, agreed
from accounts.arrangements.rules import PROPOSE_PLAN, TAKE_PROMISE, VIEW_PLAN, VIEW_PROMISE
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


PLAN_LOOK = {status: (status.icon, status.tone) for status in PlanStatus}
PLANS = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, p.id, p.currency, p.amount, p.last_due,
       p.received, (SELECT count(*) FROM accounts_planinstalment i WHERE i.plan_id = p.id) AS number,
       coalesce(nullif(u.full_name, ''), u.username) AS made_by, t.from_status, t.to_status, t.reason
FROM accounts_planaccount a
JOIN accounts_paymentplan p ON p.id = a.plan_id
JOIN core_transition t ON t.subject_type = '{PLAN.name}' AND t.subject_id = p.id
LEFT JOIN core_user u ON u.id = p.made_by_id
WHERE a.account_id = ANY(%(ids)s) AND t.effective_date <= %(as_of)s
ORDER BY t.id
"""


def plan_event(row, as_of) -> dict:
    """A plan was written down, or a step of its status."""
    icon, tone = PLAN_LOOK[PlanStatus(row.to_status)]
    if not row.from_status:
        title = _("Payment plan: %(n)s instalments until %(day)s") % {
            "n": row.number,
            "day": day_text(day_of(row.last_due), as_of),
        }
        detail = row.made_by
    else:
        title = _("Payment plan: %(status)s") % {"status": PLAN.label(row.to_status).lower()}
        detail = row.reason
    return {
        "kind": "promise",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "amount": row.amount,
        "currency": row.currency,
        "url": reverse("accounts:plan_detail", args=[row.id]),
    }


def agreed_figures(ids, user, as_of) -> list[Figure]:
    """The promise that is due first and the next instalment of the plan, for the strip."""
    found = [row for rows in agreed(ids, as_of=as_of).values() for row in rows]
    promises = [row for row in found if row.kind == "promise"]
    plans = {row.id: row for row in found if row.kind == "plan"}
    figures = [_plan_figure(row, as_of) for row in plans.values()]
    if promises:
        first = promises[0]
        more = _("and %(n)s more") % {"n": len(promises) - 1} if len(promises) > 1 else ""
        figures.append(
            Figure(
                _("Promised"),
                ui.figure(first.amount, first.currency),
                note=f"{day_text(first.due_date, as_of)} {more}".strip(),
                url=reverse("accounts:promise_detail", args=[first.id]),
            )
        )
    return figures


def _plan_figure(row: Agreed, as_of) -> Figure:
    paid = _("%(paid)s of %(n)s paid") % {"paid": row.paid, "n": row.number}
    due = day_text(row.due_date, as_of) if row.due_date else ""
    return Figure(
        _("Next instalment"),
        ui.figure(row.amount, row.currency),
        note=", ".join(filter(None, [due, paid])),
        url=reverse("accounts:plan_detail", args=[row.id]),
    )


def promise_verbs(ids, user, as_of) -> list[Action]:
    """Taking a promise, agreeing on a plan and printing what may be agreed on, on an open account."""
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
        ),
        Action(
            _("Payment plan"),
            reverse("accounts:plan_new", args=[account.pk]),
            icon="calendar-dollar",
            key="m",
            permission=PROPOSE_PLAN,
        ),
        Action(
            _("Options sheet"),
            reverse("accounts:plan_options", args=[account.pk]),
            icon="file-text",
            permission=PROPOSE_PLAN,
        ),
    ]


def agreed_reasons(ids, user, as_of) -> dict[int, list[dict]]:
    """Why an account is not chased: a promise is open and within its grace, or a plan in force."""
    reasons: dict[int, list[dict]] = {}
    for account_id, rows in agreed(ids, as_of=as_of).items():
        for row in rows:
            if row.kind == "plan":
                reasons.setdefault(account_id, []).append(_plan_reason(row, as_of))
            elif row.grace_until >= as_of:
                reasons.setdefault(account_id, []).append(
                    {
                        "code": "promised",
                        "text": _("Promised %(amount)s by %(day)s")
                        % {
                            "amount": format_amount(row.amount, row.currency, with_currency=True),
                            "day": day_text(row.due_date, as_of),
                        },
                        "until": datetime.combine(row.grace_until, time.max, UTC),
                        "url": reverse("accounts:promise_detail", args=[row.id]),
                    }
                )
    return reasons


def _plan_reason(row: Agreed, as_of) -> dict:
    text = _("Payment plan in force")
    if row.due_date:
        text = _("Payment plan in force, %(amount)s due %(day)s") % {
            "amount": format_amount(row.amount, row.currency, with_currency=True),
            "day": day_text(row.due_date, as_of),
        }
    return {
        "code": "planned",
        "text": text,
        "until": datetime.combine(row.grace_until, time.max, UTC) if row.grace_until else None,
        "url": reverse("accounts:plan_detail", args=[row.id]),
    }


panels.register(
    "account.timeline",
    order=40,
    provider=Story(PROMISES, promise_event),
    permission=VIEW_PROMISE,
    name="arrangements.promises",
)
panels.register(
    "account.timeline",
    order=41,
    provider=Story(PLANS, plan_event),
    permission=VIEW_PLAN,
    name="arrangements.plans",
)
panels.register(
    "account.strip",
    order=20,
    provider=agreed_figures,
    permission=VIEW_PROMISE,
    name="arrangements.promised",
)
panels.register("account.verbs", order=10, provider=promise_verbs, name="arrangements.verbs")
panels.register("why_not", order=30, provider=agreed_reasons, name="arrangements.promised")
