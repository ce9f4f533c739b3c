"""What was known of bank lines, and of what stood for them in the ledger, at an earlier moment.

Lines and statements carry the moment they were brought in, a line's status has its steps, entries their
own moments. A receipt that was only tied to a line leaves no row once it is untied; the audit record of the
untying names it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.bank.enums import LINE, LineStatus
from accounts.bank.models import BankLine, BankPosting
from accounts.cheques.models import ChequePayment, ChequeReturn
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.returns.models import PaymentReturn
from collections_app.core.models import AuditRecord

UNTIED = "bank_line.untied"


@dataclass(frozen=True)
class Then:
    """The end of a day as it was known at a moment."""

    as_of: date
    known_at: datetime


def lines_then(found: QuerySet[BankLine], then: Then) -> QuerySet[BankLine]:
    """Of these lines those that were there, with their status then as `status_told`."""
    return found.filter(recorded_at__lte=then.known_at, booking_date__lte=then.as_of).annotate(
        status_told=LINE.status_on(as_of=then.as_of, known_at=then.known_at)
    )


def receipts_then(found: QuerySet[BankLine], then: Then) -> QuerySet[LedgerEntry]:
    """Receipts that stood in the ledger for these lines. What the bank took back itself stands with its
    return, a cheque's parts all with one; any other reversal leaves a gap."""
    posted = _posted(found, then)
    returned = PaymentReturn.objects.filter(entry=OuterRef("pk"), recorded_at__lte=then.known_at)
    bounced = ChequeReturn.objects.filter(payment_return__isnull=False, recorded_at__lte=then.known_at)
    by_bank = ChequePayment.objects.filter(presentment__in=bounced.values("presentment"))
    return LedgerEntry.objects.filter(
        ~_reversed(then) | Exists(returned) | Q(pk__in=by_bank.values("entry")),
        Q(pk__in=_tied(posted, then).values("entry")) | Q(pk__in=_untied_since(posted, then)),
        kind=EntryKind.PAYMENT,
        recorded_at__lte=then.known_at,
    ).order_by()


def without_a_line_then(found: QuerySet[LedgerEntry], then: Then) -> QuerySet[LedgerEntry]:
    """Of these entries those that stood and that no line had become."""
    posted = _posted(BankLine.objects.order_by(), then)
    tied = _tied(posted, then).filter(entry=OuterRef("pk"))
    return found.filter(
        ~_reversed(then), ~Exists(tied), recorded_at__lte=then.known_at, value_date__lte=then.as_of
    ).exclude(pk__in=_untied_since(posted, then))


def _posted(found: QuerySet[BankLine], then: Then) -> QuerySet[BankLine]:
    return lines_then(found, then).filter(status_told=LineStatus.POSTED).values("pk")


def _reversed(then: Then) -> Exists:
    return Exists(
        LedgerEntry.objects.filter(
            reverses=OuterRef("pk"), recorded_at__lte=then.known_at, value_date__lte=then.as_of
        )
    )


def _tied(posted, then: Then) -> QuerySet[BankPosting]:
    """Parts of lines that were posted then, but those taken back by then."""
    return BankPosting.objects.filter(line__in=posted).exclude(undone__recorded_at__lte=then.known_at)


def _untied_since(posted, then: Then) -> list[int]:
    """Receipts that were tied to these lines then and were untied since."""
    told = AuditRecord.objects.filter(
        code=UNTIED,
        subject_type=BankLine._meta.label_lower,
        subject_id__in=posted,
        recorded_at__gt=then.known_at,
    )
    return [int(before["entry"]) for before in told.values_list("before", flat=True)]
