"""The first start of an empty installation in the browser, and the steps after it."""

from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.conf import settings
from django.contrib.auth import login, password_validation
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from collections_app.core import money, setup
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import has_permission
from collections_app.core.web.actions import ActionPage
from collections_app.core.web.middleware import forget_organisation
from collections_app.core.web.pages import PUBLIC, PageView

# Old or metal codes that babel still names; an office keeps its books in a living currency.
COUNTRY_CODE_LENGTH = 2


def countries() -> list[tuple[str, str]]:
    """Country codes with their names in the reader's language, by name."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    found = [
        (code, name)
        for code, name in names.items()
        if len(code) == COUNTRY_CODE_LENGTH
        and code.isalpha()
        and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO")
    ]
    return [("", _("Choose")), *sorted(found, key=lambda pair: pair[1])]


def time_zones() -> list[tuple[str, str]]:
    """The zones people live in, by name."""
    areas = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return [
        (name, name.replace("_", " ")) for name in sorted(available_timezones()) if name.startswith(areas)
    ] + [("UTC", "UTC")]


class SetupForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the office"), max_length=120)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=countries,
        help_text=gettext_lazy("Decides the public holidays."),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        min_length=3,
        help_text=gettext_lazy("Three letters, such as EUR or AED. Accounts may use others as well."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=time_zones,
        help_text=gettext_lazy("Decides when a day begins."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    full_name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    username = forms.SlugField(label=gettext_lazy("Your sign-in name"), max_length=60)
    email = forms.EmailField(label=gettext_lazy("Your e-mail"))
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Ten signs or more; a sentence is good."),
    )
    given_code = forms.CharField(
        label=gettext_lazy("Code"),
        required=False,
        help_text=gettext_lazy("Stands in what the start printed."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not settings.PRODUCTION:
            del self.fields["given_code"]

    def clean_currency(self) -> str:
        code = self.cleaned_data["currency"].upper()
        if not money.is_known(code):
            raise forms.ValidationError(_("No such currency. Codes have three letters, such as EUR."))
        return code

    def clean(self):
        cleaned = super().clean()
        if password := cleaned.get("password"):
            person = User(username=cleaned.get("username", ""), full_name=cleaned.get("full_name", ""))
            try:
                password_validation.validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class Setup(ActionPage):
    """Open only while nobody can sign in."""

    permission = PUBLIC
    template_name = "core/setup.html"
    title = gettext_lazy("Set the office up")
    button = gettext_lazy("Set up and sign in")
    form_class = SetupForm
    two_columns = True

    def dispatch(self, request, *args, **kwargs):
        if not setup.is_needed():
            raise Http404(_("The office is set up already."))
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {
            "given_code": self.request.GET.get("code", ""),
            "time_zone": "UTC",
            "language": get_language(),
        }

    def perform(self, form) -> User:
        user = setup.set_up_office(**form.cleaned_data)
        forget_organisation()
        login(self.request, user, backend="django.contrib.auth.backends.ModelBackend")
        return user

    def get_success_url(self, result: Any) -> str:
        return reverse("core:first_steps")


def step_line(step: setup.Step, user) -> dict[str, Any]:
    """A step as the page draws it; `url` is empty for who may not do it."""
    return {
        "label": step.label,
        "why": step.why,
        "who": step.who(),
        "url": reverse(step.url_name) if step.may_be_done_by(user) else "",
        "is_done": step.is_done(),
    }


def next_step_for(request) -> dict[str, Any] | None:
    """What an office in its first days does next, for Today of those who set it up."""
    user, office = request.user, getattr(request, "organisation", None)
    if not has_permission(user, FirstSteps.permission) or user.role == Role.AUDITOR:
        return None
    if office is not None and office.is_demonstration:
        return None
    step = setup.next_step()
    return step_line(step, user) if step is not None else None


class FirstSteps(PageView):
    """What an empty office needs before its first reminder, and what of it is done."""

    permission = "core.view_first_steps"
    template_name = "core/first_steps.html"
    title = gettext_lazy("First steps")
    lead = gettext_lazy("From an empty office to the first reminder. Each line is ticked when it is done.")
    menu = "settings"

    def get_context_data(self, **kwargs):
        lines = [step_line(step, self.request.user) for step in setup.steps()]
        following = next((line for line in lines if not line["is_done"]), None)
        return super().get_context_data(lines=lines, following=following, **kwargs)
