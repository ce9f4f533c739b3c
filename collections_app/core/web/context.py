"""What the shell of every page needs, asked only when the template uses it."""

from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import gettext as _

from collections_app.core import clock, panels
from collections_app.core.models import BackupRun
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation

BACKUP_LIMIT = timedelta(hours=24)
BACKUP_SECONDS = 60
MENU_ROOM = 14  # entries that fit beside a page 768 px high


class Shell:
    """The frame around a page: menu, foot, banners, theme, direction."""

    def __init__(self, request):
        self.request = request
        self.user = getattr(request, "user", None)
        self.organisation = getattr(request, "organisation", None)

    @property
    def signed_in(self) -> bool:
        return bool(self.user and self.user.is_authenticated)

    @cached_property
    def language(self) -> str:
        return translation.get_language() or "en"

    @property
    def direction(self) -> str:
        return "rtl" if translation.get_language_bidi() else "ltr"

    @property
    def theme(self) -> str:
        return self.user.theme if self.signed_in else "auto"

    @property
    def shortcuts(self) -> bool:
        return self.signed_in and self.user.shortcuts_enabled

    @property
    def themes(self) -> list[tuple[str, str]]:
        return [("auto", _("Auto")), ("light", _("Light")), ("dark", _("Dark"))]

    @property
    def languages(self) -> list[tuple[str, str]]:
        return list(settings.LANGUAGES)

    @property
    def search_query(self) -> str:
        return self.request.GET.get("q", "") if self.request.path == reverse("core:search") else ""

    @cached_property
    def today(self):
        return clock.today()

    @cached_property
    def counts(self):
        return navigation.known_counts(self.user, self.today) if self.signed_in else {}

    @cached_property
    def menu(self) -> list[dict]:
        if not self.signed_in:
            return []
        known = self.counts or {}
        return [
            {"entry": entry, "count": known.get(entry.key), "url": entry.url}
            for entry in navigation.entries(self.user)
        ]

    @property
    def own_menu(self) -> list[navigation.Entry]:
        return navigation.own_entries(self.user) if self.signed_in else []

    @property
    def work_menu(self) -> list[dict]:
        return [item for item in self.menu if item["entry"].group == "work"]

    @property
    def money_menu(self) -> list[dict]:
        return [item for item in self.menu if item["entry"].group == "money"]

    @property
    def office_menu(self) -> list[dict]:
        return [item for item in self.menu if item["entry"].group == "office"]

    @cached_property
    def folded_keys(self) -> set[str]:
        """Pages below a fold: on one of them the work of the day is folded, so that the menu fits."""
        folded = set() if self.office_is_small else {"money", "office"}
        return {item["entry"].key for item in self.menu if item["entry"].group in folded}

    @property
    def office_is_small(self) -> bool:
        """Whoever has little work of the day needs no folding: the whole menu fits."""
        return len(self.menu) <= MENU_ROOM

    @cached_property
    def fed_until(self):
        return navigation.fed_until(self.user) if self.signed_in else None

    @property
    def session_seconds(self) -> int:
        return getattr(settings, "SESSION_IDLE_SECONDS", settings.SESSION_COOKIE_AGE)

    @cached_property
    def banners(self) -> list[dict]:
        """Dicts with `tone`, `icon`, `text` and optionally `url` and `link`."""
        if not self.signed_in:
            return []
        shown = []
        for panel in panels.collect("banner", [], self.user, self.today):
            shown.extend(panel.data)
        if self._backup_is_late():
            shown.append(
                {
                    "tone": "attn",
                    "icon": "database",
                    "text": _("The last verified backup is older than a day."),
                    "url": reverse("core:job_list"),
                    "link": _("See the jobs"),
                }
            )
        return shown

    def _backup_is_late(self) -> bool:
        organisation = self.organisation
        if organisation is None or organisation.is_demonstration:
            return False
        if not has_permission(self.user, "core.view_organisation"):
            return False
        late = cache.get("core.backup_is_late")
        if late is None:
            last = BackupRun.objects.order_by("-finished_at").values_list("finished_at", flat=True).first()
            since = last or organisation.set_up_at
            late = since is not None and clock.now() - since > BACKUP_LIMIT
            cache.set("core.backup_is_late", late, BACKUP_SECONDS)
        return late


def shell(request) -> dict:
    """Context processor: `shell`, `organisation`."""
    frame = SimpleLazyObject(lambda: Shell(request))
    return {"shell": frame, "organisation": getattr(request, "organisation", None)}
