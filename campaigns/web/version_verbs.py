"""What the verbs of strategies and of texts share: both are drafted, judged and retired as versions."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from collections_app.core.web.views import ActionPage, ReasonPage


class VersionVerb(ActionPage):
    """A verb about one version; it leads back to the page `page_url_name` of the version it left."""

    menu = "strategies"
    page_url_name = ""

    def get_success_url(self, result):
        return reverse(self.page_url_name, args=[(result or self.object).pk])

    def get_cancel_url(self):
        return self.get_success_url(None)


class ReasonedVersionPage(ReasonPage):
    """A verb that asks why and hands version and reason to `service`."""

    service: Callable[..., Any]

    def perform(self, form):
        return self.service(
            version=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class RejectVersionPage(ReasonedVersionPage):
    button = gettext_lazy("Reject the draft")


class RetireVersionPage(ReasonedVersionPage):
    is_dangerous = True
