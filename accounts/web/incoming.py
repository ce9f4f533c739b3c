"""Who is calling: the page that a telephone system opens with a number, and calls from unknown ones.

The address is `/calls/incoming/?number=+971505550142` in any spelling; looking changes nothing. A key
answers: the call is opened on the account, and its outcome asked for as of any other.
"""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts.incoming import digits_of, who_calls
from accounts.contacts.models import UnknownCall
from accounts.contacts.rules import VIEW_CONTACT
from accounts.contacts.services import log_unknown_call, tie_call
from accounts.ledger.models import Account
from accounts.parties.phones import readable
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import LinkColumn, MomentColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage, PageView


class IncomingCall(PageView):
    """Whose number it is, with what they owe and promised; one key answers."""

    permission = MAKE_CONTACT
    title = gettext_lazy("Incoming call")
    menu = "contacts"
    template_name = "accounts/incoming.html"

    @property
    def number(self) -> str:
        # a plus in an address reads as a blank where a telephone system did not encode it
        raw = self.request.GET.get("number", "")
        return raw.strip() if not raw.startswith(" ") else f"+{raw.strip()}"

    def get_head_actions(self):
        return [Action(_("Unknown callers"), reverse("accounts:unknown_call_list"), icon="phone-incoming")]

    def get_context_data(self, **kwargs):
        callers = who_calls(self.number, self.request.user, as_of=self.today)
        return super().get_context_data(
            number=self.number,
            shown=readable(f"+{digits_of(self.number)}") if self.number.startswith("+") else self.number,
            callers=callers,
            is_one=sum(len(caller.accounts) for caller in callers) == 1,
            **kwargs,
        )


class UnknownCallForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Number"), max_length=40)
    note = forms.CharField(
        label=gettext_lazy("What was said"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class LogUnknownCall(ActionPage):
    permission = MAKE_CONTACT
    title = gettext_lazy("Log an unknown caller")
    lead = gettext_lazy("Nobody is guessed. It can be tied to an account when it is known who called.")
    menu = "contacts"
    button = gettext_lazy("Log the call")
    success_message = gettext_lazy("The call is logged.")
    form_class = UnknownCallForm

    def get_crumbs(self):
        return [Crumb(_("Unknown callers"), self.get_cancel_url())]

    def get_initial(self):
        return {"number": self.request.GET.get("number", "").strip()}

    def perform(self, form):
        return log_unknown_call(at=clock.now(), officer=self.request.user, **form.cleaned_data)

    def get_cancel_url(self):
        return reverse("accounts:unknown_call_list")

    def get_success_url(self, result):
        return self.get_cancel_url()


class UnknownCallFilterSet(FilterSet):
    class Meta(FilterSet.Meta):
        model = UnknownCall
        fields: list[str] = []


class UnknownCallTable(Table):
    number = LinkColumn("accounts:unknown_call_tie", text="number", verbose_name=gettext_lazy("Number"))
    at = MomentColumn(verbose_name=gettext_lazy("When"), order_by="at")
    note = TextColumn(verbose_name=gettext_lazy("What was said"), muted=True, width=320)
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=140)

    row_label = "number"

    class Meta:
        order_by = "-at"


class UnknownCallList(ListPage):
    permission = VIEW_CONTACT
    title = gettext_lazy("Unknown callers")
    lead = gettext_lazy("Calls from numbers that stood on no record. Open one to say whose it was.")
    menu = "contacts"
    list_name = "unknown_calls"
    url_name = "accounts:unknown_call_list"
    queryset = UnknownCall.objects.untied().select_related("officer")
    table_class = UnknownCallTable
    filterset_class = UnknownCallFilterSet
    count_label = ngettext_lazy("%(n)s call", "%(n)s calls", "n")
    empty_text = gettext_lazy("Every call is tied to an account.")

    def get_crumbs(self):
        return [Crumb(_("Contacts"), reverse("accounts:contact_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("Log an unknown caller"),
                reverse("accounts:unknown_call_new"),
                icon="plus",
                permission=MAKE_CONTACT,
            )
        ]


class TieForm(forms.Form):
    account = forms.CharField(label=gettext_lazy("Account number"), max_length=60)
    keep_number = forms.BooleanField(
        label=gettext_lazy("Keep the number as a way to reach the debtor"), required=False, initial=True
    )

    def __init__(self, *args, accounts, **kwargs):
        super().__init__(*args, **kwargs)
        self.accounts = accounts

    def clean_account(self):
        found = list(self.accounts.filter(number=self.cleaned_data["account"].strip())[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("There is no such account, or it belongs to another team."))
        return found[0]


class TieCall(ActionPage):
    permission = MAKE_CONTACT
    title = gettext_lazy("Whose call was it?")
    menu = "contacts"
    button = gettext_lazy("Tie to the account")
    success_message = gettext_lazy("The call stands on the account now.")
    queryset = UnknownCall.objects.select_related("officer")
    form_class = TieForm

    def get_crumbs(self):
        return [Crumb(_("Unknown callers"), self.get_cancel_url())]

    def facts(self):
        facts = [Fact(_("Number"), self.object.number), Fact(_("Officer"), self.object.officer)]
        return [*facts, Fact(_("What was said"), self.object.note)] if self.object.note else facts

    def get_form_kwargs(self):
        accounts = Account.objects.visible_to(self.request.user)
        return super().get_form_kwargs() | {"accounts": accounts.select_related("debtor__creditor")}

    def perform(self, form):
        return tie_call(call=self.object, actor=self.request.user, **form.cleaned_data)

    def get_cancel_url(self):
        return reverse("accounts:unknown_call_list")

    def get_success_url(self, result):
        return reverse("accounts:contact_detail", args=[result.pk])


urlpatterns = [
    path("calls/incoming/", IncomingCall.as_view(), name="incoming_call"),
    path("calls/unknown/", UnknownCallList.as_view(), name="unknown_call_list"),
    path("calls/unknown/new/", LogUnknownCall.as_view(), name="unknown_call_new"),
    path("calls/unknown/<int:pk>/tie/", TieCall.as_view(), name="unknown_call_tie"),
]
