"""Strategies: what a debtor hears and when, on one page that reads from top to bottom."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.enums import Channel, PayerType
from accounts.parties.models import Creditor
from accounts.web.own_creditors import OwnCreditors
from campaigns.correspondence.queries import TextBook
from campaigns.strategies import rules, services
from campaigns.strategies.enums import STAGE_NAMES, STRATEGY_VERSION, VersionStatus
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import criteria_of
from campaigns.strategies.services import NewStep
from campaigns.web import strategy_verbs
from campaigns.web.strategy_verbs import offset_text
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
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

CHANNELS = [(row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER)]
FREE_STEPS = 3


class VersionTable(Table):
    name = LinkColumn(
        "campaigns:strategy_detail",
        text="strategy.name",
        note="number",
        verbose_name=gettext_lazy("Strategy"),
    )
    creditor = TextColumn(accessor="strategy.creditor.name", verbose_name=gettext_lazy("For"), width=180)
    valid_from = DateColumn(verbose_name=gettext_lazy("In force from"), width=124)
    made_by = TextColumn(verbose_name=gettext_lazy("Made by"), width=160, muted=True)
    approved_by = TextColumn(verbose_name=gettext_lazy("Approved by"), width=160, muted=True)
    status = StatusColumn(VersionStatus, verbose_name=gettext_lazy("Status"), width=180)

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


def _stage_cell(row, context) -> str:
    return f"{row.stage} {row.stage_name or STAGE_NAMES.get(row.stage, '')}"


class StepTable(Table):
    day = RowColumn(
        lambda row, context: str(offset_text(row.day_offset)),
        verbose_name=gettext_lazy("Day"),
        width=140,
    )
    title = TextColumn(verbose_name=gettext_lazy("Step"))
    stage = RowColumn(_stage_cell, verbose_name=gettext_lazy("Stage"), width=140)
    channel = TextColumn(accessor="get_channel_display", verbose_name=gettext_lazy("By"), width=124)
    template_code = TextColumn(verbose_name=gettext_lazy("Text"), width=140, bdi=True)
    pay_within_days = NumberColumn(verbose_name=gettext_lazy("Days to pay"), width=108)


class StrategyPage(DetailPage):
    permission = rules.VIEW
    menu = "strategies"
    queryset = StrategyListPage.queryset.prefetch_related("steps")
    status_field = "status"
    list_url_name = "campaigns:strategy_list"
    list_title = gettext_lazy("Strategies")

    def get_title(self):
        return _("%(name)s, version %(number)s") % {
            "name": self.object.strategy.name,
            "number": self.object.number,
        }

    def get_lead(self):
        strategy = self.object.strategy
        payers = criteria_of(self.object).get("payer_types") or []
        who = ", ".join(str(PayerType(kind).label) for kind in payers) or _("every payer type")
        where = strategy.creditor.name if strategy.creditor else _("every creditor")
        return _("For %(who)s of %(where)s. Days count from the first unpaid due date.") % {
            "who": who,
            "where": where,
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
        steps = sorted(self.object.steps.all(), key=lambda step: step.day_offset)
        return [
            Section(_("Steps"), table=StepTable.draw(steps, request=self.request)),
            Section(
                _("Whom every step spares"),
                template="campaigns/spares.html",
                note=_("judged when it is queued and again right before it leaves"),
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
        notes = [Fact(_("What changed and why"), self.object.note or "–")]
        notes.append(Fact(_("Content"), f"{self.object.content_hash[:16]}"))
        return [Section(_("This version"), facts=notes)] + (
            [Section(_("Other versions"), facts=facts)] if facts else []
        )

    def get_head_actions(self):
        version, args = self.object, [self.object.pk]
        verbs = {
            VersionStatus.SUBMITTED: (_("Submit for approval"), "strategy_submit", "send", True),
            VersionStatus.APPROVED: (_("Approve strategy"), "strategy_approve", "check", False),
            VersionStatus.REJECTED: (_("Reject"), "strategy_reject", "ban", False),
            VersionStatus.RETIRED: (_("Retire"), "strategy_retire", "archive", False),
        }
        actions = []
        for edge in STRATEGY_VERSION.next(version, self.request.user):
            label, name, icon, is_post = verbs[edge.target]
            if edge.target == VersionStatus.APPROVED and version.made_by_id == self.request.user.pk:
                continue
            actions.append(
                Action(
                    label,
                    reverse(f"campaigns:{name}", args=args),
                    icon=icon,
                    post=is_post,
                    primary=edge.target in (VersionStatus.APPROVED, VersionStatus.SUBMITTED),
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


class StepForm(forms.Form):
    """One line of the strategy; a line without a title is left out."""

    day_offset = forms.IntegerField(label=gettext_lazy("Days from the due date"), required=False)
    title = forms.CharField(label=gettext_lazy("Step"), max_length=80, required=False)
    stage = forms.TypedChoiceField(
        label=gettext_lazy("Stage"),
        choices=[(number, f"{number} {name}") for number, name in STAGE_NAMES.items()],
        coerce=int,
        required=False,
    )
    channel = forms.ChoiceField(label=gettext_lazy("By"), choices=CHANNELS, required=False)
    template_code = forms.ChoiceField(label=gettext_lazy("Text"), required=False)
    pay_within_days = forms.IntegerField(
        label=gettext_lazy("Days to pay"), min_value=1, max_value=90, required=False
    )

    def __init__(self, *args, codes=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["template_code"].choices = [("", "–"), *((code, code) for code in codes)]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "fc", "aria-label": str(field.label)}

    def clean(self):
        said = super().clean()
        if said.get("title") and said.get("day_offset") is None:
            self.add_error("day_offset", _("Say on which day."))
        return said


class EditForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("What changed and why"), max_length=300, required=False)
    tolerances = forms.CharField(
        label=gettext_lazy("Smallest amount chased"),
        required=False,
        help_text=gettext_lazy("Per currency, for instance: EUR 5, AED 20. Empty: the office's own."),
    )


def parse_tolerances(text: str) -> dict[str, str]:
    """ "EUR 5, AED 20" as currency to amount; wrong parts are refused by the service."""
    found = {}
    for part in text.replace(";", ",").split(","):
        words = part.split()
        if words:
            found[words[0]] = words[-1] if len(words) > 1 else ""
    return found


class EditStrategyPage(ActionPage):
    permission = rules.EDIT
    template_name = "campaigns/strategy_edit.html"
    menu = "strategies"
    queryset = StrategyVersion.objects.filter(status=VersionStatus.DRAFT).select_related("strategy")
    form_class = EditForm
    button = gettext_lazy("Save the draft")
    success_message = gettext_lazy("Saved. Submit it for approval when it is ready.")

    def get_title(self):
        return _("Steps of %(name)s") % {"name": self.object.strategy.name}

    def get_crumbs(self):
        return [
            Crumb(_("Strategies"), reverse("campaigns:strategy_list")),
            Crumb(self.object.strategy.name, self.get_success_url(self.object)),
        ]

    def get_initial(self):
        limits = ", ".join(f"{code} {amount}" for code, amount in self.object.tolerances.items())
        return {"note": self.object.note, "tolerances": limits}

    def formset(self):
        data = self.request.POST if self.request.method == "POST" else None
        maker = forms.formset_factory(StepForm, extra=FREE_STEPS, max_num=20)
        steps = [
            {
                "day_offset": step.day_offset,
                "title": step.title,
                "stage": step.stage,
                "channel": step.channel,
                "template_code": step.template_code,
                "pay_within_days": step.pay_within_days,
            }
            for step in self.object.steps.order_by("day_offset")
        ]
        return maker(data, initial=steps, prefix="steps", form_kwargs={"codes": TextBook().codes()})

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        kwargs.setdefault("formset", getattr(self, "_formset", None) or self.formset())
        return super().get_context_data(**kwargs)

    def perform(self, form):
        self._formset = self.formset()
        if not self._formset.is_valid():
            raise rules.StrategyIncomplete(_("Look at the steps: something in them is wrong."))
        return services.save_version(
            version=self.object,
            steps=[
                _new_step(row.cleaned_data, place)
                for place, row in enumerate(self._formset)
                if row.cleaned_data.get("title")
            ],
            tolerances=parse_tolerances(form.cleaned_data["tolerances"]),
            note=form.cleaned_data["note"],
            actor=self.request.user,
        )

    def get_success_url(self, result):
        return reverse("campaigns:strategy_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(self.object)


def _new_step(said: dict, place: int) -> NewStep:
    stage = said.get("stage") or 1
    return NewStep(
        code=f"{place + 1}-{slugify(said['title'])}"[:30],
        title=said["title"],
        stage=stage,
        day_offset=said["day_offset"],
        channel=said["channel"],
        template_code=said["template_code"],
        stage_name=str(STAGE_NAMES.get(stage, "")),
        pay_within_days=said.get("pay_within_days") or 14,
    )


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
    path("strategies/<int:pk>/retire/", strategy_verbs.RetirePage.as_view(), name="strategy_retire"),
]
