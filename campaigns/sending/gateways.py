"""What carries a message out of the house. No database, no lock: text in, an answer out.

The answer is one of four: the gateway has it (`sent`), it certainly has not and may be asked again
(`again`), it never will (`refused`), or nobody can tell (`unknown`). Only the first three are ever
acted on by the machine.
"""

import hashlib
import hmac
import json
import re
import smtplib
import time
from dataclasses import dataclass, replace
from email.utils import formataddr, parseaddr
from urllib.parse import quote, urlsplit

import requests
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac

from campaigns.correspondence.texts import html_of
from collections_app.core.paper_frame import RIGHT_TO_LEFT

# Enhanced status codes (RFC 3463) of a refusal that says something about the address itself: it is wrong
# (5.1.x), or its mailbox is closed (5.2.1). What is full, too large or a matter of policy is not.
BAD_ADDRESS = re.compile(r"\b5\.(1\.\d{1,3}|2\.1)\b")
ANY_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
SMS_TIMEOUT = (5, 15)  # seconds to connect, to answer
SIGNATURE_LIFETIME = 300  # seconds a signed call stays fresh
STAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Answer:
    """What came of handing a message over; `detail` is for a person, `reference` the gateway's id."""

    kind: str
    detail: str = ""
    reference: str = ""
    is_bounce: bool = False


SENT = Answer("sent")


@dataclass(frozen=True)
class Attachment:
    """A paper that goes with an e-mail."""

    filename: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Parcel:
    """One message ready to go: everything the gateway needs and nothing else."""

    key: str
    message_id: str
    recipient: str
    sender_name: str
    reply_to: str
    subject: str
    body: str
    language: str
    attachments: tuple[Attachment, ...] = ()


def message_id_of(key: str) -> str:
    """The same for the same message in every attempt, so that a mail system can tell a repeat.

    Nobody else can make one up: a report of a failed delivery is believed by it.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    name = salted_hmac("campaigns.message_id", key, algorithm="sha256").hexdigest()[:32]
    return f"<{name}@{domain}>"


# ---- e-mail ----


class EmailGateway:
    """One SMTP connection for a worker's whole round, opened when first needed."""

    def __init__(self) -> None:
        self._backend: EmailBackend | None = None

    def _open(self) -> smtplib.SMTP:
        if self._backend is None or self._backend.connection is None:
            self._backend = get_connection(fail_silently=False)
            self._backend.open()
        return self._backend.connection

    def close(self) -> None:
        if self._backend is not None:
            backend, self._backend = self._backend, None
            try:
                backend.close()
            except (smtplib.SMTPException, OSError):
                backend.connection = None

    def _letter(self, parcel: Parcel) -> EmailMultiAlternatives:
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        mail = EmailMultiAlternatives(
            subject=parcel.subject,
            body=parcel.body,
            from_email=formataddr((parcel.sender_name, address)),
            to=[parcel.recipient],
            reply_to=[parcel.reply_to] if parcel.reply_to else None,
            headers={"Message-ID": parcel.message_id, "Auto-Submitted": "auto-generated"},
        )
        html = render_to_string(
            "campaigns/email.html",
            {
                "subject": parcel.subject,
                "body": html_of(parcel.body, parcel.language),
                "language": parcel.language,
                "direction": "rtl" if parcel.language in RIGHT_TO_LEFT else "ltr",
            },
        )
        mail.attach_alternative(html, "text/html")
        for paper in parcel.attachments:
            mail.attach(paper.filename, paper.content, paper.content_type)
        return mail

    def send(self, parcel: Parcel) -> Answer:
        """Envelope and data are asked one by one: what fails before the data was certainly not sent."""
        mail = self._letter(parcel)
        envelope_from = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        content = mail.message().as_bytes(linesep="\r\n")
        try:
            smtp = self._open()
            smtp.ehlo_or_helo_if_needed()
            _expect(smtp.mail(envelope_from), {250}, "sender")
            _expect(smtp.rcpt(parcel.recipient), {250, 251}, "recipient")
        except _Refused as refusal:
            self._reset()
            if 500 <= refusal.code < 600:
                is_bounce = refusal.whom == "recipient" and says_address_is_bad(str(refusal))
                return Answer("refused", str(refusal), is_bounce=is_bounce)
            return Answer("again", str(refusal))
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Answer("again", _short(error))
        try:
            code, words = smtp.data(content)
        except smtplib.SMTPDataError as error:
            # the server answered DATA itself with a no: it has nothing
            self._reset()
            return Answer("again", _short(error))
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Answer("unknown", _short(error))
        if code == 250:
            return Answer("sent", reference=words.decode(errors="replace")[:120])
        self._reset()
        return Answer(
            "refused" if code >= 500 else "again", f"{code} {words.decode(errors='replace')}"[:300]
        )

    def _reset(self) -> None:
        try:
            if self._backend is not None and self._backend.connection is not None:
                self._backend.connection.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def says_address_is_bad(words: str) -> bool:
    """Whether a server's permanent no is about the address. A no that gives no enhanced code is, as
    such servers mean "no such user"; one that gives another code, such as a block, is not."""
    return bool(BAD_ADDRESS.search(words)) or not ANY_STATUS.search(words)


