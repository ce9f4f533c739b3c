"""Proposing, previewing, accepting and cancelling a payment plan, and printing what may be agreed on."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.arrangements.enums import PLAN_DRAFTED, PlanStatus, Rhythm
from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.papers import FIRST_IN_BUSINESS_DAYS, options_of, options_pdf, plan_pdf
from accounts.arrangements.rules import PROPOSE_PLAN, may_agree
from accounts.arrangements.schedule import PlanTerms, months_of
from accounts.arrangements.services import (
    PlanBeyondAuthority,
    accept_plan,
    cancel_plan,
    propose_plan,
    schedule_of,
)
from accounts.arrangements.services.plan_terms import beyond_text, plan_rule
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from accounts.parties.queries import day_after
from accounts.web.money_forms import MoneyForm
from accounts.web.payments import AccountVerb
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.refusal import Refused
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.files import pdf_response
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

ASK = "_ask"
USUAL_NUMBER = 3
# What nobody agreed on is given to nobody.
NO_PAPER = (PlanStatus.WAITING, PlanStatus.OFFERED, PlanStatus.REFUSED)


class PlanForm(MoneyForm):
    field_order = ["amount", "rhythm", "number", "each", "first_due", "month_day"]

    rhythm = forms.ChoiceField(
        label=pgettext_lazy("how often", "Paid"), choices=Rhythm.choices, initial=Rhythm.MONTHLY.value
    )
    number = forms.IntegerField(label=gettext_lazy("Instalments"), min_value=1, max_value=600, required=False)
    each = MoneyFormField(label=gettext_lazy("Or so much each"), required=False)
    first_due = DayField(label=gettext_lazy("First on"), not_before_today=True)
    month_day = forms.IntegerField(
        label=gettext_lazy("Then on day of the month"),
        min_value=1,
        max_value=31,
        required=False,
        help_text=gettext_lazy("31 is the last day of each month. Empty: the day of the first."),
    )
    deposit = MoneyFormField(label=gettext_lazy("Deposit before"), required=False)
    deposit_due = DayField(label=gettext_lazy("Deposit on"), not_before_today=True, required=False)
    freezes = forms.MultipleChoiceField(
        label=gettext_lazy("Stops while it is kept"),
        choices=[("interest", gettext_lazy("Interest")), ("fee", gettext_lazy("Late fees"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    accounts = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Also for"),
        queryset=Account.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    is_agreed = forms.BooleanField(
        label=gettext_lazy("The debtor agrees; without this it is an offer"), required=False, initial=True
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, others, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("each", "deposit"):
            self.fields[name].currency = self.account.currency
        if others:
            choice = self.fields["accounts"]
            choice.queryset = Account.objects.filter(pk__in=[other.pk for other in others])
            owed = {other.pk: other.owed for other in others}
            choice.label_from_instance = lambda row: (
                f"{row.number}, {format_amount(owed[row.pk], row.currency)}"
            )
        else:
            del self.fields["accounts"]

    def clean(self):
        data = super().clean()
        if data.get("each"):
            data["number"] = 0
        elif not data.get("number") and not self.errors:
            self.add_error("number", _("Say how many instalments, or how much each."))
        return data

    def terms(self) -> PlanTerms:
        data = self.cleaned_data
        is_monthly = data["rhythm"] == Rhythm.MONTHLY
        return PlanTerms(
            amount=data["amount"],
            rhythm=data["rhythm"],
            first_due=data["first_due"],
            number=data["number"] or 0,
            each=data.get("each") or None,
            month_day=data.get("month_day") if is_monthly else None,
            deposit=data.get("deposit") or 0,
            deposit_due=data.get("deposit_due") if data.get("deposit") else None,
        )

    def chosen(self) -> list[Account]:
        return [self.account, *self.cleaned_data.get("accounts", ())]


class ProposePlanPage(AccountVerb):
    """One form; what it would come to stands below and follows every key."""

    permission = PROPOSE_PLAN
    form_class = PlanForm
    template_name = "accounts/plan_new.html"
    button = gettext_lazy("Save plan")
    wide_fields = ("accounts", "is_agreed", "note")
    offers_to_ask = False

    def get_title(self):
        return _("Agree anew on the payment plan") if self.standing else _("Payment plan")

    def get_head_actions(self):
        url = reverse("accounts:plan_options", args=[self.object.pk])
        return [Action(_("Options sheet"), url, icon="file-text")]

    @cached_property
    def standing(self) -> PaymentPlan | None:
        """The plan in force that a new one replaces."""
        return PaymentPlan.objects.in_force().filter(plan_accounts__account=self.object).first()

    @cached_property
    def others(self) -> list[Account]:
        """Other open accounts of the debtor in this currency that owe something."""
        account = self.object
        rows = list(
            Account.objects.visible_to(self.request.user)
            .filter(
                debtor_id=account.debtor_id,
                creditor_id=account.creditor_id,
                currency=account.currency,
                status=AccountStatus.OPEN,
            )
            .exclude(pk=account.pk)
            .order_by("number")
        )
        owed = balances([row.pk for row in rows], as_of=self.today)
        for row in rows:
            row.owed = owed.get(row.pk, 0)
        return [row for row in rows if row.owed > 0]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "account": self.object,
            "as_of": self.today,
            "others": self.others,
        }

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        owed = standing.balance - standing.contested if standing else None
        shared = {}
        if self.standing is not None:
            shared["freezes"] = self.standing.freezes
            ids = set(self.standing.plan_accounts.values_list("account_id", flat=True))
            shared["accounts"] = [row.pk for row in self.others if row.pk in ids]
            owed = (owed or 0) + sum(row.owed for row in self.others if row.pk in ids)
        return shared | {
            "amount": owed if owed and owed > 0 else None,
            "number": USUAL_NUMBER,
            "first_due": day_after(self.today, FIRST_IN_BUSINESS_DAYS, "business", self.object.creditor),
            "is_agreed": True,
        }

    def facts(self):
        facts = super().facts()
        if self.standing is not None:
            url = reverse("accounts:plan_detail", args=[self.standing.pk])
            facts.append(Fact(_("It replaces"), str(self.standing), url=url))
        drafted = PaymentPlan.objects.drafted().filter(plan_accounts__account=self.object).first()
        if drafted is not None:
            url = reverse("accounts:plan_detail", args=[drafted.pk])
            facts.append(Fact(drafted.get_status_display(), str(drafted), url=url))
        return facts

    def perform(self, form):
        data = form.cleaned_data
        try:
            return propose_plan(
                accounts=form.chosen(),
                terms=form.terms(),
                freezes=data["freezes"],
                is_agreed=data["is_agreed"],
                ask=ASK in self.request.POST,
                replacing=self.standing,
                note=data["note"],
                actor=self.request.user,
                as_of=self.today,
            )
        except PlanBeyondAuthority:
            self.offers_to_ask = True
            raise

    def get_success_message(self, result) -> str:
        return {
            PlanStatus.WAITING: _("Approval is asked for. Reminders go on until the plan is in force."),
            PlanStatus.OFFERED: _("The offer is saved. Reminders go on until the debtor agrees."),
        }.get(result.status, _("The payment plan is in force. Reminders rest as long as it is kept."))

    def get_success_url(self, result) -> str:
        return reverse("accounts:plan_detail", args=[result.pk])

    def get_context_data(self, **kwargs):
        if self.offers_to_ask:
            kwargs["other_button"] = {"name": ASK, "label": _("Ask for approval")}
        return super().get_context_data(
            preview_url=reverse("accounts:plan_preview", args=[self.object.pk]), **kwargs
        )


class PlanPreview(ProposePlanPage):
    """What the form as typed so far would come to; writes nothing."""

    http_method_names = ["get", "options"]
    template_name = "accounts/plan_preview.html"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"data": self.request.GET, "initial": {}}

    def get(self, request, *args, **kwargs):
        form = self.get_form()
        return self.render_to_response({"preview": self.preview(form), "account": self.object})

    def preview(self, form) -> dict[str, Any]:
        if not form.is_valid():
            return {"waits": True}
        account, today = self.object, self.today
        try:
            terms = form.terms()
            rows = schedule_of(terms, account=account, as_of=today)
        except Refused as refused:
            return {"refused": refused.message}
        rule = plan_rule(account, today)
        asked = {
            "amount": terms.amount,
            "currency": account.currency,
            "months": months_of(rows, today),
            "freezes": form.cleaned_data["freezes"],
        }
        role = self.request.user.role
        beyond = "" if may_agree(role, rule, **asked) else beyond_text(role, rule, asked)
        return {
            "rows": rows,
            "total": sum(row.amount for row in rows),
            "owed": sum(balances([row.pk for row in form.chosen()], as_of=today).values()),
            "months": asked["months"],
            "beyond": beyond,
            "days": rule["days"],
        }


class PlanAction(ReasonPage):
    menu = "plans"
    queryset = PaymentPlan.objects.select_related("account", "debtor")

    def get_success_url(self, result) -> str:
        return reverse("accounts:plan_detail", args=[result.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:plan_detail", args=[self.object.pk])


class CancelPlanPage(PlanAction):
    permission = PROPOSE_PLAN
    title = gettext_lazy("Cancel a payment plan")
    button = gettext_lazy("Cancel plan")
    is_dangerous = True

    def facts(self):
        plan = self.object
        return [
            Fact(_("Account"), f"{plan.debtor.name} {plan.account.number}"),
            Fact(_("Plan"), ui.money_with_code(plan.amount, plan.currency)),
            Fact(_("Received"), ui.money_with_code(plan.received, plan.currency)),
            Fact(_("Ends"), day_text(plan.last_due, self.today)),
        ]

    def consequence(self):
        if self.object.status in PLAN_DRAFTED:
            return _("Nothing was in force yet, so nothing else changes.")
        return _("From today reminders go on, and interest and fees run again.")

    def perform(self, form):
        return cancel_plan(
            plan=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The payment plan is cancelled.")


class AcceptPlanView(VerbView):
    """The debtor said yes to what was offered."""

    permission = PROPOSE_PLAN
    queryset = PaymentPlan.objects.all()

    def perform(self, form):
        return accept_plan(plan=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("The payment plan is in force. Reminders rest as long as it is kept.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:plan_detail", args=[result.pk])


class OptionsSheetPage(AccountVerb):
    """One page with what the debtor may choose from, in his language; that it was taken is recorded."""

    permission = PROPOSE_PLAN
    http_method_names = ["get", "options"]

    def get(self, request, *args, **kwargs):
        account = self.object
        found = options_of(account, as_of=self.today)
        content = options_pdf(account=account, found=found, as_of=self.today)
        audit.record_access(
            "plan_options", account, user=request.user, detail={"as_of": self.today.isoformat()}
        )
        return pdf_response(content, f"options-{slugify(account.number)}-{self.today:%Y-%m-%d}")


class PlanPaperPage(ActionPage):
    """The plan as the debtor gets it, in his language; that it was taken is recorded."""

    permission = PROPOSE_PLAN
    http_method_names = ["get", "options"]
    queryset = PaymentPlan.objects.exclude(status__in=NO_PAPER).select_related(
        "account", "creditor", "debtor"
    )

    def get(self, request, *args, **kwargs):
        plan = self.object
        audit.record_access("plan_paper", plan, user=request.user)
        return pdf_response(plan_pdf(plan), f"plan-{slugify(plan.account.number)}-{plan.pk}")


urlpatterns = [
    path("plans/<int:pk>/cancel/", CancelPlanPage.as_view(), name="plan_cancel"),
    path("plans/<int:pk>/accept/", AcceptPlanView.as_view(), name="plan_accept"),
    path("plans/<int:pk>/paper/", PlanPaperPage.as_view(), name="plan_paper"),
    path("accounts/<int:pk>/plan/", ProposePlanPage.as_view(), name="plan_new"),
    path("accounts/<int:pk>/plan/preview/", PlanPreview.as_view(), name="plan_preview"),
    path("accounts/<int:pk>/plan/options/", OptionsSheetPage.as_view(), name="plan_options"),
]
