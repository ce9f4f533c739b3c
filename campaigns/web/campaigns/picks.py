"""Accounts of the account list for a campaign: a draft that is there, or a new one from these."""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.web.accounts import AccountListPage
from campaigns.campaign.enums import CampaignStatus
from campaigns.campaign.models import Campaign
from campaigns.campaign.queries import audience_among
from campaigns.campaign.services import add_accounts, plan_from_accounts, take_out
from campaigns.web.campaigns.verbs import CampaignVerb
from collections_app.core.web.actions import BulkActionPage
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import VerbView

OPEN = [CampaignStatus.DRAFT, CampaignStatus.REJECTED]


class AddForm(forms.Form):
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Campaign"),
        required=False,
        queryset=Campaign.objects.none(),
        empty_label=gettext_lazy("A new campaign from these"),
    )
    name = forms.CharField(label=gettext_lazy("Name of the new one"), required=False, max_length=120)
    starts_on = DayField(label=gettext_lazy("Starts"), required=False)
    ends_on = DayField(label=gettext_lazy("Ends"), required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        drafts = Campaign.objects.visible_to(user).filter(status__in=OPEN)
        self.fields["campaign"].queryset = drafts.order_by("name")

    def clean(self):
        data = super().clean()
        if data.get("campaign") is None and "campaign" not in self.errors:
            for name in ("name", "starts_on", "ends_on"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("A new campaign needs this."))
            if data.get("name") and Campaign.objects.filter(name=data["name"]).exists():
                self.add_error("name", _("There is a campaign of that name already."))
        return data


class AddToCampaignPage(BulkActionPage):
    list_page = AccountListPage
    permission = "campaigns.propose_campaign"
    title = gettext_lazy("Add to campaign")
    menu = "accounts"
    form_class = AddForm
    button = gettext_lazy("Add accounts")
    wide_fields = ("campaign", "name")
    two_columns = True

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"starts_on": self.today}

    @cached_property
    def audience(self):
        return audience_among(Campaign(made_by=self.request.user), self.selected())

    def facts(self):
        return [
            Fact(_("Selected"), self.selected().count()),
            Fact(_("Open and overdue"), self.audience.count),
            Fact(_("Overdue"), ", ".join(self.audience.sums_in_words()) or "\u2013"),
        ]

    def consequence(self):
        return _(
            "Only open accounts with something overdue, of the campaign's creditor and team, become members;"
            " they are frozen when the campaign is approved."
        )

    def perform(self, form):
        data = dict(form.cleaned_data)
        campaign = data.pop("campaign")
        common = {"account_ids": self.audience.account_ids, "actor": self.request.user, "as_of": self.today}
        if campaign is not None:
            return campaign, add_accounts(campaign=campaign, **common)
        return plan_from_accounts(**common, owner=self.request.user, **data)

    def get_success_message(self, result) -> str:
        campaign, added = result
        return ngettext(
            "%(n)s account added to %(campaign)s.", "%(n)s accounts added to %(campaign)s.", len(added)
        ) % {"n": len(added), "campaign": campaign}

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[result[0].pk]) + "?tab=members"


class TakeOutForm(forms.Form):
    account = forms.IntegerField()


class TakeOutView(VerbView, CampaignVerb):
    permission = "campaigns.propose_campaign"
    form_class = TakeOutForm
    success_message = gettext_lazy("Taken out.")

    def perform(self, form):
        return take_out(
            campaign=self.object, account_id=form.cleaned_data["account"], actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.object.pk]) + "?tab=members"
