"""Breathing spaces: which debts are protected, until when, and what happened before the notice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.contacts.enums import ContactDirection
from accounts.contacts.models import ContactAttempt
from accounts.holds.breathing_spaces import (
    end_breathing_space,
    end_treatment,
    extend_breathing_space,
    grant_breathing_space,
    undo_breathing_space,
)
from accounts.holds.enums import STANDARD_DAYS, BreathingSpaceKind
from accounts.holds.filtersets import BreathingSpaceFilterSet
from accounts.holds.models import BreathingSpace, Hold
from accounts.holds.rules import GRANT_BREATHING_SPACE, LIFT_PROTECTION, VIEW_HOLD
from accounts.web.holds import DebtorVerb
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage


class BreathingSpaceTable(Table):
    row_label = "debtor.name"

    debtor = LinkColumn(
        "accounts:breathing_space_detail",
        text="debtor.name",
        note="reference",
        verbose_name=gettext_lazy("Debtor"),
        order_by=("debtor__name",),
    )
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("Kind"), width=172)
    creditor = TextColumn(
        accessor="debtor.creditor.name", verbose_name=gettext_lazy("Creditor"), width=140, muted=True
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"), order_by=("first_day",), phone=True)
    last_day = DateColumn(verbose_name=gettext_lazy("Until"), order_by=("last_day",), phone=True)
    told_on = DateColumn(verbose_name=gettext_lazy("Notice of"), order_by=("told_on",))

    class Meta:
        order_by = "-first_day"


class BreathingSpaceListPage(ListPage):
    permission = VIEW_HOLD
    title = gettext_lazy("Breathing spaces")
    lead = gettext_lazy("Debts nobody may ask for now; a later bill of the same person stands alone.")
    menu = "holds"
    queryset = BreathingSpace.objects.select_related("debtor__creditor")
    filterset_class = BreathingSpaceFilterSet
    table_class = BreathingSpaceTable
    list_name = "breathing_spaces"
    url_name = "accounts:breathing_space_list"
    count_label = ngettext_lazy("%(n)s breathing space", "%(n)s breathing spaces", "n")
    empty_text = gettext_lazy("No breathing space. Enter one on a debtor's account page, under More.")

    def get_crumbs(self):
        return [Crumb(_("Holds"), reverse("accounts:hold_list"))]
    default_views = (
        (gettext_lazy("In force"), "state=in_force"),
        (gettext_lazy("Without an end"), "state=open"),
    )


def is_over(space: BreathingSpace, today) -> bool:
    return space.undone_on is not None or (space.last_day is not None and space.last_day < today)


class BreathingSpacePage(DetailPage):
    permission = VIEW_HOLD
    menu = "holds"
    queryset = BreathingSpace.objects.select_related("debtor__creditor", "granted_by")
    list_url_name = "accounts:breathing_space_list"
    list_title = gettext_lazy("Breathing spaces")

    def get_title(self):
        return f"{self.object.debtor.name}: {_('breathing space')}"

    def get_lead(self):
        if self.object.undone_on:
            return _("It was entered by mistake and protected nothing.")
        return _("Nobody asks for these debts in these days, and no interest or fee is added to them.")

    def get_head_actions(self):
        space = self.object
        if is_over(space, self.today):
            return []
        in_treatment = space.kind == BreathingSpaceKind.CRISIS and space.treatment_ended_on is None
        return [
            Action(
                verb.button,
                reverse(f"accounts:breathing_space_{verb.name}", args=[space.pk]),
                icon=verb.icon,
                permission=LIFT_PROTECTION,
            )
            for verb in (TREATMENT if in_treatment else EXTEND, END, UNDO)
        ]

    def figures(self):
        space = self.object
        until = day_text(space.last_day, self.today) if space.last_day else _("30 days after the treatment")
        days = (self.today - space.first_day).days + 1
        if space.undone_on:
            state = _("undone")
        elif is_over(space, self.today):
            state = _("over")
        else:
            state = _("day %(n)s") % {"n": days}
        return [
            Figure(_("From"), day_text(space.first_day, self.today), note=state),
            Figure(_("Until"), until, note=space.get_kind_display()),
            Figure(
                _("Notice of"),
                day_text(space.told_on, self.today),
                note=_("%(n)s d after it began") % {"n": (space.told_on - space.first_day).days},
            ),
        ]

    def sections(self):
        space = self.object
        facts = [
            Fact(
                _("Debtor"),
                space.debtor.name,
                url=reverse("accounts:debtor_detail", args=[space.debtor_id]),
                note=space.debtor.creditor.name,
            ),
            Fact(_("Reference"), space.reference),
            Fact(_("Entered by"), space.granted_by),
        ]
        if space.treatment_ended_on:
            facts.append(Fact(_("Treatment ended"), day_text(space.treatment_ended_on, self.today)))
        if space.closing_reason:
            facts.append(Fact(_("Because"), space.closing_reason))
        holds = (
            Hold.objects.visible_to(self.request.user)
            .filter(breathing_space=space)
            .select_related("account", "entry")
            .order_by("account__number", "entry__due_date", "pk")
        )
        return [
            Section(_("The breathing space"), facts=facts),
            Section(
                _("Protected debts"),
                template="accounts/breathing_space_debts.html",
                context={"holds": list(holds)},
                note=_("what was owed on its first day"),
            ),
            Section(
                _("Contacts before we were told"),
                template="accounts/breathing_space_contacts.html",
                context={"attempts": list(self.before_the_notice())},
                note=_("listed, not judged"),
            ),
        ]

    def before_the_notice(self):
        """What went out about the protected accounts between its first day and its being entered."""
        space = self.object
        return (
            ContactAttempt.objects.visible_to(self.request.user)
            .standing()
            .filter(
                accounts__in=space.holds.values("account"),
                direction=ContactDirection.OUT,
                at__date__gte=space.first_day,
                at__lt=space.recorded_at,
            )
            .select_related("officer")
            .distinct()
            .order_by("at", "pk")
        )


class GrantForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BreathingSpaceKind.choices)
    reference = forms.CharField(label=gettext_lazy("Reference of the notice"), max_length=60)
    first_day = DayField(
        label=gettext_lazy("From"), help_text=gettext_lazy("The day the notice names; it may have gone by.")
    )
    told_on = DayField(label=gettext_lazy("Notice of"))


class GrantPage(DebtorVerb):
    permission = GRANT_BREATHING_SPACE
    title = gettext_lazy("Enter a breathing space")
    form_class = GrantForm
    button = gettext_lazy("Protect these debts")

    def get_initial(self):
        return {"first_day": self.today, "told_on": self.today}

    def consequence(self):
        return _(
            "What the debtor owes on its first day is asked for by nobody, at any creditor, and bears no"
            " interest or fee: for %(days)s days, or in a crisis until 30 days after the treatment."
        ) % {"days": STANDARD_DAYS}

    def perform(self, form):
        return grant_breathing_space(
            **form.cleaned_data, debtor=self.object, actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result) -> str:
        return reverse("accounts:breathing_space_detail", args=[result.pk])

    def get_success_message(self, result) -> str:
        return _("The breathing space is in force.")


class SpaceForm(forms.Form):
    """A day, where the verb has one, and why."""

    day = DayField()
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)

    def __init__(self, *args, day_label, **kwargs):
        super().__init__(*args, **kwargs)
        if day_label:
            self.fields["day"].label = day_label
        else:
            del self.fields["day"]


@dataclass(frozen=True)
class SpaceVerb:
    """What is done to one breathing space: its service, and the argument of it that the day is."""

    name: str
    title: Any
    button: Any
    service: Callable[..., BreathingSpace]
    icon: str
    day: str = ""
    day_label: Any = ""
    begins_today: bool = True
    consequence: Any = ""


EXTEND = SpaceVerb(
    "extend",
    gettext_lazy("Extend a breathing space"),
    gettext_lazy("Extend"),
    extend_breathing_space,
    "calendar-plus",
    day="last_day",
    day_label=gettext_lazy("Until"),
    begins_today=False,
)
TREATMENT = SpaceVerb(
    "treatment",
    gettext_lazy("The treatment has ended"),
    gettext_lazy("Treatment ended"),
    end_treatment,
    "circle-check",
    day="ended_on",
    day_label=gettext_lazy("Treatment ended on"),
    consequence=gettext_lazy("It protects for 30 days after that day, and then ends by itself."),
)
END = SpaceVerb(
    "end",
    gettext_lazy("End a breathing space early"),
    gettext_lazy("End early"),
    end_breathing_space,
    "lock-open",
    day="free_from",
    day_label=gettext_lazy("Protects no more from"),
)
UNDO = SpaceVerb(
    "undo",
    gettext_lazy("Undo a breathing space"),
    gettext_lazy("Undo"),
    undo_breathing_space,
    "history",
    consequence=gettext_lazy(
        "For what was entered by mistake: it is as if it had never been, interest comes back."
    ),
)


class SpaceVerbPage(ActionPage):
    """The one form of these verbs; it leads back to the page of the breathing space."""

    permission = LIFT_PROTECTION
    menu = "holds"
    queryset = BreathingSpace.objects.select_related("debtor")
    form_class = SpaceForm
    success_message = gettext_lazy("The breathing space is changed.")
    verb: Any = None

    def get_title(self):
        return self.verb.title

    def get_lead(self):
        return f"{self.object.debtor.name}, {self.object.reference}"

    def get_crumbs(self):
        return [Crumb(_("Breathing spaces"), reverse("accounts:breathing_space_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"day_label": self.verb.day_label}

    def get_initial(self):
        return {"day": self.today} if self.verb.begins_today else {"day": self.object.last_day}

    @property
    def button(self):
        return self.verb.button

    def consequence(self):
        return self.verb.consequence

    def perform(self, form):
        days = {self.verb.day: form.cleaned_data["day"]} if self.verb.day else {}
        return self.verb.service(
            space=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
            **days,
        )

    def get_success_url(self, result) -> str:
        return reverse("accounts:breathing_space_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return self.get_success_url(None)


urlpatterns = [
    path("breathing-spaces/", BreathingSpaceListPage.as_view(), name="breathing_space_list"),
    path("breathing-spaces/<int:pk>/", BreathingSpacePage.as_view(), name="breathing_space_detail"),
    *(
        path(
            f"breathing-spaces/<int:pk>/{verb.name}/",
            SpaceVerbPage.as_view(verb=verb),
            name=f"breathing_space_{verb.name}",
        )
        for verb in (EXTEND, TREATMENT, END, UNDO)
    ),
    path("debtors/<int:pk>/breathing-space/", GrantPage.as_view(), name="breathing_space_new"),
]
