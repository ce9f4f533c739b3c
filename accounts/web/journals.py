"""Journals: what was born here, for the creditor's own books."""

from decimal import Decimal

import django_filters
from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.control.files import file_of
from accounts.control.journal import make_journal, waiting
from accounts.control.models import Journal
from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from accounts.web.own_creditors import OwnCreditors
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import count_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage

navigation.register(
    "journals",
    gettext_lazy("Journals"),
    "accounts:journal_list",
    icon="notebook",
    permission="accounts.view_journal",
    order=85,
    group="money",
)


class JournalTable(Table):
    row_label = "creditor.name"

    number = LinkColumn(
        "accounts:journal_detail",
        text="number",
        verbose_name=gettext_lazy("Number"),
        order_by=("number",),
        width=96,
        phone=True,
    )
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), phone=True)
    entries = NumberColumn(verbose_name=gettext_lazy("Entries"))
    known_until = MomentColumn(verbose_name=gettext_lazy("Until"), order_by=("known_until",))
    actor = TextColumn(accessor="actor.full_name", verbose_name=gettext_lazy("Made by"))

    class Meta:
        order_by = "-known_until"


class JournalFilterSet(FilterSet):
    creditor = django_filters.ModelChoiceFilter(label=gettext_lazy("Creditor"), queryset=creditor_choices)

    class Meta:
        model = Journal
        fields: list[str] = []


class JournalListPage(ListPage):
    permission = "accounts.view_journal"
    title = gettext_lazy("Journals")
    lead = gettext_lazy("Fees, interest, write-offs, receipts: what was born here, for the creditor's books.")
    menu = "journals"
    filterset_class = JournalFilterSet
    table_class = JournalTable
    list_name = "journals"
    url_name = "accounts:journal_list"
    count_label = ngettext_lazy("%(n)s journal", "%(n)s journals", "n")
    empty_text = gettext_lazy(
        "No journal yet. Make one for a creditor: each entry stands in one journal only."
    )

    def get_queryset(self):
        return Journal.objects.visible_to(self.request.user).select_related("creditor", "actor")

    def get_head_actions(self):
        return [
            Action(
                _("Make a journal"),
                reverse("accounts:journal_new"),
                icon="plus",
                primary=True,
                permission="accounts.make_journal",
            )
        ]


class JournalForm(forms.Form):
    creditor = forms.ModelChoiceField(label=gettext_lazy("Creditor"), queryset=Creditor.objects.none())


class JournalNewPage(OwnCreditors, ActionPage):
    permission = "accounts.make_journal"
    menu = "journals"
    title = gettext_lazy("Make a journal")
    form_class = JournalForm
    button = gettext_lazy("Make journal")

    def get_crumbs(self):
        return [Crumb(_("Journals"), reverse("accounts:journal_list"))]

    def consequence(self):
        return _(
            "It holds what was born here since the creditor's last journal, and never an entry twice."
            " What came from the creditor's own files stays out."
        )

    def facts(self):
        creditors = creditor_choices(self.request).filter(is_active=True)
        found = waiting(creditor_ids=[creditor.pk for creditor in creditors], known_at=clock.now())
        return [
            Fact(
                creditor.name,
                ", ".join(
                    _("%(n)s entries, %(currency)s") % {"n": count_text(entries), "currency": currency}
                    for currency, entries in found.get(creditor.pk, [])
                )
                or _("nothing new"),
            )
            for creditor in creditors
        ]

    def perform(self, form):
        return make_journal(creditor=form.cleaned_data["creditor"], actor=self.request.user)

    def get_success_url(self, result):
        return reverse("accounts:journal_detail", args=[result.pk])


class JournalSumTable(Table):
    code = TextColumn(verbose_name=gettext_lazy("Currency"), width=80)
    entries = NumberColumn(verbose_name=gettext_lazy("Entries"))
    debits = MoneyColumn(verbose_name=gettext_lazy("Debits"))
    credits = MoneyColumn(verbose_name=gettext_lazy("Credits"))


class JournalPage(DetailPage):
    permission = "accounts.view_journal"
    menu = "journals"
    list_url_name = "accounts:journal_list"
    list_title = gettext_lazy("Journals")

    def get_queryset(self):
        return Journal.objects.visible_to(self.request.user).select_related("creditor", "actor")

    def get_title(self):
        return _("%(creditor)s, journal %(number)s") % {
            "creditor": self.object.creditor.name,
            "number": self.object.number,
        }

    def get_head_actions(self):
        file = file_of(self.object)
        return [
            Action(
                _("Download CSV"),
                reverse("core:file_download", args=[file.token]),
                icon="file-type-csv",
                primary=True,
            )
        ]

    def sections(self):
        rows = [
            {
                "code": code,
                "currency": code,
                "entries": sums["entries"],
                "debits": Decimal(sums["debits"]),
                "credits": Decimal(sums["credits"]),
            }
            for code, sums in sorted(self.object.sums.items())
        ]
        return [Section(_("Sums"), table=JournalSumTable.draw(rows, request=self.request))]

    def side(self):
        journal = self.object
        file = file_of(journal)
        return [
            Section(
                _("What it holds"),
                facts=[
                    Fact(_("Entries"), ui.number(journal.entries)),
                    Fact(
                        _("After"),
                        ui.moment(journal.known_from) if journal.known_from else _("the beginning"),
                    ),
                    Fact(_("Until"), ui.moment(journal.known_until)),
                    Fact(_("Made by"), journal.actor),
                    Fact(_("Hash of the file"), file.sha256[:16]),
                ],
            )
        ]


urlpatterns = [
    path("journals/", JournalListPage.as_view(), name="journal_list"),
    path("journals/new/", JournalNewPage.as_view(), name="journal_new"),
    path("journals/<int:pk>/", JournalPage.as_view(), name="journal_detail"),
]
