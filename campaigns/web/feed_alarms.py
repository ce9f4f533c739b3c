"""What somebody does about a missed feed: releases the reminders it holds, ends the release."""

from datetime import timedelta

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.enums import FeedAlarmStatus
from accounts.imports.feeds import end_release, release_feed
from accounts.imports.models import FeedAlarm
from accounts.imports.rules import RELEASE_FEED
from collections_app.core import clock
from collections_app.core.templatetags import ui
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage


class ReleaseForm(forms.Form):
    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"),
        coerce=int,
        choices=[
            (12, gettext_lazy("12 hours")),
            (24, gettext_lazy("one day")),
            (72, gettext_lazy("three days")),
            (168, gettext_lazy("seven days")),
        ],
        initial=24,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why they may go by old books"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AlarmVerb(ActionPage):
    """What somebody does about one creditor's missed feed."""

    permission = RELEASE_FEED
    menu = "feeds"

    def get_crumbs(self):
        alarm = self.object
        return [
            Crumb(_("Feeds"), reverse("campaigns:feed_list")),
            Crumb(alarm.creditor.name, reverse("campaigns:feed_detail", args=[alarm.creditor_id])),
        ]

    def get_success_url(self, result):
        return reverse("campaigns:feed_detail", args=[self.object.creditor_id])

    def get_cancel_url(self):
        return reverse("campaigns:feed_detail", args=[self.object.creditor_id])


class ReleaseFeedPage(AlarmVerb):
    queryset = FeedAlarm.objects.filter(status=FeedAlarmStatus.LATE).select_related("creditor")
    title = gettext_lazy("Release the reminders")
    form_class = ReleaseForm
    button = gettext_lazy("Release reminders")
    is_dangerous = True

    def facts(self):
        alarm = self.object
        age = clock.now() - alarm.fed_until
        return [
            Fact(_("Creditor"), alarm.creditor.name),
            Fact(_("Books fed until"), ui.moment(alarm.fed_until)),
            Fact(_("Age"), _("%(n)s hours") % {"n": age // timedelta(hours=1)}),
        ]

    def consequence(self):
        return _(
            "Reminders ask for what the old books show; who has paid the creditor since is asked all"
            " the same. What the spared accounts are due goes out with the next run."
        )

    def perform(self, form):
        return release_feed(alarm=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("The reminders go again.")


class EndReleasePage(AlarmVerb, ReasonPage):
    queryset = FeedAlarm.objects.filter(status=FeedAlarmStatus.RELEASED).select_related("creditor")
    title = gettext_lazy("End the release")
    button = gettext_lazy("End the release")

    def facts(self):
        alarm = self.object
        return [
            Fact(_("Creditor"), alarm.creditor.name),
            Fact(_("Released by"), alarm.released_by),
            Fact(_("Released until"), ui.moment(alarm.released_until)),
            Fact(_("Why released"), alarm.reason),
        ]

    def consequence(self):
        return _("This creditor's reminders wait again from now on, until a feed comes.")

    def perform(self, form):
        return end_release(
            alarm=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The reminders wait again.")


urlpatterns = [
    path("feeds/<int:pk>/release/", ReleaseFeedPage.as_view(), name="feed_release"),
    path("feeds/<int:pk>/end-release/", EndReleasePage.as_view(), name="feed_end_release"),
]
