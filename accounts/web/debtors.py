"""Debtors: the list, the page of one debtor, and the upkeep of ways to reach him (D24)."""

from typing import Any

import django_filters
from django.contrib.postgres.search import SearchVector
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.contacts.models import Note
from accounts.ledger.models import Account
from accounts.parties.enums import ContactPointKind, ContactPointStatus, DebtorKind, PayerType
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.phones import readable
from accounts.parties.queries import creditor_choices, is_somebody_elses
from accounts.parties.rules import MANAGE_CONTACT_POINT
from accounts.position.any_day import stand_as_of
from accounts.position.filtersets import name_query
from accounts.web.account_who import family, local_time_text
from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.said import retold
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import country_text, language_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Fact, Section
from collections_app.core.web.tables import AgeColumn, DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage, ListPage

POINT_TONE = {
    ContactPointStatus.GOOD: ("good", "circle-check"),
    ContactPointStatus.UNVERIFIED: ("none", "help-circle"),
    ContactPointStatus.BAD: ("stop", "ban"),
    ContactPointStatus.WRONG_PARTY: ("stop", "user-x"),
    ContactPointStatus.OPTED_OUT: ("stop", "hand-stop"),
}


class DebtorFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), queryset=creditor_choices
    )
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=DebtorKind.choices)
    payer_type = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Payer type"), choices=PayerType.choices
    )
    country = django_filters.CharFilter(label=gettext_lazy("Country"), lookup_expr="iexact", max_length=2)
    merged = django_filters.BooleanFilter(
        label=gettext_lazy("Merged into another"),
        field_name="merged_into",
        lookup_expr="isnull",
        exclude=True,
    )

    class Meta:
        model = Debtor
        fields: list[str] = []

    def search(self, queryset, name, value):
        words = name_query(value)
        if words is None:
            return queryset.filter(reference__startswith=value.strip())
        return queryset.annotate(_words=SearchVector("name", config="simple")).filter(_words=words)


class DebtorTable(Table):
    row_label = "name"

    name = LinkColumn(
        "accounts:debtor_detail", text="name", verbose_name=gettext_lazy("Debtor"), order_by=("name",)
    )
    reference = TextColumn(verbose_name=gettext_lazy("Reference"), width=100, muted=True, bdi=True)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=156)
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("Kind"), width=108)
    payer = TextColumn(accessor="get_payer_type_display", verbose_name=gettext_lazy("Payer"), width=108)
    country = TextColumn(
        verbose_name=gettext_lazy("Country"), width=156, muted=True, words=country_text
    )
    language = TextColumn(
        verbose_name=gettext_lazy("Language"), width=92, muted=True, words=language_text
    )

    class Meta:
        order_by = "name"


class DebtorListPage(ListPage):
    permission = "accounts.view_account"
    title = gettext_lazy("Debtors")
    lead = gettext_lazy("People and firms as each creditor knows them.")
    menu = "debtors"
    queryset = Debtor.objects.select_related("creditor")
    filterset_class = DebtorFilterSet
    table_class = DebtorTable
    list_name = "debtors"
    list_slot = "debtors"
    url_name = "accounts:debtor_list"
    count_label = ngettext_lazy("%(n)s debtor", "%(n)s debtors", "n")
    empty_text = gettext_lazy("No debtor yet. They come with the accounts you bring in.")
    default_views = (
        (gettext_lazy("Firms"), "kind=organisation"),
        (gettext_lazy("Merged"), "merged=true"),
    )


class DebtorAccountTable(Table):
    row_label = "number"

    number = LinkColumn(
        "accounts:account_detail",
        text="number",
        verbose_name=gettext_lazy("Account"),
        width=100,
        phone=True,
        keeps_day=True,
    )
    product = TextColumn(verbose_name=gettext_lazy("Product"))
    overdue = MoneyColumn(
        accessor="standing.overdue", verbose_name=gettext_lazy("Overdue"), code=True, total=True
    )
    balance = MoneyColumn(
        accessor="standing.balance", verbose_name=gettext_lazy("Balance"), credit=True, total=True
    )
    oldest = AgeColumn(
        accessor="standing.oldest_due_date", from_date=True, verbose_name=gettext_lazy("Oldest")
    )
    opened_date = DateColumn(verbose_name=gettext_lazy("Opened"), width=100)
    officer = TextColumn(accessor="officer.full_name", verbose_name=gettext_lazy("Officer"), width=124)


PANEL_PLACES = ("strip", "who", "main", "now")


