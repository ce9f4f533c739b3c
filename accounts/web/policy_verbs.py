"""Proposing, submitting, approving and rejecting a policy."""

from django import forms
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.queries import creditor_choices, portfolio_choices
from accounts.policies.kind import Kind
from accounts.policies.queries import version_in_force
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY
from accounts.policies.services import approve_policy, propose_policy, reject_policy, submit_policy
from accounts.policies.values import Choice, Switch
from accounts.web.policies import kind_of, policies_seen_by
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField, ReasonForm
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView


class PolicyForm(forms.Form):
    """One control for each field of the kind; a table is typed one row a line."""

    scope = forms.ChoiceField(label=gettext_lazy("For"))
    valid_from = DayField(label=gettext_lazy("From"), not_before_today=True)
    note = forms.CharField(label=gettext_lazy("Why"), max_length=500)

    def __init__(self, *args, kind: Kind, values: dict, request=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        creditors, portfolios = creditor_choices(request), portfolio_choices(request)
        self.fields["scope"].choices = [
            ("", _("everyone")),
            *((f"creditor-{row.pk}", row.name) for row in creditors),
            *((f"portfolio-{row.pk}", f"{row.creditor.name}, {row.name}") for row in portfolios),
        ]
        self.fields["scope"].required = False
        for field in kind.fields:
            self.fields[f"value_{field.key}"] = self._control(field, values)
        self.order_fields([*(f"value_{f.key}" for f in kind.fields), "scope", "valid_from", "note"])

    @staticmethod
    def _control(field, values):
        lines = field.lines(values.get(field.key, field.clean(field.default)))
        label = format_html("{}, {}", field.label, field.unit) if field.unit else field.label
        common = {"label": label, "help_text": field.help, "initial": "\n".join(lines), "required": False}
        if isinstance(field, Choice):
            return forms.ChoiceField(choices=list(field.choices.items()), **common)
        if isinstance(field, Switch):
            return forms.ChoiceField(choices=[("yes", _("yes")), ("no", _("no"))], **common)
        if field.is_table:
            rows = min(max(len(lines) + 1, 4), 15)
            return forms.CharField(widget=forms.Textarea(attrs={"rows": rows, "dir": "ltr"}), **common)
        return forms.CharField(**common)

    def values(self) -> dict:
        """What was typed, as the kind's `clean` takes it. Raises PolicyValueWrong."""
        typed = {}
        for field in self.kind.fields:
            lines = str(self.cleaned_data[f"value_{field.key}"]).splitlines()
            typed[field.key] = field.from_lines([line for line in lines if line.strip()])
        return typed

    def scope_fields(self) -> dict:
        scope_type, _dash, pk = self.cleaned_data["scope"].partition("-")
        return {"scope_type": scope_type, "scope_id": int(pk) if pk else None}

    def add_error(self, field, error):
        if field is not None and field not in self.fields and f"value_{field}" in self.fields:
            field = f"value_{field}"
        super().add_error(field, error)


class ProposePolicyPage(ActionPage):
    permission = PROPOSE_POLICY
    menu = "policies"
    form_class = PolicyForm
    button = gettext_lazy("Save proposal")
    two_columns = True

    @property
    def kind(self) -> Kind:
        return kind_of(self.kwargs["kind"])

    @property
    def wide_fields(self):
        return [*(f"value_{field.key}" for field in self.kind.fields if field.is_table), "note"]

    def get_object(self):
        return None

    def get_title(self):
        return _("Propose a change: %(policy)s") % {"policy": self.kind.label}

    def get_lead(self):
        return self.kind.lead

    def get_crumbs(self):
        return [
            Crumb(_("Policies"), reverse("accounts:policy_list")),
            Crumb(self.kind.label, reverse("accounts:policy_kind", args=[self.kind.code])),
        ]

    def get_form_kwargs(self):
        current = version_in_force(self.kind.code, as_of=self.today)
        return super().get_form_kwargs() | {
            "kind": self.kind,
            "values": current.values if current else self.kind.defaults(),
            "request": self.request,
        }

    def get_initial(self):
        return {"valid_from": self.today}

    def consequence(self):
        return _("It holds from its day on once another person has approved it. What was decided stays.")

    def perform(self, form):
        return propose_policy(
            kind=self.kind.code,
            values=form.values(),
            valid_from=form.cleaned_data["valid_from"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
            **form.scope_fields(),
        )

    def form_invalid(self, form):
        return super().form_invalid(form)

    def get_success_message(self, result) -> str:
        return _("The proposal is saved. Look at the changes, then ask for approval.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:policy_detail", args=[result.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:policy_kind", args=[self.kind.code])


class PolicyVerbView(VerbView):
    def get_queryset(self):
        return policies_seen_by(self.request.user)

    def get_success_url(self, result) -> str:
        return reverse("accounts:policy_detail", args=[result.pk])


class SubmitPolicyView(PolicyVerbView):
    permission = PROPOSE_POLICY

    def get_queryset(self):
        return super().get_queryset().filter(made_by=self.request.user)

    def perform(self, form):
        return submit_policy(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("A manager other than you can approve it now.")


class ApprovePolicyView(PolicyVerbView):
    permission = APPROVE_POLICY

    def perform(self, form):
        return approve_policy(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("Approved; it holds from %(day)s.") % {"day": day_text(result.valid_from, self.today)}


class RejectPolicyPage(ReasonPage):
    permission = PROPOSE_POLICY
    title = gettext_lazy("Reject a policy")
    menu = "policies"
    form_class = ReasonForm
    button = gettext_lazy("Reject policy")
    is_dangerous = True

    def get_queryset(self):
        user = self.request.user
        rows = policies_seen_by(user)
        return rows if has_permission(user, APPROVE_POLICY) else rows.filter(made_by=user)

    def perform(self, form):
        return reject_policy(
            version=self.object,
            comment=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("Rejected.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:policy_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:policy_detail", args=[self.object.pk])


urlpatterns = [
    path("policies/kind/<slug:kind>/propose/", ProposePolicyPage.as_view(), name="policy_new"),
    path("policies/<int:pk>/submit/", SubmitPolicyView.as_view(), name="policy_submit"),
    path("policies/<int:pk>/approve/", ApprovePolicyView.as_view(), name="policy_approve"),
    path("policies/<int:pk>/reject/", RejectPolicyPage.as_view(), name="policy_reject"),
]
