"""Who else stands for an account: a representative, a joint debtor, somebody who may be spoken to."""

from django import forms
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import PartyRole
from accounts.ledger.models import Account, AccountParty
from accounts.ledger.party_changes import SPEAKS, add_party, end_party, may_add
from accounts.ledger.rules import ADD_PARTY, CHANGE_LIABLE
from accounts.parties.rules import MANAGE_CONTACT_POINT
from accounts.web.account_who import USABLE
from accounts.web.payments import AccountVerb
from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, RowColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage


def _reach_cell(party: AccountParty, context) -> str:
    """Each way with what is wrong with it; whoever keeps them marks it there, or adds another."""
    may = has_permission(context.user, MANAGE_CONTACT_POINT)
    lines = []
    for point in party.debtor.contact_points.all():
        if point.valid_to is not None:
            continue
        value = format_html("<bdi>{}</bdi>", point.value)
        if may:
            address = reverse("accounts:contact_point_mark", args=[point.pk])
            value = format_html('<a class="u" href="{}">{}</a>', address, value)
        if point.status not in USABLE:
            value = format_html('{} <span class="m">{}</span>', value, point.get_status_display())
        lines.append(value)
    if may:
        address = reverse("accounts:contact_point_new", args=[party.debtor_id])
        lines.append(format_html('<a class="u" href="{}">{}</a>', address, _("Add one")))
    return "<br>".join(lines) or "–"


def _end_cell(party: AccountParty, context) -> str:
    may = party.valid_to is None and party.role != PartyRole.DEBTOR
    if not may or not has_permission(context.user, CHANGE_LIABLE):
        return "–"
    return format_html(
        '<a class="lk" href="{}">{}</a>', reverse("accounts:party_end", args=[party.pk]), _("End")
    )


class PartyTable(Table):
    role = TextColumn(accessor="get_role_display", verbose_name=gettext_lazy("Role"), width=172, phone=True)
    name = TextColumn(accessor="debtor.name", verbose_name=gettext_lazy("Name"), phone=True)
    reach = RowColumn(_reach_cell, accessor="pk", verbose_name=gettext_lazy("Reached by"), width=260)
    valid_from = DateColumn(verbose_name=gettext_lazy("From"), width=104)
    valid_to = DateColumn(verbose_name=gettext_lazy("No longer from"), width=120)
    end = RowColumn(_end_cell, accessor="pk", verbose_name=gettext_lazy("End"), width=76, phone=True)


class PartiesPage(DetailPage):
    permission = "accounts.view_account"
    menu = "accounts"
    queryset = Account.objects.select_related("debtor")

    def get_title(self):
        return _("Parties of %(number)s") % {"number": self.object.number}

    def get_lead(self):
        return _("Who owes, who speaks for the debtor, and whom the gate lets us reach about this account.")

    def get_crumbs(self):
        return [
            Crumb(_("Accounts"), reverse("accounts:account_list")),
            Crumb(self.object.number, reverse("accounts:account_detail", args=[self.object.pk])),
        ]

    def get_head_actions(self):
        return [
            Action(
                _("Add a party"),
                reverse("accounts:party_new", args=[self.object.pk]),
                icon="plus",
                permission=ADD_PARTY,
                primary=True,
            )
        ]

    def sections(self):
        rows = (
            self.object.parties.select_related("debtor")
            .prefetch_related("debtor__contact_points")
            .order_by("valid_to", "id")
        )
        table = PartyTable.draw(rows, request=self.request, caption=_("Parties"))
        return [Section(_("Parties"), table=table)]


class PartyForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    reference = forms.CharField(
        label=gettext_lazy("Debtor reference"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("In place of a name, for somebody this creditor has on its books."),
    )
    valid_from = DayField(label=gettext_lazy("From"))
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    source = forms.CharField(
        label=gettext_lazy("How do we know"),
        max_length=200,
        help_text=gettext_lazy("A letter of authority, a contract, a court's letter."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [
            (role.value, role.label)
            for role in sorted(PartyRole, key=lambda role: role not in SPEAKS)
            if role != PartyRole.DEBTOR and may_add(user, role)
        ]


class AddPartyPage(AccountVerb):
    permission = ADD_PARTY
    title = gettext_lazy("Add a party")
    form_class = PartyForm
    button = gettext_lazy("Add party")
    wide_fields = ("address", "source")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"role": PartyRole.REPRESENTATIVE, "valid_from": self.today}

    def consequence(self):
        return _(
            "A representative gets all that the debtor would get, from that day on; the debtor himself is no"
            " longer contacted about this account but for what he asks for and what the law demands."
        )

    def perform(self, form):
        return add_party(account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("%(name)s stands there now: %(role)s.") % {
            "name": result.debtor.name,
            "role": result.get_role_display(),
        }

    def get_success_url(self, result):
        return reverse("accounts:party_list", args=[self.object.pk])


class EndPartyForm(forms.Form):
    valid_to = DayField(label=gettext_lazy("No longer from"))
    reason = forms.CharField(label=gettext_lazy("How do we know"), max_length=300)


class EndPartyPage(ActionPage):
    permission = CHANGE_LIABLE
    title = gettext_lazy("End a party")
    menu = "accounts"
    form_class = EndPartyForm
    button = gettext_lazy("End party")
    two_columns = True
    is_dangerous = True

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user)
        return (
            AccountParty.objects.filter(account__in=seen, valid_to__isnull=True)
            .exclude(role=PartyRole.DEBTOR)
            .select_related("debtor", "account")
        )

    def get_initial(self):
        return {"valid_to": self.today}

    def facts(self):
        party = self.object
        return [
            Fact(_("Account"), party.account.number),
            Fact(_("Role"), party.get_role_display()),
            Fact(_("Name"), party.debtor.name),
            Fact(_("From"), day_text(party.valid_from, self.today)),
        ]

    def consequence(self):
        return _("Where a representative ends, the debtor himself may be contacted again.")

    def perform(self, form):
        return end_party(party=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("The party is ended.")

    def get_success_url(self, result):
        return reverse("accounts:party_list", args=[self.object.account_id])

    def get_cancel_url(self):
        return self.get_success_url(self.object)


def parties_verb(ids, user, as_of) -> list[Action]:
    """The door to them on an account's page."""
    return [Action(_("Parties"), reverse("accounts:party_list", args=[ids[0]]), icon="users")]


panels.register("account.verbs", order=34, provider=parties_verb, name="ledger.parties")

urlpatterns = [
    path("accounts/<int:pk>/parties/", PartiesPage.as_view(), name="party_list"),
    path("accounts/<int:pk>/parties/new/", AddPartyPage.as_view(), name="party_new"),
    path("parties/<int:pk>/end/", EndPartyPage.as_view(), name="party_end"),
]
