"""Today: where everyone's day begins, fit for the role."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.arrangements.enums import PromiseStatus
from accounts.arrangements.models import PaymentPlan, Promise
from accounts.compliance.enums import Rule
from accounts.contacts.enums import FollowUpStatus
from accounts.contacts.models import ContactAttempt, FollowUp
from accounts.disputes.enums import DisputeStatus
from accounts.disputes.models import Dispute
from accounts.disputes.queries import with_bills
from accounts.ledger.models import Account, LedgerEntry
from accounts.policies.queries import read_once
from accounts.tasks.models import Task
from accounts.teams.queries import department_ids_of, present_team_ids
from campaigns.web.officers_list import OfficersList
from campaigns.web.worklist_rows import rows_html
from campaigns.worklists import queries
from campaigns.worklists.queries import workers_of
from campaigns.worklists.rules import WORKERS, rule_set
from campaigns.worsening.queries import about_to_change
from campaigns.worsening.rules import last_near_day
from collections_app.core import jobs, panels
from collections_app.core.enums import JobStatus, Role
from collections_app.core.models import BackupRun, Job, User
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.setup import next_step_for
from collections_app.core.web.views import PageView

MONTH_SECONDS = 60
JUDGED = (PromiseStatus.KEPT, PromiseStatus.PARTLY_KEPT, PromiseStatus.BROKEN)
TEMPLATES = {
    "officer": "campaigns/today_officer.html",
    "leader": "campaigns/today_leader.html",
    "department": "campaigns/today_department.html",
    "office": "campaigns/today_office.html",
}
LEADERS = {Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR}


def address(name: str, query: str = "") -> str:
    """The address of another page with a filter; empty while that page does not exist."""
    try:
        return reverse(name) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def sums_per_currency(queryset, field: str = "amount") -> list[tuple[str, Any]]:
    return list(queryset.order_by().values_list("currency").annotate(total=Sum(field)).order_by("currency"))


def start_of(day: date) -> datetime:
    """The first moment of a day in the office's time zone."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def working_days(today: date) -> tuple[int, int]:
    """(which working day of the month it is, how many it has), weekends left out."""
    first = today.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1)
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    working = [day for day in days if day.weekday() < 5]
    return sum(day <= today for day in working), len(working)


