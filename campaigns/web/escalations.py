"""The escalation list and its decisions."""

import django_filters
from django import forms
from django.db.models import Q
from django.urls import path, reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from campaigns.escalation.enums import EscalationDecision, EscalationRule, EscalationStatus
from campaigns.escalation.models import Escalation
from campaigns.escalation.services import decide_escalation
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, ListPage


def open_count(user, as_of) -> int | None:
    return Escalation.objects.visible_to(user).filter(status=EscalationStatus.OPEN).count() or None


navigation.register(
    "escalations",
    gettext_lazy("Escalations"),
    "campaigns:escalation_list",
    icon="escalator-up",
    permission="campaigns.view_escalation",
    order=55,
    count=open_count,
)


class EscalationFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=EscalationStatus.choices
    )
    rule = django_filters.MultipleChoiceFilter(label=gettext_lazy("Rule"), choices=EscalationRule.choices)

    class Meta:
        model = Escalation
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number from its start, or words of the debtor's name."""
        words = value.strip()
        return queryset.filter(
            Q(account__number__istartswith=words) | Q(account__debtor__name__icontains=words)
        )


class EscalationTable(Table):
    account = LinkColumn(
        "campaigns:escalation_decide",
        text="account.number",
        verbose_name=gettext_lazy("Account"),
        width=84,
        phone=True,
        order_by=("account__number",),
    )
    debtor = TextColumn(
        accessor="account.debtor.name", verbose_name=gettext_lazy("Debtor"), width=172, phone=True
    )
    rule = TextColumn(accessor="get_rule_display", verbose_name=gettext_lazy("Rule"), width=156, phone=True)
    facts = RowColumn(
        lambda row, context: escape(row.facts_in_words()),
        verbose_name=gettext_lazy("What fired"),
        accessor="facts_in_words",
        phone=False,
    )
    fired_on = DateColumn(verbose_name=gettext_lazy("Since"))
    status = StatusColumn(EscalationStatus, verbose_name=gettext_lazy("State"))
    decision = TextColumn(
        accessor="get_decision_display",
        verbose_name=gettext_lazy("Decision"),
        width=116,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "fired_on"


class EscalationListPage(ListPage):
    permission = "campaigns.view_escalation"
    title = gettext_lazy("Escalations")
    lead = gettext_lazy("Accounts that a dated rule puts before a senior officer or a manager.")
    menu = "escalations"
    queryset = Escalation.objects.select_related("account__debtor")
    filterset_class = EscalationFilterSet
    table_class = EscalationTable
    list_name = "escalations"
    url_name = "campaigns:escalation_list"
    count_label = ngettext_lazy("%(n)s escalation", "%(n)s escalations", "n")
    empty_text = gettext_lazy("No account meets the rule. The list is reviewed several times a day.")
    default_views = (
        (gettext_lazy("To decide"), "status=open"),
        (gettext_lazy("Decided"), "status=decided"),
    )


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(label=gettext_lazy("Decision"), choices=EscalationDecision.choices)
    note = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 4}))


class EscalationDecidePage(ActionPage):
    permission = "campaigns.decide_escalation"
    menu = "escalations"
    queryset = Escalation.objects.select_related("account__debtor", "decided_by")
    form_class = DecisionForm
    button = gettext_lazy("Record decision")

    def get_title(self):
        return _("Decide on %(number)s") % {"number": self.object.account.number}

    def get_crumbs(self):
        return [Crumb(_("Escalations"), reverse("campaigns:escalation_list"))]

    def facts(self):
        row = self.object
        return [
            Fact(
                _("Account"),
                row.account.number,
                url=reverse("accounts:account_detail", args=[row.account_id]),
            ),
            Fact(_("Debtor"), row.account.debtor.name),
            Fact(_("Rule"), row.get_rule_display()),
            Fact(_("What fired"), row.facts_in_words()),
            Fact(_("Since"), row.fired_on),
        ]

    def consequence(self):
        return _("The decision stays with your name; the account is not listed again for 30 days.")

    def perform(self, form):
        return decide_escalation(
            escalation=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("campaigns:escalation_list")


urlpatterns = [
    path("escalations/", EscalationListPage.as_view(), name="escalation_list"),
    path("escalations/<int:pk>/", EscalationDecidePage.as_view(), name="escalation_decide"),
]
