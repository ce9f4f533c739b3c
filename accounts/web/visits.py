"""Field visits by area: the day's route on a phone, begun with a permit, closed on one form (D8)."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.rules import MAKE_CONTACT
from accounts.compliance.services import preview
from accounts.contacts.enums import VISIT_OUTCOMES, FollowUpKind, IdentityItem, Outcome, PersonReached
from accounts.contacts.models import FieldVisit, FollowUp
from accounts.contacts.route import planned_visits, visits_closed_on
from accounts.contacts.rules import ASSIGN_FOLLOW_UP, VIEW_FOLLOW_UP
from accounts.contacts.services.calls import refusal_sentence
from accounts.contacts.services.follow_ups import assign_follow_ups
from accounts.contacts.services.visits import call_off_visit, close_visit, start_visit
from accounts.parties.enums import Channel
from accounts.teams.queries import deputised_by, officers_under
from accounts.web.follow_ups import handed_over_text
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web import navigation
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.views import ActionPage, PageView, ReasonPage, VerbView

OWN_ONLY = {Role.FIELD_OFFICER, Role.COLLECTION_OFFICER}


def officers_of(user, today) -> list[int] | None:
    """Whose visits he sees: his own and those he stands in for; a leader all of his teams (None)."""
    return [user.pk, *sorted(deputised_by(user, today))] if user.role in OWN_ONLY else None


class VisitList(PageView):
    """The route: by area, building and unit; what is late, what was closed today and what is open."""

    permission = VIEW_FOLLOW_UP
    title = gettext_lazy("Visits")
    menu = "visits"
    template_name = "accounts/visits/route.html"

    def get_head_actions(self) -> list[Action]:
        return [
            Action(
                _("Give to a colleague"),
                reverse("accounts:visit_assign") + f"?{self.request.GET.urlencode()}",
                icon="arrows-exchange",
                permission=ASSIGN_FOLLOW_UP,
            ),
            Action(_("All follow-ups"), reverse("accounts:follow_up_list"), icon="calendar-event"),
        ]

    def get_context_data(self, **kwargs):
        user, today = self.request.user, self.today
        wanted = self.request.GET.get("officer", "")
        officers = officers_of(user, today)
        if officers is None and (asked := row_id(wanted)) is not None:
            officers = [asked]
        area = self.request.GET.get("area", "")
        stops = planned_visits(user, as_of=today, officers=officers)
        areas = list(dict.fromkeys(stop.area for stop in stops))
        if area:
            stops = [stop for stop in stops if stop.area == area]
        verdicts = preview(at=clock.now(), account_ids=[stop.account_id for stop in stops]) if stops else {}
        places: list[dict[str, Any]] = []
        number = 0
        for (of_area, building), rows in groupby(stops, key=lambda stop: (stop.area, stop.building)):
            here = []
            for stop in rows:
                number += 1
                verdict = verdicts.get(stop.account_id, {}).get(Channel.VISIT)
                # one that was begun has its permit
                is_refused = verdict is not None and not verdict.allowed and stop.visit_id is None
                refused = refusal_sentence(verdict) if is_refused else ""
                here.append({"number": number, "stop": stop, "refused": refused})
            places.append({"area": of_area, "building": building, "rows": here})
        closed = visits_closed_on(user, as_of=today, officers=officers)
        return super().get_context_data(
            places=places,
            areas=areas if len(areas) > 1 else [],
            area=area,
            open_count=number,
            late_count=sum(stop.due_on < today for stop in stops),
            closed=closed,
            officers=User.objects.filter(
                pk__in=FollowUp.objects.open()
                .visible_to(user)
                .filter(kind=FollowUpKind.VISIT, due_on__lte=today)
                .values("owner")
            ).order_by("full_name")
            if user.role not in OWN_ONLY
            else [],
            wanted=wanted,
            **kwargs,
        )


class StartVisit(VerbView):
    """At the door: the gate is asked, its answer kept."""

    permission = MAKE_CONTACT
    queryset = FollowUp.objects.filter(kind=FollowUpKind.VISIT).select_related("account", "debtor")

    def perform(self, form):
        stops = planned_visits(self.request.user, as_of=self.today, follow_up=self.object.pk)
        return start_visit(
            follow_up=self.object,
            contact_point=stops[0].point if stops else None,
            officer=self.request.user,
            at=clock.now(),
        )

    def get_success_url(self, result):
        if isinstance(result, FieldVisit):
            return reverse("accounts:visit", args=[result.pk])
        messages.error(self.request, refusal_sentence(result))
        return reverse("accounts:visit_list")


class VisitForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("How it went"),
        choices=[("", "–"), *((value.value, value.label) for value in VISIT_OUTCOMES)],
    )
    person_reached = forms.ChoiceField(
        label=gettext_lazy("Whom you met"), required=False, choices=[("", "–"), *PersonReached.choices]
    )
    items = forms.MultipleChoiceField(
        label=gettext_lazy("Compared with the person"),
        choices=IdentityItem.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Two make the right person; say nothing of the debt before."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    photo = forms.FileField(
        label=gettext_lazy("Photo"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )
    place = forms.CharField(label=gettext_lazy("Place"), required=False, max_length=200)
    latitude = forms.DecimalField(
        required=False,
        decimal_places=5,
        max_digits=8,
        label=gettext_lazy("Latitude"),
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = forms.DecimalField(
        required=False,
        decimal_places=5,
        max_digits=8,
        label=gettext_lazy("Longitude"),
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )


class CloseVisit(ActionPage):
    """The one form of a visit. It shows no amount: the door is no place for it."""

    permission = MAKE_CONTACT
    menu = "visits"
    form_class = VisitForm
    template_name = "accounts/visits/form.html"
    button = gettext_lazy("Save visit")
    success_message = gettext_lazy("The visit is closed.")
    wide_fields = ("items", "note", "photo", "place")

    def get_queryset(self):
        return FieldVisit.objects.filter(officer=self.request.user, attempt__isnull=True).select_related(
            "follow_up__debtor", "follow_up__account", "contact_point"
        )

    def get_title(self):
        return self.object.follow_up.debtor.name

    def get_crumbs(self):
        return [Crumb(_("Visits"), reverse("accounts:visit_list"))]

    def perform(self, form):
        data = dict(form.cleaned_data)
        photo = data.pop("photo")
        return close_visit(
            visit=self.object,
            photo=(photo.name, photo.read()) if photo else None,
            officer=self.request.user,
            at=clock.now(),
            **data,
        )

    def get_success_url(self, result):
        if result.attempt.outcome in {Outcome.REACHED, Outcome.REFUSES, Outcome.PAID_ALREADY}:
            return reverse("accounts:account_detail", args=[result.follow_up.account_id])
        return reverse("accounts:visit_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:visit_list")


class CallOffVisit(ReasonPage):
    """A visit that was begun and not made: nothing is counted, and it stands on the route again."""

    permission = MAKE_CONTACT
    title = gettext_lazy("This visit was not made")
    lead = gettext_lazy("For one begun by mistake. If you stood at the door, save how it went instead.")
    button = gettext_lazy("Take it back")
    success_message = gettext_lazy("It stands on the route again.")
    menu = "visits"

    def get_queryset(self):
        return FieldVisit.objects.filter(officer=self.request.user, attempt__isnull=True)

    def get_crumbs(self):
        return [Crumb(_("Visits"), reverse("accounts:visit_list"))]

    def perform(self, form):
        return call_off_visit(
            visit=self.object, reason=form.cleaned_data["reason"], officer=self.request.user
        )

    def get_success_url(self, result):
        return reverse("accounts:visit_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:visit", args=[self.object.pk])


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        label=gettext_lazy("Officer"), queryset=None, empty_label=gettext_lazy("Choose")
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)
    stops = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Visits"), widget=forms.CheckboxSelectMultiple, coerce=int
    )

    def __init__(self, *args, officers, stops, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = officers
        self.fields["stops"].choices = [
            (
                stop.follow_up_id,
                ", ".join(
                    filter(
                        None, [stop.area or _("No address"), stop.building, stop.debtor_name, stop.owner_name]
                    )
                ),
            )
            for stop in stops
        ]


class AssignVisits(ActionPage):
    """The stops of the route as it was filtered, to be given to another officer: all or some."""

    permission = ASSIGN_FOLLOW_UP
    title = gettext_lazy("Give visits to a colleague")
    menu = "visits"
    form_class = AssignForm
    button = gettext_lazy("Give to him")
    two_columns = True
    wide_fields = ("stops",)

    @cached_property
    def stops(self):
        wanted, area = self.request.GET.get("officer", ""), self.request.GET.get("area", "")
        asked = row_id(wanted)
        officers = None if asked is None else [asked]
        stops = planned_visits(self.request.user, as_of=self.today, officers=officers)
        return [stop for stop in stops if stop.visit_id is None and (not area or stop.area == area)]

    def get_form_kwargs(self):
        officers = officers_under(self.request.user, as_of=self.today)
        return super().get_form_kwargs() | {"officers": officers, "stops": self.stops}

    def get_initial(self):
        return {"stops": [stop.follow_up_id for stop in self.stops]}

    def get_crumbs(self):
        return [Crumb(_("Visits"), reverse("accounts:visit_list"))]

    def perform(self, form):
        data = form.cleaned_data
        return assign_follow_ups(
            follow_ups=FollowUp.objects.visible_to(self.request.user).filter(pk__in=data.pop("stops")),
            actor=self.request.user,
            as_of=self.today,
            **data,
        )

    def get_success_message(self, result) -> str:
        return handed_over_text(len(result))

    def get_success_url(self, result) -> str:
        return reverse("accounts:visit_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:visit_list")


navigation.register(
    "visits",
    gettext_lazy("Visits"),
    "accounts:visit_list",
    icon="walk",
    permission=VIEW_FOLLOW_UP,
    order=26,
)

urlpatterns = [
    path("visits/", VisitList.as_view(), name="visit_list"),
    path("visits/assign/", AssignVisits.as_view(), name="visit_assign"),
    path("visits/start/<int:pk>/", StartVisit.as_view(), name="visit_start"),
    path("visits/<int:pk>/", CloseVisit.as_view(), name="visit"),
    path("visits/<int:pk>/not-made/", CallOffVisit.as_view(), name="visit_call_off"),
]
