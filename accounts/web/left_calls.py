"""Calls without an outcome: the supervisor's list, and saying in the officer's place what came of one."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.contacts.enums import ContactDirection, Outcome
from accounts.contacts.models import OpenCall
from accounts.contacts.rules import END_LEFT_CALL
from accounts.contacts.services import TOLD_AFTERWARDS, end_left_call
from accounts.web.call.chip import moment_words
from collections_app.core import clock
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import LinkColumn, MomentColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage

CALLS = OpenCall.objects.select_related("account", "debtor", "officer")


class OpenCallTable(Table):
    debtor = LinkColumn(
        "accounts:left_call_end",
        text="debtor.name",
        note="account.number",
        verbose_name=gettext_lazy("Debtor"),
    )
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=180)
    direction = TextColumn(accessor="get_direction_display", verbose_name=gettext_lazy("Way"), width=64)
    opened_at = MomentColumn(
        verbose_name=gettext_lazy("Open since"), order_by=("opened_at", "pk"), phone=True
    )

    row_label = "debtor.name"

    class Meta:
        order_by = "opened_at"


class OpenCallList(ListPage):
    permission = END_LEFT_CALL
    title = gettext_lazy("Calls without an outcome")
    lead = gettext_lazy(
        "Calls that are open now. Of one left for two hours the supervisor is told; open it to say what "
        "came of it."
    )
    menu = "contacts"
    list_name = "open_calls"
    url_name = "accounts:left_call_list"
    queryset = CALLS
    table_class = OpenCallTable
    count_label = ngettext_lazy("%(n)s call", "%(n)s calls", "n")
    empty_text = gettext_lazy("Every call has its outcome.")
    exportable = False

    def get_crumbs(self):
        return [Crumb(_("Contacts"), reverse("accounts:contact_list"))]


class EndForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=[(value, Outcome(value).label) for value in TOLD_AFTERWARDS],
        help_text=gettext_lazy("A promise, a plan or a dispute is taken by who speaks with the debtor."),
    )
    note = forms.CharField(label=gettext_lazy("How you know"), max_length=300)


class EndLeftCall(ActionPage):
    permission = END_LEFT_CALL
    title = gettext_lazy("Say what came of a call")
    menu = "contacts"
    queryset = CALLS
    form_class = EndForm
    button = gettext_lazy("Save the outcome")
    success_message = gettext_lazy("The call has its outcome; its officer can call again.")

    def get_crumbs(self):
        return [Crumb(_("Calls without an outcome"), self.get_cancel_url())]

    def get_head_actions(self):
        return [
            Action(
                _("The account"),
                reverse("accounts:account_detail", args=[self.object.account_id]),
                icon="external-link",
            )
        ]

    def facts(self):
        call = self.object
        return [
            Fact(_("Debtor"), call.debtor.name, note=call.account.number),
            Fact(_("Officer"), call.officer),
            Fact(_("Way"), ContactDirection(call.direction).label),
            Fact(_("Open since"), moment_words(call.opened_at, clock.now())),
        ]

    def perform(self, form):
        return end_left_call(
            call=self.object, actor=self.request.user, at=clock.now(), **form.cleaned_data
        )

    def get_cancel_url(self):
        return reverse("accounts:left_call_list")

    def get_success_url(self, result):
        return self.get_cancel_url()


urlpatterns = [
    path("calls/open/", OpenCallList.as_view(), name="left_call_list"),
    path("calls/open/<int:pk>/end/", EndLeftCall.as_view(), name="left_call_end"),
]
