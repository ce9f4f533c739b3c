"""Getting into the office's mailbox: SMTP and IMAP by OAuth (XOAUTH2) where a password no longer does.

With EMAIL_OAUTH_TOKEN_URL the token comes from the tenant by client credentials and is kept in this
process until a minute before it ends. Without it, user and password of EMAIL_URL and INBOX_URL hold.
"""

import imaplib
import smtplib
import time
from urllib.parse import unquote, urlsplit

import requests
from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

TOKEN_TIMEOUT = (5, 15)  # seconds to connect, to answer
SPARE_SECONDS = 60
INBOX_TIMEOUT = 30
_kept: dict[str, tuple] = {}  # address of the tokens -> token, until when (monotonic)


class NoAccess(smtplib.SMTPException):
    """The tenant gives no token: nothing was sent, and it may be tried again."""


def access_token() -> str:
    """A token for the mailbox. Raises NoAccess."""
    token, until = _kept.get(settings.EMAIL_OAUTH_TOKEN_URL, ("", 0))
    if token and time.monotonic() < until:
        return token
    try:
        answer = requests.post(
            settings.EMAIL_OAUTH_TOKEN_URL,
            data={
                "grant_type": "client_credentials",
                "client_id": settings.EMAIL_OAUTH_CLIENT_ID,
                "client_secret": settings.EMAIL_OAUTH_CLIENT_SECRET,
                "scope": settings.EMAIL_OAUTH_SCOPE,
            },
            timeout=TOKEN_TIMEOUT,
            allow_redirects=False,
        )
        answer.raise_for_status()
        said = answer.json()
        token, lasts = str(said["access_token"]), int(said.get("expires_in", 300))
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        # what the tenant says may hold the secret, so only the kind of the fault is told
        raise NoAccess(f"No token for the mailbox: {type(error).__name__}") from error
    _kept[settings.EMAIL_OAUTH_TOKEN_URL] = (token, time.monotonic() + lasts - SPARE_SECONDS)
    return token


def forget_token() -> None:
    """After a refusal the next try asks for a fresh one."""
    _kept.pop(settings.EMAIL_OAUTH_TOKEN_URL, None)


def bearer(user: str) -> str:
    """The words of SASL XOAUTH2."""
    return f"user={user}\x01auth=Bearer {access_token()}\x01\x01"


class OAuthBackend(EmailBackend):
    """SMTP that signs in by token; set as EMAIL_BACKEND where EMAIL_OAUTH_TOKEN_URL is given."""

    def open(self) -> bool | None:
        """As Django's, with XOAUTH2 in place of the password."""
        user, self.username = self.username, ""
        try:
            opened = super().open()
        finally:
            self.username = user
        if opened:
            words = bearer(user or "")
            try:
                self.connection.ehlo_or_helo_if_needed()
                # to a challenge, which is the reason of a refusal, nothing is answered
                self.connection.auth("XOAUTH2", lambda challenge=None: "" if challenge else words)
            except smtplib.SMTPException:
                forget_token()
                self.close()
                raise
        return opened


def open_inbox() -> imaplib.IMAP4:
    """The mailbox INBOX_URL names, signed in, its folder chosen. Raises OSError or imaplib.IMAP4.error."""
    place = urlsplit(settings.INBOX_URL)
    kind = imaplib.IMAP4 if place.scheme == "imap" else imaplib.IMAP4_SSL
    inbox = kind(place.hostname or "", _port(place), timeout=INBOX_TIMEOUT)
    user = unquote(place.username or "")
    if settings.EMAIL_OAUTH_TOKEN_URL:
        words = bearer(user)
        inbox.authenticate("XOAUTH2", lambda _challenge: words.encode())
    else:
        inbox.login(user, unquote(place.password or ""))
    inbox.select(unquote(place.path.lstrip("/")) or "INBOX")
    return inbox


def _port(place) -> int:
    return place.port or (imaplib.IMAP4_PORT if place.scheme == "imap" else imaplib.IMAP4_SSL_PORT)
