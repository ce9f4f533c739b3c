"""The list of campaigns, and planning one."""

from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PersonField
from accounts.teams.models import Team
from accounts.teams.queries import present_team_ids
from campaigns.campaign.enums import CampaignStatus
from campaigns.campaign.models import Campaign
from campaigns.campaign.queries import audience_of, segment_filters, segment_in_words
from campaigns.campaign.services import save_campaign
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import (
    ActionPage,
    ListPage,
)

navigation.register(
    "campaigns",
    gettext_lazy("Campaigns"),
    "campaigns:campaign_list",
    icon="speakerphone",
    permission="campaigns.view_campaign",
    order=60,
    letter="m",
)


class CampaignFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="name", lookup_expr="icontains")
    status = django_filters.MultipleChoiceFilter(label=gettext_lazy("State"), choices=CampaignStatus.choices)
    creditor = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Creditor"), queryset=creditor_choices
    )

    class Meta:
        model = Campaign
        fields: list[str] = []


class CampaignTable(Table):
    row_label = "name"

    name = LinkColumn(
        "campaigns:campaign_detail", text="name", verbose_name=gettext_lazy("Campaign"), order_by=("name",)
    )
    status = StatusColumn(CampaignStatus, verbose_name=gettext_lazy("State"))
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=160)
    owner = TextColumn(accessor="owner.full_name", verbose_name=gettext_lazy("Owner"), width=150)
    starts_on = DateColumn(verbose_name=gettext_lazy("Starts"))
    ends_on = DateColumn(verbose_name=gettext_lazy("Ends"))

    class Meta:
        order_by = "-starts_on"


class CampaignListPage(ListPage):
    permission = "campaigns.view_campaign"
    title = gettext_lazy("Campaigns")
    lead = gettext_lazy("A frozen list of accounts, worked to a plan that somebody else approved.")
    menu = "campaigns"
    queryset = Campaign.objects.select_related("creditor", "owner")
    filterset_class = CampaignFilterSet
    table_class = CampaignTable
    list_name = "campaigns"
    url_name = "campaigns:campaign_list"
    count_label = ngettext_lazy("%(n)s campaign", "%(n)s campaigns", "n")
    empty_text = gettext_lazy("No campaign yet. Filter the account list, then plan a campaign from it.")
    default_views = (
        (gettext_lazy("To approve"), "status=submitted"),
        (gettext_lazy("Running"), "status=running"),
    )

    def get_head_actions(self):
        return [
            Action(
                _("Plan campaign"),
                reverse("campaigns:campaign_new"),
                icon="plus",
                primary=True,
                permission="campaigns.propose_campaign",
            )
        ]


class CampaignForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    purpose = forms.CharField(
        label=gettext_lazy("What it is for"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"), required=False, queryset=Creditor.objects.order_by("name")
    )
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), required=False, queryset=Team.objects.none())
    starts_on = DayField(label=gettext_lazy("Starts"))
    ends_on = DayField(label=gettext_lazy("Ends"))
    owner = PersonField(label=gettext_lazy("Owner"), queryset=User.objects.none())
    segment = forms.CharField(
        label=gettext_lazy("Segment"),
        required=False,
        help_text=gettext_lazy(
            "The account list's filters as in its address, for example age=61-90&overdue_min=500."
        ),
    )

    is_by_hand = forms.BooleanField(
        label=gettext_lazy("Only the accounts that were picked by hand; the filters select nobody"),
        required=False,
    )

    def __init__(self, *args, user, as_of, **kwargs):
        super().__init__(*args, **kwargs)
        self._user, self._as_of = user, as_of

    def clean_segment(self) -> str:
        text = self.cleaned_data["segment"].strip().lstrip("?")
        selection = segment_filters(text, user=self._user, as_of=self._as_of)
        if not selection.is_valid():
            wrong = "; ".join(
                f"{field}: {' '.join(errors)}" for field, errors in selection.form.errors.items()
            )
            raise forms.ValidationError(_("The filters don't fit: %(wrong)s") % {"wrong": wrong})
        endings = ("", "_min", "_max", "_after", "_before")
        known = {f"{field.html_name}{ending}" for field in selection.form for ending in endings}
        strange = sorted(set(QueryDict(text)) - known - {"sort"})
        if strange:
            raise forms.ValidationError(_("There is no filter «%(name)s».") % {"name": strange[0]})
        return text


class CampaignNewPage(ActionPage):
    permission = "campaigns.propose_campaign"
    menu = "campaigns"
    title = gettext_lazy("Plan campaign")
    form_class = CampaignForm
    button = gettext_lazy("Save campaign")
    two_columns = True
    wide_fields = ("purpose", "segment", "is_by_hand")

    def get_crumbs(self):
        return [Crumb(_("Campaigns"), reverse("campaigns:campaign_list"))]

    def get_initial(self) -> dict[str, Any]:
        return {
            "starts_on": clock.today(),
            "owner": self.request.user.pk,
            "segment": self.request.GET.get("segment", ""),
        }

    def facts(self):
        """Whom the filters select, where one comes with filters from the account list."""
        segment = self.get_initial()["segment"]
        if not segment or self.request.method == "POST":
            return []
        campaign = self.object or Campaign(made_by=self.request.user, segment=segment)
        audience = audience_of(campaign, as_of=self.today)
        words = segment_in_words(segment, user=self.request.user, as_of=self.today)
        return [
            Fact(_("Filters"), "; ".join(words)),
            Fact(_("Overdue accounts"), audience.count),
            Fact(_("Overdue"), ", ".join(audience.sums_in_words()) or "\u2013"),
        ]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "as_of": self.today}

    def get_form(self):
        form = super().get_form()
        user = self.request.user
        teams = Team.objects.filter(is_active=True).order_by("name")
        if user.role != Role.MANAGER:
            teams = teams.filter(pk__in=present_team_ids(user))
        form.fields["team"].queryset = teams
        if self.object is None or not self.object.picks.exists():
            del form.fields["is_by_hand"]
        form.fields["creditor"].queryset = creditor_choices(self.request)
        form.fields["owner"].queryset = User.objects.filter(
            is_active=True, role__in=[Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER]
        ).order_by("full_name")
        return form

    def perform(self, form):
        return save_campaign(
            campaign=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[result.pk])


class CampaignChangePage(CampaignNewPage):
    title = gettext_lazy("Change campaign")
    queryset = Campaign.objects.all()

    def get_initial(self):
        return {name: getattr(self.object, name) for name in CampaignForm.base_fields}
