"""Where cash goes: which bank account, by when, brought by whom."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cashdesk.books import DepositInstruction
from accounts.cashdesk.enums import DEPOSIT_INSTRUCTION, DepositedBy, InstructionStatus
from accounts.cashdesk.filtersets import DepositInstructionFilterSet
from accounts.cashdesk.instructions import decide_instruction, propose_instruction
from accounts.cashdesk.rules import APPROVE_INSTRUCTION, PROPOSE_INSTRUCTION, VIEW_INSTRUCTION
from accounts.parties.models import Creditor
from accounts.payments.models import OwnBankAccount
from accounts.web.steps import steps_section
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage, VerbView


class InstructionTable(Table):
    row_label = "currency"

    bank_account = LinkColumn(
        "accounts:deposit_instruction_detail",
        text="bank_account.name",
        verbose_name=gettext_lazy("To"),
        order_by=("bank_account__name",),
    )
    currency = TextColumn(verbose_name=gettext_lazy("Currency"), width=84, order_by=("currency",))
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=156)
    within_days = TextColumn(verbose_name=gettext_lazy("Business days"), width=116)
    deposited_by = TextColumn(
        accessor="get_deposited_by_display", verbose_name=gettext_lazy("Brought by"), width=228, muted=True
    )
    valid_from = DateColumn(verbose_name=gettext_lazy("From"), order_by=("valid_from", "id"))
    status = StatusColumn(InstructionStatus, verbose_name=gettext_lazy("Status"), width=172, phone=True)

    class Meta:
        order_by = "-valid_from"


class InstructionListPage(ListPage):
    permission = VIEW_INSTRUCTION
    title = gettext_lazy("Where cash goes")
    lead = gettext_lazy("To which bank account, within how many business days, brought by whom.")
    menu = "cash_desk"
    filterset_class = DepositInstructionFilterSet
    table_class = InstructionTable
    list_name = "deposit_instructions"
    url_name = "accounts:deposit_instruction_list"
    count_label = ngettext_lazy("%(n)s instruction", "%(n)s instructions", "n")
    empty_text = gettext_lazy("No instruction yet: nobody can be late with cash before there is one.")

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_queryset(self):
        return DepositInstruction.objects.visible_to(self.request.user).select_related(
            "bank_account", "creditor"
        )

    def get_head_actions(self):
        return [
            Action(
                _("New instruction"),
                reverse("accounts:deposit_instruction_new"),
                icon="plus",
                primary=True,
                permission=PROPOSE_INSTRUCTION,
            )
        ]


class InstructionDetailPage(DetailPage):
    permission = VIEW_INSTRUCTION
    menu = "cash_desk"
    queryset = DepositInstruction.objects.select_related("bank_account", "creditor", "made_by", "decided_by")
    status_field = "status"
    list_url_name = "accounts:deposit_instruction_list"
    list_title = gettext_lazy("Where cash goes")

    def get_title(self):
        return _("%(currency)s goes to %(account)s") % {
            "currency": self.object.currency,
            "account": self.object.bank_account.name,
        }

    def get_head_actions(self):
        row = self.object
        if row.status != InstructionStatus.WAITING or row.made_by_id == self.request.user.pk:
            return []
        return [
            Action(
                _("Refuse"),
                reverse("accounts:deposit_instruction_reject", args=[row.pk]),
                icon="circle-x",
                permission=APPROVE_INSTRUCTION,
            ),
            Action(
                _("Approve instruction"),
                reverse("accounts:deposit_instruction_approve", args=[row.pk]),
                icon="circle-check",
                post=True,
                primary=True,
                permission=APPROVE_INSTRUCTION,
            ),
        ]

    def sections(self):
        row = self.object
        facts = [
            Fact(_("Creditor"), row.creditor.name if row.creditor else _("all without one of their own")),
            Fact(_("Bank account"), row.bank_account.name, note=row.bank_account.bank_name),
            Fact(_("Within"), _("%(n)s business days") % {"n": row.within_days}),
            Fact(_("Brought by"), row.get_deposited_by_display()),
            Fact(_("From"), day_text(row.valid_from, self.today)),
            Fact(_("Proposed by"), str(row.made_by)),
        ]
        if row.decided_by:
            facts.append(Fact(_("Decided by"), str(row.decided_by)))
        return [Section(_("The instruction"), facts=facts), steps_section(DEPOSIT_INSTRUCTION, row)]


class InstructionForm(forms.Form):
    bank_account = forms.ModelChoiceField(
        label=gettext_lazy("Bank account"), queryset=OwnBankAccount.objects.none()
    )
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Only for creditor"),
        queryset=Creditor.objects.none(),
        required=False,
        empty_label=gettext_lazy("All without one of their own"),
    )
    within_days = forms.IntegerField(
        label=gettext_lazy("Within business days"),
        min_value=0,
        max_value=60,
        initial=1,
        help_text=gettext_lazy("0: on the day it was taken."),
    )
    deposited_by = forms.ChoiceField(label=gettext_lazy("Brought by"), choices=DepositedBy.choices)
    valid_from = DayField(label=gettext_lazy("From"), not_before_today=True)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        accounts = OwnBankAccount.objects.visible_to(user).in_use().order_by("name")
        self.fields["bank_account"].queryset = accounts
        self.fields["bank_account"].label_from_instance = lambda row: f"{row.name} ({row.currency})"
        self.fields["creditor"].queryset = Creditor.objects.visible_to(user).order_by("name")


class InstructionNewPage(ActionPage):
    permission = PROPOSE_INSTRUCTION
    title = gettext_lazy("New instruction")
    menu = "cash_desk"
    form_class = InstructionForm
    button = gettext_lazy("Propose instruction")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Where cash goes"), reverse("accounts:deposit_instruction_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"valid_from": self.today}

    def consequence(self):
        return _("It holds from its day on when a manager who did not propose it approves it.")

    def perform(self, form):
        data = form.cleaned_data
        return propose_instruction(
            currency=data["bank_account"].currency, actor=self.request.user, as_of=self.today, **data
        )

    def get_success_url(self, result):
        return reverse("accounts:deposit_instruction_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("The instruction waits for approval.")


class ApproveInstructionView(VerbView):
    permission = APPROVE_INSTRUCTION
    queryset = DepositInstruction.objects.all()
    statuses = (InstructionStatus.WAITING,)

    def perform(self, form):
        return decide_instruction(
            instruction=self.object, approve=True, actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result):
        return reverse("accounts:deposit_instruction_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("The instruction is approved.")


class RejectInstructionPage(ReasonPage):
    permission = APPROVE_INSTRUCTION
    title = gettext_lazy("Refuse instruction")
    menu = "cash_desk"
    button = gettext_lazy("Refuse instruction")
    queryset = DepositInstruction.objects.all()
    statuses = (InstructionStatus.WAITING,)

    def get_crumbs(self):
        return [
            Crumb(_("Where cash goes"), reverse("accounts:deposit_instruction_detail", args=[self.object.pk]))
        ]

    def perform(self, form):
        return decide_instruction(
            instruction=self.object,
            approve=False,
            actor=self.request.user,
            as_of=self.today,
            **form.cleaned_data,
        )

    def get_success_url(self, result):
        return reverse("accounts:deposit_instruction_detail", args=[self.object.pk])


urlpatterns = [
    path("deposit-instructions/", InstructionListPage.as_view(), name="deposit_instruction_list"),
    path("deposit-instructions/new/", InstructionNewPage.as_view(), name="deposit_instruction_new"),
    path(
        "deposit-instructions/<int:pk>/", InstructionDetailPage.as_view(), name="deposit_instruction_detail"
    ),
    path(
        "deposit-instructions/<int:pk>/approve/",
        ApproveInstructionView.as_view(),
        name="deposit_instruction_approve",
    ),
    path(
        "deposit-instructions/<int:pk>/reject/",
        RejectInstructionPage.as_view(),
        name="deposit_instruction_reject",
    ),
]
