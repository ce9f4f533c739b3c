"""Creditors with their portfolios and calendars."""

import django_filters
from django import forms
from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.creditors import (
    save_creditor,
)
from accounts.parties.enums import CreditorKind
from accounts.parties.models import Creditor
from accounts.teams.models import Team
from collections_app.core.models import Organisation
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import country_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.setup import countries, time_zones
from collections_app.core.web.tables import DateColumn, LinkColumn, NumberColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage

navigation.register(
    "creditors",
    gettext_lazy("Creditors"),
    "accounts:creditor_list",
    icon="building-bank",
    permission="accounts.view_creditor",
    order=10,
    group="office",
)


class CreditorFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="name", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Contract"), choices=CreditorKind.choices)
    unreleased = django_filters.BooleanFilter(
        label=gettext_lazy("Not released for contact"), field_name="released_at", lookup_expr="isnull"
    )

    class Meta:
        model = Creditor
        fields: list[str] = []


class CreditorTable(Table):
    row_label = "name"

    name = LinkColumn(
        "accounts:creditor_detail", text="name", verbose_name=gettext_lazy("Creditor"), order_by=("name",)
    )
    code = TextColumn(verbose_name=gettext_lazy("Code"), width=120, muted=True, bdi=True)
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("Contract"), width=120)
    country = TextColumn(verbose_name=gettext_lazy("Country"), width=156, words=country_text)
    currency = TextColumn(verbose_name=gettext_lazy("Currency"), width=80)
    open_accounts = NumberColumn(verbose_name=gettext_lazy("Open accounts"))
    released_at = DateColumn(verbose_name=gettext_lazy("Released"))

    class Meta:
        order_by = "name"


class CreditorListPage(ListPage):
    permission = "accounts.view_creditor"
    title = gettext_lazy("Creditors")
    lead = gettext_lazy("To whom the money is owed. Nothing crosses from one to another.")
    menu = "creditors"
    queryset = Creditor.objects.annotate(
        open_accounts=Count("accounts", filter=Q(accounts__status="open"), distinct=True)
    )
    filterset_class = CreditorFilterSet
    table_class = CreditorTable
    list_name = "creditors"
    url_name = "accounts:creditor_list"
    count_label = ngettext_lazy("%(n)s creditor", "%(n)s creditors", "n")
    empty_text = gettext_lazy("No creditor yet. Make one, or bring in a book that names one.")

    def get_head_actions(self):
        return [
            Action(
                _("New creditor"),
                reverse("accounts:creditor_new"),
                icon="plus",
                primary=True,
                permission="accounts.manage_creditor",
            )
        ]


class CreditorForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=30,
        help_text=gettext_lazy("As in the files you bring in."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Contract"), choices=CreditorKind.choices)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=countries)
    time_zone = forms.ChoiceField(label=gettext_lazy("Business time zone"), choices=time_zones)
    terms_days = forms.IntegerField(
        label=gettext_lazy("Payment terms, days"),
        min_value=0,
        max_value=365,
        initial=30,
        help_text=gettext_lazy("For charges that come without a due date."),
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Teams that work for it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        queryset=Team.objects.filter(is_active=True).order_by("name"),
    )
    sender_name = forms.CharField(label=gettext_lazy("Name on letters"), max_length=120, required=False)
    sender_email = forms.EmailField(label=gettext_lazy("Reply address"), required=False)
    sender_phone = forms.CharField(label=gettext_lazy("Phone on letters"), max_length=30, required=False)
    sender_address = forms.CharField(
        label=gettext_lazy("Address on letters"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    payment_instructions = forms.CharField(
        label=gettext_lazy("How to pay"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    sender_department = forms.CharField(
        label=gettext_lazy("Department on letters"), max_length=80, required=False
    )
    sender_hours = forms.CharField(
        label=gettext_lazy("Hours for questions"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("As letters say it: Sunday to Thursday, 9:00 to 16:00."),
    )
    complaints_to = forms.CharField(
        label=gettext_lazy("Where complaints go"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("A sentence for letters, with the ombudsman's address where there is one."),
    )
    notice_approval = forms.CharField(
        label=gettext_lazy("Approval of notices"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Who approved the notices, with the number; some laws want it said."),
    )

    def clean_currency(self):
        return self.cleaned_data["currency"].upper()


class CreditorNewPage(ActionPage):
    permission = "accounts.manage_creditor"
    menu = "creditors"
    title = gettext_lazy("New creditor")
    form_class = CreditorForm
    button = gettext_lazy("Save creditor")
    two_columns = True
    wide_fields = ("sender_address", "payment_instructions")

    def get_crumbs(self):
        return [Crumb(_("Creditors"), reverse("accounts:creditor_list"))]

    def get_initial(self):
        office = Organisation.objects.first()
        if office is None:
            return {}
        return {"country": office.country, "currency": office.currency, "time_zone": office.time_zone}

    def perform(self, form):
        return save_creditor(actor=self.request.user, creditor=self.object, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.pk])


class CreditorChangePage(CreditorNewPage):
    title = gettext_lazy("Change creditor")
    queryset = Creditor.objects.all()

    def get_initial(self):
        initial = {name: getattr(self.object, name) for name in CreditorForm.base_fields if name != "teams"}
        return {**initial, "teams": list(self.object.teams.values_list("pk", flat=True))}

    def get_form(self):
        form = super().get_form()
        if self.object.accounts.exists():
            for name in ("code", "currency"):
                form.fields[name].disabled = True
        return form


class PortfolioTable(Table):
    name = LinkColumn(
        "accounts:portfolio_change",
        text="name",
        verbose_name=gettext_lazy("Portfolio"),
        order_by=("name",),
        permission="accounts.manage_creditor",
    )
    code = TextColumn(verbose_name=gettext_lazy("Code"), width=120, muted=True)
    terms_days = NumberColumn(verbose_name=gettext_lazy("Terms, days"))
    item_mode = TextColumn(accessor="get_item_mode_display", verbose_name=gettext_lazy("An invoice is"))


class CreditorDetailPage(DetailPage):
    permission = "accounts.view_creditor"
    queryset = Creditor.objects.select_related("released_by")
    menu = "creditors"
    list_url_name = "accounts:creditor_list"
    list_title = gettext_lazy("Creditors")
    panel_noun = "creditor"

    def get_lead(self):
        return _("%(code)s, %(kind)s, %(currency)s") % {
            "code": self.object.code,
            "kind": self.object.get_kind_display().lower(),
            "currency": self.object.currency,
        }

    def get_head_actions(self):
        args = [self.object.pk]
        manage = "accounts.manage_creditor"
        release = Action(
            _("Release for contact"),
            reverse("accounts:creditor_release", args=args),
            icon="send",
            permission="accounts.release_creditor",
        )
        return [
            *([] if self.object.released_at else [release]),
            Action(
                _("Add portfolio"),
                reverse("accounts:portfolio_new", args=args),
                icon="plus",
                permission=manage,
            ),
            Action(
                _("Set a holiday"),
                reverse("accounts:holiday_new", args=args),
                icon="calendar-plus",
                permission=manage,
            ),
            Action(
                _("Change"),
                reverse("accounts:creditor_change", args=args),
                icon="edit",
                primary=True,
                permission=manage,
            ),
        ]

    def sections(self):
        creditor = self.object
        released = (
            format_html(
                _("{day} by {who}"), day=ui.day(creditor.released_at), who=creditor.released_by or "\u2013"
            )
            if creditor.released_at
            else _("not yet: nothing is sent to its debtors")
        )
        facts = [
            Fact(_("Released for contact"), released),
            Fact(_("Country"), country_text(creditor.country)),
            Fact(_("Business time zone"), creditor.time_zone),
            Fact(_("Payment terms"), _("%(days)s days") % {"days": creditor.terms_days}),
            Fact(_("Books fed until"), ui.moment(creditor.fed_until) if creditor.fed_until else "\u2013"),
            Fact(_("Teams"), ", ".join(team.name for team in creditor.teams.all()) or "\u2013"),
            Fact(_("Name on letters"), creditor.sender_name or creditor.name),
            Fact(_("Reply address"), creditor.sender_email or "\u2013"),
            *(
                Fact(label, value)
                for label, value in (
                    (_("Department on letters"), creditor.sender_department),
                    (_("Hours for questions"), creditor.sender_hours),
                    (_("Where complaints go"), creditor.complaints_to),
                    (_("Approval of notices"), creditor.notice_approval),
                )
                if value
            ),
        ]
        table = PortfolioTable.draw(
            list(creditor.portfolios.order_by("name")),
            request=self.request,
            empty_text=_("No portfolio: all accounts follow the creditor's terms."),
        )
        return [
            Section(_("About"), facts=facts),
            Section(_("Portfolios"), table=table),
        ]

    def side(self):
        return [
            Section(
                _("Days set by hand"),
                template="accounts/holidays.html",
                context={
                    "rows": self.object.holiday_overrides.order_by("day"),
                    "may": has_permission(self.request.user, "accounts.manage_creditor"),
                },
            )
        ]


urlpatterns = [
    path("creditors/", CreditorListPage.as_view(), name="creditor_list"),
    path("creditors/new/", CreditorNewPage.as_view(), name="creditor_new"),
    path("creditors/<int:pk>/", CreditorDetailPage.as_view(), name="creditor_detail"),
    path("creditors/<int:pk>/change/", CreditorChangePage.as_view(), name="creditor_change"),
]
