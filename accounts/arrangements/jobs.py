from collections import defaultdict

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.papers import keep_paper
from accounts.arrangements.services import lapse_drafts, review_plans, review_promises
from accounts.arrangements.signals import plan_agreed
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class _Review(JobRunner):
    """Judges what the passing of days changed, on the day it is at each creditor."""

    retries = 2
    review = None

    def run(self, job, progress):
        by_zone: dict[str, list[int]] = defaultdict(list)
        for pk, zone in Creditor.objects.values_list("pk", "time_zone"):
            by_zone[zone].append(pk)
        progress.total(len(by_zone))
        changed = 0
        for zone, creditor_ids in sorted(by_zone.items()):
            as_of = job.as_of or clock.today(zone)
            changed += len(type(self).review(as_of=as_of, creditor_ids=creditor_ids, actor=job.actor))
            progress.advance(1)
        return {"changed": changed}


class ReviewPromises(_Review):
    name = "accounts.review_promises"
    title = _("Judge promises whose day has passed")
    review = staticmethod(review_promises)


class ReviewPlans(_Review):
    name = "accounts.review_plans"
    title = _("Judge payment plans whose instalments fell due")

    @staticmethod
    def review(**when):
        return review_plans(**when) + lapse_drafts(**when)


class KeepPlanPaper(JobRunner):
    """Stores the paper of the plan in `params["plan"]`, drawn outside the agreement's locks."""

    name = "accounts.keep_plan_paper"
    title = _("Keep the paper of a payment plan")
    retries = 2

    def run(self, job, progress):
        plan = PaymentPlan.objects.select_related("account", "creditor", "debtor").get(
            pk=job.params["plan"]
        )
        progress.attach(keep_paper(plan, actor=job.actor))
        return {"plan": plan.pk}


@receiver(plan_agreed)
def keep_it(sender, *, plan_id, actor, **_kwargs) -> None:
    KeepPlanPaper.enqueue_once(scope=str(plan_id), params={"plan": plan_id}, actor=actor)
