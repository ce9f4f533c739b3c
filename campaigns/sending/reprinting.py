"""Prints that were spoilt, and the copies printed in their place.

Every print is a row: printed, printed again, or spoilt with its reason. So the sheets of a batch are its
good ones and its waste, and a letter stands where its newest print stands. A copy is the same paper with
a mark over it, made only while what the letter asks for is still so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from io import BytesIO

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.compliance.models import CountedContact
from accounts.compliance.queries import Asked, known_for
from accounts.hardship.queries import in_hardship
from campaigns.sending import rules
from campaigns.sending.enums import LETTER_PRINT, DeliveryStatus, PrintState, SpoiltReason
from campaigns.sending.judging import judged_now
from campaigns.sending.models import LetterPrint, Message, MessageAccount, PrintBatch
from campaigns.sending.printing import finish_batch
from campaigns.sending.queries import Books
from campaigns.sending.returned_mail import REFERENCE
from campaigns.sending.signals import letters_spoilt
from collections_app.core import audit, clock, documents, pdf
from collections_app.core.models import User
from collections_app.core.permissions import require

# A formal notice is no copy: with it its time begins.
IS_NOTICE = Q(message__template_version__template__notice__gt="")
# What a copy says over it, in the languages letters are written in; others fall back to English.
COPY = {"en": "COPY", "ar": "نسخة"}


@dataclass(frozen=True)
class Sheets:
    """The prints of a batch: all of them are good or spoilt, and each spoilt one was printed again or
    still waits; a formal notice does neither, it is given `anew` from its account."""

    printed: int
    spoilt: int
    printed_again: int
    anew: int = 0

    @property
    def good(self) -> int:
        return self.printed - self.spoilt

    @property
    def waiting(self) -> int:
        return self.spoilt - self.printed_again - self.anew


def sheets_of(batch: PrintBatch) -> Sheets:
    """Two statements."""
    counts = dict(batch.prints.values_list("status").annotate(n=Count("pk")).order_by())
    spoilt = counts.get(PrintState.SPOILT, 0)
    rows = LetterPrint.objects.latest().filter(batch=batch, status=PrintState.SPOILT)
    left, anew = rows.aggregate(n=Count("pk"), notices=Count("pk", filter=IS_NOTICE)).values()
    return Sheets(sum(counts.values()), spoilt, spoilt - left, anew)


@transaction.atomic
def spoil_prints(
    *, batch: PrintBatch, lines: Sequence[str], reason: str, note: str = "", actor: User, now: datetime
) -> int:
    """Mark prints of a batch as spoilt, by the references printed on them (all of it for no lines).

    A formal notice among them loses its clock. Raises PrintRefused for a line that names no good print
    of the batch, NotAllowed.
    """
    require(actor, rules.PRINT)
    good = {
        row.message_id: row
        for row in batch.prints.select_for_update(of=("self",)).exclude(status=PrintState.SPOILT)
    }
    chosen = _named(lines, good) if lines else list(good.values())
    if not chosen:
        raise rules.PrintRefused(_("No good print is left in this batch."))
    as_of = _day_of(batch, now)
    LETTER_PRINT.advance_many(
        [row.pk for row in chosen],
        to=PrintState.SPOILT,
        actor=actor,
        as_of=as_of,
        reason=note,
        beside={"spoilt_reason": SpoiltReason(reason), "note": note[:200]},
    )
    letters_spoilt.send(
        LetterPrint, message_ids=[row.message_id for row in chosen], as_of=as_of, actor=actor
    )
    return len(chosen)


def _named(lines: Sequence[str], good: Mapping[int, LetterPrint]) -> list[LetterPrint]:
    found: dict[int, LetterPrint] = {}
    for line in lines:
        match = REFERENCE.match(line)
        row = good.get(int(match[1])) if match else None
        if row is None:
            raise rules.PrintRefused(
                _("%(line)s is no good print of this batch.") % {"line": line[:40]}, field="lines"
            )
        found[row.pk] = row
    return list(found.values())


def _day_of(batch: PrintBatch, now: datetime) -> date:
    return clock.local_date(now, batch.creditor.time_zone if batch.creditor else None)


@transaction.atomic
def print_again(*, batch: PrintBatch, actor: User, now: datetime) -> PrintBatch:
    """Print the batch's spoilt letters again, each marked as a copy, as one new file.

    Left out, and counted as spared: letters whose sums have changed or that something stops now, the
    contact rules too, formal notices (they are given anew) and such as came back. Raises PrintRefused
    when none is left.
    """
    require(actor, rules.PRINT)
    waiting = list(
        LetterPrint.objects.latest()
        .filter(batch=batch, status=PrintState.SPOILT)
        .select_for_update(of=("self",), no_key=True)
        .select_related(
            "message__creditor", "message__template_version__template", "message__permit", "document"
        )
        .order_by("message")
    )
    true = _still_true([row.message for row in waiting], now)
    again = [row for row in waiting if row.message_id in true]
    if not again:
        raise rules.PrintRefused(_why_none(waiting))
    made = PrintBatch.objects.create(creditor=batch.creditor, actor=actor, is_copy=True)
    for row in again:
        document = documents.store(
            content=_as_copy(documents.read(row.message.document), row.message.language),
            filename=f"letter-{row.message_id}-copy-{row.number}.pdf",
            kind="letter",
            owner=actor,
            subject=row.message,
        )
        LetterPrint.objects.create(
            batch=made,
            message=row.message,
            number=row.number + 1,
            document=document,
            status=PrintState.REPRINTED,
        )
        audit.record("letter.reprinted", row.message, actor=actor, after={"number": row.number + 1})
    return finish_batch(made, considered=len(waiting), actor=actor) or made


def _why_none(waiting: Sequence[LetterPrint]) -> str:
    if not waiting:
        return _("No spoilt print of this batch waits.")
    versions = [row.message.template_version for row in waiting]
    if all(version is not None and version.template.notice for version in versions):
        return _(
            "A formal notice is not printed again as a copy: give it anew from its account, and its time "
            "begins with it."
        )
    return _("Nothing of this batch can be printed again: what the letters say has changed since.")


def _still_true(messages: Sequence[Message], now: datetime) -> set[int]:
    """The letters that would say the same today, to somebody who may be written to."""
    groups: dict[int, list[Message]] = {}
    for message in messages:
        version = message.template_version
        is_notice = version is not None and version.template.notice
        if not is_notice and message.delivery != DeliveryStatus.BOUNCED:
            groups.setdefault(message.creditor_id, []).append(message)
    lines: dict[int, list[MessageAccount]] = {}
    rows = MessageAccount.objects.filter(message__in=[row for group in groups.values() for row in group])
    for line in rows.select_related("account__officer"):
        lines.setdefault(line.message_id, []).append(line)
    found = set()
    for creditor_id, group in groups.items():
        as_of = clock.local_date(now, group[0].creditor.time_zone)
        every = [line.account for message in group for line in lines[message.pk]]
        books = Books(every, creditor_id=creditor_id, as_of=as_of, now=now)
        for message in group:
            judged = judged_now(books, message, [line.account for line in lines[message.pk]])
            asked = {line.account_id: line.asked for line in judged.lines}
            if judged.lines and _is_what_it_says(lines[message.pk], asked):
                found.add(message.pk)
    every = {message.pk: message for group in groups.values() for message in group}
    return found & _may_go([every[pk] for pk in sorted(found)], lines, now)


def _may_go(
    messages: Sequence[Message], lines: Mapping[int, list[MessageAccount]], now: datetime
) -> set[int]:
    """Those to whom the contact rules let the same paper go today: what it carries was printed then,
    and it is not counted against itself."""
    counted = CountedContact.objects.filter(permit__in=[row.permit_id for row in messages])
    asked = [
        Asked(
            debtor_id=message.debtor_id,
            account_ids=tuple(sorted(line.account_id for line in lines[message.pk])),
            channel=message.channel,
            moment=now,
            purpose=message.purpose,
            point_id=message.contact_point_id,
            is_automatic=True,
            carries=frozenset(message.permit.carries),
        )
        for message in messages
    ]
    known = known_for(asked, without_counted=counted.values_list("pk", flat=True))
    firm = [row for row in messages if row.template_version and not row.template_version.template.is_soft]
    hard = in_hardship([row.debtor_id for row in firm], as_of=clock.local_date(now))
    spared = {row.pk for row in firm if row.debtor_id in hard}
    return {
        message.pk
        for message, row in zip(messages, known, strict=True)
        if row.verdict().allowed and message.pk not in spared
    }


def _is_what_it_says(lines: Iterable[MessageAccount], asked: Mapping[int, Decimal]) -> bool:
    return all(line.demanded == asked.get(line.account_id, Decimal(0)) for line in lines)


def _as_copy(content: bytes, language: str) -> bytes:
    """The same pages with the mark over them."""
    pikepdf = import_module("pikepdf")
    mark = _mark(language if language in COPY else "en")
    with pikepdf.Pdf.open(BytesIO(content)) as letter, pikepdf.Pdf.open(BytesIO(mark)) as over:
        for page in letter.pages:
            page.add_overlay(over.pages[0])
        written = BytesIO()
        letter.save(written, deterministic_id=True)
    return written.getvalue()


@lru_cache(maxsize=8)
def _mark(language: str) -> bytes:
    return pdf.render("pdf/copy_mark.html", {"mark": COPY[language], "office": None}, language=language)


