"""From which account a debtor pays: masked, revealed by a recorded POST, changed by two people."""

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from accounts.parties.enums import BANK_DETAILS, BankDetailsStatus, NumberKind
from accounts.parties.models import DebtorBankDetails
from accounts.payments.bank_details import (
    approve_bank_details,
    propose_bank_details,
    refuse_bank_details,
    reveal_bank_details,
)
from accounts.payments.rules import (
    APPROVE_BANK_DETAILS,
    PROPOSE_BANK_DETAILS,
    REVEAL_BANK_DETAILS,
    VIEW_BANK_DETAILS,
    may_approve_bank_details,
    takes_payments_of,
)
from accounts.web.holds import DebtorVerb
from accounts.web.steps import steps_section
from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.views import ActionPage, DetailPage, PageView, ReasonPage

MOST_WAITING = 50


def debtor_panel(ids, user, as_of) -> dict | None:
    """The details of one debtor for his page: those that hold, one that waits, those before."""
    debtors = list(ids)
    if len(debtors) != 1:
        return None
    rows = list(
        DebtorBankDetails.objects.filter(debtor=debtors[0])
        .exclude(status=BankDetailsStatus.REFUSED)
        .select_related("proposed_by", "decided_by")
        .order_by("-id")
    )
    return {"debtor_id": debtors[0], "rows": rows, "today": as_of}


def waiting_details(ids, user, as_of) -> list[dict]:
    """Proposals this user may decide, for his Today."""
    rows = (
        DebtorBankDetails.objects.visible_to(user)
        .filter(status=BankDetailsStatus.PROPOSED)
        .exclude(proposed_by=user)
        .select_related("debtor", "proposed_by")
        .order_by("proposed_at")[:MOST_WAITING]
    )
    return [
        {
            "text": _("Bank details: %(name)s") % {"name": details.debtor.name},
            "by": details.proposed_by,
            "at": details.proposed_at,
            "url": reverse("accounts:bank_details_detail", args=[details.pk]),
        }
        for details in rows
        if may_approve_bank_details(user, details)
    ]


panels.register(
    "debtor.main",
    order=40,
    provider=debtor_panel,
    permission=VIEW_BANK_DETAILS,
    template="accounts/bank_details.html",
    name="payments.bank_details",
)
panels.register(
    "today.waiting",
    order=20,
    provider=waiting_details,
    permission=APPROVE_BANK_DETAILS,
    name="payments.bank_details",
)


class BankDetailsPage(DetailPage):
    permission = VIEW_BANK_DETAILS
    template_name = "accounts/bank_details_page.html"
    menu = "debtors"
    queryset = DebtorBankDetails.objects.select_related("debtor", "proposed_by", "decided_by")
    status_field = "status"
    revealed: str | None = None

    def get_crumbs(self):
        debtor = self.object.debtor
        return [Crumb(debtor.name, reverse("accounts:debtor_detail", args=[debtor.pk]))]

    def get_title(self):
        return _("Bank details %(number)s") % {"number": self.object.masked()}

    def get_lead(self):
        return self.object.debtor.name

    def get_head_actions(self):
        details, user = self.object, self.request.user
        if details.status != BankDetailsStatus.PROPOSED:
            return []
        if details.proposed_by_id == user.pk:
            return [
                Action(
                    _("Take back"),
                    reverse("accounts:bank_details_refuse", args=[details.pk]),
                    icon="arrow-back-up",
                )
            ]
        if not may_approve_bank_details(user, details):
            return []
        return [
            Action(_("Refuse"), reverse("accounts:bank_details_refuse", args=[details.pk]), icon="circle-x"),
            Action(
                _("Approve"),
                reverse("accounts:bank_details_approve", args=[details.pk]),
                icon="circle-check",
                primary=True,
            ),
        ]

    def sections(self):
        return [
            Section(_("The account"), facts=detail_facts(self.object, self.today)),
            steps_section(BANK_DETAILS, self.object),
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            revealed=self.revealed,
            reveal_permission=REVEAL_BANK_DETAILS,
            takes_payments=takes_payments_of(self.request.user, self.object.debtor),
            **kwargs,
        )


