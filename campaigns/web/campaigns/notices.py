"""Printing door notices and taking back what became of them."""

from datetime import timedelta

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account
from campaigns.campaign.enums import NoticeResult
from campaigns.campaign.jobs import PrintNotices
from campaigns.campaign.models import Campaign, Notice
from campaigns.campaign.notices import doors_of, open_round, record_result
from campaigns.web.campaigns.verbs import CampaignVerb
from collections_app.core import clock
from collections_app.core.web.forms import MomentInput
from collections_app.core.web.views import (
    VerbView,
)

HOW_FAR_AHEAD = timedelta(days=30)
STILL_NOW = timedelta(hours=1)


class WalkForm(forms.Form):
    """When the doors will be visited: a round printed at night is walked in the morning."""

    at = forms.DateTimeField(label=gettext_lazy("When the round is walked"), widget=MomentInput)

    def clean_at(self):
        at, now = self.cleaned_data["at"], clock.now()
        if at < now - STILL_NOW:
            raise forms.ValidationError(_("That moment has passed."))
        if at > now + HOW_FAR_AHEAD:
            raise forms.ValidationError(_("At most thirty days ahead: by then the amounts are others."))
        return max(at, now)


class NoticesPage(CampaignVerb):
    """Preview who gets a notice and who does not, then print."""

    permission = "campaigns.print_notices"
    title = gettext_lazy("Print notices")
    button = gettext_lazy("Print notices")
    form_class = WalkForm
    template_name = "campaigns/notices_print.html"

    def get_initial(self):
        return {"at": clock.now()}

    def get_context_data(self, **kwargs):
        doors, left_out = doors_of(self.object, as_of=self.today)
        return super().get_context_data(doors=doors[:100], door_count=len(doors), left_out=left_out, **kwargs)

    def consequence(self):
        return _(
            "Each door asks the contact rules for a visit at that time; refused ones are left out and listed."
        )

    def perform(self, form):
        made, _left_out = open_round(
            campaign=self.object, actor=self.request.user, as_of=self.today, at=form.cleaned_data["at"]
        )
        return PrintNotices.enqueue_once(
            scope=str(made.pk), as_of=self.today, params={"round": made.pk}, actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


class ResultForm(forms.Form):
    result = forms.ChoiceField(choices=[choice for choice in NoticeResult.choices if choice[0]])


class NoticeResultView(VerbView):
    permission = "campaigns.record_delivery"
    form_class = ResultForm
    success_message = gettext_lazy("Recorded.")

    def get_queryset(self):
        user = self.request.user
        return Notice.objects.filter(
            round__campaign__in=Campaign.objects.visible_to(user),
            member__account__in=Account.objects.visible_to(user),
        ).select_related("round")

    def perform(self, form):
        return record_result(
            notice=self.object, result=form.cleaned_data["result"], actor=self.request.user, at=clock.now()
        )

    def get_success_url(self, result):
        return reverse("campaigns:campaign_detail", args=[self.object.round.campaign_id]) + "?tab=notices"
