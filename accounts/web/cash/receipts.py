"""Receipts: the list, one receipt, its print, and voiding it."""

from decimal import Decimal
from typing import ClassVar

from django.db.models import Count
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy, ngettext_lazy
from django.utils.translation import gettext as _

from accounts.cashdesk.enums import CASH_RECEIPT, DayStatus, ReceiptStatus
from accounts.cashdesk.filtersets import CashReceiptFilterSet
from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.printing import receipt_pdf, tax_words
from accounts.cashdesk.rules import PRINT_RECEIPT, TAKE_CASH, VIEW_RECEIPT, VOID_RECEIPT
from accounts.cashdesk.services import count_print, void_receipt
from accounts.deposits.queries import slips_then
from accounts.ledger.models import Account
from accounts.web.steps import steps_section
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage, ReasonPage, VerbView


class CashReceiptTable(Table):
    row_label = "code"

    code = LinkColumn(
        "accounts:cash_receipt_detail",
        text="code",
        note="debtor.name",
        verbose_name=gettext_lazy("Receipt"),
        order_by=("code",),
    )
    received_date = DateColumn(verbose_name=gettext_lazy("Received"), order_by=("received_date", "id"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount",))
    cashier = TextColumn(accessor="cashier.full_name", verbose_name=gettext_lazy("Taken by"), width=132)
    holder = TextColumn(
        accessor="holder.full_name", verbose_name=gettext_lazy("Held by"), width=132, muted=True, shown=False
    )
    status = StatusColumn(ReceiptStatus, verbose_name=gettext_lazy("Status"), width=84, phone=True)
    deposit_code = TextColumn(
        verbose_name=gettext_lazy("Deposit"), width=92, bdi=True, muted=True, order_by=("deposit_code",)
    )
    banked_on = DateColumn(verbose_name=gettext_lazy("At the bank"), order_by=("banked_on",))
    deposit_by = DateColumn(
        verbose_name=gettext_lazy("To the bank by"), order_by=("deposit_by",), shown=False, width=108
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True, shown=False
    )
    void_reason = TextColumn(verbose_name=gettext_lazy("Why void"), width=156, muted=True, shown=False)

    class Meta:
        order_by = "-received_date"


class CashReceiptListPage(AnyDayList, ListPage):
    permission = VIEW_RECEIPT
    title = gettext_lazy("Receipts")
    lead = gettext_lazy("Every receipt for cash in the order of its number; void ones keep theirs.")
    menu = "cash_desk"
    filterset_class = CashReceiptFilterSet
    table_class = CashReceiptTable
    list_name = "cash_receipts"
    day_field = "received_date"
    recorded_field = "issued_at"
    lifecycle = CASH_RECEIPT
    outcomes: ClassVar = {"void_reason": "", "voided_on": None}
    # who has the money is known of today alone
    only_now = ("held", "late", "holder")
    columns_now = ("holder",)
    url_name = "accounts:cash_receipt_list"
    count_label = ngettext_lazy("%(n)s receipt", "%(n)s receipts", "n")
    empty_text = gettext_lazy("No receipt yet. They are issued at the cash desk.")

    @property
    def default_views(self):
        """Tabs that name days, so they are made for today."""
        return [
            (_("Today"), f"received_after={self.today}"),
            (_("Taken by me"), "mine=true"),
            (_("Not yet at the bank"), "held=true"),
            (_("Void"), "status=void"),
        ]

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_queryset(self):
        rows = CashReceipt.objects.visible_to(self.request.user)
        return self.as_then(rows.select_related("debtor", "creditor", "cashier", "holder"))

    def complete_then(self, rows):
        super().complete_then(rows)
        slips = slips_then([row.pk for row in rows], as_of=self.as_of, known_at=self.known_until)
        for row in rows:
            row.deposit_code, row.banked_on = slips.get(row.pk, ("", None))


class CashReceiptDetailPage(DetailPage):
    permission = VIEW_RECEIPT
    menu = "cash_desk"
    queryset = CashReceipt.objects.select_related(
        "cash_day", "cashier", "holder", "debtor", "creditor", "slip__book", "instruction__bank_account"
    ).annotate(print_count=Count("prints"))
    status_field = "status"
    list_url_name = "accounts:cash_receipt_list"
    list_title = gettext_lazy("Receipts")
    template_name = "accounts/cash_receipt.html"

    def get_title(self):
        return _("Receipt %(code)s") % {"code": self.object.code}

    def get_lead(self):
        return f"{self.object.debtor.name}, {self.object.creditor.name}"

    def get_head_actions(self):
        receipt = self.object
        actions = []
        may_void = receipt.status == ReceiptStatus.ISSUED and not receipt.deposit_code
        if (
            may_void
            and receipt.cash_day.status == DayStatus.OPEN
            and receipt.cashier_id != self.request.user.pk
        ):
            actions.append(
                Action(
                    _("Void receipt"),
                    reverse("accounts:cash_receipt_void", args=[receipt.pk]),
                    icon="circle-x",
                    permission=VOID_RECEIPT,
                )
            )
        return actions

    def get_context_data(self, **kwargs):
        user = self.request.user
        return super().get_context_data(
            may_print=has_permission(user, PRINT_RECEIPT),
            takes_cash=has_permission(user, TAKE_CASH),
            print_words=_("Print receipt")
            if not self.object.print_count
            else _("Print a duplicate (%(n)s)") % {"n": self.object.print_count},
            **kwargs,
        )

    def figures(self):
        receipt, code = self.object, self.object.currency
        where = receipt.holder
        note = (
            _("to the bank by %(day)s") % {"day": day_text(receipt.deposit_by, self.today)}
            if (receipt.deposit_by and not receipt.banked_on)
            else ""
        )
        if receipt.status == ReceiptStatus.VOID:
            where, note = _("given back"), ""
        elif receipt.banked_on:
            where, note = (
                _("At the bank"),
                f"{receipt.deposit_code}, {day_text(receipt.banked_on, self.today)}",
            )
        return [
            Figure(_("Amount"), ui.figure(receipt.amount, code), size="xl", currency=code),
            Figure(_("Received"), day_text(receipt.received_date, self.today), note=str(receipt.cashier)),
            Figure(_("The money"), where, note=note),
            Figure(_("Printed"), _("%(n)s times") % {"n": receipt.print_count}),
        ]

    def sections(self):
        receipt, user = self.object, self.request.user
        seen = set(
            Account.objects.visible_to(user)
            .filter(receipt_lines__receipt=receipt)
            .values_list("pk", flat=True)
        )
        facts = []
        for line in receipt.lines.select_related("account", "entry__reversed_by"):
            note = _("balance after: %(balance)s") % {
                "balance": amount_text(line.balance_after, line.currency)
            }
            if getattr(line.entry, "reversed_by", None) is not None:
                note += ", " + _("payment taken back")
            url = reverse("accounts:entry_detail", args=[line.entry_id]) if line.account_id in seen else ""
            facts.append(
                Fact(line.account.number, ui.money_with_code(line.amount, line.currency), url=url, note=note)
            )
            facts += [Fact("", part["text"], note=_part_note(part, line.currency)) for part in line.paid]
        about = []
        if receipt.payer_name:
            about.append(Fact(_("Handed over by"), receipt.payer_name))
        if receipt.note:
            about.append(Fact(_("Note"), receipt.note))
        if receipt.slip_id:
            about.append(
                Fact(
                    _("Paper receipt"),
                    _("Book %(book)s") % {"book": receipt.slip.book},
                    url=reverse("accounts:receipt_book_detail", args=[receipt.slip.book_id])
                    if receipt.cashier_id == user.pk
                    else "",
                )
            )
        if receipt.instruction_id:
            about.append(Fact(_("Goes to"), receipt.instruction.bank_account.name))
        if receipt.void_reason:
            about.append(Fact(_("Why void"), receipt.void_reason))
        sections = [Section(_("What it paid"), facts=facts)]
        if about:
            sections.append(Section(_("About it"), facts=about))
        return [*sections, steps_section(CASH_RECEIPT, receipt)]


def _part_note(part: dict[str, str], currency: str) -> str:
    paid = amount_text(Decimal(part["amount"]), currency)
    tax = tax_words(part, currency, get_language() or "en", _("billed %(billed)s: net %(net)s, tax %(tax)s"))
    return f"{paid}; {tax}" if tax else paid


class PrintReceiptView(VerbView):
    """The receipt as PDF; counts the print, so the second one is marked as a duplicate."""

    permission = PRINT_RECEIPT
    queryset = CashReceipt.objects.all()

    def post(self, request, *args, **kwargs):
        printed = count_print(receipt=self.object, actor=request.user)
        return pdf_response(receipt_pdf(self.object, print_number=printed.number), self.object.code)


class VoidReceiptPage(ReasonPage):
    permission = VOID_RECEIPT
    title = gettext_lazy("Void receipt")
    menu = "cash_desk"
    button = gettext_lazy("Void receipt")
    is_dangerous = True
    queryset = CashReceipt.objects.select_related("debtor", "cashier")
    statuses = (ReceiptStatus.ISSUED,)

    def get_crumbs(self):
        return [Crumb(self.object.code, reverse("accounts:cash_receipt_detail", args=[self.object.pk]))]

    def facts(self):
        receipt = self.object
        return [
            Fact(_("Receipt"), receipt.code),
            Fact(_("Debtor"), receipt.debtor.name),
            Fact(_("Amount"), ui.money_with_code(receipt.amount, receipt.currency)),
            Fact(_("Taken by"), str(receipt.cashier)),
        ]

    def consequence(self):
        return _(
            "The number stays, the payment is taken back, and the cashier gives the cash back to the payer."
        )

    def perform(self, form):
        return void_receipt(
            receipt=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("accounts:cash_receipt_detail", args=[self.object.pk])

    def get_success_message(self, result):
        return _("Receipt %(code)s is void.") % {"code": result.code}


urlpatterns = [
    path("receipts/", CashReceiptListPage.as_view(), name="cash_receipt_list"),
    path("receipts/<int:pk>/", CashReceiptDetailPage.as_view(), name="cash_receipt_detail"),
    path("receipts/<int:pk>/print/", PrintReceiptView.as_view(), name="cash_receipt_print"),
    path("receipts/<int:pk>/void/", VoidReceiptPage.as_view(), name="cash_receipt_void"),
]
