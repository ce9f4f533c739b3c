"""Policies: the office's rules as dated values, proposed by one person and approved by another."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.models import Creditor, Portfolio
from accounts.policies.enums import POLICY, PolicyStatus
from accounts.policies.kind import Kind
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.queries import version_before, version_in_force
from accounts.policies.rules import PROPOSE_POLICY, VIEW_POLICY
from accounts.policies.services import approve_policy, reject_policy, submit_policy
from accounts.policies.versions import INSTALLED
from accounts.web.steps import steps_section
from accounts.web.versions import VersionKind, approval_facts
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage, PageView


def kind_of(code: str) -> Kind:
    if code not in KINDS:
        raise Http404(_("There is no such policy."))
    return KINDS[code]


def policies_seen_by(user) -> QuerySet[PolicyVersion]:
    """What holds for everyone, for the creditors he works for, and for their portfolios."""
    creditors = Creditor.objects.visible_to(user)
    portfolios = Portfolio.objects.filter(creditor__in=creditors)
    return PolicyVersion.objects.filter(
        Q(scope_type="")
        | Q(scope_type="creditor", scope_id__in=creditors.values("pk"))
        | Q(scope_type="portfolio", scope_id__in=portfolios.values("pk"))
    )


POLICY_VERSIONS = VersionKind(
    urls="policy",
    menu="policies",
    seen_by=policies_seen_by,
    submit=submit_policy,
    approve=approve_policy,
    reject=reject_policy,
    approve_label=gettext_lazy("Approve policy"),
    reject_title=gettext_lazy("Reject a policy"),
    reject_label=gettext_lazy("Reject policy"),
)


def scope_text(version: PolicyVersion, names: dict[tuple[str, int], str] | None = None) -> str:
    """For whom a version is."""
    if not version.scope_type:
        return _("everyone")
    names = names if names is not None else scope_names([version])
    return names.get((version.scope_type, version.scope_id), "?")


def scope_names(versions) -> dict[tuple[str, int], str]:
    """Names of the creditors and portfolios of these versions, from two statements at most."""
    wanted: dict[str, set[int]] = {"creditor": set(), "portfolio": set()}
    for version in versions:
        if version.scope_type:
            wanted[version.scope_type].add(version.scope_id)
    names = {}
    if wanted["creditor"]:
        rows = Creditor.objects.filter(pk__in=wanted["creditor"])
        names |= {("creditor", row.pk): row.name for row in rows}
    if wanted["portfolio"]:
        rows = Portfolio.objects.filter(pk__in=wanted["portfolio"]).select_related("creditor")
        names |= {("portfolio", row.pk): f"{row.creditor.name}, {row.name}" for row in rows}
    return names


def creditor_behind(version: PolicyVersion) -> int | None:
    """The creditor whose own version a portfolio's narrows; None for other scopes."""
    if version.scope_type != "portfolio":
        return None
    return Portfolio.objects.filter(pk=version.scope_id).values_list("creditor_id", flat=True).first()


class KindTable(Table):
    label = LinkColumn(
        "accounts:policy_kind",
        text="label",
        arg="code",
        verbose_name=gettext_lazy("Policy"),
        width=300,
        phone=True,
    )
    lead = TextColumn(verbose_name=gettext_lazy("What it decides"), wrap=True)
    since = TextColumn(verbose_name=gettext_lazy("In force since"), width=132, muted=True)
    waiting = TextColumn(verbose_name=gettext_lazy("Waiting"), width=92)


