"""Drafting, submitting, approving, rejecting and retiring a version of a strategy."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from campaigns.strategies import rules, services
from campaigns.strategies.models import StrategyVersion
from collections_app.core.web.forms import DayField, ReasonForm
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView


def offset_text(days: int) -> str:
    """Days from the due date in words: "3 days before", "the due day", "7 days after"."""
    if days == 0:
        return _("on the due day")
    if days < 0:
        return ngettext_lazy("%(n)s day before", "%(n)s days before", "n") % {"n": -days}
    return ngettext_lazy("%(n)s day after", "%(n)s days after", "n") % {"n": days}


class VersionVerb(ActionPage):
    menu = "strategies"
    queryset = StrategyVersion.objects.select_related("strategy", "made_by")

    def get_success_url(self, result):
        return reverse("campaigns:strategy_detail", args=[(result or self.object).pk])

    def get_cancel_url(self):
        return self.get_success_url(None)


class DraftView(VersionVerb, VerbView):
    permission = rules.EDIT

    def perform(self, form):
        return services.draft_version(
            strategy=self.object.strategy, actor=self.request.user, as_of=self.today
        )


class SubmitView(VersionVerb, VerbView):
    permission = rules.EDIT
    success_message = gettext_lazy("Submitted. Another person can approve it now.")

    def perform(self, form):
        return services.submit_version(version=self.object, actor=self.request.user, as_of=self.today)


class ApproveForm(forms.Form):
    valid_from = DayField(label=gettext_lazy("In force from"), not_before_today=True)


class ApprovePage(VersionVerb):
    permission = rules.APPROVE
    title = gettext_lazy("Approve strategy")
    button = gettext_lazy("Approve strategy")
    form_class = ApproveForm
    success_message = gettext_lazy("Approved.")

    def get_initial(self):
        return {"valid_from": self.today}

    def facts(self):
        steps = self.object.steps.order_by("day_offset")
        return [
            Fact(offset_text(step.day_offset), f"{step.title}, {step.get_channel_display()}")
            for step in steps
        ]

    def consequence(self):
        return _("From that day on its steps go out by themselves, whoever the gate lets through.")

    def perform(self, form):
        return services.approve_version(
            version=self.object,
            valid_from=form.cleaned_data["valid_from"],
            actor=self.request.user,
            as_of=self.today,
        )


class RejectPage(VersionVerb, ReasonPage):
    permission = rules.APPROVE
    title = gettext_lazy("Reject strategy")
    button = gettext_lazy("Reject the draft")
    form_class = ReasonForm

    def perform(self, form):
        return services.reject_version(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class RetirePage(VersionVerb, ReasonPage):
    permission = rules.APPROVE
    title = gettext_lazy("Retire strategy")
    button = gettext_lazy("Take it out of force")
    is_dangerous = True

    def perform(self, form):
        return services.retire_version(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )
