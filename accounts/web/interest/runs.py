"""Runs of interest and fees: prepared, looked at, posted, taken back."""

from datetime import date
from decimal import Decimal

from django import forms
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.interest.enums import INTEREST_RUN, RunStatus
from accounts.interest.filtersets import InterestRunFilterSet
from accounts.interest.jobs import PostInterest
from accounts.interest.models import InterestRun
from accounts.interest.rules import (
    RUN_INTEREST,
    VIEW_ACCRUED,
    VIEW_RUNS,
    may_post,
    needs_second_person,
)
from accounts.interest.services import (
    approve_run,
    discard_run,
    reverse_run,
    value_date_of,
    value_dates_of,
)
from accounts.web.steps import steps_section
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ConfirmPage, DetailPage, ListPage, ReasonPage

UNDECIDED = (RunStatus.PREPARING, RunStatus.PREPARED)
NOT_POSTED = (*UNDECIDED, RunStatus.APPROVED)


def month_text(day) -> str:
    return date_format(day, "F Y")


def shown_value_date(run: InterestRun, today: date) -> date:
    """The day it is posted with: until then, the one it would be posted with now."""
    return value_date_of(run, today) if run.status in UNDECIDED else run.value_date


def run_title(run: InterestRun) -> str:
    return _("%(what)s, %(month)s") % {"what": run.get_kind_display(), "month": month_text(run.last_day)}


class RunTable(Table):
    row_label = "creditor.name"

    what = LinkColumn(
        "accounts:interest_run_detail",
        text=run_title,
        verbose_name=gettext_lazy("Run"),
        order_by=("last_day", "id"),
    )
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=172)
    accounts = NumberColumn(verbose_name=gettext_lazy("Accounts"), order_by=("accounts",))
    corrections = NumberColumn(verbose_name=gettext_lazy("Corrections"), order_by=("corrections",))
    value_date = DateColumn(verbose_name=gettext_lazy("Value date"), width=104)
    made_by = TextColumn(
        accessor="made_by.full_name", verbose_name=gettext_lazy("Prepared by"), width=140, muted=True
    )
    status = StatusColumn(RunStatus, verbose_name=gettext_lazy("Status"), width=172, phone=True)

    class Meta:
        order_by = "-what"


class RunListPage(ListPage):
    permission = VIEW_RUNS
    title = gettext_lazy("Interest and fees")
    lead = gettext_lazy(
        "A run reckons one creditor's month for all accounts at once, shows it, then posts it."
    )
    menu = "interest"
    filterset_class = InterestRunFilterSet
    table_class = RunTable
    list_name = "interest_runs"
    url_name = "accounts:interest_run_list"
    count_label = ngettext_lazy("%(n)s run", "%(n)s runs", "n")
    empty_text = gettext_lazy("No run yet. Rates and fees are set under «Terms»; then prepare the first.")
    default_views = (
        (gettext_lazy("Not yet posted"), "status=prepared"),
        (gettext_lazy("Interest"), "kind=interest"),
        (gettext_lazy("Late fees"), "kind=late_fee"),
        (gettext_lazy("Penalties"), "kind=penalty"),
    )

    def get_queryset(self):
        return InterestRun.objects.visible_to(self.request.user).select_related("creditor", "made_by")

    def complete(self, rows):
        super().complete(rows)
        # as the run's own page says it; nothing of it is saved
        undecided = [run for run in rows if run.status in UNDECIDED]
        days = value_dates_of(undecided, self.today)
        for run in undecided:
            run.value_date = days[run.pk]

    def get_head_actions(self):
        return [
            Action(
                _("Interest accrued"),
                reverse("accounts:interest_accrued"),
                icon="chart-bar",
                permission=VIEW_ACCRUED,
            ),
            Action(_("What is charged"), reverse("accounts:interest_posting_list"), icon="list-details"),
            Action(_("Terms"), reverse("accounts:interest_terms"), icon="adjustments"),
            Action(
                _("Prepare a run"),
                reverse("accounts:interest_run_new"),
                icon="plus",
                primary=True,
                permission=RUN_INTEREST,
            ),
        ]


