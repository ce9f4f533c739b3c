"""Raising, routing and withdrawing a dispute."""

from decimal import Decimal

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.disputes.enums import DisputeReason
from accounts.disputes.models import Dispute
from accounts.disputes.rules import RAISE_DISPUTE
from accounts.disputes.services import raise_dispute, route_dispute, withdraw_dispute
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import open_items
from accounts.teams.models import Department, DepartmentMembership
from accounts.web.payments import AccountVerb
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage


class AskForm(forms.Form):
    """Whom a question goes to: a named person who answers for a department."""

    asked = forms.ModelChoiceField(
        label=gettext_lazy("Ask"),
        queryset=DepartmentMembership.objects.none(),
        help_text=gettext_lazy("Sees only this question and these items, not the account."),
    )
    question = forms.CharField(label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, user: User, today, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["asked"]
        field.queryset = (
            DepartmentMembership.objects.on(today)
            .filter(user__is_active=True, user__role=Role.DEPARTMENT_USER, department__is_active=True)
            .exclude(user=user)
            .select_related("department", "user")
            .order_by("department__name", "user__full_name")
        )
        field.label_from_instance = lambda row: f"{row.department}: {row.user}"

    def routing(self) -> dict:
        membership: DepartmentMembership = self.cleaned_data["asked"]
        department: Department = membership.department
        return {
            "department": department,
            "asked": membership.user,
            "question": self.cleaned_data["question"],
        }


class MultipleFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, or none."""

    widget = MultipleFiles

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]


class DisputeForm(AskForm):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisputeReason.choices)
    statement = forms.CharField(
        label=gettext_lazy("What the debtor says"), widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = FilesField(label=gettext_lazy("Evidence"), required=False)

    def __init__(self, *args, account, today, **kwargs):
        super().__init__(*args, today=today, **kwargs)
        self.items = [
            item for item in open_items([account.pk], as_of=today)[account.pk] if item.open > item.contested
        ]
        for item in self.items:
            self.fields[f"item_{item.entry_id}"] = MoneyFormField(
                label=item.description or item.reference or item.kind,
                currency=account.currency,
                required=False,
                min_value=Decimal(0),
            )
        self.order_fields(
            [
                *(f"item_{item.entry_id}" for item in self.items),
                "reason",
                "asked",
                "statement",
                "question",
                "evidence",
            ]
        )

    def item_fields(self):
        """(item, its bound field) for the table of the form."""
        return [(item, self[f"item_{item.entry_id}"]) for item in self.items]

    def other_fields(self):
        return [self[name] for name in ("reason", "asked", "statement", "question", "evidence")]

    def clean(self):
        cleaned = super().clean()
        named = {
            item.entry_id: amount for item in self.items if (amount := cleaned.get(f"item_{item.entry_id}"))
        }
        if not named and not self.errors:
            raise forms.ValidationError(_("Say of which item how much is disputed."))
        cleaned["named"] = named
        return cleaned


class RaiseDisputePage(AccountVerb):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Raise a dispute")
    template_name = "accounts/dispute_form.html"
    form_class = DisputeForm
    button = gettext_lazy("Raise dispute and ask")
    wide_fields = ("statement", "question", "evidence")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "account": self.object,
            "user": self.request.user,
            "today": self.today,
        }

    def consequence(self):
        return _(
            "Chasing stops for these amounts only; the rest goes on. The answer of the person asked "
            "decides, not you."
        )

    def perform(self, form):
        data = form.cleaned_data
        entries = LedgerEntry.objects.in_bulk(list(data["named"]))
        return raise_dispute(
            account=self.object,
            items=[(entries[pk], amount) for pk, amount in data["named"].items()],
            reason=data["reason"],
            statement=data["statement"],
            evidence=[(file.name, file.read()) for file in data["evidence"]],
            actor=self.request.user,
            as_of=self.today,
            **form.routing(),
        )

    def get_success_message(self, result) -> str:
        return _("The question is with %(person)s, answer due %(day)s.") % {
            "person": result.asked,
            "day": day_text(result.answer_due, self.today),
        }


class DisputeVerb(ActionPage):
    menu = "disputes"
    queryset = Dispute.objects.select_related("account__debtor", "department", "asked")

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:dispute_detail", args=[self.object.pk]))]

    def facts(self):
        dispute = self.object
        return [
            Fact(_("Account"), f"{dispute.account.debtor.name} {dispute.account.number}"),
            Fact(_("Disputed"), ui.money_with_code(dispute.amount, dispute.currency)),
            Fact(_("Debtor says"), dispute.statement),
        ]

    def get_success_url(self, result) -> str:
        return reverse("accounts:dispute_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:dispute_detail", args=[self.object.pk])


class RouteDisputePage(DisputeVerb):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Ask a department")
    form_class = AskForm
    button = gettext_lazy("Ask")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def get_initial(self):
        return {"question": self.object.question}

    def consequence(self):
        return _("The question leaves whoever has it now, and its clock starts anew.")

    def perform(self, form):
        return route_dispute(dispute=self.object, actor=self.request.user, as_of=self.today, **form.routing())

    def get_success_message(self, result) -> str:
        return _("The question is with %(person)s.") % {"person": result.asked}


class WithdrawDisputePage(DisputeVerb, ReasonPage):
    permission = RAISE_DISPUTE
    title = gettext_lazy("Withdraw a dispute")
    button = gettext_lazy("Withdraw dispute")
    is_dangerous = True

    def consequence(self):
        return _("The items are due as before and are chased again from today.")

    def perform(self, form):
        return withdraw_dispute(
            dispute=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The dispute is withdrawn.")


urlpatterns = [
    path("disputes/<int:pk>/ask/", RouteDisputePage.as_view(), name="dispute_route"),
    path("disputes/<int:pk>/withdraw/", WithdrawDisputePage.as_view(), name="dispute_withdraw"),
    path("accounts/<int:pk>/dispute/", RaiseDisputePage.as_view(), name="dispute_new"),
]
