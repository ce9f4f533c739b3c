"""What the "Now" panel shows, put together once for the page, its fragments and the plain page."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from accounts.arrangements.rules import PROPOSE_PLAN
from accounts.compliance.decision import Verdict
from accounts.compliance.enums import Purpose, SayWhen
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts import presence
from accounts.contacts.callees import phones_of_account
from accounts.contacts.enums import AFTER_RIGHT_PARTY, CALL_OUTCOMES, Outcome
from accounts.contacts.models import FollowUp, OpenCall
from accounts.contacts.queries import (
    identity_facts,
    last_reason,
    lines_of_call,
    open_call_of,
    step_from,
    who_asked_to_call_back,
    words_to_read,
)
from accounts.contacts.rules import PLAN_FOLLOW_UP
from accounts.ledger.models import Account
from accounts.ledger.queries import account_of_page, open_items
from accounts.parties.enums import Channel
from accounts.parties.phones import readable
from accounts.position.queries import positions
from accounts.web.call.callees import callees_of, role_label
from accounts.web.call.chip import chip
from accounts.web.call.forms import FORMS, Likely, OutcomeForm, written
from collections_app.core import clock, panels
from collections_app.core.models import User
from collections_app.core.permissions import has_permission
from collections_app.core.web.forms import adapt

# The first two stand beside the clock, the rest behind "more"; the keys that tick them.
TICKS_SHOWN = 2
TICK_KEYS = "aserty"
SAY_KEYS = "qzu"
STEPS_SHOWN = 3
DIAL_WITHIN = timedelta(minutes=2)


def now_panel(ids, user, as_of: date) -> dict[str, Any] | None:
    """The provider of the panel `account.now`."""
    account = account_of_page(ids)
    return None if account is None else context_of(account, user, as_of=as_of, now=clock.now())


def context_of(
    account: Account,
    user,
    *,
    as_of: date,
    now: datetime,
    outcome: str = "",
    form: OutcomeForm | None = None,
    problem: str = "",
    wanted: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Everything the panel's templates read. `wanted` is the call that wants a reason first."""
    may_act = has_permission(user, MAKE_CONTACT)
    own = open_call_of(user) if may_act else None
    call = own if own is not None and own.account_id == account.pk else None
    points = phones_of_account(account, as_of) if may_act and own is None else []
    person = call.debtor if call is not None else account.debtor
    asked = [(person.pk, None), *((point.debtor_id, point.pk) for point in points)]
    known, *of_points = known_for(
        [Asked(who, (account.pk,), Channel.CALL, now, point_id=point) for who, point in asked]
    )
    verdicts = {channel: known.verdict(channel) for channel in Channel.values}
    wishes = who_asked_to_call_back(account, now)
    is_asked_for = person.pk in wishes
    purpose = Purpose.REQUESTED if is_asked_for else None
    verdicts[Channel.CALL.value] = known.reading_out().verdict(Channel.CALL, purpose)
    callees = callees_of(zip(points, of_points, strict=True), wishes, now)
    context: dict[str, Any] = {
        "account": account,
        "chip": chip(verdicts, now),
        "may_act": may_act,
        "call": call,
        "other_call": own if own is not None and call is None else None,
        "steps": _open_steps(account) if own is None else [],
        "may_plan": has_permission(user, PLAN_FOLLOW_UP),
        "problem": problem,
        "asks_reason": wanted is not None,
        "asked": {name: (wanted or {}).get(name, "") for name in ("direction", "contact_point", "reads")},
        "words": [] if is_asked_for else words_to_read(known, account.debtor.language),
        "colleagues": colleagues(account.debtor_id, user, now),
        "callees": callees,
        "has_others": any(callee.role for callee in callees),
        "first": next((number.point for callee in callees for number in callee.numbers if number.may), None),
        "best_point": next((point for point in points if point.role is None), None),
        "outcome": outcome,
        "form": None,
        "needs_check": False,
        "options_url": options_url(account, user),
        "is_fragment": False,
        "is_outcome_alone": False,
    }
    if call is not None:
        context |= _call_context(account, call, verdicts[Channel.CALL], now, as_of)
        context["outcomes"] = [
            (place, value.value, value.label) for place, value in enumerate(CALL_OUTCOMES, start=1)
        ]
        context |= outcome_context(
            account, user, call, known, as_of=as_of, now=now, outcome=outcome, form=form
        )
    return context


def _open_steps(account: Account) -> list[FollowUp]:
    """The next things somebody means to do on the account."""
    return list(
        FollowUp.objects.open()
        .filter(account=account)
        .select_related("owner", "debtor")
        .only("kind", "due_on", "due_time", "note", "owner__full_name", "debtor__name")
        .order_by("due_on", "due_time", "pk")[:STEPS_SHOWN]
    )


