"""Drafting, submitting, approving, rejecting, retiring a version of a strategy, and rolling back."""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.simulation.services import what_if_to_sign
from campaigns.strategies import rules, services
from campaigns.strategies.enums import InFlight
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import later_versions
from campaigns.treatment.queries import under_way_by_version
from campaigns.web.version_verbs import RejectVersionPage, RetireVersionPage, VersionVerb
from collections_app.core.web.figures import count_text, day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ReasonPage, VerbView


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
    signed = forms.CharField(widget=forms.HiddenInput, required=False)
    has_seen = forms.BooleanField(
        label=gettext_lazy("I have looked at the what-if and sign its result")
    )


class ApprovePage(StrategyVerb):
    """The approver signs the result he sees on this page, by its hash."""

    permission = rules.APPROVE
    title = gettext_lazy("Approve strategy")
    button = gettext_lazy("Approve strategy")
    form_class = ApproveForm
    success_message = gettext_lazy("Approved.")

    @cached_property
    def what_if(self):
        return what_if_to_sign(self.object)

    def get_initial(self):
        made = self.what_if
        first = made.first_day if made is not None else self.today
        return {
            "valid_from": max(first, self.today),
            "signed": made.result_hash if made is not None else "",
        }

    def facts(self):
        made = self.what_if
        if made is None:
            return [Fact(_("What-if"), _("Nobody has tried this version out as it stands."))]
        found = [
            Fact(
                _("What-if"),
                _("%(days)s days from %(day)s") % {"days": made.days, "day": day_text(made.first_day)},
                url=reverse("campaigns:what_if", args=[made.pk]),
            ),
            Fact(_("Signed result"), made.result_hash[:16]),
        ]
        if made.result:
            found += [
                Fact(_("Contacts in force"), count_text(made.result["live"]["contacts"])),
                Fact(_("Contacts of the draft"), count_text(made.result["draft"]["contacts"])),
                Fact(_("Accounts treated differently"), count_text(made.result["changed"])),
            ]
        under_way = [
            Fact(
                _("Under way with version %(number)s") % {"number": number},
                count_text(count),
                note=made.get_in_flight_display(),
            )
            for number, count in under_way_by_version(self.object)
        ]
        return [*found, *under_way]

    def consequence(self):
        return _("From that day on its steps go out by themselves, whoever the gate lets through.")

    def perform(self, form):
        return services.approve_version(
            version=self.object,
            valid_from=form.cleaned_data["valid_from"],
            in_flight=self.what_if.in_flight if self.what_if is not None else InFlight.MOVE,
            signed_result=form.cleaned_data["signed"],
            actor=self.request.user,
            as_of=self.today,
        )


class RollBackPage(StrategyVerb, ReasonPage):
    permission = rules.APPROVE
    title = gettext_lazy("Roll back strategy")
    button = gettext_lazy("Roll back to this version")
    is_dangerous = True
    success_message = gettext_lazy("Rolled back. This version binds again.")

    def facts(self):
        return [
            Fact(
                _("Taken out of force"),
                _("version %(number)s") % {"number": row.number},
                note=_("%(n)s accounts under way with it move to this version")
                % {"n": count_text(counts.get(row.number, 0))},
            )
            for counts in [dict(under_way_by_version(self.object))]
            for row in later_versions(self.object)
        ]

    def consequence(self):
        return _("At once, and written down with your reason. What was sent stays sent.")

    def perform(self, form):
        services.roll_back(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )
        return self.object


class DiscardView(StrategyVerb, VerbView):
    permission = rules.EDIT
    success_message = gettext_lazy("The draft is discarded.")

    def perform(self, form):
        return services.discard_version(version=self.object, actor=self.request.user, as_of=self.today)


class RejectPage(StrategyVerb, RejectVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Reject strategy")
    service = staticmethod(services.reject_version)


class RetirePage(StrategyVerb, RetireVersionPage):
    permission = rules.APPROVE
    title = gettext_lazy("Retire strategy")
    button = gettext_lazy("Take it out of force")
    service = staticmethod(services.retire_version)
