"""Verbs for the lines that were ticked in the list: several charges, several credits nobody knows."""

from django.contrib import messages
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.bank.rules import MATCH_BANK_LINE
from accounts.bank.services import give_lines, set_lines_not_ours
from accounts.web.bank.decisions import NotOursForm, OwnerForm, finders
from accounts.web.bank.lines import LineListPage
from collections_app.core.web.views import BulkActionPage


class LinesPage(BulkActionPage):
    list_page = LineListPage
    permission = MATCH_BANK_LINE
    menu = "bank"

    def consequence(self):
        return _("Lines that are decided already stay as they are.")

    def form_valid(self, form, result, url):
        words = ngettext("%(n)s line was decided.", "%(n)s lines were decided.", result)
        messages.success(self.request, words % {"n": result})
        return self.go(url)


class LinesNotOursPage(LinesPage):
    title = gettext_lazy("Not a debtor's money")
    form_class = NotOursForm
    button = gettext_lazy("Save")

    def perform(self, form):
        return set_lines_not_ours(
            lines=self.selected(), actor=self.request.user, as_of=self.today, **form.cleaned_data
        )


class LinesGivenPage(LinesPage):
    title = gettext_lazy("Give to somebody")
    form_class = OwnerForm
    button = gettext_lazy("Keep in the queue")

    def get_form(self):
        form = super().get_form()
        form.fields["owner"].queryset = finders()
        return form

    def perform(self, form):
        return give_lines(
            lines=self.selected(), actor=self.request.user, as_of=self.today, **form.cleaned_data
        )


urlpatterns = [
    path("bank-lines/not-ours/", LinesNotOursPage.as_view(), name="bank_lines_not_ours"),
    path("bank-lines/give/", LinesGivenPage.as_view(), name="bank_lines_given"),
]
