"""Irregularities of money: reported, given to somebody, put right."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.irregularities.enums import IRREGULARITY, UNDER_WAY, IrregularityStatus
from accounts.irregularities.filtersets import IrregularityFilterSet
from accounts.irregularities.models import Irregularity
from accounts.irregularities.queries import corrections_of, documents_of
from accounts.irregularities.rules import (
    OPEN_IRREGULARITY,
    VIEW_IRREGULARITY,
    WORK_IRREGULARITY,
    may_work_on,
)
from accounts.web.steps import steps_section
from accounts.web.tasks import subject_url
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage


class IrregularityTable(Table):
    row_label = "note"

    kind = LinkColumn(
        "accounts:irregularity_detail",
        text="get_kind_display",
        note=lambda case: case.account.debtor.name if case.account else "",
        verbose_name=gettext_lazy("What"),
        order_by=("kind",),
    )
    account = TextColumn(
        accessor="account.number", verbose_name=gettext_lazy("Account"), width=124, bdi=True, muted=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    whose = TextColumn(accessor="whose", verbose_name=gettext_lazy("Owner"), width=156)
    found_on = DateColumn(verbose_name=gettext_lazy("Found"), age=True, order_by=("found_on",))
    due_date = DateColumn(verbose_name=gettext_lazy("Put right by"), order_by=("due_date",))
    status = StatusColumn(IrregularityStatus, verbose_name=gettext_lazy("Status"), width=124, phone=True)
    note = TextColumn(verbose_name=gettext_lazy("What is wrong"), width=228, muted=True, shown=False)
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True, shown=False
    )

    class Meta:
        order_by = "due_date"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.is_late else ""


class IrregularityListPage(AnyDayList, ListPage):
    permission = VIEW_IRREGULARITY
    title = gettext_lazy("Irregularities")
    lead = gettext_lazy("Money that is not as it should be, with whom it is and what put it right.")
    menu = "irregularities"
    filterset_class = IrregularityFilterSet
    table_class = IrregularityTable
    list_name = "irregularities"
    day_field = "found_on"
    recorded_field = "opened_at"
    lifecycle = IRREGULARITY
    only_now = ("under_way", "mine", "late", "older")
    url_name = "accounts:irregularity_list"
    count_label = ngettext_lazy("%(n)s irregularity", "%(n)s irregularities", "n")
    empty_text = gettext_lazy("No irregularity. Report one here, or on an account's page.")
    default_views = (
        (gettext_lazy("Open or in work"), "under_way=true"),
        (gettext_lazy("Mine"), "mine=true&under_way=true"),
        (gettext_lazy("Late"), "late=true"),
        (gettext_lazy("Payer not known"), "under_way=true&kind=unidentified"),
    )

    def get_queryset(self):
        return self.as_then(
            Irregularity.objects.visible_to(self.request.user)
            .with_late(self.as_of)
            .select_related("account__debtor", "owner", "team", "creditor")
        )

    def get_head_actions(self):
        return [
            Action(
                _("Report an irregularity"),
                reverse("accounts:irregularity_new"),
                icon="plus",
                primary=True,
                permission=OPEN_IRREGULARITY,
            )
        ]


class IrregularityDetailPage(DetailPage):
    permission = VIEW_IRREGULARITY
    menu = "irregularities"
    queryset = Irregularity.objects.select_related(
        "account__debtor", "creditor", "owner", "team", "opened_by", "ended_by"
    )
    status_field = "status"
    list_url_name = "accounts:irregularity_list"
    list_title = gettext_lazy("Irregularities")

    def get_title(self):
        case = self.object
        return f"{case.get_kind_display()}, {case.currency} {amount_text(case.amount, case.currency)}"

    def get_lead(self):
        account = self.object.account
        return f"{account.debtor.name}, {account.number}" if account else ""

    def get_head_actions(self):
        case = self.object
        actions: list[Action] = []
        if case.status not in UNDER_WAY or not may_work_on(self.request.user, case):
            return actions
        address = {
            name: reverse(f"accounts:irregularity_{name}", args=[case.pk])
            for name in ("take", "give", "close", "cancel")
        }
        if case.status == IrregularityStatus.OPEN:
            actions.append(
                Action(
                    _("Start work"),
                    address["take"],
                    icon="player-play",
                    post=True,
                    permission=WORK_IRREGULARITY,
                )
            )
        return [
            *actions,
            Action(_("Give to somebody"), address["give"], icon="mail-forward", permission=WORK_IRREGULARITY),
            Action(_("Nothing was wrong"), address["cancel"], icon="circle-x", permission=WORK_IRREGULARITY),
            Action(
                _("Close with a correction"),
                address["close"],
                icon="circle-check",
                primary=True,
                permission=WORK_IRREGULARITY,
            ),
        ]

    def figures(self):
        case, code = self.object, self.object.currency
        found = [
            Figure(_("Amount"), ui.figure(case.amount, code), size="xl", currency=code),
            Figure(_("Owner"), case.whose() or _("nobody yet")),
            Figure(_("Found"), day_text(case.found_on, self.today), note=str(case.opened_by)),
        ]
        if case.ended_on:
            found.append(Figure(_("Ended"), day_text(case.ended_on, self.today), note=str(case.ended_by)))
        else:
            days = (case.due_date - self.today).days
            note = _("%(n)s d left") % {"n": days} if days >= 0 else _("%(n)s d late") % {"n": -days}
            found.append(Figure(_("Put right by"), day_text(case.due_date, self.today), note=note))
        return found

    def sections(self):
        case = self.object
        facts = [Fact(_("What is wrong"), case.note)]
        if case.account:
            facts.append(
                Fact(
                    _("Account"),
                    f"{case.account.debtor.name} {case.account.number}",
                    url=reverse("accounts:account_detail", args=[case.account_id]),
                )
            )
        if case.creditor:
            facts.append(Fact(_("Creditor"), case.creditor.name))
        if about := subject_url(case.subject_type, case.subject_id):
            facts.append(Fact(_("Found at"), _("Open it"), url=about))
        if case.outcome:
            facts.append(Fact(_("What came of it"), case.outcome))
        corrections = [
            Fact(
                row.entry.get_kind_display(),
                ui.money_with_code(row.entry.amount, row.entry.currency),
                url=reverse("accounts:entry_detail", args=[row.entry_id]),
                note=f"{row.entry.account.number}, {day_text(row.entry.value_date, self.today)}",
            )
            for row in corrections_of(case)
        ]
        return [
            Section(_("The case"), facts=facts),
            Section(
                _("What put it right"),
                facts=corrections
                or [Fact(_("Postings"), _("none yet") if case.status in UNDER_WAY else _("none"))],
            ),
            steps_section(IRREGULARITY, case),
        ]

    def side(self):
        return [
            Section(
                _("Papers"),
                template="accounts/papers.html",
                context={"files": list(documents_of(self.object))},
                link=Crumb(_("Add a paper"), reverse("accounts:irregularity_document", args=[self.object.pk]))
                if self.object.status in UNDER_WAY and has_permission(self.request.user, OPEN_IRREGULARITY)
                else None,
            )
        ]


def under_way_count(user, as_of) -> int | None:
    return Irregularity.objects.under_way().filter(owner=user).count() or None


navigation.register(
    "irregularities",
    gettext_lazy("Irregularities"),
    "accounts:irregularity_list",
    icon="alert-circle",
    permission=VIEW_IRREGULARITY,
    order=70,
    group="money",
    count=under_way_count,
)

urlpatterns = [
    path("irregularities/", IrregularityListPage.as_view(), name="irregularity_list"),
    path("irregularities/<int:pk>/", IrregularityDetailPage.as_view(), name="irregularity_detail"),
]
