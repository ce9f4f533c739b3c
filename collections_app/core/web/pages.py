"""The base of every page: who may see it, of which day it speaks, and that looking writes nothing."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from collections_app.core import clock
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.web.moments import moment_text, moment_words, read_day, read_moment
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.read_only import read_only

PUBLIC = "public"  # open to somebody who has not signed in; test_view_contract names these pages
SIGNED_IN = "signed_in"  # one's own pages: whoever has signed in
READING = {"GET", "HEAD", "OPTIONS"}


class PageView(TemplateResponseMixin, ContextMixin, View):
    """A page. `permission` is required: a code of the catalogue, SIGNED_IN or PUBLIC.

    `title`, `lead` (one line that says what the page is for), `menu` (key of the side menu's entry),
    `crumbs` (links above the title), `head_actions` (buttons beside it) fill the head.
    `offers_as_of` lets `?as_of=2026-11-01` show the page as of that day, read-only; `offers_known_at`
    lets `?known_at=2026-11-05 17:00` (UTC) leave out what was recorded later.
    `fragments` maps an htmx target's id to the name of a partial in the template.
    """

    permission: str = ""
    title: Any = ""
    lead: Any = ""
    menu: str = ""
    before_own_password = False  # open to who still has to choose a password of his own
    offers_as_of = False
    offers_known_at = False
    fragments: dict[str, str] = {}
    template_name = ""

    @classmethod
    def as_view(cls, **initkwargs):
        if not (initkwargs.get("permission") or cls.permission):
            raise ImproperlyConfigured(f"{cls.__module__}.{cls.__qualname__} declares no permission.")
        return super().as_view(**initkwargs)

    # ---- the gate ----

    def dispatch(self, request, *args, **kwargs):
        refused = self._turn_away(request)
        if refused is not None:
            return refused
        try:
            if request.method in READING:
                if unread := self._unread_day():
                    return self._without_the_day(unread)
                with read_only():
                    response = super().dispatch(request, *args, **kwargs)
                    if hasattr(response, "render") and not response.is_rendered:
                        response.render()
                    return response
            if self.is_past and not self.only_looks():
                raise PermissionDenied(_("The page shows another day, so nothing can be changed here."))
            return super().dispatch(request, *args, **kwargs)
        except NotAllowed as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Refused as refusal:
            if request.method in READING:
                raise
            messages.error(request, refusal.message)
            return self.go(self.back_url())

    def _turn_away(self, request) -> HttpResponse | None:
        if self.permission == PUBLIC:
            return None
        user = request.user
        if not user.is_authenticated:
            if getattr(request, "htmx", False):
                return HttpResponse(status=204, headers={"HX-Redirect": reverse("core:sign_in")})
            return redirect_to_login(request.get_full_path())
        if self.permission != SIGNED_IN and not self.may(user):
            raise PermissionDenied
        if user.must_change_password and not self.before_own_password:
            return self.go(reverse("core:password_change"))
        return None

    def _unread_day(self) -> str:
        """What of the address names no day or no moment, with what to write instead; empty where all do."""
        day = self.request.GET.get("as_of", "")
        if self.offers_as_of and day and read_day(day) is None:
            return f"{_('Show the page as of')}: «{day[:40]}». {_('Write a day: 2026-11-05.')}"
        moment = self.request.GET.get("known_at", "").strip()
        if self.offers_known_at and moment and read_moment(moment) is None:
            right = _("Write a day, or a day and a time: 2026-11-05 17:00.")
            return f"{_('As known on (UTC)')}: «{moment[:40]}». {right}"
        return ""

    def _without_the_day(self, unread: str) -> HttpResponse:
        """Show no figures and give no file for a day that is none; the page of today says what was wrong."""
        messages.error(self.request, unread)
        asked = self.request.GET.copy()
        for key in ("as_of", "known_at", "file", "format"):
            asked.pop(key, None)
        return self.go(f"{self.request.path}?{asked.urlencode()}" if asked else self.request.path)

    def may(self, user) -> bool:
        """Whether the user may open the page at all; rows are scoped by the queryset."""
        return has_permission(user, self.permission)

    def only_looks(self) -> bool:
        """Whether a POST to the page changes nothing it shows, so that another day's page takes it."""
        return False

    # ---- the day ----

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def as_of(self) -> date:
        """The day the page speaks of: today unless the page offers another and the URL names it."""
        text = self.request.GET.get("as_of", "")
        if not self.offers_as_of or not text:
            return self.today
        day = read_day(text)
        if day is None:
            raise Http404(_("The address names a day that does not exist."))
        return min(day, self.today)

    @cached_property
    def known_at(self) -> datetime | None:
        """The moment whose knowledge the page tells; None: all that is known now."""
        text = self.request.GET.get("known_at", "").strip()
        if not self.offers_known_at or not text:
            return None
        moment = read_moment(text)
        if moment is None:
            raise Http404(_("The address names a moment that does not exist."))
        return moment if moment < clock.now() else None

    @property
    def known_at_text(self) -> str:
        return moment_text(self.known_at) if self.known_at else ""

    @property
    def known_at_words(self) -> str:
        return moment_words(self.known_at, self.today) if self.known_at else ""

    @cached_property
    def known_until(self) -> datetime:
        """`known_at`, or the moment of the request: for questions that always name one."""
        return self.known_at or clock.now()

    @property
    def is_past(self) -> bool:
        return self.as_of != self.today or self.known_at is not None

    def day_facts(self) -> list[tuple[str, Any]]:
        """The day and the knowledge for a file's control sheet; nothing for a page that is of today."""
        if not (self.offers_as_of or self.offers_known_at):
            return []
        known = self.known_at_text or f"{self.known_until:%Y-%m-%d %H:%M:%S}"
        day: list[tuple[str, Any]] = [(_("As of"), self.as_of)] if self.offers_as_of else []
        return [*day, (_("As known on (UTC)"), known)]

    @property
    def day_query(self) -> str:
        """What another address needs to speak of the same day and knowledge; empty for today."""
        asked = {"as_of": self.as_of.isoformat()} if self.as_of != self.today else {}
        if self.known_at is not None:
            asked["known_at"] = self.known_at_text
        return urlencode(asked)

    # ---- the head ----

    def get_title(self) -> Any:
        return self.title

    def get_lead(self) -> Any:
        return self.lead

    def get_crumbs(self) -> list[Crumb]:
        return []

    def get_head_actions(self) -> list[Action]:
        """Buttons beside the title, permission already considered; at most one is primary."""
        return []

    def shown_head_actions(self) -> list[Action]:
        """Those the user may take; on another day's page only those that look."""
        allowed = [action for action in self.get_head_actions() if action.shown_to(self.request.user)]
        return [action for action in allowed if action.only_looks] if self.is_past else allowed

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        return super().get_context_data(
            page=self,
            title=self.get_title(),
            lead=self.get_lead(),
            crumbs=self.get_crumbs(),
            head_actions=self.shown_head_actions(),
            menu_key=self.menu,
            as_of=self.as_of,
            today=self.today,
            is_past=self.is_past,
            known_at=self.known_at,
            **kwargs,
        )

    def get_template_names(self) -> list[str]:
        names = super().get_template_names()
        partial = self.fragment_name()
        return [f"{name}#{partial}" for name in names] if partial else names

    def fragment_name(self) -> str | None:
        """The partial that answers this htmx request; None for the whole page."""
        htmx = getattr(self.request, "htmx", None)
        if not htmx or htmx.history_restore_request or htmx.boosted:
            return None
        return self.fragments.get(htmx.target or "")

    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data(**kwargs))

    # ---- going on ----

    def back_url(self) -> str:
        """Where the user came from, if that is in this product; else the page itself."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        if wanted and self._is_ours(wanted):
            return wanted
        referer = self.request.headers.get("referer", "")
        if referer and self._is_ours(referer):
            return referer
        return self.request.path

    def _is_ours(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def go(self, url: str) -> HttpResponse:
        """Send the browser to `url`, whether the request came from htmx or not."""
        if getattr(self.request, "htmx", False):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
