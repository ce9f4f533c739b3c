"""A month account by account: what is asked, the last answer, and the press that asks anew."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.control.account_roll import months_to_roll
from accounts.control.jobs import ReconcileAccounts, last_reconciliation, scope_of
from accounts.control.rules import VIEW_RECONCILIATION
from accounts.ledger.enums import EntryKind
from accounts.parties.queries import creditor_choices
from collections_app.core.web import navigation
from collections_app.core.web.forms import adapt
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.views import PageView

navigation.register(
    "reconciliation",
    gettext_lazy("Reconciliation"),
    "accounts:reconciliation",
    icon="list-check",
    permission=VIEW_RECONCILIATION,
    order=81,
    group="money",
)


class QuestionForm(forms.Form):
    month = forms.ChoiceField(label=gettext_lazy("Month"))
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )
    known_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        months = months_to_roll()
        self.fields["month"].choices = [(f"{day:%Y-%m}", date_format(day, "F Y")) for day in months]
        self.fields["creditor"].queryset = creditor_choices(request)


class ReconciliationPage(PageView):
    """GET shows the last answer to what is asked; POST asks it anew, by a job."""

    permission = VIEW_RECONCILIATION
    menu = "reconciliation"
    title = gettext_lazy("Reconciliation, account by account")
    lead = gettext_lazy(
        "What every account owed, what moved it and what it owes: three keepings of one thing, held together."
    )
    template_name = "accounts/reconciliation.html"
    offers_known_at = True

    def only_looks(self):
        return True

    def shown_head_actions(self):
        # a month is reconciled by an earlier knowledge as by today's; nothing shown is changed
        return [action for action in self.get_head_actions() if action.shown_to(self.request.user)]

    def get_crumbs(self):
        return [Crumb(_("Control totals"), reverse("accounts:control_total_list"))]

    def question(self) -> QuestionForm:
        given = self.request.GET
        months = months_to_roll()
        month = given.get("month") or (f"{months[0]:%Y-%m}" if months else "")
        asked = None
        if months:
            asked = {"month": month, "creditor": given.get("creditor", ""), "known_at": self.known_at_text}
        form = QuestionForm(asked, request=self.request)
        adapt(form)
        return form

    def get_head_actions(self):
        form = self.form
        if not form.is_valid():
            return []
        day, creditor_id = self.asked(form)
        query = urlencode({"month": f"{day:%Y-%m}", "creditor": creditor_id or ""})
        query = "&".join(filter(None, [query, self.day_query]))
        return [
            Action(
                _("Reconcile"), f"{self.request.path}?{query}", icon="refresh", post=True, primary=True,
                permission=VIEW_RECONCILIATION,
            )
        ]  # fmt: skip

    def asked(self, form: QuestionForm) -> tuple[date, int | None]:
        creditor = form.cleaned_data["creditor"]
        return date.fromisoformat(f"{form.cleaned_data['month']}-01"), creditor.pk if creditor else None

    def get(self, request, *args, **kwargs):
        self.form = form = self.question()
        context: dict[str, Any] = {"form": form}
        if form.is_valid() and (job := last_reconciliation(*self.asked(form), self.known_at)) is not None:
            context |= self._answer(job)
        return self.render_to_response(self.get_context_data(**context))

    def post(self, request, *args, **kwargs):
        self.form = form = self.question()
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        first_day, creditor_id = self.asked(form)
        job = ReconcileAccounts.enqueue_once(
            scope=scope_of(first_day, creditor_id, self.known_at),
            params={
                "month": first_day.isoformat(),
                "creditor": creditor_id,
                "known_at": self.known_at.isoformat() if self.known_at else None,
            },
            actor=request.user,
        )
        return HttpResponseRedirect(reverse("core:job_detail", args=[job.pk]))

    def _answer(self, job) -> dict[str, Any]:
        kinds = dict(EntryKind.choices)
        currencies = []
        for row in job.result["currencies"]:
            code = row["currency"]
            accounts = [
                {
                    **account,
                    "kinds": [
                        (kinds.get(kind, kind), Decimal(amount)) for kind, amount in account["kinds"].items()
                    ],
                    "opening": Decimal(account["opening"]),
                    "closing": Decimal(account["closing"]),
                    "difference": Decimal(account["closing"])
                    - Decimal(account["opening"])
                    - Decimal(account["moved"]),
                }
                for account in job.result["accounts"]
                if account["currency"] == code
            ]
            currencies.append(
                {
                    "code": code,
                    "count": row["accounts"],
                    "differing": row["differing"],
                    "opening": Decimal(row["opening"]),
                    "kinds": [(kinds.get(kind, kind), Decimal(sum_)) for kind, sum_ in row["kinds"].items()],
                    "closing": Decimal(row["closing"]),
                    "accounts": accounts,
                    "more": max(row["accounts"] - len(accounts), 0),
                }
            )
        return {
            "job": job,
            "at": datetime.fromisoformat(job.result["at"]),
            "differing": job.result["differing"],
            "currencies": sorted(currencies, key=lambda part: (-part["differing"], part["code"])),
        }


urlpatterns = [path("reconciliation/", ReconciliationPage.as_view(), name="reconciliation")]
