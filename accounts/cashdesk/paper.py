"""Paper receipt books: given out by number, every leaf used, spoilt, missing or blank."""

import re
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.cashdesk.books import PaperSlip, ReceiptBook
from accounts.cashdesk.enums import PAPER_SLIP, RECEIPT_BOOK, BookStatus, SlipStatus
from accounts.cashdesk.queries import books_of, supervisor_of, use_of
from accounts.cashdesk.rules import ISSUE_BOOK, TAKE_CASH
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.services import open_irregularity
from collections_app.core import audit
from collections_app.core.models import Organisation, User
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

LARGEST_BOOK = 1_000
OF_A_SERIES = re.compile(r"(R|D|C\d+)-", re.IGNORECASE)


class BookRefused(Refused):
    """The book can't be given out or taken back so."""


class SlipRefused(Refused):
    """That leaf can't be entered."""


class BookOfAnother(NotAllowed):
    """Somebody else carries that book."""


@transaction.atomic
def issue_book(
    *, prefix: str, first_number: int, last_number: int, holder: User, actor, as_of: date
) -> ReceiptBook:
    """Give a printed book to a collector. Raises BookRefused where a leaf is in another book."""
    require(actor, ISSUE_BOOK)
    prefix = prefix.strip()
    if prefix[-1:].isdigit() or OF_A_SERIES.match(prefix):
        # else two papers could bear one number, as 051 of a book "B" and 51 of a book "B0" do
        raise BookRefused(
            _("«%(prefix)s» reads like a part of another number. Print other letters before it.")
            % {"prefix": prefix},
            field="prefix",
        )
    if not has_permission(holder, TAKE_CASH):
        raise BookRefused(_("%(user)s does not take cash.") % {"user": holder}, field="holder")
    if not 1 <= first_number <= last_number:
        raise BookRefused(_("The last number can't be below the first."), field="last_number")
    if last_number - first_number >= LARGEST_BOOK:
        raise BookRefused(_("A book has at most %(n)s leaves.") % {"n": LARGEST_BOOK}, field="last_number")
    with connection.cursor() as cursor:
        # two people who give out the same numbers at once wait for each other here
        cursor.execute(f"LOCK TABLE {ReceiptBook._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    taken = ReceiptBook.objects.filter(
        prefix=prefix, first_number__lte=last_number, last_number__gte=first_number
    ).first()
    if taken is not None:
        raise BookRefused(
            _("Book %(book)s has some of these numbers.") % {"book": taken}, field="first_number"
        )
    book = ReceiptBook.objects.create(
        prefix=prefix,
        first_number=first_number,
        last_number=last_number,
        holder=holder,
        issued_on=as_of,
        issued_by=actor,
    )
    RECEIPT_BOOK.start(book, actor=actor, as_of=as_of)
    audit.record(
        "receipt_book.issued",
        book,
        actor=actor,
        after={"holder": holder.pk, "first": first_number, "last": last_number},
    )
    return book


def _leaf(book: ReceiptBook, number: int, actor) -> tuple[ReceiptBook, PaperSlip | None]:
    """The book, locked, and the leaf where something is known of it. Raises SlipRefused."""
    locked = ReceiptBook.objects.select_for_update(of=("self",), no_key=True).get(pk=book.pk)
    if not has_permission(actor, ISSUE_BOOK) and not books_of(actor).filter(pk=locked.pk).exists():
        raise BookOfAnother(_("That book is with somebody else."))
    if not locked.first_number <= number <= locked.last_number:
        raise SlipRefused(
            _("This book has the numbers %(first)s to %(last)s.")
            % {"first": locked.first_number, "last": locked.last_number},
            field="number",
        )
    if locked.status != BookStatus.ISSUED:
        raise SlipRefused(_("This book was given back."), field="number")
    return locked, PaperSlip.objects.filter(book=locked, number=number).first()


def use_slip(*, book: ReceiptBook, number: int, received_date: date, actor, as_of: date) -> PaperSlip:
    """Mark a leaf as used, within the transaction that enters its receipt. Raises SlipRefused."""
    locked, leaf = _leaf(book, number, actor)
    if received_date < locked.issued_on:
        raise SlipRefused(_("The book was given out later than that."), field="received_date")
    if leaf is None:
        leaf = PaperSlip.objects.create(
            book=locked, number=number, status=SlipStatus.USED, said_on=as_of, actor=actor
        )
        PAPER_SLIP.start(leaf, actor=actor, as_of=as_of)
        return leaf
    if leaf.status != SlipStatus.MISSING:
        raise SlipRefused(
            _("Number %(number)s is entered already: %(status)s.")
            % {"number": leaf, "status": leaf.get_status_display()},
            field="number",
        )
    PAPER_SLIP.advance(leaf, to=SlipStatus.USED, actor=actor, as_of=as_of)
    return leaf


@transaction.atomic
def account_for_slip(
    *, book: ReceiptBook, number: int, status: str, reason: str, actor, as_of: date
) -> PaperSlip:
    """Say that a leaf is spoilt or missing; a missing one opens an irregularity. Raises SlipRefused."""
    require(actor, TAKE_CASH if book.holder_id == actor.pk else ISSUE_BOOK)
    locked, leaf = _leaf(book, number, actor)
    if status not in (SlipStatus.VOID, SlipStatus.MISSING):
        raise SlipRefused(_("A leaf is spoilt or missing; a used one is entered as a receipt."))
    if not reason.strip():
        raise SlipRefused(_("Say what happened to it."), field="reason")
    if leaf is not None and leaf.status == SlipStatus.MISSING and status == SlipStatus.VOID:
        PAPER_SLIP.advance(leaf, to=SlipStatus.VOID, actor=actor, as_of=as_of, reason=reason)
        return leaf
    if leaf is not None:
        raise SlipRefused(
            _("Number %(number)s is entered already: %(status)s.")
            % {"number": leaf, "status": leaf.get_status_display()},
            field="number",
        )
    leaf = PaperSlip.objects.create(
        book=locked, number=number, status=status, reason=reason, said_on=as_of, actor=actor
    )
    PAPER_SLIP.start(leaf, actor=actor, as_of=as_of, reason=reason)
    audit.record(
        "paper_slip.accounted_for",
        leaf,
        actor=actor,
        after={"number": str(leaf), "status": status},
        reason=reason,
    )
    if status == SlipStatus.MISSING:
        open_irregularity(
            kind=IrregularityKind.OTHER,
            amount=Decimal(0),
            currency=Organisation.objects.values_list("currency", flat=True).first() or "EUR",
            note=_("Paper receipt %(number)s of %(holder)s is missing: %(reason)s")
            % {"number": leaf, "holder": locked.holder, "reason": reason},
            owner=supervisor_of(locked.holder, as_of=as_of),
            subject=leaf,
            actor=actor,
            as_of=as_of,
        )
    return leaf


@transaction.atomic
def take_back_book(*, book: ReceiptBook, actor, as_of: date) -> ReceiptBook:
    """The collector gives a book back; every leaf below the highest used one is accounted for.

    Raises BookRefused, StatusHasMoved.
    """
    require(actor, ISSUE_BOOK)
    locked = ReceiptBook.objects.select_for_update(of=("self",), no_key=True).get(pk=book.pk)
    gaps = use_of(locked).gaps
    if gaps:
        raise BookRefused(
            _("Say first what became of number %(number)s.") % {"number": locked.code_of(gaps[0])}
        )
    RECEIPT_BOOK.advance(
        locked, to=BookStatus.RETURNED, actor=actor, as_of=as_of, is_locked=True, returned_on=as_of
    )
    return locked