class PolicyListPage(PageView):
    permission = VIEW_POLICY
    title = gettext_lazy("Policies")
    lead = gettext_lazy("The office's rules as data: each with a day from which it holds and two names.")
    menu = "policies"
    template_name = "generic/detail.html"

    def get_context_data(self, **kwargs):
        versions = list(policies_seen_by(self.request.user).order_by("valid_from", "id"))
        since: dict[str, Any] = {}
        waiting: dict[str, int] = {}
        for version in versions:
            if version.status == PolicyStatus.APPROVED and not version.scope_type:
                if version.valid_from <= self.today:
                    since[version.kind] = version
            elif version.status == PolicyStatus.SUBMITTED:
                waiting[version.kind] = waiting.get(version.kind, 0) + 1
        rows = []
        for kind in KINDS.values():
            version = since.get(kind.code)
            told = version is not None and version.note != INSTALLED
            rows.append(
                {
                    "id": 0,
                    "code": kind.code,
                    "label": kind.label,
                    "lead": kind.lead,
                    "since": day_text(version.valid_from, self.today) if told else _("as installed"),
                    "waiting": str(waiting.get(kind.code, "")),
                }
            )
        table = KindTable.draw(rows, request=self.request, caption=self.title)
        return super().get_context_data(
            object=None,
            figures=[],
            sections=[Section(_("All policies"), table=table)],
            side=[],
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


class VersionTable(Table):
    valid_from = LinkColumn(
        "accounts:policy_detail",
        text=lambda row: row.since_text,
        verbose_name=gettext_lazy("From"),
        width=132,
        phone=True,
    )
    scope = TextColumn(accessor="scope_text", verbose_name=gettext_lazy("For"), phone=True)
    made_by = TextColumn(
        accessor="made_by.full_name",
        verbose_name=gettext_lazy("Proposed by"),
        width=140,
        muted=True,
    )
    approved_by = TextColumn(
        accessor="approved_by.full_name",
        verbose_name=gettext_lazy("Approved by"),
        width=140,
        muted=True,
    )
    approved_at = DateColumn(accessor="approved_day", verbose_name=gettext_lazy("On"), width=84)
    status = StatusColumn(PolicyStatus, verbose_name=gettext_lazy("Status"), width=188)


def value_rows(kind: Kind, values: dict, before: dict | None = None) -> list[dict]:
    """Each field with its rows in words; with `before`, the rows that went and those that came."""
    rows = []
    for field in kind.fields:
        now = field.shown(values.get(field.key, field.clean(field.default)))
        old = None if before is None else field.shown(before.get(field.key, field.clean(field.default)))
        rows.append(
            {
                "label": field.label,
                "unit": field.unit,
                "rows": [(cells, "new" if old is not None and cells not in old else "") for cells in now],
                "gone": [cells for cells in old if cells not in now] if old is not None else [],
                "is_table": any(len(cells) > 1 for cells in [*now, *(old or [])]),
                "changed": old is not None and old != now,
            }
        )
    return rows


class PolicyKindPage(PageView):
    permission = VIEW_POLICY
    menu = "policies"
    template_name = "generic/detail.html"

    def get_title(self):
        return kind_of(self.kwargs["kind"]).label

    def get_lead(self):
        return kind_of(self.kwargs["kind"]).lead

    def get_crumbs(self):
        return [Crumb(_("Policies"), reverse("accounts:policy_list"))]

    def get_head_actions(self):
        return [
            Action(
                _("Propose a change"),
                reverse("accounts:policy_new", args=[self.kwargs["kind"]]),
                icon="edit",
                permission=PROPOSE_POLICY,
                primary=True,
            )
        ]

    def get_context_data(self, **kwargs):
        kind = kind_of(self.kwargs["kind"])
        current = version_in_force(kind.code, as_of=self.today)
        versions = list(
            policies_seen_by(self.request.user)
            .filter(kind=kind.code)
            .select_related("made_by", "approved_by")
            .order_by("-valid_from", "-id")
        )
        names = scope_names(versions)
        for version in versions:
            version.scope_text = scope_text(version, names)
            version.since_text = (
                _("as installed") if version.note == INSTALLED else day_text(version.valid_from, self.today)
            )
            version.approved_day = version.approved_at.date() if version.approved_at else None
        sections = [
            Section(
                _("In force for everyone"),
                template="accounts/policy_values.html",
                context={"rows": value_rows(kind, current.values if current else kind.defaults())},
                note=kind.source,
            ),
            Section(
                _("Versions"),
                table=VersionTable.draw(
                    versions, request=self.request, empty_text=_("No version yet."), caption=_("Versions")
                ),
            ),
        ]
        return super().get_context_data(
            object=None,
            figures=[],
            sections=sections,
            side=[],
            tabs=[],
            panels={},
            status_field="",
            **kwargs,
        )


class PolicyDetailPage(DetailPage):
    permission = VIEW_POLICY
    menu = "policies"
    status_field = "status"

    def get_queryset(self):
        return policies_seen_by(self.request.user).select_related("made_by", "approved_by")

    def get_title(self):
        version = self.object
        return _("%(policy)s from %(day)s") % {
            "policy": kind_of(version.kind).label,
            "day": _("the beginning")
            if version.note == INSTALLED
            else day_text(version.valid_from, self.today),
        }

    def get_crumbs(self):
        kind = kind_of(self.object.kind)
        return [
            Crumb(_("Policies"), reverse("accounts:policy_list")),
            Crumb(kind.label, reverse("accounts:policy_kind", args=[kind.code])),
        ]

    def get_head_actions(self):
        return POLICY_VERSIONS.waiting_actions(self.object, self.request.user)

    def sections(self):
        version = self.object
        kind = kind_of(version.kind)
        before = version_before(version, creditor_id=creditor_behind(version))
        old = before.values if before else kind.defaults()
        facts = [
            Fact(_("For"), scope_text(version)),
            Fact(_("Why"), version.note),
            Fact(_("Proposed by"), version.made_by),
            *approval_facts(version),
        ]
        return [
            Section(
                _("Values"),
                template="accounts/policy_values.html",
                context={"rows": value_rows(kind, version.values, old)},
                note=_("changes against what holds before are marked"),
            ),
            Section(_("The proposal"), facts=facts),
            steps_section(POLICY, version),
        ]


navigation.register(
    "policies",
    gettext_lazy("Policies"),
    "accounts:policy_list",
    icon="adjustments",
    permission=VIEW_POLICY,
    order=80,
    group="office",
)

urlpatterns = [
    path("policies/", PolicyListPage.as_view(), name="policy_list"),
    path("policies/kind/<slug:kind>/", PolicyKindPage.as_view(), name="policy_kind"),
    path("policies/<int:pk>/", PolicyDetailPage.as_view(), name="policy_detail"),
]
