"""What an e-mail that came in is: a report of delivery, a complaint, an automatic answer, or a reply.

Reads with the standard library's e-mail package and decides nothing.
"""

import email
import hashlib
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message
from email.utils import parseaddr

from django.db.models import TextChoices

OURS = re.compile(r"<[0-9a-f]{32}@[^<>\s]{1,200}>")
QUOTED = re.compile(r"^(>|On .{5,200} wrote:|-{2,} ?Original|_{10,}|From: |Von: |من: )")
MOST_TEXT = 20_000


class MailKind(TextChoices):
    FAILED = "failed"  # a report that it could not be delivered
    DELAYED = "delayed"  # not yet; the server still tries
    DELIVERED = "delivered"
    COMPLAINT = "complaint"  # its reader called it spam
    AUTOMATIC = "automatic"
    REPLY = "reply"


@dataclass(frozen=True)
class Incoming:
    """An e-mail as far as it concerns us. `refers_to` are Message-IDs of ours that it names, the
    surest first; `status` and `detail` are the report's own words."""

    key: str
    kind: MailKind
    sender: str = ""
    subject: str = ""
    text: str = ""
    refers_to: tuple[str, ...] = ()
    recipient: str = ""
    status: str = ""
    detail: str = ""


def read_mail(content: bytes) -> Incoming:
    """Read one e-mail; whatever cannot be read is left empty, never an error."""
    mail = email.message_from_bytes(content, policy=policy.default)
    base = {
        "key": _header(mail, "Message-ID") or hashlib.sha256(content).hexdigest(),
        "sender": parseaddr(_header(mail, "From"))[1].lower(),
        "subject": _header(mail, "Subject")[:200],
        "refers_to": _refers_to(mail),
    }
    report = str(mail.get_param("report-type", "") or "").lower()
    if mail.get_content_type() == "multipart/report" and report == "feedback-report":
        return Incoming(kind=MailKind.COMPLAINT, **base)
    if mail.get_content_type() == "multipart/report" and report in ("", "delivery-status"):
        return _delivery_report(mail, base)
    if failed := _header(mail, "X-Failed-Recipients"):  # Exim's reports are no multipart/report
        return Incoming(
            kind=MailKind.FAILED, recipient=parseaddr(failed)[1].lower(), detail=_text(mail)[:300], **base
        )
    kind = MailKind.AUTOMATIC if _is_automatic(mail) else MailKind.REPLY
    return Incoming(kind=kind, text=own_words(_text(mail)), **base)


def _delivery_report(mail: EmailMessage, base: dict) -> Incoming:
    """RFC 3464: a block of fields for the message, then one for each recipient."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            action = _header(block, "Action").lower()
            if not action:
                continue
            kinds = {"failed": MailKind.FAILED, "delayed": MailKind.DELAYED}
            kind = kinds.get(action, MailKind.DELIVERED)
            final = _header(block, "Original-Recipient") or _header(block, "Final-Recipient")
            return Incoming(
                kind=kind,
                recipient=final.rpartition(";")[2].strip().lower(),
                status=_header(block, "Status")[:12],
                detail=_header(block, "Diagnostic-Code")[:300],
                **base,
            )
    return Incoming(kind=MailKind.AUTOMATIC, **base)


def _refers_to(mail: Message) -> tuple[str, ...]:
    """Ids of our shape in the headers, in the returned original, then anywhere in the text."""
    found = OURS.findall(_header(mail, "In-Reply-To"))
    found += reversed(OURS.findall(_header(mail, "References")))
    for part in mail.walk():
        if part is mail:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            found += OURS.findall(str(part.get_payload()))
        elif "Message-ID" in part:
            found += OURS.findall(_header(part, "Message-ID"))
    if not found:
        found = OURS.findall(_text(mail))
    return tuple(dict.fromkeys(found))


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    if _header(mail, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"}:
        return True
    return bool(_header(mail, "X-Autoreply") or _header(mail, "X-Autorespond"))


def _header(mail: Message, name: str) -> str:
    try:
        return str(mail.get(name, "") or "").replace("\r", " ").replace("\n", " ").strip()
    except (ValueError, IndexError, AttributeError, TypeError):  # a header the library cannot parse
        return ""


def _text(mail: Message) -> str:
    """The plain text, else the HTML without its marks."""
    body = mail.get_body(("plain", "html")) if isinstance(mail, EmailMessage) else None
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except (LookupError, KeyError, ValueError):  # an unknown character set
        text = (body.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if body.get_content_type() == "text/html":
        text = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]+>", " ", text)
    return text.replace("\0", "")[:MOST_TEXT]


def own_words(text: str) -> str:
    """What was written now: the lines above the quoted message."""
    lines = []
    for line in text.splitlines():
        if QUOTED.match(line.strip()):
            break
        lines.append(line.rstrip())
    return "\n".join(lines).strip() or text.strip()
