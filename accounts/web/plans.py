"""Payment plans: watched, and what became of them."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Case, Count, OuterRef, Q, Subquery, When
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval
from accounts.approvals.queries import approvals_of
from accounts.arrangements.as_known import as_they_stood
from accounts.arrangements.enums import PLAN, PLAN_DRAFTED, PLAN_JUDGED, PlanStatus
from accounts.arrangements.filtersets import PlanFilterSet
from accounts.arrangements.models import PaymentPlan, PlanInstalment, PlanSpan
from accounts.arrangements.rules import CANCEL_PLAN, PROPOSE_PLAN, VIEW_PLAN
from accounts.arrangements.services.plan_terms import KIND
from accounts.web.account_parts import account_action, debtor_column
from accounts.web.steps import steps_section
from collections_app.core import charts
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage

FREEZES = {"interest": gettext_lazy("interest"), "fee": gettext_lazy("fees")}


def frozen_text(plan: PaymentPlan) -> str:
    """What stops while the plan is in force."""
    return ", ".join(str(FREEZES[scope]) for scope in plan.freezes) or _("nothing")


class PlanTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:account_detail", arg="account_id", order_by=("debtor__name",))
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True, shown=False
    )
    amount = LinkColumn(
        "accounts:plan_detail",
        text=lambda plan: f"{plan.currency} {amount_text(plan.amount, plan.currency)}",
        verbose_name=gettext_lazy("Plan"),
        order_by=("amount",),
        width=132,
    )
    received = MoneyColumn(verbose_name=gettext_lazy("Received"), order_by=("received",))
    paid_number = NumberColumn(verbose_name=gettext_lazy("Paid"), order_by=("paid_number",))
    number = NumberColumn(verbose_name=gettext_lazy("Instalments"), order_by=("number",), width=92)
    next_due = DateColumn(verbose_name=gettext_lazy("Next due"), order_by=("next_due",))
    last_due = DateColumn(verbose_name=gettext_lazy("Ends"), order_by=("last_due",), width=100)
    status = StatusColumn(PlanStatus, verbose_name=gettext_lazy("Status"), phone=True)
    judged_on = DateColumn(verbose_name=gettext_lazy("Since"), order_by=("judged_on",), shown=False)
    made_by = TextColumn(accessor="made_by.full_name", verbose_name=gettext_lazy("By"), width=124, muted=True)

    class Meta:
        order_by = "next_due"


def with_progress(queryset):
    """Plans with `number` of instalments, the `paid_number` of them, and `next_due` where not over."""
    rows = PlanInstalment.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
    unpaid = PlanInstalment.objects.filter(plan=OuterRef("pk"), paid_on__isnull=True).order_by("number")
    return queryset.annotate(
        number=Subquery(rows.annotate(n=Count("pk")).values("n")),
        paid_number=Subquery(rows.annotate(n=Count("pk", filter=Q(paid_on__isnull=False))).values("n")),
        next_due=Case(
            When(
                status__in=[PlanStatus.IN_FORCE, *PLAN_DRAFTED],
                then=Subquery(unpaid.values("due_date")[:1]),
            )
        ),
    )


class PlanListPage(AnyDayList, ListPage):
    permission = VIEW_PLAN
    title = gettext_lazy("Payment plans")
    lead = gettext_lazy("Instalments that were agreed on, and what the money that came made of them.")
    menu = "plans"
    filterset_class = PlanFilterSet
    table_class = PlanTable
    list_name = "plans"
    day_field = "made_on"
    lifecycle = PLAN
    only_now = ("judged_from", "which")
    url_name = "accounts:plan_list"
    count_label = ngettext_lazy("%(n)s payment plan", "%(n)s payment plans", "n")
    empty_text = gettext_lazy("No payment plan yet. Agree on one on an account's page, with the key m.")

    def get_queryset(self):
        rows = PaymentPlan.objects.visible_to(self.request.user)
        rows = rows.select_related("account__debtor", "debtor", "creditor", "made_by")
        return self.as_then(with_progress(rows))

    def complete_then(self, rows) -> None:
        """What had come by the day, and which instalment was next."""
        super().complete_then(rows)
        in_force = [row for row in rows if row.status in PLAN_JUDGED]
        then = {
            plan.id: plan for plan in as_they_stood(in_force, as_of=self.as_of, known_at=self.known_until)
        }
        for row in rows:
            told = then.get(row.pk)
            paid = [one for one in told.instalments if one.is_paid] if told else []
            waiting = [one.due_date for one in told.instalments if not one.is_paid] if told else []
            row.received = sum((one.received for one in told.instalments), Decimal(0)) if told else Decimal(0)
            row.paid_number = len(paid)
            if row.status in PLAN_JUDGED:
                row.next_due = waiting[0] if waiting and row.status == PlanStatus.IN_FORCE else None
            row.judged_on = None

    @property
    def default_views(self):
        """Tabs that everyone has; one names days, so they are made for today."""
        week = self.today - timedelta(days=7)
        return [
            (_("In force"), "status=in_force"),
            (_("Due in 7 days"), "which=due"),
            (_("Late"), "which=late"),
            (_("Broken, last 7 days"), f"judged_from={week}&status=broken"),
            (_("Ending"), "which=ending"),
            (_("Waiting"), "status=waiting&status=offered"),
        ]


def instalment_state(row: PlanInstalment, plan: PaymentPlan, today) -> tuple[str, str, str]:
    """Tone, icon and words of an instalment on a day."""
    if row.paid_on:
        return "good", "circle-check", _("paid %(day)s") % {"day": day_text(row.paid_on, today)}
    if plan.status not in (*PLAN_JUDGED, *PLAN_DRAFTED):
        return "none", "point", ""
    if row.grace_until < today and plan.status in PLAN_JUDGED:
        return "stop", "alert-triangle", _("missed")
    if row.due_date < today:
        return (
            "attn",
            "clock-exclamation",
            _("late, counts until %(day)s") % {"day": day_text(row.grace_until, today)},
        )
    return "wait", "clock", _("to come")


def schedule_section(plan: PaymentPlan, instalments: list[PlanInstalment], today) -> Section:
    """The instalments with what came for each, under a bar of all that came."""
    share = min(plan.received / plan.amount, Decimal(1))
    received = _("%(received)s of %(amount)s received") % {
        "received": amount_text(plan.received, plan.currency),
        "amount": amount_text(plan.amount, plan.currency),
    }
    return Section(
        _("Instalments"),
        template="accounts/plan_schedule.html",
        context={
            "plan": plan,
            "rows": [(row, *instalment_state(row, plan, today)) for row in instalments],
            "progress": charts.meter(received, share),
            "share": int(share * 100),
        },
        note=_("paid by the money that came, oldest first"),
    )


def asked_sections(approval: Approval, today) -> list[Section]:
    """What somebody decides who is asked to approve a plan; nothing for other requests."""
    if approval.kind != KIND:
        return []
    plan = PaymentPlan.objects.get(pk=approval.subject_id)
    facts = [
        Fact(_("Rhythm"), plan.get_rhythm_display()),
        Fact(_("Stops meanwhile"), frozen_text(plan)),
        Fact(_("The debtor agrees"), _("yes") if plan.is_agreed else _("not yet: an offer")),
    ]
    if plan.note:
        facts.append(Fact(_("Note"), plan.note))
    section = schedule_section(plan, list(plan.instalments.order_by("number")), today)
    return [Section(_("The plan"), facts=facts), section]


class PlanDetailPage(DetailPage):
    permission = VIEW_PLAN
    menu = "plans"
    queryset = PaymentPlan.objects.select_related("account", "debtor", "creditor", "made_by", "replaced_by")
    status_field = "status"
    list_url_name = "accounts:plan_list"
    list_title = gettext_lazy("Payment plans")

    def get_title(self):
        plan = self.object
        return _("%(currency)s %(amount)s until %(day)s") % {
            "currency": plan.currency,
            "amount": amount_text(plan.amount, plan.currency),
            "day": day_text(plan.last_due, self.today),
        }

    def get_lead(self):
        return f"{self.object.debtor.name}, {self.object.account.number}"

    def get_head_actions(self):
        plan, user = self.object, self.request.user
        actions = [account_action(plan.account_id)]
        if plan.status == PlanStatus.WAITING:
            asked = approvals_of(plan).filter(status=ApprovalStatus.WAITING).first()
            if asked is not None:
                url = reverse("accounts:approval_detail", args=[asked.pk])
                actions.append(Action(_("Open request"), url, icon="scale", primary=True))
        if plan.status == PlanStatus.OFFERED:
            actions.append(
                Action(
                    _("Debtor agrees"),
                    reverse("accounts:plan_accept", args=[plan.pk]),
                    icon="check",
                    primary=True,
                    post=True,
                    permission=PROPOSE_PLAN,
                )
            )
        if plan.starts_on is not None:
            url = reverse("accounts:plan_paper", args=[plan.pk])
            actions.append(Action(_("Print plan"), url, icon="printer", permission=PROPOSE_PLAN))
        if plan.status == PlanStatus.IN_FORCE:
            actions.append(
                Action(
                    _("Agree anew"),
                    reverse("accounts:plan_new", args=[plan.account_id]),
                    icon="repeat",
                    permission=PROPOSE_PLAN,
                )
            )
        is_own = plan.status in PLAN_DRAFTED and plan.made_by_id == user.pk
        if plan.status in (*PLAN_DRAFTED, PlanStatus.IN_FORCE) and (
            is_own or has_permission(user, CANCEL_PLAN)
        ):
            url = reverse("accounts:plan_cancel", args=[plan.pk])
            actions.append(Action(_("Cancel plan"), url, icon="circle-x", permission=PROPOSE_PLAN))
        return actions

    def figures(self):
        plan, code = self.object, self.object.currency
        rows = self.instalments()
        paid = sum(1 for row in rows if row.paid_on)
        upcoming = next((row for row in rows if not row.paid_on), None)
        figures = [
            Figure(_("Agreed"), ui.figure(plan.amount, code), size="xl", currency=code),
            Figure(_("Received for it"), ui.figure(plan.received, code), size="ask"),
            Figure(_("Still to come"), ui.figure(max(plan.amount - plan.received, Decimal(0)), code)),
            Figure(_("Instalments paid"), _("%(paid)s of %(n)s") % {"paid": paid, "n": len(rows)}),
        ]
        if upcoming is not None and plan.status in (PlanStatus.IN_FORCE, *PLAN_DRAFTED):
            figures.append(
                Figure(
                    _("Next instalment"),
                    ui.figure(upcoming.amount - upcoming.received, code),
                    note=day_text(upcoming.due_date, self.today),
                )
            )
        return figures

    def instalments(self) -> list[PlanInstalment]:
        if not hasattr(self, "_instalments"):
            self._instalments = list(self.object.instalments.order_by("number"))
        return self._instalments

    def sections(self):
        plan = self.object
        return [schedule_section(plan, self.instalments(), self.today), steps_section(PLAN, plan)]

    def side(self):
        plan = self.object
        sections = [Section(_("The plan"), facts=self.facts())]
        accounts = plan.plan_accounts.select_related("account").order_by("pk")
        sections.append(
            Section(
                _("Accounts"),
                facts=[
                    Fact(
                        share.account.number,
                        ui.money_with_code(share.amount, share.currency),
                        url=reverse("accounts:account_detail", args=[share.account_id]),
                    )
                    for share in accounts
                ],
            )
        )
        return sections

    def facts(self) -> list[Fact]:
        plan, today = self.object, self.today
        rhythm = plan.get_rhythm_display()
        if plan.month_day:
            rhythm = _("%(rhythm)s, on day %(day)s") % {"rhythm": rhythm, "day": plan.month_day}
        facts = [
            Fact(_("Creditor"), plan.creditor.name),
            Fact(_("Rhythm"), rhythm),
            Fact(_("Stops meanwhile"), frozen_text(plan)),
            Fact(_("Proposed"), f"{day_text(plan.made_on, today)}, {plan.made_by}"),
        ]
        for first, last in self.days_in_force():
            words = _("from %(day)s") % {"day": day_text(first, today)}
            if last is not None:
                words = f"{day_text(first, today)} – {day_text(last, today)}"
            facts.append(Fact(_("In force"), words))
        if plan.status in PLAN_JUDGED:
            breaks = _("%(n)s missed instalments break it") % {"n": plan.breaks_at}
            if plan.breaks_at == 1:
                breaks = _("one missed instalment breaks it")
            facts.append(Fact(_("Broken when"), breaks))
        if plan.judged_on:
            facts.append(Fact(_("Outcome since"), day_text(plan.judged_on, today)))
        if plan.replaced_by_id:
            url = reverse("accounts:plan_detail", args=[plan.replaced_by_id])
            facts.append(Fact(_("Replaced by"), str(plan.replaced_by), url=url))
        if plan.cancel_reason:
            facts.append(Fact(_("Because"), plan.cancel_reason))
        if plan.note:
            facts.append(Fact(_("Note"), plan.note))
        return facts

    def days_in_force(self):
        rows = PlanSpan.objects.filter(plan=self.object, superseded_at__isnull=True)
        return sorted(set(rows.values_list("first_day", "last_day")), key=lambda span: span[0])


navigation.register(
    "plans",
    gettext_lazy("Payment plans"),
    "accounts:plan_list",
    icon="calendar-dollar",
    permission=VIEW_PLAN,
    order=15,
    group="money",
)

urlpatterns = [
    path("plans/", PlanListPage.as_view(), name="plan_list"),
    path("plans/<int:pk>/", PlanDetailPage.as_view(), name="plan_detail"),
]
