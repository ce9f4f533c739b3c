"""Pages everyone has: home, search, profile, appearance, the menu's counts."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from collections_app.core import panels, setup
from collections_app.core.models import User
from collections_app.core.profile import update_profile
from collections_app.core.web import navigation
from collections_app.core.web.actions import ActionPage, VerbView
from collections_app.core.web.pages import SIGNED_IN, PageView

THEMES = [
    ("auto", gettext_lazy("As the device")),
    ("light", gettext_lazy("Light")),
    ("dark", gettext_lazy("Dark")),
]
SHORTEST_SEARCH = 2
HITS = 20


class Home(PageView):
    """Sends everyone to the page his work begins with."""

    permission = SIGNED_IN
    template_name = "core/home.html"
    title = gettext_lazy("Welcome")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated and setup.is_needed():
            return self.go(reverse("core:setup"))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, *args, **kwargs):
        url = navigation.home_url(request.user)
        return self.go(url) if url else self.render_to_response(self.get_context_data())


class MenuCounts(PageView):
    """The numbers beside the menu's entries, asked for after the page."""

    permission = SIGNED_IN
    template_name = "layout/menu_counts.html"

    def get_context_data(self, **kwargs):
        found = navigation.counts(self.request.user, self.today)
        return super().get_context_data(counts=sorted(found.items()), **kwargs)


@dataclass(frozen=True)
class Hit:
    """One thing found. `exact` says that the words name this and nothing else."""

    title: Any
    url: str
    detail: Any = ""
    kind: Any = ""
    icon: str = "search"
    exact: bool = False

    @classmethod
    def of(cls, found: Any) -> "Hit":
        return cls(**found) if isinstance(found, dict) else found


class Search(PageView):
    """One box for names, phones in any spelling, account numbers and references.

    As you type it answers with a list for the palette; without JavaScript it is a page. A single
    exact hit opens at once when the form is sent.
    """

    permission = SIGNED_IN
    template_name = "core/search.html"
    title = gettext_lazy("Search")
    fragments = {"search-hits": "hits"}

    def get(self, request, *args, **kwargs):
        words = request.GET.get("q", "").strip()
        hits = []
        if len(words) >= SHORTEST_SEARCH:
            hits = [Hit.of(found) for found in panels.search(words, request.user, HITS)]
        exact = [hit for hit in hits if hit.exact]
        if not request.htmx and (len(exact) == 1 or len(hits) == 1):
            return self.go((exact or hits)[0].url)
        return self.render_to_response(
            self.get_context_data(words=words, hits=hits[:HITS], too_short=len(words) < SHORTEST_SEARCH)
        )


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["full_name", "email", "phone", "language", "theme", "shortcuts_enabled"]
        labels = {
            "theme": gettext_lazy("Theme"),
            "language": gettext_lazy("Language"),
            "shortcuts_enabled": gettext_lazy("Keyboard shortcuts"),
        }
        help_texts = {"shortcuts_enabled": gettext_lazy("Press ? on any page to see them.")}

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    theme = forms.ChoiceField(label=gettext_lazy("Theme"), choices=THEMES)


class Profile(ActionPage):
    """One's own name, address, language and look."""

    permission = SIGNED_IN
    title = gettext_lazy("My profile")
    template_name = "core/profile.html"
    form_class = ProfileForm
    button = gettext_lazy("Save profile")
    success_message = gettext_lazy("Your profile is saved.")
    two_columns = True

    def get_object(self) -> User:
        return User.objects.get(pk=self.request.user.pk)

    def perform(self, form) -> User:
        user = User.objects.select_for_update().get(pk=self.request.user.pk)
        return update_profile(user=user, **form.cleaned_data)

    def get_success_url(self, result: Any) -> str:
        return reverse("core:profile")

    def calendar_url(self) -> str:
        """The private calendar's address, where the contact slice offers one."""
        try:
            path = reverse("accounts:calendar_feed", args=[self.request.user.calendar_token])
        except NoReverseMatch:
            return ""
        return self.request.build_absolute_uri(path)

    def get_context_data(self, **kwargs):
        return super().get_context_data(calendar_url=self.calendar_url(), **kwargs)


class AppearanceForm(forms.Form):
    theme = forms.ChoiceField(choices=THEMES, required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)


class Appearance(VerbView):
    """Theme or language from the user menu."""

    permission = SIGNED_IN
    form_class = AppearanceForm

    def perform(self, form) -> User:
        user = User.objects.select_for_update().get(pk=self.request.user.pk)
        return update_profile(user=user, **{key: value for key, value in form.cleaned_data.items() if value})

    def get_success_url(self, result: Any) -> str:
        return self.back_url()


class Stay(VerbView):
    """Puts off the session's end; the middleware has already done it when this answers."""

    permission = SIGNED_IN

    def post(self, request, *args, **kwargs):
        return HttpResponse(status=204)
