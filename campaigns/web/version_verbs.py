"""What the verbs of strategies and of texts share: both are drafted, judged and retired as versions."""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from campaigns.strategies.enums import VersionStatus
from collections_app.core.lifecycle import Lifecycle
from collections_app.core.web.parts import Action
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


def next_actions(lifecycle: Lifecycle, version, user, verbs: Mapping[str, tuple]) -> list[Action]:
    """The buttons of the steps a version may take now; its maker is not offered to approve it.

    `verbs` gives for each status the words, the address, the icon and whether it is sent at once.
    """
    actions = []
    for edge in lifecycle.next(version, user):
        if edge.target == VersionStatus.APPROVED and version.made_by_id == user.pk:
            continue
        label, name, icon, is_post = verbs[edge.target]
        actions.append(
            Action(
                label,
                reverse(f"campaigns:{name}", args=[version.pk]),
                icon=icon,
                post=is_post,
                primary=edge.target in (VersionStatus.APPROVED, VersionStatus.SUBMITTED),
            )
        )
    return actions