class Today(OfficersList, PageView):
    """An officer's queue and day; a leader's team; a department's questions; an office's health."""

    permission = "core.view_home"
    title = gettext_lazy("Today")
    menu = "today"
    fragments = {"worklist": "worklist", "month": "month"}

    @property
    def kind(self) -> str:
        role = self.request.user.role
        if role in WORKERS:
            return "officer"
        if role in LEADERS:
            return "leader"
        return "department" if role == Role.DEPARTMENT_USER else "office"

    def get_template_names(self) -> list[str]:
        self.template_name = TEMPLATES[self.kind]
        return super().get_template_names()

    def get_head_actions(self) -> list[Action]:
        if self.kind == "leader":
            why_not = address("campaigns:why_not")
            return [Action(_("Why not contacted"), why_not, icon="user-question")] if why_not else []
        follow_ups = address("accounts:follow_up_list")
        if self.kind != "officer" or not follow_ups:
            return []
        return [Action(_("My follow-ups"), follow_ups, icon="history")]

    def get_context_data(self, **kwargs):
        fill = getattr(self, f"{self.kind}_context")
        if self.fragment_name() == "month":
            mine = address("campaigns:worsening_list", "near=true&mine=true")
            return super().get_context_data(month=self.month, worsening_url=mine, **kwargs)
        following = next_step_for(self.request)
        with read_once():
            return super().get_context_data(following=following, **fill(), **kwargs)

    # ---- officer ----

    def officer_context(self) -> dict[str, Any]:
        shown = self.request.GET.get("show", "")
        rows = self.rows()
        to_work = queries.to_work(self.request.user, self.today, self.officers)
        place = row_id(self.request.GET.get("place", ""))
        first_place = place if place and self.after() else 1
        follow_ups = self.follow_ups()
        due = self.promises_due()
        return {
            "to_work": to_work,
            "rows": rows,
            "rows_html": rows_html(rows, today=self.today, now=self.now, first_place=first_place),
            "next": self.next_band(rows) if rows and first_place == 1 and shown != "later" else None,
            "more_url": self.more_url(rows, first_place),
            "shown": shown,
            "rule": Rule(self.rule).label if self.rule else "",
            "rule_set": rule_set(as_of=self.today).name,
            "promises_due": due[:6],
            "promise_count": len(due),
            "promise_sums": self.sums(due),
            "promises_url": address("accounts:promise_list", f"due={self.today}"),
            "broken": self.broken_since_yesterday(),
            "broken_url": address("accounts:promise_list", "status=broken"),
            "instalments_late": self.instalments_late(),
            "plans_url": address("accounts:plan_list", "which=late"),
            "follow_ups": follow_ups,
            "late": sum(follow_up.due_on < self.today for follow_up in follow_ups),
            "follow_up_url": address("accounts:follow_up_list"),
            "working_day": working_days(self.today),
        }

    def promises_due(self) -> list[Promise]:
        """Promises due today on the officer's accounts, with what came of them."""
        return list(
            Promise.objects.filter(due_date=self.today, account__officer__in=self.officers)
            .filter(status__in=[PromiseStatus.OPEN, *JUDGED])
            .select_related("debtor")
            .order_by("id")
        )

    @staticmethod
    def sums(promises: list[Promise]) -> list[tuple[str, Any]]:
        totals: Counter = Counter()
        for promise in promises:
            totals[promise.currency] += promise.amount
        return sorted(totals.items())

    def broken_since_yesterday(self) -> int:
        return Promise.objects.filter(
            status__in=[PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT],
            judged_on__gte=self.today - timedelta(days=1),
            account__officer__in=self.officers,
        ).count()

    def instalments_late(self) -> int:
        """Plans in force on the officer's accounts with an instalment that has not come."""
        return PaymentPlan.objects.late(self.today).filter(account__officer__in=self.officers).count()

    def follow_ups(self) -> list[FollowUp]:
        """What the officer means to do: late first, then today by time."""
        return list(
            FollowUp.objects.filter(
                owner__in=self.officers, status=FollowUpStatus.OPEN, due_on__lte=self.today
            )
            .select_related("debtor")
            .order_by("due_on", "due_time", "id")[:20]
        )

    @cached_property
    def month(self) -> dict[str, Any]:
        """The officer's month so far; asked for after the page and kept for a minute."""
        key = f"today.month.{self.request.user.pk}.{self.today:%Y%m%d}"
        found = cache.get(key)
        if found is None:
            first = self.today.replace(day=1)
            mine = LedgerEntry.objects.filter(
                value_date__range=(first, self.today), account__officer__in=self.officers
            )
            judged = Promise.objects.filter(
                judged_on__range=(first, self.today), account__officer__in=self.officers, status__in=JUDGED
            ).aggregate(all=Count("pk"), kept=Count("pk", filter=Q(status=PromiseStatus.KEPT)))
            found = {
                "collected": sums_per_currency(mine.filter(kind="payment", direction="credit")),
                "judged": judged["all"],
                "kept": judged["kept"],
                "kept_percent": round(100 * judged["kept"] / judged["all"]) if judged["all"] else None,
                "contacts": ContactAttempt.objects.filter(
                    officer=self.request.user, at__gte=start_of(self.today)
                ).count(),
            }
            soon = last_near_day(self.today)
            found["worsening"] = about_to_change(self.request.user, until=soon, officers=self.officers)
            cache.set(key, found, MONTH_SECONDS)
        return found

    # ---- supervisor, manager, auditor ----

    def leader_context(self) -> dict[str, Any]:
        user = self.request.user
        waiting = [
            item for panel in panels.collect("today.waiting", [], user, self.today) for item in panel.data
        ]
        waiting.sort(key=lambda item: item["at"])
        accounts = Account.objects.visible_to(user).overdue()
        loads = queries.loads(user)
        return {
            "loads": loads,
            "most_to_work": max((load.to_work for load in loads), default=0),
            "waiting": waiting[:12],
            "waiting_count": len(waiting),
            "approvals_url": address("accounts:approval_list"),
            "gaps": queries.without_next_action(user, self.today),
            "accounts_url": address("accounts:account_list"),
            "worsening": about_to_change(user, until=last_near_day(self.today)),
            "worsening_url": address("campaigns:worsening_list", "near=true"),
            "overdue": sums_per_currency(accounts, "standing__overdue"),
            "promises": list(self.team_promises(user)),
            "tasks": self.tasks(),
            "tasks_url": address("accounts:task_list"),
        }

    def team_promises(self, user):
        return (
            Promise.objects.filter(account__in=Account.objects.visible_to(user), due_date=self.today)
            .order_by()
            .values("currency")
            .annotate(
                count=Count("pk"),
                total=Sum("amount"),
                kept=Count("pk", filter=Q(status=PromiseStatus.KEPT)),
            )
            .order_by("currency")
        )

    def tasks(self) -> list[Task]:
        """Open tasks for this person, his role in his teams, or his department."""
        user = self.request.user
        wanted = Q(assignee=user)
        if user.role in LEADERS | {Role.SENIOR_OFFICER}:
            wanted |= Q(assignee__isnull=True, role=user.role) & (
                Q(team__isnull=True) | Q(team__in=present_team_ids(user))
            )
        if user.role == Role.DEPARTMENT_USER:
            wanted |= Q(assignee__isnull=True, department__in=department_ids_of(user, self.today))
        return list(Task.objects.filter(wanted, status="open").order_by("due_at", "id")[:12])

    # ---- department user ----

    def department_context(self) -> dict[str, Any]:
        asked = Dispute.objects.filter(
            asked__in=workers_of(self.request.user, self.today), status=DisputeStatus.OPEN
        )
        return {
            "questions": list(
                with_bills(asked.select_related("department")).order_by("answer_due", "id")[:50]
            ),
            "asked_count": asked.count(),
            "late": asked.filter(answer_due__lt=self.today).count(),
            "questions_url": address("accounts:question_list"),
            "tasks": self.tasks(),
        }

    # ---- administrator ----

    def office_context(self) -> dict[str, Any]:
        people = User.objects.exclude(role=Role.SYSTEM)
        return {
            "people": [
                (Role(role).label, number)
                for role, number in people.filter(is_active=True)
                .order_by()
                .values_list("role")
                .annotate(n=Count("pk"))
                .order_by("role")
            ],
            "people_count": people.filter(is_active=True).count(),
            "people_url": address("core:user_list"),
            "jobs": [(jobs.title_of(j), j) for j in Job.objects.select_related("actor").order_by("-id")[:10]],
            "failed": Job.objects.filter(
                status=JobStatus.FAILED, finished_at__gte=self.now - timedelta(days=1)
            ).count(),
            "jobs_url": address("core:job_list"),
            "backup": BackupRun.objects.order_by("-finished_at").first(),
            "tasks": self.tasks(),
        }


def count_to_work(user, as_of: date) -> int | None:
    """The number beside Today in the menu: rows to work."""
    return queries.to_work(user, as_of) if user.role in WORKERS else None


navigation.register(
    "today",
    gettext_lazy("Today"),
    "campaigns:today",
    icon="home",
    permission="core.view_home",
    order=10,
    count=count_to_work,
    letter="t",
)

urlpatterns = [
    path("today/", Today.as_view(), name="today"),
]
