"""Deposits: the list, one slip and its print."""

from typing import ClassVar
from urllib.parse import urlencode

from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy, ngettext_lazy
from django.utils.translation import gettext as _

from accounts.cashdesk.models import CashReceipt
from accounts.cheques.enums import AT_BANK
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.deposits.enums import AT_THE_BANK, DEPOSIT, TIED, DepositStatus
from accounts.deposits.filtersets import DepositFilterSet
from accounts.deposits.models import Deposit
from accounts.deposits.printing import slip_pdf
from accounts.deposits.queries import papers_of
from accounts.deposits.rules import MAKE_DEPOSIT, TIE_DEPOSIT, VIEW_DEPOSIT
from accounts.irregularities.models import Irregularity
from accounts.ledger.models import Account
from accounts.web.steps import steps_section
from collections_app.core.enums import Role
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.parts import Action, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage, PageView


def late_cash(user, as_of) -> int | None:
    """Receipts that should be at the bank by now, of the people one looks after."""
    return CashReceipt.objects.visible_to(user).late(as_of).count() or None


navigation.register(
    "deposits",
    gettext_lazy("Deposits"),
    "accounts:deposit_list",
    icon="building-bank",
    permission=VIEW_DEPOSIT,
    order=40,
    group="money",
    count=late_cash,
)


class DepositTable(Table):
    row_label = "code"

    code = LinkColumn(
        "accounts:deposit_detail",
        text="code",
        note="bank_account.name",
        verbose_name=gettext_lazy("Deposit"),
        order_by=("code",),
    )
    slip_date = DateColumn(verbose_name=gettext_lazy("Prepared"), order_by=("slip_date", "id"))
    depositor = TextColumn(accessor="depositor.full_name", verbose_name=gettext_lazy("Depositor"), width=140)
    cash_amount = MoneyColumn(verbose_name=gettext_lazy("Cash"), order_by=("cash_amount",), shown=False)
    cheque_amount = MoneyColumn(
        verbose_name=gettext_lazy("Cheques"), order_by=("cheque_amount",), shown=False
    )
    total_amount = MoneyColumn(
        verbose_name=gettext_lazy("Total"), code=True, total=True, order_by=("total_amount",)
    )
    credited_amount = MoneyColumn(verbose_name=gettext_lazy("Credited"), order_by=("credited_amount",))
    deposited_on = DateColumn(verbose_name=gettext_lazy("At the bank"), order_by=("deposited_on",), width=92)
    credited_on = DateColumn(verbose_name=gettext_lazy("Credited on"), order_by=("credited_on",), width=92)
    status = StatusColumn(DepositStatus, verbose_name=gettext_lazy("Status"), phone=True)

    class Meta:
        order_by = "-slip_date"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.status == DepositStatus.DIFFERING else ""


class DepositListPage(AnyDayList, ListPage):
    permission = VIEW_DEPOSIT
    title = gettext_lazy("Deposits")
    lead = gettext_lazy("Slips of cash and cheques, and the credit each became at the bank.")
    menu = "deposits"
    filterset_class = DepositFilterSet
    table_class = DepositTable
    list_name = "deposits"
    day_field = "slip_date"
    recorded_field = "made_at"
    lifecycle = DEPOSIT
    only_now = ("mine",)
    outcomes: ClassVar = {"credited_amount": None, "credited_on": None, "deposited_on": None}
    url_name = "accounts:deposit_list"
    count_label = ngettext_lazy("%(n)s deposit", "%(n)s deposits", "n")
    empty_text = gettext_lazy("No deposit yet. Make one from the cash you hold.")
    default_views = (
        (gettext_lazy("Not yet at the bank"), "status=prepared"),
        (gettext_lazy("Not yet credited"), "status=deposited&status=partly"),
        (gettext_lazy("With a difference"), "status=differing"),
        (gettext_lazy("My own"), "mine=true"),
    )

    def get_queryset(self):
        rows = Deposit.objects.visible_to(self.request.user)
        return self.as_then(rows.select_related("bank_account", "depositor"))

    def get_head_actions(self):
        return [
            Action(
                _("Held, not deposited"),
                reverse("accounts:held_cash"),
                icon="wallet",
                permission=VIEW_DEPOSIT,
            ),
            Action(
                _("New deposit"),
                reverse("accounts:deposit_new"),
                icon="plus",
                primary=True,
                permission=MAKE_DEPOSIT,
            ),
        ]