class TotalTable(Table):
    currency = TextColumn(verbose_name=gettext_lazy("Currency"), phone=True)
    accounts = NumberColumn(verbose_name=gettext_lazy("Accounts"), phone=True)
    charged = MoneyColumn(verbose_name=gettext_lazy("Charged"), phone=True)
    taken_back = MoneyColumn(verbose_name=gettext_lazy("Taken back"), phone=True)
    net = MoneyColumn(verbose_name=gettext_lazy("Added to what is owed"), phone=True, strong=True, width=188)


class RunDetailPage(DetailPage):
    permission = VIEW_RUNS
    menu = "interest"
    status_field = "status"
    list_url_name = "accounts:interest_run_list"
    list_title = gettext_lazy("Interest and fees")

    def get_queryset(self):
        return InterestRun.objects.visible_to(self.request.user).select_related(
            "creditor", "made_by", "approved_by", "terms"
        )

    def get_title(self):
        return run_title(self.object)

    def get_lead(self):
        return self.object.creditor.name

    def get_head_actions(self):
        run, address = self.object, {}
        for name in ("post", "discard", "reverse"):
            address[name] = reverse(f"accounts:interest_run_{name}", args=[run.pk])
        listed = reverse("accounts:interest_posting_list")
        actions = [Action(_("Accounts of the run"), f"{listed}?run={run.pk}", icon="list-details")]
        if run.status in NOT_POSTED:
            actions.append(Action(_("Discard"), address["discard"], icon="circle-x", permission=RUN_INTEREST))
        if run.status == RunStatus.PREPARED and may_post(self.request.user, run):
            actions.append(
                Action(_("Post run"), address["post"], icon="check", primary=True, permission=RUN_INTEREST)
            )
        if run.status == RunStatus.POSTED:
            actions.append(
                Action(_("Take back"), address["reverse"], icon="arrow-back-up", permission=RUN_INTEREST)
            )
        return actions

    def figures(self):
        run = self.object
        return [
            Figure(_("Accounts"), ui.number(run.accounts), size="xl"),
            Figure(_("Corrections of earlier months"), ui.number(run.corrections)),
            Figure(_("From"), day_text(run.first_day, self.today)),
            Figure(_("Through"), day_text(run.last_day, self.today)),
            Figure(_("Value date"), day_text(shown_value_date(run, self.today), self.today)),
        ]

    def totals(self) -> list[dict]:
        rows = []
        for currency, figures in self.object.totals.get("currencies", {}).items():
            charged, back = Decimal(figures["charged"]), Decimal(figures["taken_back"])
            rows.append(
                {
                    "id": 0,
                    "currency": currency,
                    "accounts": figures["accounts"],
                    "charged": charged,
                    "taken_back": back,
                    "net": charged - back,
                }
            )
        return rows

    def sections(self):
        run, totals = self.object, self.object.totals
        listed = f"{reverse('accounts:interest_posting_list')}?run={run.pk}"
        exceptions = [
            Fact(
                _("Corrections of earlier months"),
                ui.number(run.corrections),
                url=f"{listed}&correction=true" if run.corrections else "",
            ),
            Fact(
                _("Accounts stopped on some days"),
                ui.number(totals.get("frozen", 0)),
                url=f"{listed}&frozen=true" if totals.get("frozen") else "",
            ),
            Fact(_("Accounts cut by a limit"), ui.number(totals.get("capped", 0))),
        ]
        facts = [Fact(_("Prepared by"), run.made_by, note=run.note)]
        if run.approved_by:
            facts.append(Fact(_("Posted by"), run.approved_by))
        if run.terms_id:
            facts.append(
                Fact(
                    _("Terms"),
                    _("version in force from %(day)s") % {"day": day_text(run.terms.valid_from)},
                    url=reverse("accounts:policy_detail", args=[run.terms_id]),
                )
            )
        if run.known_at:
            facts.append(Fact(_("Facts known until"), ui.moment(run.known_at)))
        if run.status == RunStatus.PREPARED and needs_second_person(run):
            facts.append(Fact(_("Posted"), _("by another person than its maker")))
        return [
            Section(
                _("What it comes to"),
                table=TotalTable.draw(
                    self.totals(),
                    request=self.request,
                    caption=_("What it comes to"),
                    empty_text=_("This run charges nothing."),
                ),
            ),
            Section(_("Out of the ordinary"), facts=exceptions),
            Section(_("The run"), facts=facts),
            steps_section(INTEREST_RUN, run),
        ]


