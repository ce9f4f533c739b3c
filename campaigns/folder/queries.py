"""What lies in a debtor's folder, from where each kind of it lives.

A debtor has some dozens of papers, so each source is read whole by its index on the debtor and only
then searched; searching words first would read the office's whole post.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.papers import PAPER
from accounts.contacts.enums import ContactDirection
from accounts.contacts.models import ContactAttempt
from accounts.parties.enums import Channel
from accounts.parties.models import Debtor
from campaigns.folder.models import FiledPaper
from campaigns.notices.models import FormalNotice
from campaigns.sending.models import Message, MessageAccount
from campaigns.statements.models import ClearanceLetter, Statement
from collections_app.core.models import StoredFile
from collections_app.core.money import format_amount
from collections_app.core.web.figures import day_text

WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.LETTER)
MOST = 500  # of each source
OUT, IN = ContactDirection.OUT.value, ContactDirection.IN.value


@dataclass(frozen=True)
class Filed:
    """One line of the folder. `kind` is a key of `kinds()`; `file` the token of its document."""

    at: datetime
    direction: str
    kind: str
    title: str
    detail: str
    url: str
    file: Any = None

    @property
    def kind_label(self) -> str:
        return kinds()[self.kind]

    @property
    def direction_label(self) -> str:
        return str(ContactDirection(self.direction).label)


def kinds() -> dict[str, str]:
    """What kinds of paper a folder holds, in the reader's words."""
    return {
        "letter": _("Letter"),
        "email": _("E-mail"),
        "sms": _("Text message"),
        "notice": _("Formal notice"),
        "statement": _("Statement"),
        "clearance": _("Clearance letter"),
        "plan": _("Payment plan"),
        "paper": _("Scan"),
    }


def folder(*, debtor: Debtor, user, words: str = "") -> list[Filed]:
    """Everything in the debtor's folder that the user may see, newest first.

    With `words` only what holds them all, in its subject, text, note or title. Includes what is
    filed under records that were merged with this one, and what was written about his accounts to
    those who stand for him or owe with him.
    """
    root = debtor.merged_into_id or debtor.pk
    records = Debtor.objects.filter(Q(pk=root) | Q(merged_into=root)).values("pk")
    whose = Q(debtor__in=records)
    found = [
        *_messages(whose, records, user, words),
        *_answers(whose, user, words),
        *_notices(whose, user, words),
        *_statements(whose, user, words),
        *_clearances(whose, user, words),
        *_plans(whose, user, words),
        *_papers(whose, words),
    ]
    return sorted(found, key=lambda row: row.at, reverse=True)


def _with(words: str, rows: QuerySet, *fields: str) -> QuerySet:
    if not words.strip():
        return rows
    wanted = SearchQuery(words, config="simple", search_type="websearch")
    return rows.annotate(_words=SearchVector(*fields, config="simple")).filter(_words=wanted)


def _noon(value: date) -> datetime:
    """Where a day stands among moments."""
    return datetime.combine(value, time(12), UTC)


def _messages(whose: Q, records: QuerySet, user, words: str) -> Iterator[Filed]:
    about = MessageAccount.objects.filter(message=OuterRef("pk"), account__debtor__in=records)
    rows = Message.objects.visible_to(user).filter(whose | Exists(about), sent_at__isnull=False)
    rows = _with(words, rows, "subject", "body").select_related(
        "document", "template_version__template", "contact_point"
    )
    for row in rows.order_by("-pk")[:MOST]:
        template = row.template_version.template if row.template_version else None
        yield Filed(
            row.sent_at,
            OUT,
            "notice" if template is not None and template.notice else row.channel,
            row.subject or (template.name if template else row.get_channel_display()),
            row.get_delivery_display() if row.delivery else "",
            reverse("campaigns:message_detail", args=[row.pk]),
            row.document.token if row.document else None,
        )


def _answers(whose: Q, user, words: str) -> Iterator[Filed]:
    rows = ContactAttempt.objects.standing().visible_to(user)
    rows = rows.filter(whose, direction=IN, channel__in=WRITTEN)
    for row in _with(words, rows, "note").order_by("-at")[:MOST]:
        yield Filed(row.at, IN, row.channel, row.note[:160] or row.get_outcome_display(), "", "")


def _notices(whose: Q, user, words: str) -> Iterator[Filed]:
    """Those given outside the outbox; the others are messages."""
    rows = FormalNotice.objects.visible_to(user).filter(whose, message=None).select_related("proof")
    for row in _with(words, rows, "note", "kind").order_by("-sent_on")[:MOST]:
        yield Filed(
            _noon(row.sent_on),
            OUT,
            "notice",
            row.get_kind_display(),
            row.get_method_display(),
            reverse("campaigns:formal_notice_detail", args=[row.pk]),
            row.proof.token if row.proof else None,
        )


def _statements(whose: Q, user, words: str) -> Iterator[Filed]:
    """Those that did not leave by the outbox: handed over or downloaded."""
    if words.strip():
        return
    rows = Statement.objects.visible_to(user).filter(whose, message=None).select_related("document")
    for row in rows.order_by("-pk")[:MOST]:
        yield Filed(
            row.made_at,
            OUT,
            "statement",
            _("%(first)s to %(last)s")
            % {
                "first": day_text(row.first_day, row.last_day),
                "last": day_text(row.last_day, row.last_day),
            },
            "",
            reverse("campaigns:statement_detail", args=[row.pk]),
            row.document.token if row.document else None,
        )


def _clearances(whose: Q, user, words: str) -> Iterator[Filed]:
    if words.strip():
        return
    rows = ClearanceLetter.objects.visible_to(user).filter(whose).select_related("document")
    for row in rows.order_by("-pk")[:MOST]:
        yield Filed(
            row.made_at,
            OUT,
            "clearance",
            row.letter_number,
            row.get_status_display(),
            reverse("campaigns:clearance_detail", args=[row.pk]),
            row.document.token if row.document else None,
        )


def _plans(whose: Q, user, words: str) -> Iterator[Filed]:
    """The papers of plans that were agreed on."""
    if words.strip():
        return
    rows = PaymentPlan.objects.visible_to(user).filter(whose).order_by("-pk")[:MOST]
    plans = {row.pk: row for row in rows}
    files = StoredFile.objects.filter(
        subject_type=PaymentPlan._meta.label_lower, subject_id__in=plans, kind=PAPER
    )
    for file in files:
        plan = plans[file.subject_id]
        yield Filed(
            file.stored_at,
            OUT,
            "plan",
            format_amount(plan.amount, plan.currency, with_currency=True),
            plan.get_status_display(),
            reverse("accounts:plan_detail", args=[plan.pk]),
            file.token,
        )


def _papers(whose: Q, words: str) -> Iterator[Filed]:
    rows = FiledPaper.objects.filter(whose).select_related("document")
    for row in _with(words, rows, "title", "kind").order_by("-received_on")[:MOST]:
        yield Filed(
            _noon(row.received_on), IN, "paper", row.title, row.get_kind_display(), "", row.document.token
        )
