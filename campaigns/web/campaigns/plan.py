"""Activities of a campaign."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.enums import Channel
from accounts.teams.choices import PersonField
from accounts.teams.models import Department, Team
from campaigns.campaign.enums import ActivityStatus
from campaigns.campaign.models import Campaign, CampaignActivity
from campaigns.campaign.services import (
    advance_activity,
    save_activity,
)
from campaigns.web.campaigns.verbs import CampaignVerb
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import (
    VerbView,
)


class ActivityForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Activity"), max_length=120)
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), required=False, choices=[("", "\u2013"), *Channel.choices]
    )
    starts_on = DayField(label=gettext_lazy("From"))
    ends_on = DayField(label=gettext_lazy("Until"))
    owner = PersonField(
        label=gettext_lazy("Owner"), required=False,
        queryset=User.objects.filter(is_active=True).exclude(role=Role.SYSTEM).order_by("full_name"),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), required=False, queryset=Team.objects.order_by("name")
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"), required=False, queryset=Department.objects.order_by("name")
    )
    after = forms.ModelChoiceField(
        label=gettext_lazy("Comes after"), required=False, queryset=CampaignActivity.objects.none()
    )


class ActivityNewPage(CampaignVerb):
    title = gettext_lazy("Plan activity")
    button = gettext_lazy("Save activity")
    form_class = ActivityForm
    template_name = "generic/form.html"
    two_columns = True

    @property
    def campaign(self) -> Campaign:
        return self.object

    activity: CampaignActivity | None = None

    def get_initial(self):
        return {"starts_on": self.campaign.starts_on, "ends_on": self.campaign.starts_on}

    def get_form(self):
        form = super().get_form()
        others = self.campaign.activities.order_by("starts_on")
        form.fields["after"].queryset = others.exclude(pk=self.activity.pk) if self.activity else others
        return form

    def perform(self, form):
        return save_activity(
            campaign=self.campaign, activity=self.activity, actor=self.request.user, as_of=self.today,
            **form.cleaned_data,
        )  # fmt: skip

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.campaign.pk]) + "?tab=plan"


def visible_activities(user):
    campaigns = Campaign.objects.visible_to(user)
    return CampaignActivity.objects.filter(campaign__in=campaigns).select_related("campaign")


class ActivityChangePage(ActivityNewPage):
    title = gettext_lazy("Change activity")

    def get_queryset(self):
        return visible_activities(self.request.user)

    def get_crumbs(self):
        return [Crumb(str(self.campaign), reverse("campaigns:campaign_detail", args=[self.campaign.pk]))]

    @property
    def activity(self):
        return self.object

    @property
    def campaign(self):
        return self.object.campaign

    def get_initial(self):
        return {name: getattr(self.activity, name) for name in ActivityForm.base_fields}

    def consequence(self):
        return _("What comes after it moves by as many days as its end.")


class ActivityAdvanceForm(forms.Form):
    to = forms.ChoiceField(choices=ActivityStatus.choices)


class ActivityAdvance(VerbView):
    permission = "campaigns.propose_campaign"
    form_class = ActivityAdvanceForm

    def get_queryset(self):
        return visible_activities(self.request.user)

    def perform(self, form):
        return advance_activity(
            activity=self.object, to=form.cleaned_data["to"], actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.object.campaign_id]) + "?tab=plan"
