"""A signed-in session ends after an idle time, and after an absolute time whatever happens."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from collections_app.core import clock

STARTED = "session_started"
SEEN = "session_seen"
SEEN_STEP_SECONDS = 60  # the mark moves once a minute, not with every request


class SessionEndMiddleware:
    """Sign out what is over before a view sees it; the sign-in page comes next.

    A page that asks by itself (a progress bar, a heartbeat) sends `X-Background: 1`; such a request
    obeys the end but doesn't put it off. Marks live in the session in Redis: no GET writes a row.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            self._judge(request)
        return self.get_response(request)

    @staticmethod
    def _judge(request: HttpRequest) -> None:
        session, now = request.session, int(clock.now().timestamp())
        started = session.setdefault(STARTED, now)
        seen = session.get(SEEN, started)
        if now - started >= settings.SESSION_ABSOLUTE_SECONDS or now - seen >= settings.SESSION_IDLE_SECONDS:
            logout(request)
        elif now - seen >= SEEN_STEP_SECONDS and request.headers.get("X-Background") != "1":
            session[SEEN] = now