class DebtorPage(DetailPage):
    """Everything about one debtor: accounts, ways to reach him with their history, notes."""

    permission = "accounts.view_account"
    queryset = Debtor.objects.select_related("creditor", "merged_into")
    context_object_name = "debtor"
    template_name = "accounts/debtor.html"
    menu = "debtors"
    panel_noun = "debtor"
    offers_as_of = True
    offers_known_at = True
    list_url_name = "accounts:debtor_list"
    list_title = gettext_lazy("Debtors")

    def get_title(self):
        return self.object.name

    def get_lead(self):
        debtor = self.object
        return _("%(reference)s, %(creditor)s, %(payer)s") % {
            "reference": debtor.reference,
            "creditor": debtor.creditor,
            "payer": debtor.get_payer_type_display().lower(),
        }

    def get_head_actions(self):
        if self.is_past:
            return []
        args = [self.object.pk]
        verbs = panels.collect("debtor.verbs", args, self.request.user, self.as_of)
        return [
            *(action for panel in verbs for action in panel.data),
            Action(
                _("Add a way to reach"),
                reverse("accounts:contact_point_new", args=args),
                icon="plus",
                permission=MANAGE_CONTACT_POINT,
            ),
        ]

    def sections(self) -> list[Section]:
        accounts = list(
            Account.objects.visible_to(self.request.user)
            .filter(family(self.object))
            .select_related("standing", "officer")
            .order_by("id")
        )
        if self.is_past:
            stand_as_of(accounts, as_of=self.as_of, known_at=self.known_until)
        table = DebtorAccountTable.draw(
            accounts,
            request=self.request,
            empty_text=_("No account you may see."),
            with_totals=True,
            as_of=self.as_of,
            day_query=self.day_query,
        )
        return [Section(_("Accounts"), table=table, key="accounts")]

    def points(self) -> list[dict[str, Any]]:
        """Every way to reach him, the stopped ones too: where it came from, when, how sure."""
        rows = (
            ContactPoint.objects.filter(family(self.object))
            .annotate(stopped_elsewhere=is_somebody_elses())
            .order_by("kind", "valid_to", "-is_primary", "id")
        )
        for point in rows:
            if point.stopped_elsewhere:
                point.status = ContactPointStatus.WRONG_PARTY  # as the gate sees it; never saved
        return [
            {
                "point": point,
                "value": readable(point.value) if point.kind == ContactPointKind.PHONE else point.value,
                "tone": POINT_TONE[point.status],
                "source": retold(point.source),
            }
            for point in rows
        ]

    def side(self) -> list[Section]:
        if self.is_past:
            return []
        debtor = self.object
        facts = [Fact(_("Kind"), debtor.get_kind_display())]
        if debtor.language:
            facts.append(Fact(_("Speaks"), language_text(debtor.language)))
        facts.append(Fact(_("Their time"), local_time_text(debtor, debtor.creditor.time_zone)))
        if debtor.preferred_channel:
            facts.append(Fact(_("Prefers"), debtor.get_preferred_channel_display()))
        if debtor.pay_day:
            facts.append(Fact(_("Pay day"), _("day %(day)s of the month") % {"day": debtor.pay_day}))
        if debtor.merged_into:
            facts.append(
                Fact(
                    _("Merged into"),
                    debtor.merged_into.reference,
                    url=reverse("accounts:debtor_detail", args=[debtor.merged_into_id]),
                )
            )
        facts.append(Fact(_("Registered"), ui.day(debtor.registered_at)))
        return [Section(_("About"), facts=facts)]

    def get_context_data(self, **kwargs):
        if self.is_past:  # what else stands here is of today
            return super().get_context_data(**kwargs) | {"panels": dict.fromkeys(PANEL_PLACES, [])}
        return super().get_context_data(
            points=self.points(),
            may_manage=has_permission(self.request.user, MANAGE_CONTACT_POINT),
            notes=list(
                Note.objects.filter(family(self.object))
                .select_related("author", "account")
                .order_by("-id")[:10]
            ),
            **kwargs,
        )


navigation.register(
    "debtors",
    gettext_lazy("Debtors"),
    "accounts:debtor_list",
    icon="user",
    permission="accounts.view_account",
    order=25,
)

urlpatterns = [
    path("debtors/", DebtorListPage.as_view(), name="debtor_list"),
    path("debtors/<int:pk>/", DebtorPage.as_view(), name="debtor_detail"),
]