class DepositDetailPage(DetailPage):
    permission = VIEW_DEPOSIT
    menu = "deposits"
    queryset = Deposit.objects.select_related("bank_account__creditor", "depositor")
    status_field = "status"
    list_url_name = "accounts:deposit_list"
    list_title = gettext_lazy("Deposits")

    def get_title(self):
        return _("Deposit %(code)s") % {"code": self.object.code}

    def get_lead(self):
        bank = self.object.bank_account
        return f"{bank.name}, {bank.bank_name}"

    def get_head_actions(self):
        deposit, user = self.object, self.request.user
        own = deposit.depositor_id == user.pk
        address = {
            name: reverse(f"accounts:deposit_{name}", args=[deposit.pk])
            for name in ("print", "bring", "cancel", "tie", "untie")
        }
        actions = [Action(_("Print slip"), address["print"], icon="printer")]
        if deposit.status == DepositStatus.PREPARED and (own or user.role in (Role.SUPERVISOR, Role.MANAGER)):
            actions += [
                Action(_("Cancel slip"), address["cancel"], icon="circle-x", permission=MAKE_DEPOSIT),
                Action(
                    _("It is at the bank"),
                    address["bring"],
                    icon="building-bank",
                    primary=True,
                    permission=MAKE_DEPOSIT,
                ),
            ]
        if (deposit.status == DepositStatus.DEPOSITED or deposit.by_cheques) and not own:
            actions.append(
                Action(
                    _("Say what was credited"),
                    address["tie"],
                    icon="circle-check",
                    primary=True,
                    permission=TIE_DEPOSIT,
                )
            )
        if deposit.status in TIED and deposit.bank_line_id is None and not deposit.by_cheques:
            actions.append(
                Action(
                    _("That credit was another's"),
                    address["untie"],
                    icon="arrow-back-up",
                    permission=TIE_DEPOSIT,
                )
            )
        if deposit.status in AT_THE_BANK and deposit.cheque_amount:
            asked = urlencode({"q": deposit.code, "status": AT_BANK}, doseq=True)
            actions.append(
                Action(
                    _("Cheques without answer"),
                    f"{reverse('accounts:cheque_list')}?{asked}",
                    icon="writing",
                    permission=ANSWER_CHEQUE,
                )
            )
        return actions

    def figures(self):
        deposit, code = self.object, self.object.currency
        found = [
            Figure(_("Total"), ui.figure(deposit.total_amount, code), size="xl", currency=code),
            Figure(_("Cash"), ui.figure(deposit.cash_amount, code), currency=code),
            Figure(_("Cheques"), ui.figure(deposit.cheque_amount, code), currency=code),
            Figure(
                _("At the bank"),
                day_text(deposit.deposited_on, self.today) if deposit.deposited_on else _("not yet"),
                note=str(deposit.depositor),
            ),
        ]
        if deposit.credited_amount is not None:
            found.append(
                Figure(
                    _("Credited"),
                    ui.figure(deposit.credited_amount, code),
                    currency=code,
                    note=self._credited_note(),
                )
            )
        if deposit.returned_amount:
            found.append(
                Figure(_("Cheques not paid"), ui.figure(deposit.returned_amount, code), currency=code)
            )
        return found

    def _credited_note(self) -> str:
        deposit = self.object
        left = deposit.left_amount
        if deposit.status == DepositStatus.PARTLY:
            return _("%(amount)s without answer") % {"amount": amount_text(left, deposit.currency)}
        if left:
            return _("difference %(amount)s") % {"amount": amount_text(-left, deposit.currency)}
        return day_text(deposit.credited_on, self.today)

    def sections(self):
        deposit, code = self.object, self.object.currency
        visible = set(
            Account.objects.visible_to(self.request.user)
            .filter(receipt_lines__receipt__deposit_items__deposit=deposit)
            .values_list("receipt_lines__receipt", flat=True)
        )
        takes_all = deposit.depositor_id == self.request.user.pk
        items, cheques = [], []
        for item in deposit.items.select_related(
            "receipt__debtor", "cheque", "difference__irregularity"
        ).order_by("id"):
            amount = ui.money_with_code(item.amount, code)
            if item.receipt is not None:
                seen = takes_all or item.receipt_id in visible
                url = reverse("accounts:cash_receipt_detail", args=[item.receipt_id]) if seen else ""
                items.append(
                    Fact(item.receipt.code, amount, url=url, note=item.receipt.debtor.name if seen else "")
                )
            elif item.cheque is not None:
                cheques.append(
                    Fact(
                        item.cheque.number,
                        amount,
                        note=_("%(bank)s, %(status)s")
                        % {
                            "bank": item.cheque.bank,
                            "status": str(item.cheque.get_status_display()).lower(),
                        },
                    )
                )
            else:
                items.append(Fact(_("Missing or too much at a count"), amount))
        pieces = [
            Fact(f"{row.pieces} × {amount_text(row.value, code)}", amount_text(row.value * row.pieces, code))
            for row in deposit.pieces.order_by("-value")
        ]
        sections = []
        if items:
            sections.append(Section(_("Receipts it takes along"), facts=items))
        if cheques:
            sections.append(Section(_("Cheques"), facts=cheques))
        if pieces:
            sections.append(Section(_("Notes and coins"), facts=pieces))
        return [*sections, steps_section(DEPOSIT, deposit)]

    def side(self):
        deposit = self.object
        facts = [Fact(_("Depositor"), str(deposit.depositor))]
        if deposit.note:
            facts.append(Fact(_("Note"), deposit.note))
        if deposit.bank_reference:
            facts.append(Fact(_("The bank's reference"), deposit.bank_reference))
        cases = Irregularity.objects.visible_to(self.request.user).filter(
            subject_type=deposit._meta.label_lower, subject_id=deposit.pk
        )
        facts += [
            Fact(
                _("Irregularity"),
                f"{case.get_kind_display()}: {amount_text(case.amount, case.currency)} {case.currency}",
                url=reverse("accounts:irregularity_detail", args=[case.pk]),
                note=case.get_status_display(),
            )
            for case in cases
        ]
        found = [Section(_("About it"), facts=facts)]
        if deposit.status in AT_THE_BANK:
            found.append(
                Section(
                    _("Stamped copy"),
                    template="accounts/papers.html",
                    context={"files": list(papers_of(deposit))},
                )
            )
        return found


class PrintSlipView(PageView):
    """The slip as PDF, to be stamped by the bank."""

    permission = VIEW_DEPOSIT

    def get(self, request, *args, **kwargs):
        deposit = (
            Deposit.objects.visible_to(request.user)
            .filter(**kwargs)
            .select_related("bank_account__creditor", "depositor")
            .first()
        )
        if deposit is None:
            raise Http404(_("There is no such deposit, or it belongs to another team."))
        return pdf_response(slip_pdf(deposit, language=get_language() or "en"), deposit.code)


urlpatterns = [
    path("deposits/", DepositListPage.as_view(), name="deposit_list"),
    path("deposits/<int:pk>/", DepositDetailPage.as_view(), name="deposit_detail"),
    path("deposits/<int:pk>/print/", PrintSlipView.as_view(), name="deposit_print"),
]
