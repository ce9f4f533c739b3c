"""What promises show on the account page, in the list and in "why not?"."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.arrangements.enums import PROMISE, PromiseStatus
from accounts.arrangements.models import Promise
from accounts.arrangements.queries import open_promises
from accounts.arrangements.rules import TAKE_PROMISE, VIEW_PROMISE
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.models import Transition
from collections_app.core.money import format_amount
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


def promise_events(ids, user, as_of) -> list[dict]:
    """When each promise was taken and what became of it, by its transitions."""
    promises = {
        promise.pk: promise
        for promise in Promise.objects.filter(account__in=ids, taken_on__lte=as_of).select_related("taken_by")
    }
    steps = (
        Transition.objects.filter(
            subject_type=PROMISE.name, subject_id__in=list(promises), effective_date__lte=as_of
        )
        .select_related("actor")
        .order_by("id")
    )
    return [_event(promises[step.subject_id], step, as_of) for step in steps]


def _event(promise: Promise, step: Transition, as_of) -> dict:
    day, code = day_text(promise.due_date, as_of), promise.currency
    icon, tone = LOOK[PromiseStatus(step.to_status)]
    if not step.from_status:
        title = _("Promised for %(day)s") % {"day": day}
        detail = ", ".join(filter(None, [promise.get_method_display(), str(promise.taken_by)]))
    else:
        title = _("Promise: %(status)s") % {"status": PROMISE.label(step.to_status).lower()}
        detail = step.reason or _("%(received)s came by %(day)s") % {
            "received": format_amount(promise.received, code),
            "day": day_text(promise.grace_until, as_of),
        }
        if step.to_status == PromiseStatus.REPLACED:
            detail = _("by a new promise")
    return {
        "at": panels.moment_of(step.effective_date, step.recorded_at),
        "kind": "promise",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "amount": promise.amount,
        "currency": code,
        "url": reverse("accounts:promise_detail", args=[promise.pk]),
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
    provider=promise_events,
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