def colleagues(debtor_id: int, user, now: datetime, *, whoever_calls: bool = False) -> list[User]:
    """Who else is on this debtor's page now, and since when on the phone with him (`since`).

    With `whoever_calls` also who is on the phone and has left the page: one statement in any case.
    """
    ids = presence.others(debtor_id=debtor_id, user=user, at=now)
    if not ids and not whoever_calls:
        return []
    calls = OpenCall.objects.filter(debtor=debtor_id, officer=OuterRef("pk"))
    found = User.objects.annotate(since=Subquery(calls.values("opened_at")[:1])).exclude(pk=user.pk)
    there = Q(pk__in=ids)
    return list(
        found.filter(there | Q(since__isnull=False) if whoever_calls else there).order_by("full_name")
    )


def _may_dial(call: OpenCall, now: datetime) -> bool:
    """Whether the number is a link: the gate allowed this call, just now. Later it is a number to
    read: another try is another call, with a permit of its own and counted again."""
    asked = call.permit is not None and call.permit.is_allowed and call.contact_point is not None
    return asked and now - call.opened_at <= DIAL_WITHIN


def _call_context(
    account: Account, call: OpenCall, verdict: Verdict, now: datetime, as_of: date
) -> dict[str, Any]:
    ticks = [
        (fact, fact.item in call.checked_items, TICK_KEYS[place])
        for place, fact in enumerate(identity_facts(account, as_of, call.debtor)[: len(TICK_KEYS)])
    ]
    seconds = max(0, int((now - call.opened_at).total_seconds()))
    return {
        "with_other": role_label(account, call, as_of),
        "may_dial": _may_dial(call, now) and verdict.allowed,
        "number": readable(call.contact_point.value) if call.contact_point else "",
        "seconds": seconds,
        "clock": f"{seconds // 60:02}:{seconds % 60:02}",
        "ticks": ticks[:TICKS_SHOWN],
        "more_ticks": ticks[TICKS_SHOWN:],
    }


def outcome_context(
    account: Account,
    user,
    call,
    known,
    *,
    as_of: date,
    now: datetime,
    outcome: str,
    form: OutcomeForm | None = None,
) -> dict[str, Any]:
    """The fields of the chosen outcome; no amount and no form of the debt before the check."""
    lines = _lines(call, known)
    is_open = call.is_right_party and all(is_said for line, is_said, _key in lines if line.is_wording)
    script: dict[str, Any] = {
        "is_right_party": call.is_right_party,
        "is_open": is_open,
        "to_ask": None,
        "lines": lines,
    }
    context: dict[str, Any] = {
        "script": script,
        "needs_check": False,
        "next_url": next_url(account, user, as_of),
    }
    if is_open:
        script["to_ask"] = positions([account.pk], as_of=as_of)[account.pk].chaseable
        script |= script_of_stage(account, user, as_of)
        script["options_url"] = options_url(account, user)
    if outcome not in FORMS:
        return context
    if outcome in AFTER_RIGHT_PARTY and not is_open:
        return context | {"needs_check": True}
    if form is None:
        form = adapt(FORMS[outcome](likely=likely(account, known, outcome, as_of=as_of, now=now)))
    return context | {
        "form": form,
        "grid": [form[name] for name in form.grid if name in form.fields],
        "lead": form[form.lead] if form.lead else None,
        "trio": [form[name] for name in form.trio],
        "consequence": form.consequence(),
        "picks": [written(amount) for amount in form.likely.amounts()] if outcome == Outcome.PROMISE else [],
    }


def _lines(call: OpenCall, known) -> list[tuple[Any, bool, str]]:
    """What the law wants said by now, whether it was ticked as said, and the key that ticks it."""
    reached = {SayWhen.START, SayWhen.DEBT} if call.is_right_party else {SayWhen.START}
    due = [line for line in lines_of_call(known, call) if line.when in reached]
    return [
        (line, line.name in call.lines_said, SAY_KEYS[place : place + 1]) for place, line in enumerate(due)
    ]


def likely(account: Account, known, outcome: str, *, as_of: date, now: datetime) -> Likely:
    """The likely values of an outcome's fields."""
    position = positions([account.pk], as_of=as_of)[account.pk]
    return Likely(
        account=account,
        as_of=as_of,
        to_ask=position.chaseable,
        items=open_items([account.pk], as_of=as_of)[account.pk],
        reason=last_reason(account.debtor_id),
        step=step_from(known, outcome=outcome, account=account, at=now, as_of=as_of),
    )


def script_of_stage(account: Account, user, as_of: date) -> dict[str, Any]:
    """What the strategy in force wants said on this account (`text`, `stage`); asked once the right
    party is on the line, so it may name amounts. Empty where no floor above has a text."""
    for panel in panels.collect("call.script", [account.pk], user, as_of):
        return panel.data
    return {}


def options_url(account: Account, user) -> str:
    """The one-page sheet of what he may choose from (D31), for who may propose it."""
    if not has_permission(user, PROPOSE_PLAN):
        return ""
    return reverse("accounts:plan_options", args=[account.pk])


def next_url(account: Account, user, as_of: date) -> str:
    """The next account of the worklist where there is one; empty otherwise."""
    for panel in panels.collect("account.facts", [account.pk], user, as_of):
        if panel.data.get("next_url"):
            return panel.data["next_url"]
    return ""


def account_url(account: Account) -> str:
    return reverse("accounts:account_detail", args=[account.pk])
