"""Who is away and who stands in: one's own absence, and those a supervisor records."""

from datetime import date
from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.teams.choices import PersonField
from accounts.teams.models import Absence
from accounts.teams.rules import CHOOSES_FROM_EVERYBODY, deputies_for, may_record_absence_of
from accounts.teams.services import cancel_absence, record_absence
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.refusal import NotAllowed
from collections_app.core.web import navigation
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb, Section
from collections_app.core.web.views import ActionPage, ConfirmPage

SHOWN = 8
NOT_YOURS = gettext_lazy("Absences are recorded by oneself, by a supervisor of one's team or by a manager.")


def absences_section(user: User, today: date, *, is_open: bool) -> Section:
    """The last absences of a user; those not over yet can be taken back where the list `is_open`."""
    rows = user.absences.select_related("deputy").order_by("-first_day", "-id")[:SHOWN]
    context = {"rows": rows, "today": today, "is_open": is_open}
    return Section(_("Absences"), template="accounts/absences.html", context=context)


class AbsenceForm(forms.Form):
    deputy = PersonField(label=gettext_lazy("Who stands in"), queryset=User.objects.none())
    first_day = DayField(label=gettext_lazy("First day away"))
    last_day = DayField(label=gettext_lazy("Last day away"))


class AbsenceNewPage(ActionPage):
    """A colleague's absence, as a supervisor records it."""

    permission = "accounts.manage_absence"
    queryset = User.objects.exclude(role=Role.SYSTEM)
    menu = "users"
    form_class = AbsenceForm
    title = gettext_lazy("Record absence")
    button = gettext_lazy("Record absence")

    def get_object(self):
        found = super().get_object()
        if not may_record_absence_of(self.request.user, found, as_of=self.today):
            raise NotAllowed(NOT_YOURS)
        return found

    def get_form(self):
        form = super().get_form()
        form.fields["deputy"].queryset = deputies_for(
            self.object, actor=self.request.user, as_of=self.today
        ).order_by("full_name")
        return form

    def get_initial(self):
        return {"first_day": self.today, "last_day": self.today}

    def get_lead(self):
        return self.object.full_name

    def consequence(self):
        return _("The deputy sees the worklist and the follow-ups until the last day; then all comes back.")

    def perform(self, form):
        return record_absence(
            user=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("%(deputy)s stands in.") % {"deputy": result.deputy}

    def get_success_url(self, result):
        return _page_of(self.object, self.request.user)

    def get_cancel_url(self):
        return _page_of(self.object, self.request.user)


class OwnAbsencePage(AbsenceNewPage):
    """One's own absence, from the menu behind one's name."""

    template_name = "accounts/own_absence.html"
    title = gettext_lazy("My absence")
    menu = ""

    def get_object(self):
        return self.request.user

    def get_lead(self):
        if self.request.user.role in CHOOSES_FROM_EVERYBODY:
            return ""
        return _("Choose a colleague of your team. Somebody else can be chosen by your supervisor.")

    def get_cancel_url(self):
        return reverse("core:home")

    def get_context_data(self, **kwargs):
        absences = absences_section(self.object, self.today, is_open=True)
        return super().get_context_data(absences=absences, **kwargs)


class AbsenceCancelPage(ConfirmPage):
    permission = "accounts.manage_absence"
    queryset = Absence.objects.filter(cancelled_at__isnull=True).select_related("user", "deputy")
    title = gettext_lazy("Take an absence back")
    button = gettext_lazy("Take absence back")

    def get_object(self):
        found = super().get_object()
        if not may_record_absence_of(self.request.user, found.user, as_of=self.today):
            raise NotAllowed(NOT_YOURS)
        return found

    def get_crumbs(self):
        if self.object.user_id != self.request.user.pk:
            return []
        return [Crumb(_("My absence"), reverse("accounts:own_absence"))]

    def consequence(self):
        return _("%(name)s works his own list again at once.") % {"name": self.object.user}

    def perform(self, form):
        return cancel_absence(absence=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result) -> Any:
        return _page_of(self.object.user, self.request.user)


def _page_of(away: User, user) -> str:
    """Where a user sees somebody's absences: his own on a page of their own."""
    if away.pk == user.pk:
        return reverse("accounts:own_absence")
    return reverse("accounts:user_detail", args=[away.pk])


navigation.register_own(
    "own_absence",
    gettext_lazy("My absence"),
    "accounts:own_absence",
    icon="calendar-x",
    permission="accounts.manage_absence",
    order=10,
)

urlpatterns = [
    path("absence/", OwnAbsencePage.as_view(), name="own_absence"),
    path("users/<int:pk>/absence/", AbsenceNewPage.as_view(), name="absence_new"),
    path("absences/<int:pk>/cancel/", AbsenceCancelPage.as_view(), name="absence_cancel"),
]
