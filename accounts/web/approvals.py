"""Waiting for me: what a second person must decide, one place for all kinds."""

from dataclasses import replace

from django import forms
from django.db.models import Q
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.approvals.enums import APPROVAL, ApprovalStatus
from accounts.approvals.filtersets import ApprovalFilterSet
from accounts.approvals.models import Approval
from accounts.approvals.rules import DECIDE_APPROVAL, VIEW_APPROVAL, decidable_by, deciders
from accounts.approvals.services import decide_approval, withdraw_approval
from accounts.ledger.proposals import KINDS
from accounts.policies.enums import POLICY, PolicyStatus
from accounts.policies.kinds import KINDS as POLICY_KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.rules import APPROVE_POLICY
from accounts.teams.queries import present_team_ids
from accounts.web.account_page import WAITING_KEY
from accounts.web.plans import asked_sections
from accounts.web.proposals import proposal_section
from accounts.web.steps import steps_section
from accounts.web.tasks import subject_url
from collections_app.core import panels
from collections_app.core.enums import Role
from collections_app.core.permissions import get, has_permission
from collections_app.core.story import Story, until_sql
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, VerbView


def seen_by(user, today) -> Q:
    """Requests a user may look at: his own, those he may decide, those of his teams; leaders all."""
    if user.role in {Role.MANAGER, Role.AUDITOR, Role.SYSTEM}:
        return Q()
    return (
        Q(requested_by=user)
        | Q(decided_by=user)
        | Q(team__in=present_team_ids(user))
        | decidable_by(user, today)
    )


MOST_WAITING = 50
MOST_NAMES = 6


def waiting_requests(ids, user, as_of):
    """Requests this user may decide, for his Today."""
    found = Approval.objects.filter(decidable_by(user, as_of), status=ApprovalStatus.WAITING)
    return [
        {
            "text": approval.summary,
            "by": approval.requested_by,
            "at": approval.requested_at,
            "url": reverse("accounts:approval_detail", args=[approval.pk]),
        }
        for approval in found.select_related("requested_by").order_by("requested_at")[:MOST_WAITING]
    ]


def waiting_policies(ids, user, as_of):
    """Submitted policies that somebody else made, for the Today of who may approve them."""
    found = PolicyVersion.objects.filter(status=PolicyStatus.SUBMITTED).exclude(made_by=user)
    found = found.select_related("made_by").order_by("pk")[:MOST_WAITING]
    since = POLICY.since(version.pk for version in found)
    return [
        {
            "text": _("Policy: %(name)s") % {"name": POLICY_KINDS[version.kind].label},
            "by": version.made_by,
            "at": since[version.pk],
            "url": reverse("accounts:policy_detail", args=[version.pk]),
        }
        for version in found
    ]


# What was asked about an account and is not posted; what was approved stands there as its entry.
REQUESTS = f"""
SELECT p.requested_at AS at, p.id, p.summary, p.status,
       CASE p.status WHEN '{ApprovalStatus.WAITING}' THEN '{WAITING_KEY}' || p.id END AS key
FROM accounts_approval p
WHERE p.subject_type = 'accounts.account' AND p.subject_id = ANY(%(ids)s)
  AND p.status <> '{ApprovalStatus.APPROVED}' AND {until_sql("p.requested_at")}
ORDER BY p.id DESC LIMIT 50
"""


def request_event(row, as_of) -> dict:
    status = ApprovalStatus(row.status)
    waits = status == ApprovalStatus.WAITING
    return {
        "kind": "entry",
        "icon": status.icon,
        "tone": status.tone,
        "title": row.summary,
        "detail": _("waits for approval") if waits else status.label,
        "url": reverse("accounts:approval_detail", args=[row.id]),
    }


panels.register(
    "account.timeline",
    order=25,
    provider=Story(REQUESTS, request_event),
    permission=VIEW_APPROVAL,
    name="approvals.requests",
)
panels.register("today.waiting", order=10, provider=waiting_requests, permission=VIEW_APPROVAL)
panels.register("today.waiting", order=15, provider=waiting_policies, permission=APPROVE_POLICY)


