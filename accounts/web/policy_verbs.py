"""Proposing a policy: a form from the fields of its kind; its other steps are those of every version."""

from django import forms
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.queries import creditor_choices, portfolio_choices
from accounts.policies.kind import Kind
from accounts.policies.queries import version_in_force
from accounts.policies.services import propose_policy
from accounts.policies.values import Choice, Switch
from accounts.web.policies import POLICY_VERSIONS, kind_of
from accounts.web.versions import ProposeVersionPage
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb


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


class ProposePolicyPage(ProposeVersionPage):
    menu = "policies"
    form_class = PolicyForm
    kind = POLICY_VERSIONS

    @property
    def policy(self) -> Kind:
        return kind_of(self.kwargs["kind"])

    @property
    def wide_fields(self):
        return [*(f"value_{field.key}" for field in self.policy.fields if field.is_table), "note"]

    def get_object(self):
        return None

    def get_title(self):
        return _("Propose a change: %(policy)s") % {"policy": self.policy.label}

    def get_lead(self):
        return self.policy.lead

    def get_crumbs(self):
        return [
            Crumb(_("Policies"), reverse("accounts:policy_list")),
            Crumb(self.policy.label, reverse("accounts:policy_kind", args=[self.policy.code])),
        ]

    def get_form_kwargs(self):
        current = version_in_force(self.policy.code, as_of=self.today)
        return super().get_form_kwargs() | {
            "kind": self.policy,
            "values": current.values if current else self.policy.defaults(),
            "request": self.request,
        }

    def perform(self, form):
        return propose_policy(
            kind=self.policy.code,
            values=form.values(),
            valid_from=form.cleaned_data["valid_from"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
            **form.scope_fields(),
        )

    def get_cancel_url(self) -> str:
        return reverse("accounts:policy_kind", args=[self.policy.code])


urlpatterns = [
    path("policies/kind/<slug:kind>/propose/", ProposePolicyPage.as_view(), name="policy_new"),
    *POLICY_VERSIONS.steps("policies"),
]
