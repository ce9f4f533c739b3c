"""Proposing, submitting, approving and rejecting a dated version: the same pages for every kind.

`kind` on a view says whose versions they are; a subclass adds only what differs in its form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.policies.enums import PolicyStatus
from accounts.policies.rules import APPROVE_POLICY, PROPOSE_POLICY, may_approve
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView


@dataclass(frozen=True)
class VersionKind:
    """What the pages of one kind of dated version differ in.

    `urls` is the part of its URL names before `_detail`, `_submit`, `_approve` and `_reject`;
    `seen_by` says which versions a person may see.
    """

    urls: str
    menu: str
    seen_by: Callable[[Any], QuerySet]
    submit: Callable[..., Any]
    approve: Callable[..., Any]
    reject: Callable[..., Any]
    approve_label: Any
    reject_title: Any
    reject_label: Any

    def url(self, step: str, version) -> str:
        return reverse(f"accounts:{self.urls}_{step}", args=[version.pk])

    def waiting_actions(self, version, user) -> list[Action]:
        """The buttons of a version that is not in force yet: take back or reject, ask, approve."""
        if version.status not in {PolicyStatus.DRAFT, PolicyStatus.SUBMITTED}:
            return []
        is_maker = version.made_by_id == user.pk
        actions = []
        if is_maker or has_permission(user, APPROVE_POLICY):
            label = _("Take back") if is_maker else _("Reject")
            actions.append(Action(label, self.url("reject", version), icon="circle-x"))
        forward = {"post": True, "primary": True}
        if version.status == PolicyStatus.DRAFT and is_maker:
            actions.append(
                Action(_("Ask for approval"), self.url("submit", version), icon="send", **forward)
            )
        if version.status == PolicyStatus.SUBMITTED and may_approve(user, version):
            actions.append(
                Action(self.approve_label, self.url("approve", version), icon="check", **forward)
            )
        return actions

    def steps(self, folder: str) -> list[URLPattern]:
        """The addresses of the three steps below a folder."""
        return [
            path(f"{folder}/<int:pk>/{step}/", view.as_view(kind=self), name=f"{self.urls}_{step}")
            for step, view in (
                ("submit", SubmitVersionView),
                ("approve", ApproveVersionView),
                ("reject", RejectVersionPage),
            )
        ]


def approval_facts(version) -> list[Fact]:
    """Who approved a version and when; nothing while it waits."""
    if not version.approved_by:
        return []
    return [Fact(_("Approved by"), version.approved_by, note=day_text(version.approved_at.date()))]


class _OfAKind:
    kind: Any = None  # given by `VersionKind.steps`

    def get_queryset(self):
        return self.kind.seen_by(self.request.user)

    def get_success_url(self, result) -> str:
        return self.kind.url("detail", self.object)


class ProposeVersionPage(ActionPage):
    """The form of a new version; what it holds and whom it is for is the subclass's."""

    permission = PROPOSE_POLICY
    kind: VersionKind
    button = gettext_lazy("Save proposal")
    two_columns = True

    def get_initial(self):
        return {"valid_from": self.today}

    def consequence(self):
        return _("It holds from its day on once another person has approved it. What was decided stays.")

    def get_success_message(self, result) -> str:
        return _("The proposal is saved. Look at the changes, then ask for approval.")

    def get_success_url(self, result) -> str:
        return self.kind.url("detail", result)


class SubmitVersionView(_OfAKind, VerbView):
    permission = PROPOSE_POLICY

    def get_queryset(self):
        return super().get_queryset().filter(made_by=self.request.user)

    def perform(self, form):
        return self.kind.submit(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("A manager other than you can approve it now.")


class ApproveVersionView(_OfAKind, VerbView):
    permission = APPROVE_POLICY

    def perform(self, form):
        return self.kind.approve(version=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("Approved; it holds from %(day)s.") % {"day": day_text(result.valid_from, self.today)}


class RejectVersionPage(_OfAKind, ReasonPage):
    permission = PROPOSE_POLICY
    is_dangerous = True

    @property
    def menu(self):
        return self.kind.menu

    @property
    def button(self):
        return self.kind.reject_label

    def get_title(self):
        return self.kind.reject_title

    def get_queryset(self):
        user = self.request.user
        rows = super().get_queryset()
        return rows if has_permission(user, APPROVE_POLICY) else rows.filter(made_by=user)

    def perform(self, form):
        return self.kind.reject(
            version=self.object,
            comment=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("Rejected.")

    def get_cancel_url(self) -> str:
        return self.kind.url("detail", self.object)
