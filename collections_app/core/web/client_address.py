"""The address a request comes from, for lock-out and logs."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer's address; behind proxies we run ourselves, the one the outermost of them saw.

    `TRUSTED_PROXIES` says how many there are. The header's entries to the left of those were
    written by whoever called and prove nothing.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return peer
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return seen[-proxies] if len(seen) >= proxies and seen[-proxies] else peer
