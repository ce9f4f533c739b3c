"""Drafting, submitting, approving, rejecting and retiring a version of a strategy."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from campaigns.strategies import rules, services
from campaigns.strategies.models import StrategyVersion
from campaigns.web.version_verbs import RejectVersionPage, RetireVersionPage, VersionVerb
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import VerbView


def offset_text(days: int) -> str:
    """Days from the due date in words: "3 days before", "the due day", "7 days after"."""
    if days == 0:
        return _("on the due day")
    if days < 0:
        return ngettext_lazy("%(n)s day before", "%(n)s days before", "n") % {"n": -days}
    return ngettext_lazy("%(n)s day after", "%(n)s days after", "n") % {"n": days}


class StrategyVerb(VersionVerb):
    queryset = StrategyVersion.objects.select_related("strategy", "made_by")
    page_url_name = "campaigns:strategy_detail"


class DraftView(StrategyVerb, VerbView):
    permission = rules.EDIT

    def perform(self, form):
        return services.draft_version(
            strategy=self.object.strategy, actor=self.request.user, as_of=self.today
        )


class SubmitView(StrategyVerb, VerbView):
    permission = rules.EDIT
    success_message = gettext_lazy("Submitted. Another person can approve it now.")

    def perform(self, form):
        return services.submit_version(version=self.object, actor=self.request.user, as_of=self.today)


class ApproveForm(forms.Form):
    valid_from = DayField(label=gettext_lazy("In force from"), not_before_today=True)


class ApprovePage(StrategyVerb):
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


class RejectPage(StrategyVerb, RejectVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Reject strategy")
    service = staticmethod(services.reject_version)


class RetirePage(StrategyVerb, RetireVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Retire strategy")
    button = gettext_lazy("Take it out of force")
    service = staticmethod(services.retire_version)
