"""What production refuses: a setting that would open the book, or lose what the office sends.

`settings.py` asks before anything else of Django runs, so that every command, web server and worker
stops in words. Each sentence says what to change.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

SMTP = "django.core.mail.backends.smtp.EmailBackend"
SMTP_BY_TOKEN = "campaigns.sending.mail_access.OAuthBackend"
KEY_LENGTH, KEY_SIGNS = 50, 5  # as Django's own deployment check asks
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def refuse_unsafe(values: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured with the first thing that these settings may not say."""
    for reason in unsafe(values):
        raise ImproperlyConfigured(reason)


def unsafe(values: Mapping[str, Any]) -> Iterator[str]:
    """Every reason against running production with these settings."""
    if values["DEBUG"]:
        yield "PRODUCTION=1 and DEBUG=1 exclude each other."
    if values["TESTING"]:
        yield "PRODUCTION=1 and COLLECTIONS_TESTING=1 exclude each other."
    key = values["SECRET_KEY"]
    if key == values["DEVELOPMENT_SECRET_KEY"] or len(key) < KEY_LENGTH or len(set(key)) < KEY_SIGNS:
        yield f"SECRET_KEY must be your own random text of {KEY_LENGTH} characters or more."
    yield from _unsafe_address(values["ALLOWED_HOSTS"], values["PUBLIC_URL"])
    yield from _unsafe_mail(values)
    sms = urlsplit(values["SMS_GATEWAY_URL"])
    for name in ("SMS_GATEWAY_URL", "SMS_GATEWAY_STATUS_URL", "EMAIL_OAUTH_TOKEN_URL"):
        place = urlsplit(values[name])
        if place.geturl() and place.scheme != "https" and place.hostname not in THIS_MACHINE:
            yield f"{name} must begin with https:// in production."
    if sms.geturl() and not values["SMS_GATEWAY_SECRET"]:
        yield "SMS_GATEWAY_URL needs SMS_GATEWAY_SECRET, or anybody could post in your name."
    if values["TRUSTED_PROXIES"] < 0:
        yield "TRUSTED_PROXIES can't be less than 0."
    for name in ("SESSION_IDLE_SECONDS", "SESSION_ABSOLUTE_SECONDS", "AXES_FAILURE_LIMIT"):
        if values[name] < 1:
            yield "Sessions and sign-in attempts need an end: SESSION_* and SIGN_IN_FAILURES are 1 or more."


def _unsafe_address(hosts: list[str], public_url: str) -> Iterator[str]:
    if any("*" in host for host in hosts):
        yield "ALLOWED_HOSTS must name the hosts; it may not hold *."
    if not all(hosts) or any(host.startswith(".") for host in hosts):
        yield "ALLOWED_HOSTS must name each host in full, with commas between."
    if not public_url.startswith("https://"):
        yield "PUBLIC_URL must begin with https:// in production."
    if urlsplit(public_url).hostname not in {host.partition(":")[0].lower() for host in hosts}:
        yield "The host of PUBLIC_URL must stand in ALLOWED_HOSTS, or no link in a mail can be opened."


def _unsafe_mail(values: Mapping[str, Any]) -> Iterator[str]:
    if values["EMAIL_BACKEND"] not in (SMTP, SMTP_BY_TOKEN):
        yield "EMAIL_URL must name a mail server: smtp://, smtp+tls:// or smtp+ssl://."
    is_hidden = values.get("EMAIL_USE_TLS") or values.get("EMAIL_USE_SSL")
    by_token = values["EMAIL_BACKEND"] == SMTP_BY_TOKEN
    is_secret = values.get("EMAIL_HOST_PASSWORD") or by_token
    if is_secret and not is_hidden and values["EMAIL_HOST"] not in THIS_MACHINE:
        yield "EMAIL_URL would send its password in clear: use smtp+tls:// or smtp+ssl://."
    if by_token and not (values["EMAIL_OAUTH_CLIENT_ID"] and values["EMAIL_OAUTH_CLIENT_SECRET"]):
        yield "EMAIL_OAUTH_TOKEN_URL needs EMAIL_OAUTH_CLIENT_ID and EMAIL_OAUTH_CLIENT_SECRET."
    inbox = urlsplit(values["INBOX_URL"])
    if inbox.geturl() and inbox.scheme != "imaps" and inbox.hostname not in THIS_MACHINE:
        yield "INBOX_URL must begin with imaps:// in production."
