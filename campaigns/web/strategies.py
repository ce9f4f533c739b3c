"""Strategies: what a debtor hears and when, on one page that reads from top to bottom."""

from html import escape

from django import forms
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.parties.enums import PayerType
from accounts.parties.models import Creditor
from accounts.web.own_creditors import OwnCreditors
from campaigns.strategies import rules, services
from campaigns.strategies.enums import STAGE_NAMES, STRATEGY_VERSION, StepKind, VersionStatus, stage_words
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import criteria_of, later_versions
from campaigns.web import strategy_verbs
from campaigns.web.strategy_edit import EditStrategyPage
from campaigns.web.strategy_words import criteria_in_words, days_text, offset_text
from campaigns.web.version_verbs import next_actions
from campaigns.web.what_ifs import what_if_actions, what_if_sections
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    NumberColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage


def _for_whom(version: StrategyVersion) -> str:
    creditor = version.strategy.creditor
    return creditor.name if creditor else _("every creditor")


class VersionTable(Table):
    name = LinkColumn(
        "campaigns:strategy_detail",
        text="strategy.name",
        note="number",
        verbose_name=gettext_lazy("Strategy"),
    )
    creditor = RowColumn(
        lambda row, context: escape(_for_whom(row)),
        verbose_name=gettext_lazy("For"),
        width=180,
        order_by=("strategy__creditor__name", "id"),
    )
    valid_from = DateColumn(verbose_name=gettext_lazy("In force from"), width=124)
    made_by = TextColumn(verbose_name=gettext_lazy("Made by"), width=160, muted=True)
    approved_by = TextColumn(verbose_name=gettext_lazy("Approved by"), width=160, muted=True)
    status = StatusColumn(VersionStatus, verbose_name=gettext_lazy("Status"), width=180, phone=True)

    class Meta:
        order_by = "name"


class StrategyListPage(ListPage):
    permission = rules.VIEW
    title = gettext_lazy("Strategies")
    lead = gettext_lazy(
        "Which debtor hears what, when and how. The most particular approved strategy applies."
    )
    menu = "strategies"
    list_name = "strategies"
    url_name = "campaigns:strategy_list"
    queryset = StrategyVersion.objects.select_related("strategy__creditor", "made_by", "approved_by")
    table_class = VersionTable
    count_label = ngettext_lazy("%(n)s version", "%(n)s versions", "n")

    def get_head_actions(self):
        return [
            Action(_("Texts"), reverse("campaigns:template_list"), icon="message"),
            Action(
                _("New strategy"),
                reverse("campaigns:strategy_new"),
                icon="plus",
                primary=True,
                permission=rules.EDIT,
            ),
        ]


def _what_cell(row, context) -> str:
    return str(row.get_channel_display() if row.kind == StepKind.MESSAGE else row.get_kind_display())


def _with_cell(row, context) -> str:
    if row.kind == StepKind.STATEMENT:
        return escape(str(row.department or ""))
    return escape(row.template_code)


def _when_cell(row, context) -> str:
    if not row.silent_days:
        return ""
    return ngettext("%(n)s day of silence", "%(n)s days of silence", row.silent_days) % {
        "n": row.silent_days
    }


class StepTable(Table):
    day = RowColumn(
        lambda row, context: str(offset_text(row.day_offset)),
        verbose_name=gettext_lazy("Day"),
        width=124,
        phone=True,
    )
    title = TextColumn(verbose_name=gettext_lazy("Step"), phone=True)
    what = RowColumn(_what_cell, verbose_name=gettext_lazy("What"), width=124, phone=True)
    used = RowColumn(_with_cell, verbose_name=gettext_lazy("Text or department"), width=172)
    only = RowColumn(_when_cell, verbose_name=gettext_lazy("Only after"), width=140)
    pay_within_days = NumberColumn(verbose_name=gettext_lazy("Days to pay"), width=108)