class ApprovalTable(Table):
    row_label = "summary"

    summary = LinkColumn(
        "accounts:approval_detail",
        text="summary",
        verbose_name=gettext_lazy("What is asked"),
        wrap=True,
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True)
    team = TextColumn(accessor="team.name", verbose_name=gettext_lazy("Team"), width=132, muted=True)
    requested_by = TextColumn(
        accessor="requested_by.full_name", verbose_name=gettext_lazy("Asked by"), width=132
    )
    requested_at = MomentColumn(verbose_name=gettext_lazy("Asked"), order_by=("requested_at",))
    status = StatusColumn(ApprovalStatus, verbose_name=gettext_lazy("Status"), width=108, phone=True)

    class Meta:
        order_by = "requested_at"


class ApprovalListPage(ListPage):
    permission = VIEW_APPROVAL
    title = gettext_lazy("Waiting for me")
    lead = gettext_lazy("Others made these and cannot decide them themselves.")
    menu = "approvals"
    filterset_class = ApprovalFilterSet
    table_class = ApprovalTable
    list_name = "approvals"
    url_name = "accounts:approval_list"
    count_label = ngettext_lazy("%(n)s request", "%(n)s requests", "n")
    empty_text = gettext_lazy("Nothing waits for your decision.")
    exportable = False
    default_views = (
        (gettext_lazy("Asked by me"), "which=asked"),
        (gettext_lazy("Decided"), "which=decided"),
    )

    @cached_property
    def seen(self):
        """The condition that scopes the rows; asked for once a page."""
        return seen_by(self.request.user, self.today)

    def get_queryset(self):
        return Approval.objects.filter(self.seen).select_related("team", "requested_by")

    def tabs(self):
        tabs = super().tabs()
        return [replace(tabs[0], label=_("Waiting for me")), *tabs[1:]]

    def get_head_actions(self):
        if not has_permission(self.request.user, APPROVE_POLICY):
            return []
        waiting = PolicyVersion.objects.filter(status=PolicyStatus.SUBMITTED).exclude(
            made_by=self.request.user
        )
        count = waiting.count()
        if not count:
            return []
        return [
            Action(
                _("Policies waiting: %(n)s") % {"n": count},
                reverse("accounts:policy_list"),
                icon="adjustments",
            )
        ]


class ApprovalDetailPage(DetailPage):
    permission = VIEW_APPROVAL
    menu = "approvals"
    status_field = "status"
    list_url_name = "accounts:approval_list"
    list_title = gettext_lazy("Waiting for me")

    def get_queryset(self):
        return Approval.objects.filter(seen_by(self.request.user, self.today)).select_related(
            "team", "requested_by", "decided_by"
        )

    def get_head_actions(self):
        approval, user = self.object, self.request.user
        if approval.status != ApprovalStatus.WAITING:
            return []
        if approval.requested_by_id == user.pk:
            return [
                Action(
                    _("Take back"),
                    reverse("accounts:approval_withdraw", args=[approval.pk]),
                    icon="arrow-back-up",
                    post=True,
                )
            ]
        if not Approval.objects.filter(decidable_by(user, self.today), pk=approval.pk).exists():
            return []
        return [
            Action(
                _("Decide"),
                reverse("accounts:approval_decide", args=[approval.pk]),
                icon="scale",
                primary=True,
            )
        ]

    def sections(self):
        proposal = proposal_section(self.object)
        return [
            *([proposal] if proposal else []),
            *asked_sections(self.object, self.today),
            Section(_("The request"), facts=[*request_facts(self.object), *self.who_is_there()]),
            steps_section(APPROVAL, self.object),
        ]


    def who_is_there(self) -> list[Fact]:
        """For its maker: the people it waits for, by name, or that nobody else may decide."""
        asked, user = self.object, self.request.user
        if asked.status != ApprovalStatus.WAITING or asked.requested_by_id != user.pk:
            return []
        names = [user.full_name for user in deciders(asked, self.today)[:MOST_NAMES]]
        if names:
            return [Fact(_("Waits for"), ", ".join(names))]
        nobody = _("nobody: only its maker has this right. Take it back, or give the right to another.")
        return [Fact(_("Waits for"), nobody)]