class _Refused(Exception):
    """The server said no to one part of the envelope."""

    def __init__(self, code: int, words: bytes, whom: str) -> None:
        super().__init__(f"{code} {words.decode(errors='replace')}"[:300])
        self.code = code
        self.whom = whom


def _expect(answer: tuple[int, bytes], good: set[int], whom: str) -> None:
    code, words = answer
    if code not in good:
        raise _Refused(code, words, whom)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


# ---- text messages ----


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """HMAC-SHA256 over "timestamp.body", hexadecimal; the same for what we send and what we get."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, timestamp: str, signature: str, secret: str, now: float) -> bool:
    """Whether a call was made with our secret within the last minutes, whatever stands in its headers."""
    if not secret or not STAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > SIGNATURE_LIFETIME:
        return False
    return hmac.compare_digest(sign(body, timestamp, secret).encode(), signature.encode())


class SmsGateway:
    """Any HTTP gateway: one signed POST a message, its idempotency key the message's own.

    Without an address nothing can be sent: `refused` says so, and nothing is lost.
    """

    def __init__(self) -> None:
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def send(self, parcel: Parcel) -> Answer:
        if not settings.SMS_GATEWAY_URL:
            return Answer("refused", "SMS_GATEWAY_URL is not set: see docs/operators.md")
        body = json.dumps(
            {
                "idempotency_key": parcel.key,
                "to": parcel.recipient,
                "from": settings.SMS_SENDER or parcel.sender_name,
                "text": parcel.body,
            },
            ensure_ascii=False,
        ).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": parcel.key,
            **_signed(body),
        }
        try:
            response = self._session.post(
                settings.SMS_GATEWAY_URL,
                data=body,
                headers=headers,
                timeout=SMS_TIMEOUT,
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            return Answer("again", _short(error))
        except requests.ConnectionError as error:
            # refused before a byte was taken, or cut in the middle: only the first is certain
            never = "NewConnectionError" in repr(error) or "refused" in repr(error).lower()
            return Answer("again" if never else "unknown", _short(error))
        except requests.RequestException as error:
            return Answer("unknown", _short(error))
        return _sms_answer(response)


    def look_up(self, key: str) -> Answer:
        """What the gateway knows of a message by its key: `sent`, `refused` (taken, but it came to
        nothing), `never` (it has not had it), or `unknown` where it gives no clear word.

        Without SMS_GATEWAY_STATUS_URL nothing is asked.
        """
        if not settings.SMS_GATEWAY_STATUS_URL:
            return Answer("unknown")
        address = f"{settings.SMS_GATEWAY_STATUS_URL.rstrip('/')}/{quote(key, safe='')}"
        try:
            response = self._session.get(
                address,
                headers=_signed(urlsplit(address).path.encode()),
                timeout=SMS_TIMEOUT,
                allow_redirects=False,
            )
            if response.status_code == 404:
                return Answer("never")
            if response.status_code != 200:
                return Answer("unknown", f"HTTP {response.status_code}")
            said = response.json()
            status, reference = str(said.get("status", "")), str(said.get("id", ""))
        except (requests.RequestException, ValueError, AttributeError) as error:
            return Answer("unknown", _short(error))
        kind = {"failed": "refused"}.get(status, "sent" if status in TAKEN else "unknown")
        return Answer(kind, status, reference[:120])


TAKEN = {"accepted", "queued", "sent", "delivered"}


def _signed(body: bytes) -> dict[str, str]:
    """The headers that prove a call is ours; of a call without a body the path is signed."""
    timestamp = str(int(time.time()))
    return {
        "X-Timestamp": timestamp,
        "X-Signature": sign(body, timestamp, settings.SMS_GATEWAY_SECRET),
    }


def _sms_answer(response: requests.Response) -> Answer:
    code = response.status_code
    if 200 <= code < 300:
        try:
            reference = str(response.json().get("id", ""))
        except (ValueError, AttributeError):
            reference = ""
        return Answer("sent", reference=reference[:120])
    if code == 429 or code == 503:
        return Answer("again", f"HTTP {code}")
    if code >= 500:
        return Answer("unknown", f"HTTP {code}")
    return Answer("refused", f"HTTP {code} {response.text[:200]}", is_bounce=code == 422)


class MailboxSms:
    """Text messages of a demonstration: they go to the local mail server, which keeps them."""

    DOMAIN = "text-messages.example"

    def __init__(self, email: EmailGateway) -> None:
        self._email = email

    def close(self) -> None:
        """The connection is the e-mail gateway's."""

    def send(self, parcel: Parcel) -> Answer:
        address = f"{parcel.recipient.lstrip('+')}@{self.DOMAIN}"
        return self._email.send(replace(parcel, recipient=address, subject=parcel.sender_name))


class Gateways:
    """The gateways of one worker's round; close them when it ends."""

    def __init__(self, *, email=None, sms=None) -> None:
        self.email = email or EmailGateway()
        if sms is None:
            kept = settings.SMS_GATEWAY_URL == "mailbox:"
            sms = MailboxSms(self.email) if kept else SmsGateway()
        self.sms = sms

    def of(self, channel: str):
        return {"email": self.email, "sms": self.sms}[channel]

    def close(self) -> None:
        self.email.close()
        self.sms.close()
