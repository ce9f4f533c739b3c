"""Taking and cancelling a promise."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.arrangements.models import Promise
from accounts.arrangements.queries import open_promises
from accounts.arrangements.rules import CANCEL_PROMISE, TAKE_PROMISE
from accounts.arrangements.services import cancel_promise, take_promise
from accounts.ledger.enums import PaymentMethod
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.web.payments import AccountVerb, MoneyForm
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text, long_day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ReasonPage


class PromiseForm(MoneyForm):
    due_date = DayField(label=gettext_lazy("By"), not_before_today=True)
    method = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[("", gettext_lazy("not said")), *PaymentMethod.choices],
        required=False,
    )
    besides = forms.BooleanField(
        label=gettext_lazy("Besides the promises that stand, not in their place"), required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not open_promises([self.account.pk])[self.account.pk]:
            del self.fields["besides"]


class TakePromisePage(AccountVerb):
    permission = TAKE_PROMISE
    title = gettext_lazy("Take a promise")
    form_class = PromiseForm
    button = gettext_lazy("Save promise")
    wide_fields = ("besides",)

    def rule(self) -> dict[str, Any]:
        account = self.object
        return policy(
            "promise_grace",
            as_of=self.today,
            creditor_id=account.creditor_id,
            portfolio_id=account.portfolio_id,
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"account": self.object, "as_of": self.today}

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        asked = standing.overdue - standing.contested if standing else None
        return {
            "amount": asked if asked and asked > 0 else None,
            "due_date": day_after(self.today, 5, "business", self.object.creditor),
        }

    def facts(self):
        found = super().facts()
        for promise in open_promises([self.object.pk])[self.object.pk]:
            amount = amount_text(promise.amount, promise.currency)
            words = _("%(amount)s by %(day)s") % {
                "amount": f"{promise.currency} {amount}",
                "day": day_text(promise.due_date, self.today),
            }
            found.append(Fact(_("Stands now"), words))
        return found

    def consequence(self):
        rule = self.rule()
        example = self.get_initial()["due_date"]
        until = day_after(example, rule["days"], rule["unit"], self.object.creditor)
        return _(
            "Reminders rest until the promise is judged. For %(day)s money counts until %(until)s; "
            "at most %(longest)s days ahead."
        ) % {
            "day": long_day_text(example, self.today),
            "until": long_day_text(until, self.today),
            "longest": rule["longest_days"],
        }

    def perform(self, form):
        return take_promise(
            account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("Promise saved. Money counts until %(day)s.") % {
            "day": day_text(result.grace_until, self.today)
        }


class CancelPromisePage(ReasonPage):
    permission = CANCEL_PROMISE
    title = gettext_lazy("Cancel a promise")
    menu = "promises"
    queryset = Promise.objects.select_related("account__debtor")
    button = gettext_lazy("Cancel promise")
    is_dangerous = True

    def facts(self):
        promise = self.object
        return [
            Fact(_("Account"), f"{promise.account.debtor.name} {promise.account.number}"),
            Fact(_("Promised"), ui.money_with_code(promise.amount, promise.currency)),
            Fact(pgettext("a day", "By"), day_text(promise.due_date, self.today)),
        ]

    def consequence(self):
        return _("It leaves the kept rate, and reminders go on.")

    def perform(self, form):
        return cancel_promise(
            promise=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The promise is cancelled.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:promise_detail", args=[result.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:promise_detail", args=[self.object.pk])


urlpatterns = [
    path("promises/<int:pk>/cancel/", CancelPromisePage.as_view(), name="promise_cancel"),
    path("accounts/<int:pk>/promise/", TakePromisePage.as_view(), name="promise_new"),
]
