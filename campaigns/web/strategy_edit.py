"""The steps of a draft, line by line, and whom it takes."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.parties.enums import Channel, PayerType
from accounts.teams.models import Department
from campaigns.correspondence.queries import TextBook
from campaigns.strategies import rules, services
from campaigns.strategies.enums import (
    CHANNEL_OF_KIND,
    MESSAGE_CHANNELS,
    STAGE_NAMES,
    Entry,
    Exit,
    Risk,
    StepKind,
    VersionStatus,
)
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import criteria_of
from campaigns.strategies.services import NewStep
from campaigns.web.strategy_words import amounts_text
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage

WHAT = [
    *((row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER)),
    *((row.value, row.label) for row in StepKind if row != StepKind.MESSAGE),
]
OWN_RULES = ("entry", "exit_rule", "reentry_days", "catch_up_days")
FREE_STEPS = 6


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
    what = forms.ChoiceField(label=gettext_lazy("What"), choices=WHAT, required=False)
    template_code = forms.ChoiceField(label=gettext_lazy("Text"), required=False)
    pay_within_days = forms.IntegerField(
        label=gettext_lazy("Days to pay"), min_value=1, max_value=90, required=False
    )

    silent_days = forms.IntegerField(
        label=gettext_lazy("Only after days of silence"), min_value=1, max_value=365, required=False
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"),
        queryset=Department.objects.none(),
        required=False,
        empty_label="–",
    )

    def __init__(self, *args, texts=(), departments=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments
        self.fields["template_code"].choices = [("", "–"), *texts]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "fc", "aria-label": str(field.label)}
        # on a phone a free line is seen when the one before it has a name (`:placeholder-shown`)
        self.fields["title"].widget.attrs["placeholder"] = " "

    def clean(self):
        said = super().clean()
        if not said.get("title"):
            return said
        if said.get("day_offset") is None:
            self.add_error("day_offset", _("Say on which day."))
        what = said.get("what")
        if what in MESSAGE_CHANNELS and not said.get("template_code"):
            self.add_error("template_code", _("Choose a text."))
        if what == StepKind.STATEMENT and not said.get("department"):
            self.add_error("department", _("Choose the department."))
        return said


class EditForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("What changed and why"), max_length=300, required=False)
    payer_types = forms.MultipleChoiceField(
        label=gettext_lazy("Payer types"),
        choices=PayerType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every payer type."),
    )
    risk = forms.MultipleChoiceField(
        label=gettext_lazy("Risk"),
        choices=Risk.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Promises broken and payments returned in 180 days. None ticked: any."),
    )
    products = forms.CharField(
        label=gettext_lazy("Segment (product)"),
        required=False,
        help_text=gettext_lazy("Products of accounts, with commas between. Empty: every one."),
    )
    amount_from = forms.CharField(
        label=gettext_lazy("Owes from"),
        required=False,
        help_text=gettext_lazy("Per currency, for instance: EUR 1000, AED 4000. Empty: any amount."),
    )
    amount_below = forms.CharField(
        label=gettext_lazy("Owes less than"), required=False, help_text=gettext_lazy("As above.")
    )
    tolerances = forms.CharField(
        label=gettext_lazy("Smallest amount chased"),
        required=False,
        help_text=gettext_lazy("Per currency, for instance: EUR 5, AED 20. Empty: the office's own."),
    )
    entry = forms.ChoiceField(
        label=gettext_lazy("Who comes in late begins"), choices=Entry.choices
    )
    exit_rule = forms.ChoiceField(label=gettext_lazy("An account leaves"), choices=Exit.choices)
    reentry_days = forms.IntegerField(
        label=gettext_lazy("Behind again within days: goes on where it stopped"),
        min_value=0,
        max_value=365,
        help_text=gettext_lazy("0: begins anew."),
    )
    catch_up_days = forms.IntegerField(
        label=gettext_lazy("Days between steps that are late"), min_value=1, max_value=60
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

    two_columns = True
    wide_fields = ("note", "payer_types", "risk")

    def get_initial(self):
        version = self.object
        criteria = criteria_of(version)
        return {
            "note": version.note,
            "tolerances": amounts_text(version.tolerances),
            "payer_types": criteria.get("payer_types", []),
            "risk": criteria.get("risk", []),
            "products": ", ".join(criteria.get("products", [])),
            "amount_from": amounts_text(criteria.get("amount_from", {})),
            "amount_below": amounts_text(criteria.get("amount_below", {})),
            **{name: getattr(version, name) for name in OWN_RULES},
        }

    def formset(self):
        data = self.request.POST if self.request.method == "POST" else None
        maker = forms.formset_factory(StepForm, extra=FREE_STEPS, max_num=20)
        steps = [
            {
                "day_offset": step.day_offset,
                "title": step.title,
                "stage": step.stage,
                "what": step.channel if step.kind == StepKind.MESSAGE else step.kind,
                "template_code": step.template_code,
                "pay_within_days": step.pay_within_days,
                "silent_days": step.silent_days,
                "department": step.department_id,
            }
            for step in self.object.steps.order_by("day_offset")
        ]
        given = {
            "texts": [
                # the channels beside the code, so that nobody picks a letter's text for a text message
                (code, f"{code} ({', '.join(str(row.label) for row in channels)})")
                for code, channels in TextBook().channels_by_code().items()
            ],
            "departments": Department.objects.filter(is_active=True).order_by("name"),
        }
        return maker(data, initial=steps, prefix="steps", form_kwargs=given)

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        kwargs.setdefault("formset", getattr(self, "_formset", None) or self.formset())
        return super().get_context_data(**kwargs)

    def perform(self, form):
        self._formset = self.formset()
        if not self._formset.is_valid():
            raise rules.StrategyIncomplete(_("Look at the steps: something in them is wrong."))
        said = form.cleaned_data
        return services.save_version(
            version=self.object,
            steps=[
                _new_step(row.cleaned_data, place)
                for place, row in enumerate(self._formset)
                if row.cleaned_data.get("title")
            ],
            tolerances=parse_tolerances(said["tolerances"]),
            note=said["note"],
            criteria={
                "payer_types": said["payer_types"],
                "risk": said["risk"],
                "products": said["products"].split(","),
                "amount_from": parse_tolerances(said["amount_from"]),
                "amount_below": parse_tolerances(said["amount_below"]),
            },
            **{name: said[name] for name in OWN_RULES},
            actor=self.request.user,
        )

    def get_success_url(self, result):
        return reverse("campaigns:strategy_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(self.object)


def _new_step(said: dict, place: int) -> NewStep:
    stage, what = said.get("stage") or 1, said["what"]
    kind = what if what in StepKind.values else StepKind.MESSAGE
    is_message = kind == StepKind.MESSAGE
    return NewStep(
        code=f"{place + 1}-{slugify(said['title'])}"[:30],
        title=said["title"],
        stage=stage,
        day_offset=said["day_offset"],
        channel=what if is_message else CHANNEL_OF_KIND.get(StepKind(kind), ""),
        template_code=said["template_code"] if is_message else "",
        stage_name=str(STAGE_NAMES.get(stage, "")),
        pay_within_days=said.get("pay_within_days") or 14,
        kind=kind,
        silent_days=said.get("silent_days"),
        department_id=said["department"].pk if said.get("department") else None,
    )