class StrategyPage(DetailPage):
    permission = rules.VIEW
    menu = "strategies"
    queryset = StrategyListPage.queryset.prefetch_related("steps__department")
    status_field = "status"
    list_url_name = "campaigns:strategy_list"
    list_title = gettext_lazy("Strategies")

    def get_title(self):
        return _("%(name)s, version %(number)s") % {
            "name": self.object.strategy.name,
            "number": self.object.number,
        }

    def get_lead(self):
        where = _for_whom(self.object)
        return _("For accounts of %(where)s. Days count from the first unpaid due date.") % {
            "where": where
        }

    def figures(self):
        version = self.object
        limits = ", ".join(f"{code} {amount}" for code, amount in version.tolerances.items())
        return [
            Figure(_("Steps"), len(version.steps.all()), size="ask"),
            Figure(_("In force from"), ui.day(version.valid_from) if version.valid_from else "–"),
            Figure(_("Smallest amount chased"), limits or _("the office's own")),
            Figure(_("Made by"), version.made_by),
            Figure(_("Approved by"), version.approved_by or "–"),
        ]

    def sections(self):
        return [
            Section(_("Whom it takes, and how one comes and goes"), facts=self.rules_in_words()),
            *self.stages(),
            Section(
                _("Whom every step spares"),
                template="campaigns/spares.html",
                note=_("judged when it is queued and again right before it leaves"),
            ),
        ]

    def stages(self) -> list[Section]:
        """One section a stage: each account is in exactly one, by its days past due."""
        steps = sorted(self.object.steps.all(), key=lambda step: step.day_offset)
        numbers = sorted({step.stage for step in steps})
        found = []
        for place, number in enumerate(numbers):
            own = [step for step in steps if step.stage == number]
            after = numbers[place + 1 :]
            until = min((s.day_offset for s in steps if after and s.stage == after[0]), default=None)
            name = stage_words(own[0].stage_name) or STAGE_NAMES.get(number, "")
            found.append(
                Section(
                    _("Stage %(number)s, %(name)s") % {"number": number, "name": name},
                    note=days_text(own[0].day_offset, until),
                    table=StepTable.draw(own, request=self.request, caption=name),
                )
            )
        return found

    def rules_in_words(self) -> list[Fact]:
        version = self.object
        return [
            *criteria_in_words(criteria_of(version)),
            Fact(_("Begins"), version.get_entry_display()),
            Fact(_("Leaves"), version.get_exit_rule_display()),
            Fact(
                _("Falls behind again"),
                ngettext(
                    "within %(n)s day of the cure: goes on where it stopped",
                    "within %(n)s days of the cure: goes on where it stopped",
                    version.reentry_days,
                )
                % {"n": version.reentry_days}
                if version.reentry_days
                else _("begins anew"),
            ),
            Fact(
                _("Late steps"),
                ngettext(
                    "one after another, %(n)s day apart; none is left out",
                    "one after another, %(n)s days apart; none is left out",
                    version.catch_up_days,
                )
                % {"n": version.catch_up_days},
            ),
        ]

    def side(self):
        others = self.object.strategy.versions.order_by("-number").exclude(pk=self.object.pk)
        facts = [
            Fact(
                _("Version %(number)s") % {"number": row.number},
                row.get_status_display(),
                url=reverse("campaigns:strategy_detail", args=[row.pk]),
            )
            for row in others
        ]
        version = self.object
        notes = [Fact(_("What changed and why"), version.note or "–")]
        notes.append(Fact(_("Content"), version.content_hash[:16]))
        if version.status in (VersionStatus.APPROVED, VersionStatus.RETIRED):
            notes.append(Fact(_("Accounts under way"), version.get_in_flight_display()))
        return [
            Section(_("This version"), facts=notes),
            *what_if_sections(version, self.request.user),
            *([Section(_("Other versions"), facts=facts)] if facts else []),
        ]

    def can_roll_back(self) -> bool:
        """An approved version that later ones have followed can bind again."""
        version = self.object
        return version.status == VersionStatus.APPROVED and bool(later_versions(version))

    def get_head_actions(self):
        version, args = self.object, [self.object.pk]
        verbs = {
            VersionStatus.SUBMITTED: (_("Submit for approval"), "strategy_submit", "send", True),
            VersionStatus.APPROVED: (_("Approve strategy"), "strategy_approve", "check", False),
            VersionStatus.REJECTED: (_("Reject"), "strategy_reject", "ban", False),
            VersionStatus.RETIRED: (_("Retire"), "strategy_retire", "archive", False),
        }
        if version.status == VersionStatus.DRAFT:
            verbs[VersionStatus.RETIRED] = (_("Discard draft"), "strategy_discard", "trash", True)
        actions = next_actions(STRATEGY_VERSION, version, self.request.user, verbs)
        actions = [*what_if_actions(version), *actions]
        if self.can_roll_back():
            actions.append(
                Action(
                    _("Roll back to this version"),
                    reverse("campaigns:strategy_roll_back", args=args),
                    icon="arrow-back-up",
                    permission=rules.APPROVE,
                )
            )
        if version.status == VersionStatus.DRAFT:
            actions.insert(
                0,
                Action(
                    _("Edit steps"),
                    reverse("campaigns:strategy_edit", args=args),
                    icon="edit",
                    permission=rules.EDIT,
                ),
            )
        else:
            actions.append(
                Action(
                    _("Draft a new version"),
                    reverse("campaigns:strategy_draft", args=args),
                    icon="copy",
                    post=True,
                    permission=rules.EDIT,
                )
            )
        return actions


class NewStrategyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("Every creditor"),
    )
    payer_types = forms.MultipleChoiceField(
        label=gettext_lazy("Payer types"),
        choices=PayerType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every payer type."),
    )
    priority = forms.IntegerField(
        label=gettext_lazy("Looked at first"),
        initial=100,
        min_value=0,
        max_value=99_999,
        help_text=gettext_lazy("Among equally particular strategies the lowest number applies."),
    )


class NewStrategyPage(OwnCreditors, ActionPage):
    permission = rules.EDIT
    title = gettext_lazy("New strategy")
    menu = "strategies"
    button = gettext_lazy("Make strategy and draft its steps")
    form_class = NewStrategyForm

    def perform(self, form):
        said = form.cleaned_data
        strategy = services.create_strategy(
            code=slugify(said["name"])[:40] or "strategy",
            name=said["name"],
            creditor=said["creditor"],
            payer_types=said["payer_types"],
            priority=said["priority"],
            actor=self.request.user,
        )
        return services.draft_version(strategy=strategy, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("campaigns:strategy_edit", args=[result.pk])


navigation.register(
    "strategies",
    gettext_lazy("Strategies"),
    "campaigns:strategy_list",
    icon="route",
    permission=rules.VIEW,
    order=60,
    group="office",
)

urlpatterns = [
    path("strategies/", StrategyListPage.as_view(), name="strategy_list"),
    path("strategies/new/", NewStrategyPage.as_view(), name="strategy_new"),
    path("strategies/<int:pk>/", StrategyPage.as_view(), name="strategy_detail"),
    path("strategies/<int:pk>/edit/", EditStrategyPage.as_view(), name="strategy_edit"),
    path("strategies/<int:pk>/draft/", strategy_verbs.DraftView.as_view(), name="strategy_draft"),
    path("strategies/<int:pk>/submit/", strategy_verbs.SubmitView.as_view(), name="strategy_submit"),
    path("strategies/<int:pk>/approve/", strategy_verbs.ApprovePage.as_view(), name="strategy_approve"),
    path("strategies/<int:pk>/reject/", strategy_verbs.RejectPage.as_view(), name="strategy_reject"),
    path("strategies/<int:pk>/roll-back/", strategy_verbs.RollBackPage.as_view(), name="strategy_roll_back"),
    path("strategies/<int:pk>/discard/", strategy_verbs.DiscardView.as_view(), name="strategy_discard"),
    path("strategies/<int:pk>/retire/", strategy_verbs.RetirePage.as_view(), name="strategy_retire"),
]
