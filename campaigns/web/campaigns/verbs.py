"""Submitting, approving, starting and closing a campaign; notes."""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.campaign.models import Campaign
from campaigns.campaign.queries import audience_of, segment_in_words
from campaigns.campaign.services import (
    add_note,
    approve_campaign,
    close_campaign,
    send_back,
    start_campaign,
    submit_campaign,
)
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import (
    ConfirmPage,
    ReasonPage,
)


class CampaignVerb(ConfirmPage):
    queryset = Campaign.objects.select_related("made_by", "owner")
    menu = "campaigns"
    permission = "campaigns.propose_campaign"

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("campaigns:campaign_detail", args=[self.object.pk]))]

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.object.pk])


class CampaignSubmitPage(CampaignVerb):
    title = gettext_lazy("Submit campaign")
    button = gettext_lazy("Submit campaign")

    def facts(self):
        audience = audience_of(self.object, as_of=self.today)
        return [
            Fact(_("Accounts"), audience.count),
            Fact(_("Overdue"), ", ".join(audience.sums_in_words()) or "\u2013"),
        ]

    def consequence(self):
        return _("A supervisor or manager who did not make it decides.")

    def perform(self, form):
        return submit_campaign(campaign=self.object, actor=self.request.user, as_of=self.today)


class ApproveForm(forms.Form):
    seen_hash = forms.CharField(widget=forms.HiddenInput)


class CampaignApprovePage(CampaignVerb):
    permission = "campaigns.approve_campaign"
    title = gettext_lazy("Approve campaign")
    button = gettext_lazy("Approve and freeze")
    form_class = ApproveForm
    template_name = "generic/form.html"

    @cached_property
    def audience(self):
        return audience_of(self.object, as_of=self.today)

    def get_initial(self):
        return {"seen_hash": self.audience.content_hash}

    def facts(self):
        campaign = self.object
        words = segment_in_words(campaign.segment, user=campaign.made_by, as_of=self.today)
        return [
            Fact(_("Accounts"), self.audience.count),
            Fact(_("Overdue"), ", ".join(self.audience.sums_in_words()) or "\u2013"),
            Fact(_("Filters"), "; ".join(words) or "\u2013"),
            Fact(_("Made by"), campaign.made_by),
            Fact(_("Days"), f"{day_text(campaign.starts_on)} \u2013 {day_text(campaign.ends_on)}"),
        ]

    def consequence(self):
        return _(
            "These accounts and amounts are frozen. If the list changes before that, you are asked again."
        )

    def perform(self, form):
        return approve_campaign(
            campaign=self.object, seen_hash=form.cleaned_data["seen_hash"], actor=self.request.user,
            as_of=self.today,
        )  # fmt: skip


class CampaignRejectPage(ReasonPage, CampaignVerb):
    permission = "campaigns.approve_campaign"
    title = gettext_lazy("Send campaign back")
    button = gettext_lazy("Send back")
    template_name = "generic/form.html"

    def perform(self, form):
        return send_back(
            campaign=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class CampaignStartPage(CampaignVerb):
    title = gettext_lazy("Start campaign")
    button = gettext_lazy("Start campaign")

    def consequence(self):
        return _("Its activities and notices can begin.")

    def perform(self, form):
        return start_campaign(campaign=self.object, actor=self.request.user, as_of=self.today)


class CampaignClosePage(ReasonPage, CampaignVerb):
    title = gettext_lazy("Close campaign")
    button = gettext_lazy("Close campaign")
    template_name = "generic/form.html"

    def perform(self, form):
        return close_campaign(
            campaign=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class CampaignNoteForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )


class CampaignNoteView(CampaignVerb):
    permission = "campaigns.note_campaign"
    title = gettext_lazy("Write a note")
    button = gettext_lazy("Save note")
    form_class = CampaignNoteForm
    template_name = "generic/form.html"

    def perform(self, form):
        return add_note(campaign=self.object, body=form.cleaned_data["body"], actor=self.request.user)

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.object.pk]) + "?tab=notes"
