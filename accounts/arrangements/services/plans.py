"""Payment plans are proposed, approved, accepted, cancelled; nobody sets an outcome by hand."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.approvals.services import NoLongerFits, ask_approval, lapse_approvals
from accounts.arrangements.enums import PLAN, PLAN_DRAFTED, PROMISE, PlanStatus, PromiseStatus
from accounts.arrangements.models import PaymentPlan, PlanAccount, PlanInstalment, PlanSpan, Promise
from accounts.arrangements.plan_judging import Span
from accounts.arrangements.plan_spans import keep_spans
from accounts.arrangements.rules import (
    APPROVE_PLAN,
    CANCEL_PLAN,
    PROPOSE_PLAN,
    may_agree,
    who_may_agree,
)
from accounts.arrangements.schedule import PlanTerms, months_of
from accounts.arrangements.services.plan_review import lock_accounts, review_plans
from accounts.arrangements.services.plan_terms import (
    FREEZABLE,
    KIND,
    PlanAccountsDiffer,
    PlanBeyondAuthority,
    PlanBeyondPolicy,
    PlanMoreThanOwed,
    PlanNotOpen,
    PlanStandsAlready,
    PlanTooLate,
    PlanWhileHeld,
    beyond_text,
    check_accounts,
    check_may_be_asked,
    plan_rule,
    schedule_of,
    shares_of,
)
from accounts.arrangements.signals import plan_agreed, plans_changed, promises_changed
from accounts.ledger.models import Account
from accounts.parties.queries import day_after
from accounts.policies.queries import amount_in
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.money import format_amount
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused


@transaction.atomic
def propose_plan(
    *,
    accounts: Iterable[Account],
    terms: PlanTerms,
    freezes: Iterable[str] = (),
    is_agreed: bool = True,
    ask: bool = False,
    replacing: PaymentPlan | None = None,
    note: str = "",
    actor,
    as_of: date,
) -> PaymentPlan:
    """Write a plan down. Agreed by the debtor and within the actor's authority it is in force at once;
    not yet agreed it is an offer.

    Beyond his authority it raises PlanBeyondAuthority, unless he lets `ask`: then it waits for
    approval. `freezes` (interest, fee) stop on the days in force; `replacing` is the plan in force
    whose place it takes. Raises what `schedule_of` raises, PlanAccountsDiffer, PlanMoreThanOwed,
    PlanStandsAlready, PlanWhileHeld, PlanNotOpen, NotAllowed.
    """
    require(actor, PROPOSE_PLAN)
    wanted = list(dict.fromkeys(account.pk for account in accounts))
    locked = {account.pk: account for account in lock_accounts(wanted)}
    chosen = [locked[pk] for pk in wanted]
    lead = chosen[0]
    if replacing is not None:
        replacing = PaymentPlan.objects.select_for_update(of=("self",)).get(pk=replacing.pk)
        if replacing.status != PlanStatus.IN_FORCE:
            raise PlanNotOpen(_("Only a plan in force can be replaced; this one has its outcome."))
    check_accounts(chosen, as_of, replacing)
    stops = [scope for scope in FREEZABLE if scope in set(freezes)]
    rows = schedule_of(terms, account=lead, as_of=as_of)
    shares = shares_of(chosen, terms.amount, as_of)
    rule = plan_rule(lead, as_of)
    asked = {
        "amount": terms.amount,
        "currency": lead.currency,
        "months": months_of(rows, as_of),
        "freezes": stops,
    }
    alone = may_agree(actor.role, rule, **asked)
    if not alone and not ask:
        raise PlanBeyondAuthority(beyond_text(actor.role, rule, asked))
    plan = PaymentPlan.objects.create(
        creditor_id=lead.creditor_id,
        debtor_id=lead.debtor_id,
        account=lead,
        amount=terms.amount,
        currency=lead.currency,
        rhythm=terms.rhythm,
        month_day=terms.month_day,
        first_due=rows[0].due_date,
        last_due=rows[-1].due_date,
        freezes=stops,
        tolerance=amount_in(rule["tolerance"], lead.currency),
        breaks_at=rule["breaks_at"],
        status=PlanStatus.OFFERED if alone else PlanStatus.WAITING,
        is_agreed=is_agreed,
        made_on=as_of,
        made_by=actor,
        note=note[:300],
    )
    PlanAccount.objects.bulk_create(
        PlanAccount(plan=plan, account=account, amount=share, currency=lead.currency)
        for account, share in zip(chosen, shares, strict=True)
    )
    PlanInstalment.objects.bulk_create(
        PlanInstalment(
            plan=plan,
            number=row.number,
            due_date=row.due_date,
            grace_until=max(row.due_date, day_after(row.due_date, rule["days"], rule["unit"], lead.creditor)),
            amount=row.amount,
            currency=lead.currency,
        )
        for row in rows
    )
    PLAN.start(plan, actor=actor, as_of=as_of)
    audit.record(
        "plan.proposed",
        plan,
        actor=actor,
        after={"accounts": wanted, **asdict(terms), "freezes": stops, "replaces": replacing},
        reason=note,
    )
    if not alone:
        _ask(plan, lead, rule, asked, replacing, actor, as_of)
    elif is_agreed:
        _begin(plan, replacing=replacing, actor=actor, as_of=as_of)
    plan.refresh_from_db()
    return plan


def _ask(plan, lead, rule, asked, replacing, actor, as_of) -> None:
    roles = who_may_agree(rule, **asked)
    if not roles:
        raise PlanBeyondPolicy(_("Nobody's authority reaches such a plan. Agree on less."), field="amount")
    ask_approval(
        kind=KIND,
        subject=plan,
        summary=_("Payment plan of %(debtor)s: %(amount)s in %(n)s instalments until %(day)s")
        % {
            "debtor": lead.debtor.name,
            "amount": format_amount(plan.amount, plan.currency, with_currency=True),
            "n": plan.instalments.count(),
            "day": date_format(plan.last_due, "j M Y"),
        },
        content={
            "plan": plan.pk,
            "amount": plan.amount,
            "instalments": [
                [row.number, row.due_date, row.amount] for row in plan.instalments.order_by("number")
            ],
            "freezes": plan.freezes,
            "replaces": replacing.pk if replacing else None,
        },
        permission=APPROVE_PLAN,
        amount=plan.amount,
        currency=plan.currency,
        team=lead.team,
        roles=roles,
        actor=actor,
        as_of=as_of,
    )


def _begin(plan: PaymentPlan, *, replacing: PaymentPlan | None, actor, as_of: date) -> None:
    """The plan is in force from this day on; open promises of its accounts give way to it. What was
    true when it was written down must be so still."""
    ids = list(plan.plan_accounts.order_by("pk").values_list("account_id", flat=True))
    accounts = lock_accounts(ids)
    if plan.instalments.order_by("due_date")[0].due_date < as_of:
        raise PlanTooLate(_("Its first day has gone by before anybody agreed. Propose it again from today."))
    others = PaymentPlan.objects.filter(plan_accounts__account__in=ids, status=PlanStatus.IN_FORCE)
    if others.exclude(pk=replacing.pk if replacing else None).exists():
        raise PlanStandsAlready(_("Another plan is in force for one of its accounts meanwhile."))
    check_may_be_asked(accounts, as_of)
    shares_of(accounts, plan.amount, as_of)
    system = User.objects.system()
    PLAN.advance(plan, to=PlanStatus.IN_FORCE, actor=actor, as_of=as_of, starts_on=as_of, is_agreed=True)
    keep_spans({plan.pk: (Span(as_of, None),)}, {plan.pk: plan})
    if replacing is not None:
        _end(replacing, as_of)
        PLAN.advance(
            replacing, to=PlanStatus.REPLACED, actor=actor, as_of=as_of, replaced_by=plan, judged_on=as_of
        )
    gone = Promise.objects.open().filter(account__in=ids)
    if PROMISE.advance_many(
        gone,
        to=PromiseStatus.CANCELLED,
        actor=system,
        as_of=as_of,
        reason=_("a payment plan took its place"),
        cancel_reason=_("a payment plan took its place"),
    ):
        promises_changed.send(Promise, account_ids=ids, as_of=as_of, actor=system)
    plans_changed.send(PaymentPlan, account_ids=ids, as_of=as_of, actor=actor)
    plan_agreed.send(PaymentPlan, plan_id=plan.pk, actor=actor)
    review_plans(as_of=as_of, account_ids=ids, actor=system)


def _end(plan: PaymentPlan, as_of: date) -> None:
    """The plan ends by hand: the day before is its last in force."""
    spans = PlanSpan.objects.filter(plan=plan, superseded_at__isnull=True)
    days = sorted(set(spans.values_list("first_day", "last_day")), key=lambda span: span[0])
    before = as_of - timedelta(days=1)
    kept = tuple(
        Span(first, before if last is None or last > before else last)
        for first, last in days
        if first <= before
    )
    keep_spans({plan.pk: kept}, {plan.pk: plan})


@transaction.atomic
def accept_plan(*, plan: PaymentPlan, actor, as_of: date) -> PaymentPlan:
    """The debtor agrees to an offer: it is in force from this day. Raises StatusHasMoved, PlanTooLate,
    PlanStandsAlready, PlanWhileHeld, PlanMoreThanOwed, NotAllowed."""
    require(actor, PROPOSE_PLAN)
    plan = PaymentPlan.objects.get(pk=plan.pk)
    if plan.status == PlanStatus.WAITING:
        raise NotAllowed(_("It waits for approval."))
    PLAN.edge(plan.status, PlanStatus.IN_FORCE)
    _begin(plan, replacing=None, actor=actor, as_of=as_of)
    plan.refresh_from_db()
    return plan


@transaction.atomic
def cancel_plan(*, plan: PaymentPlan, reason: str, actor, as_of: date) -> PaymentPlan:
    """End a plan by hand, with a reason; from this day on its accounts are chased and bear interest.

    Who wrote it down may take it back as long as it is not in force. Raises Refused, PlanNotOpen, NotAllowed.
    """
    plan = PaymentPlan.objects.get(pk=plan.pk)
    is_own_draft = plan.status in PLAN_DRAFTED and plan.made_by_id == actor.pk
    if not (is_own_draft and has_permission(actor, PROPOSE_PLAN)):
        require(actor, CANCEL_PLAN)
    if not reason.strip():
        raise Refused(_("Say why it is cancelled."), field="reason")
    if plan.status not in (*PLAN_DRAFTED, PlanStatus.IN_FORCE):
        raise PlanNotOpen(_("Only an open plan can be cancelled; this one has its outcome."))
    ids = list(plan.plan_accounts.values_list("account_id", flat=True))
    lock_accounts(ids)
    if plan.status == PlanStatus.IN_FORCE:
        _end(plan, as_of)
    lapse_approvals(subject=plan, reason=_("the plan was cancelled"), actor=actor, as_of=as_of)
    PLAN.advance(
        plan,
        to=PlanStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        cancel_reason=reason[:300],
        judged_on=as_of,
    )
    plans_changed.send(PaymentPlan, account_ids=ids, as_of=as_of, actor=actor)
    return plan


def plan_approved(*, approval, actor, as_of: date) -> None:
    """What the approval of a plan does: in force where the debtor agrees, else an offer. Raises
    NoLongerFits where the plan has moved on or its first day has gone by."""
    plan = PaymentPlan.objects.select_for_update(of=("self",)).get(pk=approval.subject_id)
    if plan.status != PlanStatus.WAITING:
        raise NoLongerFits(_("The plan does not wait for approval any more."))
    if not plan.is_agreed:
        PLAN.advance(plan, to=PlanStatus.OFFERED, actor=actor, as_of=as_of)
        return
    replaced = approval.content.get("replaces")
    replacing = PaymentPlan.objects.in_force().filter(pk=replaced).first() if replaced else None
    try:
        _begin(plan, replacing=replacing, actor=actor, as_of=as_of)
    except (
        PlanTooLate,
        PlanStandsAlready,
        PlanWhileHeld,
        PlanMoreThanOwed,
        PlanAccountsDiffer,
    ) as why:
        raise NoLongerFits(why.message) from why


def plan_not_approved(*, approval, actor, as_of: date) -> None:
    """The approval was refused, and so the plan."""
    plan = PaymentPlan.objects.get(pk=approval.subject_id)
    if plan.status == PlanStatus.WAITING:
        PLAN.advance(
            plan,
            to=PlanStatus.REFUSED,
            actor=actor,
            as_of=as_of,
            reason=approval.comment,
            cancel_reason=approval.comment[:300],
            judged_on=as_of,
        )


@transaction.atomic
def lapse_drafts(*, as_of: date, creditor_ids: Iterable[int] | None = None, actor) -> list[int]:
    """Cancel offers and proposals whose first day has gone by before anybody said yes; their ids."""
    drafts = PaymentPlan.objects.drafted().filter(first_due__lt=as_of)
    if creditor_ids is not None:
        drafts = drafts.filter(creditor__in=list(creditor_ids))
    reason = _("its first day went by before it was agreed on")
    plans = list(drafts.order_by("pk"))
    for plan in plans:
        lapse_approvals(subject=plan, reason=reason, actor=actor, as_of=as_of)
    return PLAN.advance_many(
        [plan.pk for plan in plans],
        to=PlanStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        cancel_reason=reason,
        judged_on=as_of,
    )
