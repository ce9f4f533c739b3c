"""Who is asking, in which language, and in which time zone."""

from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.utils import timezone, translation

from collections_app.core.models import Organisation

ORGANISATION_KEY = "core.organisation"
ORGANISATION_SECONDS = 60


def current_organisation() -> Organisation | None:
    """The one row of the office, from the cache for a minute; None before it is set up."""
    organisation = cache.get(ORGANISATION_KEY)
    if organisation is None:
        organisation = Organisation.objects.order_by("pk").first()
        if organisation is not None:
            cache.set(ORGANISATION_KEY, organisation, ORGANISATION_SECONDS)
    return organisation


def forget_organisation() -> None:
    """Call after the office's settings changed."""
    cache.delete(ORGANISATION_KEY)


class OfficeMiddleware:
    """Activates the user's language and the office's time zone for the request.

    Sets `request.organisation`. Before sign-in the browser's language counts.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        organisation = request.organisation = current_organisation()
        user = request.user
        if user.is_authenticated:
            language = user.language
        else:
            language = translation.get_language_from_request(request)
        zone = ZoneInfo(organisation.time_zone) if organisation else timezone.get_default_timezone()
        with translation.override(language), timezone.override(zone):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Vary", "Cookie")
        if user.is_authenticated:
            # after the sign-out nobody reads a debtor's page by going back, nor on the disk
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