def detail_facts(details: DebtorBankDetails, today) -> list[Fact]:
    """What stands there, the number masked."""
    until = day_text(details.valid_to, today) if details.valid_to else _("further notice")
    facts = [
        Fact(_("Holder"), details.holder),
        Fact(_("Number"), details.masked(), note=str(details.get_number_kind_display())),
        Fact(_("Bank"), ", ".join(filter(None, [details.bank_name, details.bic])) or "–"),
        Fact(_("Mandate"), details.mandate_reference or "–"),
        Fact(_("From"), day_text(details.valid_from, today), note=_("until %(day)s") % {"day": until}),
        Fact(_("How we know"), details.source),
        Fact(_("Proposed by"), details.proposed_by),
    ]
    if details.decided_by:
        facts.append(Fact(_("Decided by"), details.decided_by))
    return facts


class RevealBankDetailsView(PageView):
    """A POST that shows the number once and records who read it."""

    permission = REVEAL_BANK_DETAILS
    http_method_names = ["post", "options"]

    def post(self, request, *args, **kwargs):
        page = BankDetailsPage()
        page.setup(request, *args, **kwargs)
        page.object = page.get_object()
        page.revealed = reveal_bank_details(details=page.object, user=request.user)
        return page.render_to_response(page.get_context_data())


class BankDetailsForm(forms.Form):
    holder = forms.CharField(label=gettext_lazy("Holder"), max_length=140)
    bank_name = forms.CharField(label=gettext_lazy("Bank"), max_length=80, required=False)
    number_kind = forms.ChoiceField(label=gettext_lazy("Numbered by"), choices=NumberKind.choices)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=50)
    bic = forms.CharField(label=gettext_lazy("BIC"), max_length=14, required=False)
    mandate_reference = forms.CharField(
        label=gettext_lazy("Mandate reference"), max_length=35, required=False
    )
    valid_from = DayField(label=gettext_lazy("From"))
    source = forms.CharField(
        label=gettext_lazy("How we know"),
        max_length=200,
        help_text=gettext_lazy("For instance: mandate signed on 3 March, in the file."),
    )


class ProposeBankDetailsPage(DebtorVerb):
    permission = PROPOSE_BANK_DETAILS
    title = gettext_lazy("Propose bank details")
    form_class = BankDetailsForm
    button = gettext_lazy("Propose bank details")
    wide_fields = ("source",)

    def get_initial(self):
        return {"valid_from": self.today, "holder": self.object.name}

    def consequence(self):
        return _(
            "They hold once a second person has approved them; those before end on that day. Who posts "
            "payments of this debtor can neither propose nor approve."
        )

    def perform(self, form):
        return propose_bank_details(
            debtor=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("accounts:bank_details_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("The bank details wait for a second person.")


class DecideBankDetails(ActionPage):
    menu = "debtors"

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user).values("debtor")
        return DebtorBankDetails.objects.filter(
            debtor__in=seen, status=BankDetailsStatus.PROPOSED
        ).select_related("debtor", "proposed_by", "decided_by")

    def get_crumbs(self):
        return [
            Crumb(self.object.debtor.name, reverse("accounts:debtor_detail", args=[self.object.debtor_id]))
        ]

    def facts(self):
        return detail_facts(self.object, self.today)

    def get_success_url(self, result):
        return reverse("accounts:bank_details_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return reverse("accounts:bank_details_detail", args=[self.object.pk])


class ApproveBankDetailsPage(DecideBankDetails):
    permission = APPROVE_BANK_DETAILS
    title = gettext_lazy("Approve bank details")
    button = gettext_lazy("Approve bank details")

    def consequence(self):
        return _("They hold from their day; those before end on it.")

    def perform(self, form):
        return approve_bank_details(details=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("The bank details are approved.")


class RefuseBankDetailsPage(DecideBankDetails, ReasonPage):
    permission = PROPOSE_BANK_DETAILS
    title = gettext_lazy("Refuse bank details")
    button = gettext_lazy("Refuse bank details")

    def get_object(self):
        details = super().get_object()
        user = self.request.user
        if details.proposed_by_id != user.pk and not has_permission(user, APPROVE_BANK_DETAILS):
            raise Http404(_("There is no such proposal of yours."))
        return details

    def perform(self, form):
        return refuse_bank_details(
            details=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The proposal is refused.")


urlpatterns = [
    path("debtors/<int:pk>/bank-details/", ProposeBankDetailsPage.as_view(), name="bank_details_new"),
    path("bank-details/<int:pk>/", BankDetailsPage.as_view(), name="bank_details_detail"),
    path("bank-details/<int:pk>/reveal/", RevealBankDetailsView.as_view(), name="bank_details_reveal"),
    path("bank-details/<int:pk>/approve/", ApproveBankDetailsPage.as_view(), name="bank_details_approve"),
    path("bank-details/<int:pk>/refuse/", RefuseBankDetailsPage.as_view(), name="bank_details_refuse"),
]
