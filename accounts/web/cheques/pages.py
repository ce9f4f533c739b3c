"""The register of cheques, and the page of one."""

from dataclasses import replace
from typing import ClassVar

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cheques.enums import CHEQUE, UNPAID, ChequeStatus
from accounts.cheques.filtersets import ChequeFilterSet
from accounts.cheques.models import Cheque
from accounts.cheques.paying import paid_of
from accounts.cheques.queries import papers_of, waiting_for
from accounts.cheques.rules import ANSWER_CHEQUE, LODGE_CHEQUE, MOVE_CHEQUE, VIEW_CHEQUE
from accounts.web.cheques.actions import needing_the_paper, verbs_of
from accounts.web.cheques.facts import bank_facts, custody_facts, paper_facts, plan_facts, share_facts
from accounts.web.steps import steps_section
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, BulkAction, Figure, Section
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

BUTTONS = 2


class ChequeTable(Table):
    row_label = "number"

    debtor = LinkColumn(
        "accounts:cheque_detail",
        text="debtor.name",
        note=lambda row: row.flags_text(clock.today()),
        verbose_name=gettext_lazy("Debtor"),
        order_by=("debtor__name",),
    )
    number = TextColumn(verbose_name=gettext_lazy("Number"), width=100, bdi=True, order_by=("number",))
    bank = TextColumn(verbose_name=gettext_lazy("Drawn on"), width=140, muted=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    cheque_date = DateColumn(verbose_name=gettext_lazy("Cheque date"), order_by=("cheque_date",), phone=True)
    planned_on = DateColumn(verbose_name=gettext_lazy("Planned"), order_by=("planned_on",))
    # beside debtor, amount and date a phone has no room for it
    status = StatusColumn(ChequeStatus, verbose_name=gettext_lazy("Status"), width=140, phone=False)
    holder = TextColumn(accessor="where", verbose_name=gettext_lazy("Paper with"), width=140, muted=True)
    accounts = TextColumn(
        accessor="accounts_text", verbose_name=gettext_lazy("Accounts"), width=140, bdi=True, shown=False
    )
    drawer = TextColumn(verbose_name=gettext_lazy("Drawer"), width=156, muted=True, shown=False)
    received_on = DateColumn(verbose_name=gettext_lazy("Received"), order_by=("received_on",), shown=False)
    submitted_on = DateColumn(verbose_name=gettext_lazy("Submitted"), order_by=("submitted_on",), shown=False)
    bank_value_date = DateColumn(
        verbose_name=gettext_lazy("Bank value date"), order_by=("bank_value_date",), shown=False
    )
    returned_on = DateColumn(verbose_name=gettext_lazy("Returned"), order_by=("returned_on",), shown=False)
    bounces = NumberColumn(accessor="all_bounces", verbose_name=gettext_lazy("Times returned"), shown=False)
    bank_account = TextColumn(
        accessor="bank_account.name", verbose_name=gettext_lazy("For"), width=132, muted=True, shown=False
    )

    class Meta:
        order_by = "cheque_date"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.status == ChequeStatus.RETURNED or row.missing else ""


class ChequeListPage(AnyDayList, ListPage):
    permission = VIEW_CHEQUE
    title = gettext_lazy("Cheques")
    lead = gettext_lazy("Papers that stand for money still to come. A cheque pays when the bank does.")
    menu = "cheques"
    filterset_class = ChequeFilterSet
    table_class = ChequeTable
    list_name = "cheques"
    day_field = "received_on"
    lifecycle = CHEQUE
    only_now = ("still", "waits", "mine", "planned", "place", "incomplete", "stale", "bounced")
    columns_now = ("holder", "planned_on", "bounces")
    outcomes: ClassVar = {"bank_value_date": None, "returned_on": None, "submitted_on": None}
    url_name = "accounts:cheque_list"
    count_label = ngettext_lazy("%(n)s cheque", "%(n)s cheques", "n")
    empty_text = gettext_lazy("No cheque yet. Take cheques in from the page of the account they pay.")
    default_views = (
        (gettext_lazy("Still to be paid"), "still=true"),
        (gettext_lazy("I hold the paper"), "mine=true"),
        (gettext_lazy("With the bank"), "status=submitted&status=represented"),
        (gettext_lazy("Returned"), "status=returned"),
        (gettext_lazy("Incomplete"), "incomplete=true"),
        (gettext_lazy("Security"), "is_security=true"),
    )

    bulk_actions = (
        BulkAction(gettext_lazy("Take in hand"), "accounts:cheques_take", MOVE_CHEQUE),
        BulkAction(gettext_lazy("Plan submission"), "accounts:cheques_plan", MOVE_CHEQUE),
        BulkAction(gettext_lazy("Give to the bank"), "accounts:cheques_collect", MOVE_CHEQUE),
        BulkAction(gettext_lazy("The bank paid"), "accounts:cheques_clear", ANSWER_CHEQUE),
        BulkAction(gettext_lazy("Hand over"), "accounts:cheques_hand_over", LODGE_CHEQUE, primary=True),
    )

    def get_queryset(self):
        return self.as_then(
            Cheque.objects.visible_to(self.request.user)
            .select_related("debtor", "holder", "bank_account")
            .prefetch_related("shares__account")
        )

    def get_head_actions(self):
        return [
            Action(label, reverse(f"accounts:{name}"), icon=icon)
            for label, name, icon in (
                (_("Counts"), "cheque_count_list", "list-check"),
                (_("Hand-overs"), "hand_over_list", "writing"),
                (_("Calendar"), "cheque_calendar", "calendar"),
                (_("Lists of a day"), "cheque_day", "calendar-event"),
            )
        ]


class ChequeDetailPage(DetailPage):
    permission = VIEW_CHEQUE
    template_name = "accounts/cheques/cheque.html"
    menu = "cheques"
    queryset = Cheque.objects.select_related(
        "debtor", "creditor", "holder", "bank_account", "lodged_by", "replaces"
    )
    status_field = "status"
    list_url_name = "accounts:cheque_list"
    list_title = gettext_lazy("Cheques")

    def get_title(self):
        cheque = self.object
        return _("Cheque %(number)s, %(bank)s") % {"number": cheque.number, "bank": cheque.bank}

    def get_lead(self):
        cheque = self.object
        return ", ".join([cheque.debtor.name, *cheque.flags(self.today)])

    def get_head_actions(self):
        return verbs_of(self.object, self.today, self.request.user)

    def get_context_data(self, **kwargs):
        """The next step and two more as buttons, the rest folded."""
        context = super().get_context_data(**kwargs)
        history, *verbs = context["head_actions"]
        first = [verb for verb in verbs if verb.primary]
        others = [verb for verb in verbs if not verb.primary]
        return context | {
            "shown_verbs": [*others[:BUTTONS], *first],
            "more_verbs": [*others[BUTTONS:], history],
            "lacks_paper": needing_the_paper(self.object, self.today, self.request.user),
        }

    def figures(self):
        cheque, code = self.object, self.object.currency
        paid = paid_of(cheque)
        found = [Figure(_("Amount"), ui.figure(cheque.amount, code), size="xl", currency=code)]
        if paid:
            found.append(Figure(_("Paid"), ui.figure(paid, code)))
            if paid < cheque.amount and cheque.status in UNPAID:
                found.append(Figure(_("Not paid"), ui.figure(cheque.amount - paid, code), size="ask"))
        found.append(
            Figure(
                _("Cheque date"),
                day_text(cheque.cheque_date, self.today) if cheque.cheque_date else _("none"),
            )
        )
        if cheque.planned_on and cheque.status in (
            ChequeStatus.RECEIVED,
            ChequeStatus.IN_HAND,
            ChequeStatus.IN_BATCH,
            ChequeStatus.RETURNED,
        ):
            note = _("held back, as approved") if cheque.held_until == cheque.planned_on else ""
            found.append(Figure(_("Planned submission"), day_text(cheque.planned_on, self.today), note=note))
        if cheque.submitted_on:
            found.append(Figure(_("Submitted"), day_text(cheque.submitted_on, self.today)))
        if cheque.bank_value_date:
            found.append(Figure(_("Bank value date"), day_text(cheque.bank_value_date, self.today)))
        if cheque.returned_on:
            found.append(Figure(_("Returned"), day_text(cheque.returned_on, self.today)))
        found.append(Figure(_("Paper with"), cheque.where()))
        return found

    def sections(self):
        sections = [
            Section(_("The paper"), facts=paper_facts(self.object, self.today)),
            Section(_("Pays"), facts=share_facts(self.object)),
        ]
        if bank := bank_facts(self.object, self.today):
            sections.append(Section(_("At the bank"), facts=bank))
        if plans := plan_facts(self.object, self.today):
            sections.append(Section(_("Planned submission"), facts=plans))
        moves = replace(steps_section(CHEQUE, self.object), template="accounts/cheques/moves.html")
        return [*sections, moves]

    def side(self):
        return [
            Section(
                _("Images and papers"),
                template="accounts/papers.html",
                context={"files": list(papers_of(self.object))},
            ),
            Section(_("Who had the paper"), facts=custody_facts(self.object, self.today)),
        ]


navigation.register(
    "cheques",
    gettext_lazy("Cheques"),
    "accounts:cheque_list",
    icon="writing",
    permission=VIEW_CHEQUE,
    order=20,
    group="money",
    count=lambda user, as_of: waiting_for(user).count() or None,
)

urlpatterns = [
    path("cheques/", ChequeListPage.as_view(), name="cheque_list"),
    path("cheques/<int:pk>/", ChequeDetailPage.as_view(), name="cheque_detail"),
]