class RunVerb:
    """What the verbs of a run share; a run of an earlier status has no such page."""

    permission = RUN_INTEREST
    menu = "interest"
    status: tuple[str, ...] = ()

    def get_queryset(self):
        runs = InterestRun.objects.visible_to(self.request.user).select_related("creditor")
        return runs.filter(status__in=self.status)

    def get_crumbs(self):
        return [
            Crumb(_("Interest and fees"), reverse("accounts:interest_run_list")),
            Crumb(run_title(self.object), reverse("accounts:interest_run_detail", args=[self.object.pk])),
        ]

    def facts(self):
        run = self.object
        shown = [Fact(_("Creditor"), run.creditor.name), Fact(_("Accounts"), ui.number(run.accounts))]
        for currency, figures in run.totals.get("currencies", {}).items():
            shown.append(Fact(_("Charged"), ui.money_with_code(figures["charged"], currency)))
            if run.corrections:
                shown.append(Fact(_("Taken back"), ui.money_with_code(figures["taken_back"], currency)))
        return shown

    def get_cancel_url(self):
        return reverse("accounts:interest_run_detail", args=[self.object.pk])

    def get_success_url(self, result):
        return reverse("accounts:interest_run_detail", args=[self.object.pk])


class RunPostForm(forms.Form):
    """Carries the value date that the person was shown."""

    value_date = forms.DateField(required=False, widget=forms.HiddenInput)


class RunPostPage(RunVerb, ConfirmPage):
    title = gettext_lazy("Post a run")
    button = gettext_lazy("Post run")
    form_class = RunPostForm
    status = (RunStatus.PREPARED,)

    def get_initial(self):
        return {"value_date": shown_value_date(self.object, self.today).isoformat()}

    def facts(self):
        day = shown_value_date(self.object, self.today)
        return [*super().facts(), Fact(_("Value date"), day_text(day, self.today))]

    def consequence(self):
        return _("The entries are posted as one set with the run's value date, and can be taken back as one.")

    def form_invalid(self, form):
        # the next press is about the day that stands on the page now
        form.data = self.request.POST.copy()
        form.data["value_date"] = self.get_initial()["value_date"]
        return super().form_invalid(form)

    def perform(self, form):
        approve_run(
            run=self.object,
            actor=self.request.user,
            as_of=self.today,
            value_date=form.cleaned_data["value_date"],
        )
        return PostInterest.enqueue_once(scope=str(self.object.pk), actor=self.request.user)

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("The run is being posted.")


class RunDiscardPage(RunVerb, ReasonPage):
    title = gettext_lazy("Discard a run")
    button = gettext_lazy("Discard run")
    status = NOT_POSTED
    is_dangerous = True

    def perform(self, form):
        return discard_run(
            run=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )

    def get_success_message(self, result) -> str:
        return _("The run is discarded; nothing was posted.")


class RunReversePage(RunVerb, ReasonPage):
    title = gettext_lazy("Take back a run")
    button = gettext_lazy("Take back run")
    status = (RunStatus.POSTED,)
    is_dangerous = True

    def consequence(self):
        return _("Every entry of the run is reversed. The month can then be reckoned anew.")

    def perform(self, form):
        return reverse_run(
            run=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )

    def get_success_message(self, result) -> str:
        return _("The run is taken back.")


def waiting(user, as_of) -> int | None:
    return InterestRun.objects.visible_to(user).filter(status=RunStatus.PREPARED).count() or None


navigation.register(
    "interest",
    gettext_lazy("Interest and fees"),
    "accounts:interest_run_list",
    icon="percentage",
    permission=VIEW_RUNS,
    order=78,
    group="office",
    count=waiting,
)

urlpatterns = [
    path("interest/", RunListPage.as_view(), name="interest_run_list"),
    path("interest/<int:pk>/", RunDetailPage.as_view(), name="interest_run_detail"),
    path("interest/<int:pk>/post/", RunPostPage.as_view(), name="interest_run_post"),
    path("interest/<int:pk>/discard/", RunDiscardPage.as_view(), name="interest_run_discard"),
    path("interest/<int:pk>/take-back/", RunReversePage.as_view(), name="interest_run_reverse"),
]
