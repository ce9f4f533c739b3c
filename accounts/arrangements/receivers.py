"""Money that was posted judges the promises and plans of its accounts at once; approvals of plans are
carried out here."""

from django.utils.translation import gettext_lazy as _

from accounts.approvals import acts
from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.signals import approval_decided
from accounts.arrangements.plan_facts import plan_days
from accounts.arrangements.queries import days_to_judge
from accounts.arrangements.services import (
    plan_approved,
    plan_not_approved,
    review_days,
    review_plan_days,
)
from accounts.arrangements.services.plan_terms import KIND
from accounts.ledger.signals import CONCERNS, entries_posted, is_concerned
from collections_app.core.models import User

CONCERNS["promises"] = "EXISTS (SELECT FROM accounts_promise p WHERE p.account_id = a.id)"
CONCERNS["plans"] = "EXISTS (SELECT FROM accounts_planaccount p WHERE p.account_id = a.id)"


def judge_what_money_changed(sender, *, account_ids, as_of, concerned=None, **news) -> None:
    """The rule judges, whoever posted: its actor is the system."""
    if is_concerned("promises", concerned):
        days = days_to_judge(account_ids, as_of=as_of)
        if days:
            review_days(days=days, actor=User.objects.system())
    if is_concerned("plans", concerned):
        days = plan_days(account_ids, as_of=as_of)
        if days:
            review_plan_days(days=days, actor=User.objects.system())


def refusal_follows(sender, *, approval, actor, as_of, **news) -> None:
    if approval.kind == KIND and approval.status == ApprovalStatus.REFUSED:
        plan_not_approved(approval=approval, actor=actor, as_of=as_of)


entries_posted.connect(judge_what_money_changed, dispatch_uid="arrangements.judge")
approval_decided.connect(refusal_follows, dispatch_uid="arrangements.refusal_follows")

acts.register(KIND, label=_("Payment plan"), perform=plan_approved)
