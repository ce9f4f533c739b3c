"""Whose an account is and whether it is worked: assign, close, reopen."""

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.services import assign_accounts, close_account, reopen_account
from accounts.web.accounts import AssignForm
from accounts.web.payments import AccountVerb
from collections_app.core.web.forms import ReasonForm


class AssignPage(AccountVerb):
    permission = "accounts.assign_account"
    title = gettext_lazy("Assign account")
    form_class = AssignForm
    button = gettext_lazy("Assign account")
    wide_fields = ("reason",)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "as_of": self.today}

    def get_initial(self):
        return {"team": self.object.team_id, "officer": self.object.officer_id}

    def perform(self, form):
        return assign_accounts(account_ids=[self.object.pk], actor=self.request.user, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("The account is assigned.")


class ClosePage(AccountVerb):
    permission = "accounts.close_account"
    title = gettext_lazy("Close account")
    form_class = ReasonForm
    button = gettext_lazy("Close account")
    two_columns = False

    def perform(self, form):
        return close_account(
            account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The account is closed.")


class ReopenPage(AccountVerb):
    permission = "accounts.reopen_account"
    title = gettext_lazy("Reopen account")
    form_class = ReasonForm
    button = gettext_lazy("Reopen account")
    two_columns = False

    def perform(self, form):
        return reopen_account(
            account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The account is open again.")


urlpatterns = [
    path("accounts/<int:pk>/assign/", AssignPage.as_view(), name="account_assign"),
    path("accounts/<int:pk>/close/", ClosePage.as_view(), name="account_close"),
    path("accounts/<int:pk>/reopen/", ReopenPage.as_view(), name="account_reopen"),
]
