"""Disputes as the office watches them."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db.models import F
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.disputes.enums import DISPUTE, DisputeStatus
from accounts.disputes.filtersets import DisputeFilterSet
from accounts.disputes.models import Dispute
from accounts.disputes.queries import evidence_of, waits
from accounts.disputes.rules import RAISE_DISPUTE, VIEW_DISPUTE
from accounts.web.account_parts import account_action, debtor_column, debtor_line
from accounts.web.steps import steps_section
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage, PageView

MEASURED_DAYS = 90


class DisputeTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:dispute_detail", order_by=("account__debtor__name",))
    reason = TextColumn(
        accessor="get_reason_display", verbose_name=gettext_lazy("Reason"), width=172, muted=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Disputed"), code=True, total=True, order_by=("amount",))
    upheld_amount = MoneyColumn(verbose_name=gettext_lazy("Upheld"))
    department = TextColumn(accessor="department.name", verbose_name=gettext_lazy("Department"), width=116)
    asked = TextColumn(
        accessor="asked.full_name", verbose_name=gettext_lazy("Asked"), width=124, muted=True, shown=False
    )
    raised_on = DateColumn(verbose_name=gettext_lazy("Raised"), order_by=("raised_on",))
    answer_due = DateColumn(verbose_name=gettext_lazy("Answer due"), order_by=("answer_due",))
    status = StatusColumn(DisputeStatus, verbose_name=gettext_lazy("Status"), width=188, phone=True)

    class Meta:
        order_by = "answer_due"


class DisputeListPage(AnyDayList, ListPage):
    permission = VIEW_DISPUTE
    title = gettext_lazy("Disputes")
    lead = gettext_lazy("What debtors contest, with which department it is, and since when.")
    menu = "disputes"
    queryset = Dispute.objects.select_related("account__debtor", "department", "asked")
    filterset_class = DisputeFilterSet
    table_class = DisputeTable
    list_name = "disputes"
    day_field = "raised_on"
    lifecycle = DISPUTE
    only_now = ("late", "resting")
    outcomes: ClassVar = {"upheld_amount": Decimal(0)}
    url_name = "accounts:dispute_list"
    count_label = ngettext_lazy("%(n)s dispute", "%(n)s disputes", "n")
    empty_text = gettext_lazy("No dispute yet. Raise one on an account's page, with the key d.")
    default_views = (
        (gettext_lazy("Open"), "status=open"),
        (gettext_lazy("Answer late"), "late=true"),
        (gettext_lazy("Rejected, left in peace"), "resting=true"),
    )

    def get_head_actions(self):
        return [Action(_("Waiting time"), reverse("accounts:dispute_waits"), icon="hourglass")]


class WaitTable(Table):
    name = TextColumn(verbose_name=gettext_lazy("Department"))
    waiting = NumberColumn(verbose_name=gettext_lazy("Waiting"), width=92)
    late = NumberColumn(verbose_name=gettext_lazy("Late"), width=92)
    longest_days = NumberColumn(verbose_name=gettext_lazy("Longest, days"), width=124)
    answered = NumberColumn(verbose_name=gettext_lazy("Answered"), width=92)
    average_days = NumberColumn(verbose_name=gettext_lazy("Average, days"), width=124)


class DisputeWaitsPage(PageView):
    """Waiting time per department (D48)."""

    permission = VIEW_DISPUTE
    title = gettext_lazy("Waiting time of departments")
    lead = gettext_lazy("Days are calendar days from the raising of a dispute.")
    menu = "disputes"
    template_name = "generic/detail.html"

    def get_crumbs(self):
        return [Crumb(_("Disputes"), reverse("accounts:dispute_list"))]

    def get_context_data(self, **kwargs):
        rows = waits(as_of=self.today, since=self.today - timedelta(days=MEASURED_DAYS))
        drawn = WaitTable.draw(
            rows, request=self.request, empty_text=_("No department was asked yet."), caption=self.title
        )
        section = Section(
            _("By department"),
            table=drawn,
            note=_("answered in the last %(n)s days") % {"n": MEASURED_DAYS},
        )
        return super().get_context_data(
            object=None,
            figures=[],
            sections=[section],
            side=[],
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


def item_rows(dispute: Dispute) -> list[dict]:
    """The named items with what is disputed of each, oldest due first."""
    return [
        {
            "pk": item.entry_id,
            "name": item.entry.description or item.entry.reference or item.entry.get_kind_display(),
            "reference": item.entry.reference,
            "due": item.entry.due_date,
            "billed": item.entry.amount,
            "amount": item.amount,
            "currency": item.currency,
        }
        for item in dispute.items.select_related("entry").order_by("entry__due_date", "entry_id")
    ]


def evidence_rows(dispute: Dispute) -> list[dict]:
    """The documents with what is known of them; those that came with the dispute have only a name."""
    return [{"file": file, "about": getattr(file, "dispute_evidence", None)} for file in evidence_of(dispute)]


class DisputeDetailPage(DetailPage):
    permission = VIEW_DISPUTE
    menu = "disputes"
    queryset = Dispute.objects.select_related(
        "account__debtor", "account__creditor", "department", "asked", "raised_by", "answered_by"
    )
    status_field = "status"
    list_url_name = "accounts:dispute_list"
    list_title = gettext_lazy("Disputes")

    def get_title(self):
        dispute = self.object
        return _("%(currency)s %(amount)s disputed: %(reason)s") % {
            "currency": dispute.currency,
            "amount": amount_text(dispute.amount, dispute.currency),
            "reason": dispute.get_reason_display().lower(),
        }

    def get_lead(self):
        return debtor_line(self.object.account)

    def get_head_actions(self):
        dispute = self.object
        actions = [account_action(dispute.account_id)]
        if dispute.status == DisputeStatus.OPEN:
            actions += [
                Action(
                    _("Withdraw dispute"),
                    reverse("accounts:dispute_withdraw", args=[dispute.pk]),
                    icon="arrow-back-up",
                    permission=RAISE_DISPUTE,
                ),
                Action(
                    _("Ask somebody else") if dispute.asked_id else _("Ask a department"),
                    reverse("accounts:dispute_route", args=[dispute.pk]),
                    icon="mail-forward",
                    permission=RAISE_DISPUTE,
                    primary=not dispute.asked_id,
                ),
            ]
        return actions

    def figures(self):
        dispute, code = self.object, self.object.currency
        found = [
            Figure(_("Disputed"), ui.figure(dispute.amount, code), size="xl", currency=code),
            Figure(_("Upheld"), ui.figure(dispute.upheld_amount, code)),
            Figure(_("Raised"), day_text(dispute.raised_on, self.today), note=str(dispute.raised_by)),
        ]
        if dispute.status == DisputeStatus.OPEN and dispute.answer_due:
            days = (dispute.answer_due - self.today).days
            note = _("%(n)s d left") % {"n": days} if days >= 0 else _("%(n)s d late") % {"n": -days}
            found.append(Figure(_("Answer due"), day_text(dispute.answer_due, self.today), note=note))
        elif dispute.chase_again_on:
            found.append(Figure(_("In peace until"), day_text(dispute.chase_again_on, self.today)))
        return found

    def sections(self):
        dispute = self.object
        said = [
            Fact(_("Debtor says"), dispute.statement or "–"),
            Fact(_("Department"), dispute.department or _("not asked yet")),
            Fact(_("Asked"), dispute.asked or "–"),
            Fact(_("Question"), dispute.question or "–"),
        ]
        if dispute.answered_at:
            said.append(
                Fact(
                    _("Answer"),
                    dispute.answer,
                    note=f"{dispute.answered_by}, {day_text(dispute.resolved_on, self.today)}",
                )
            )
        if dispute.credit_note_id:
            said.append(
                Fact(
                    _("Credit note"),
                    ui.money_with_code(dispute.upheld_amount, dispute.currency),
                    url=reverse("accounts:entry_detail", args=[dispute.credit_note_id]),
                )
            )
        return [
            Section(
                _("Items"),
                template="accounts/dispute_items.html",
                context={"items": item_rows(dispute), "linked": True, "currency": dispute.currency},
            ),
            Section(_("Question and answer"), facts=said),
            steps_section(DISPUTE, dispute),
        ]

    def side(self):
        return [
            Section(
                _("Evidence"),
                template="accounts/evidence.html",
                context={"files": evidence_rows(self.object)},
                link=self.evidence_link(),
            )
        ]

    def evidence_link(self) -> Crumb | None:
        if self.object.status != DisputeStatus.OPEN or not has_permission(self.request.user, RAISE_DISPUTE):
            return None
        return Crumb(_("Add a document"), reverse("accounts:dispute_evidence_new", args=[self.object.pk]))


def late_count(user, as_of) -> int | None:
    return Dispute.objects.visible_to(user).late(as_of).order_by(F("pk")).count() or None


navigation.register(
    "disputes",
    gettext_lazy("Disputes"),
    "accounts:dispute_list",
    icon="message-report",
    permission=VIEW_DISPUTE,
    order=35,
    letter="d",
    count=late_count,
)

urlpatterns = [
    path("disputes/", DisputeListPage.as_view(), name="dispute_list"),
    path("disputes/waiting-time/", DisputeWaitsPage.as_view(), name="dispute_waits"),
    path("disputes/<int:pk>/", DisputeDetailPage.as_view(), name="dispute_detail"),
]