def _who_decides(approval: Approval) -> str:
    if approval.roles:
        return ", ".join(str(Role(role).label) for role in approval.roles)
    return str(get(approval.permission).label)


def request_facts(approval: Approval) -> list[Fact]:
    """What the request is about, who made it, and the hash that binds the decision."""
    about = "" if approval.kind in KINDS else subject_url(approval.subject_type, approval.subject_id)
    facts = [Fact(_("Asked"), approval.summary)]
    if about:
        facts.append(Fact(_("About"), _("Open it"), url=about))
    if approval.amount is not None and approval.currency:
        facts.append(Fact(_("Amount"), ui.money_with_code(approval.amount, approval.currency)))
    facts += [
        Fact(_("Asked by"), approval.requested_by, note=ui.moment(approval.requested_at)),
        Fact(_("Who may decide"), _who_decides(approval), note=str(approval.team or "")),
        Fact(_("Content"), approval.content_hash[:16], note=_("the first of 64 marks of its hash")),
    ]
    if approval.decided_at:
        facts.append(Fact(_("Decided by"), approval.decided_by, note=ui.moment(approval.decided_at)))
    if approval.comment:
        facts.append(Fact(_("Comment"), approval.comment))
    return facts


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("approve", gettext_lazy("Approve")),
            ("refuse", gettext_lazy("Refuse, with the reason below")),
        ],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class DecideApprovalPage(ActionPage):
    permission = DECIDE_APPROVAL
    title = gettext_lazy("Decide")
    menu = "approvals"
    form_class = DecisionForm
    button = gettext_lazy("Save decision")

    def get_object(self):
        found = (
            Approval.objects.filter(decidable_by(self.request.user, self.today), **self.kwargs)
            .select_related("team", "requested_by")
            .first()
        )
        if found is None:
            raise Http404(_("There is no such request, or it is not yours to decide."))
        return found

    def get_crumbs(self):
        return [Crumb(_("Waiting for me"), reverse("accounts:approval_list"))]

    def facts(self):
        proposal = proposal_section(self.object)
        if proposal is None:
            return request_facts(self.object)
        reasons = [Fact(_("Reason"), row.entry.reason) for row in proposal.context["rows"]]
        return [*proposal.facts, *reasons, *request_facts(self.object)]

    def consequence(self):
        if self.object.kind in KINDS:
            return _("Approved, exactly these entries are posted at once, in your name.")
        return ""

    def perform(self, form):
        return decide_approval(
            approval=self.object,
            approve=form.cleaned_data["decision"] == "approve",
            comment=form.cleaned_data["comment"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        if result.status == ApprovalStatus.LAPSED:
            return _("The request lapsed. %(why)s") % {"why": result.comment}
        return _("Saved: %(status)s.") % {"status": result.get_status_display().lower()}

    def get_success_url(self, result) -> str:
        if result.kind in KINDS:
            return reverse("accounts:approval_detail", args=[result.pk])
        return reverse("accounts:approval_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:approval_detail", args=[self.object.pk])


class WithdrawApprovalView(VerbView):
    permission = VIEW_APPROVAL

    def get_object(self):
        found = Approval.objects.filter(requested_by=self.request.user, **self.kwargs).first()
        if found is None:
            raise Http404(_("There is no such request of yours."))
        return found

    def perform(self, form):
        return withdraw_approval(approval=self.object, actor=self.request.user, as_of=self.today)

    def get_success_message(self, result) -> str:
        return _("Taken back.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:approval_detail", args=[self.object.pk])


navigation.register(
    "approvals",
    gettext_lazy("Approvals"),
    "accounts:approval_list",
    icon="clipboard-check",
    permission=VIEW_APPROVAL,
    order=48,
    count=lambda user, as_of: Approval.objects.filter(decidable_by(user, as_of)).count() or None,
)

urlpatterns = [
    path("approvals/", ApprovalListPage.as_view(), name="approval_list"),
    path("approvals/<int:pk>/", ApprovalDetailPage.as_view(), name="approval_detail"),
    path("approvals/<int:pk>/decide/", DecideApprovalPage.as_view(), name="approval_decide"),
    path("approvals/<int:pk>/withdraw/", WithdrawApprovalView.as_view(), name="approval_withdraw"),
]
