"""Lines of a statement that are cheques of the register: paid, paid in part, come back.

A cheque is money once, by its own verbs: a line that is one never posts a payment beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.bank.enums import LINE, OPEN, LineStatus, Rule
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.rules import MATCH_BANK_LINE, tokens_of
from accounts.cheques.enums import AT_BANK, PAID
from accounts.cheques.models import Cheque, ChequePayment, ChequeReturn
from accounts.cheques.part_back import part_return_cheque
from accounts.cheques.paying import paid_of, payments_of
from accounts.cheques.services import clear_cheque, part_pay_cheque, return_cheque
from accounts.cheques.steps import locked
from accounts.cheques.told_back import bare_number, numbered
from accounts.ledger.models import LedgerEntry
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# How far the day on which a return was told may lie from the booking day of its line.
NEAR = timedelta(days=7)


class ChequeLineRefused(Refused):
    """The line is not these cheques, or not so."""


@dataclass(frozen=True)
class Behind:
    """A cheque that a line may be. `is_named`: its number stands in the bank's words."""

    cheque: Cheque
    is_named: bool
    is_exact: bool

    @property
    def strength(self) -> tuple:
        return (not (self.is_named and self.is_exact), not self.is_named, not self.is_exact)

    def evidence(self) -> list[str]:
        """What speaks for it, in words."""
        words = [_("its number stands in the text")] if self.is_named else []
        return [*words, _("exactly its amount")] if self.is_exact else words


def _numbers_in(line: BankLine) -> set[str]:
    return {bare_number(word) for word in tokens_of(f"{line.words} {line.bank_reference}")}


def _through(line: BankLine) -> Q:
    """Presented through the line's bank account, or through none that is known."""
    own = Q(bank_account=line.bank_account_id) | Q(bank_account__isnull=True)
    if line.bank_account.creditor_id is not None:
        own &= Q(creditor=line.bank_account.creditor_id)
    return own & Q(currency=line.currency, submitted_on__lte=line.booking_date)


def _returns_on_record(line: BankLine) -> QuerySet[ChequeReturn]:
    """What was told of cheques before this line came, and that it may be: its amount, within days."""
    return ChequeReturn.objects.filter(
        amount=-line.amount,
        currency=line.currency,
        return_date__range=(line.booking_date - NEAR, line.booking_date + NEAR),
        bank_line__isnull=True,
    )


def answerable(line: BankLine) -> QuerySet[Cheque]:
    """The cheques whose answer this line may be.

    Money in: those with the bank for payment, and those said to be paid that no line became. Money
    out: those with the bank (credited before the answer), those that were paid, and those whose return
    was told before the line came.
    """
    found = Cheque.objects.filter(_through(line)).select_related("debtor", "bank_account")
    if line.amount < 0:
        on_record = _returns_on_record(line).values("cheque")
        return found.filter(Q(status__in=(*AT_BANK, *PAID)) | Q(pk__in=on_record))
    untied = ChequePayment.objects.filter(entry__reversed_by__isnull=True, entry__bank_posting__isnull=True)
    return found.filter(Q(status__in=AT_BANK) | Q(status__in=PAID, pk__in=untied.values("share__cheque")))


def spoken_for(cheques: QuerySet[Cheque], lines: Iterable[BankLine]) -> QuerySet[Cheque]:
    """Those of the cheques that a line names or is the amount of exactly."""
    words, amounts = set(), set()
    for line in lines:
        words |= _numbers_in(line)
        amounts.add(abs(line.amount))
    return cheques.filter(Q(amount__in=amounts) | Q(pk__in=numbered(cheques, words).values("pk")))


def behind(line: BankLine, cheques: Iterable[Cheque]) -> list[Behind]:
    """What speaks for each of these cheques, the strongest first."""
    named = _numbers_in(line)
    found = [
        Behind(cheque, bare_number(cheque.number) in named, cheque.amount == abs(line.amount))
        for cheque in cheques
    ]
    return sorted(found, key=lambda one: (*one.strength, one.cheque.submitted_on, one.cheque.pk))


def cheques_behind(lines: Iterable[BankLine]) -> dict[int, list[Behind]]:
    """The cheques with the bank that lines of money in name, or of which they are the amount exactly.

    A few statements for any number of lines, which come with their bank account. What is with the bank
    is far less than a file's lines: it is looked up by its numbers and amounts, not the lines by theirs.
    """
    credits = [line for line in lines if line.amount > 0]
    if not credits:
        return {}
    with_bank = Cheque.objects.filter(status__in=AT_BANK, currency__in={line.currency for line in credits})
    by_amount: dict[Decimal, set[int]] = defaultdict(set)
    by_number: dict[str, set[int]] = defaultdict(set)
    for pk, number, amount in with_bank.values_list("pk", "number", "amount"):
        by_amount[amount].add(pk)
        by_number[bare_number(number)].add(pk)
    if not by_amount:
        return {}
    hits: dict[int, set[int]] = {}
    for line in credits:
        named = (by_number[number] for number in _numbers_in(line) if number in by_number)
        if near := by_amount.get(line.amount, set()).union(*named):
            hits[line.pk] = near
    wanted = set().union(*hits.values())
    cheques = with_bank.select_related("debtor").prefetch_related("shares").in_bulk(wanted)
    found = {}
    for line in credits:
        near = [cheques[pk] for pk in hits.get(line.pk, ()) if pk in cheques and _fits(line, cheques[pk])]
        if near:
            found[line.pk] = behind(line, near)
    return found


def _fits(line: BankLine, cheque: Cheque) -> bool:
    return (
        cheque.currency == line.currency
        and cheque.bank_account_id in (None, line.bank_account_id)
        and line.bank_account.creditor_id in (None, cheque.creditor_id)
        and cheque.submitted_on <= line.booking_date
    )


def sure_cheque(found: Sequence[Behind]) -> Cheque | None:
    """The one cheque whose number stands in the words and whose amount the line is exactly."""
    sure = [one.cheque for one in found if one.is_named and one.is_exact]
    named = [one for one in found if one.is_named]
    return sure[0] if len(sure) == 1 and len(named) == 1 and sure[0].bank_account_id is not None else None


def _open_line(line: BankLine, actor) -> BankLine:
    require(actor, MATCH_BANK_LINE)
    current = BankLine.objects.visible_to(actor).select_related("bank_account").filter(pk=line.pk).first()
    if current is None:
        raise ChequeLineRefused(_("This line is on a bank account that you may not see."))
    if current.status not in OPEN:
        raise ChequeLineRefused(_("This line was decided already. Open it again to see how."))
    return current


def _chosen(line: BankLine, cheques: Iterable[Cheque], actor) -> list[Cheque]:
    """The cheques under a lock, if they may be this line and the actor may see them."""
    ids = {cheque.pk for cheque in cheques}
    if not ids:
        raise ChequeLineRefused(_("Choose the cheque."), field="cheques")
    batch = locked(Cheque.objects.filter(pk__in=ids))
    if Cheque.objects.visible_to(actor).filter(pk__in=ids).count() != len(ids):
        raise ChequeLineRefused(_("One of these cheques is not of an account of yours."), field="cheques")
    if answerable(line).filter(pk__in=ids).count() != len(ids):
        raise ChequeLineRefused(
            _("One of these cheques is not with this bank account's bank for an answer, or is tied already."),
            field="cheques",
        )
    for cheque in batch:
        if cheque.bank_account_id is None:
            # who received the money follows from it
            cheque.bank_account = line.bank_account
            cheque.save(update_fields=["bank_account"])
    return batch


@transaction.atomic
def clear_by_line(
    *, line: BankLine, cheques: Iterable[Cheque], certificate: str = "", actor, as_of: date
) -> list[LedgerEntry]:
    """Money in is one cheque or several that the bank paid; returns the payments, tied to the line.

    Those that wait are cleared on the line's day; of those said to be paid before, the payments are
    tied, and nothing is posted again. Together they are the line exactly; or the line is less than the
    one cheque, which the bank then paid in part, under its `certificate`. Raises ChequeLineRefused,
    StatusHasMoved and what `clear_cheque` and `part_pay_cheque` raise.
    """
    current = _open_line(line, actor)
    if current.amount <= 0:
        raise ChequeLineRefused(_("Only money that came in is a cheque that was paid."))
    batch = _chosen(current, cheques, actor)
    waiting = [cheque for cheque in batch if cheque.status in AT_BANK]
    told = [entry for cheque in batch if cheque.status in PAID for entry in _untied(cheque)]
    told_sum = sum((entry.amount for entry in told), Decimal(0))
    total = sum((cheque.amount for cheque in waiting), told_sum)
    kind = {"bank_value_date": current.posting_day(as_of), "actor": actor, "as_of": as_of}
    made: list[LedgerEntry] = []
    if total == current.amount:
        for cheque in waiting:
            made += clear_cheque(cheque=cheque, reference=current.reference[:80], **kind)
    elif len(batch) == 1 and waiting and current.amount < total:
        if not certificate.strip():
            raise ChequeLineRefused(
                _("The bank paid less than the cheque. Enter the number of its certificate."),
                field="certificate",
            )
        part_pay_cheque(cheque=waiting[0], paid=current.amount, certificate=certificate, **kind)
        made += [payment.entry for payment in payments_of(waiting[0])]
    else:
        raise ChequeLineRefused(
            _("These cheques make %(total)s, the line is %(amount)s.")
            % {
                "total": format_amount(total, current.currency, with_currency=True),
                "amount": format_amount(current.amount, current.currency, with_currency=True),
            },
            field="cheques",
        )
    _decide(current, LineStatus.POSTED, batch, actor=actor, as_of=as_of)
    BankPosting.objects.bulk_create(
        BankPosting(
            line=current,
            account_id=entry.account_id,
            entry=entry,
            amount=entry.amount,
            currency=entry.currency,
            rule=Rule.CHEQUE,
            is_linked=entry in told,
        )
        for entry in (*made, *told)
    )
    return [*made, *told]


def _untied(cheque: Cheque) -> list[LedgerEntry]:
    tied = set(BankPosting.objects.filter(entry__cheque_payment__share__cheque=cheque).values_list("entry"))
    return [payment.entry for payment in payments_of(cheque) if (payment.entry_id,) not in tied]


def _decide(
    line: BankLine, status: str, cheques: Sequence[Cheque], *, actor, as_of: date, rule=Rule.CHEQUE, **fields
) -> None:
    LINE.advance(
        line,
        to=status,
        actor=actor,
        as_of=as_of,
        rule=rule,
        owner=None,
        note=", ".join(str(cheque) for cheque in cheques)[:300],
        **fields,
    )


@transaction.atomic
def return_by_line(
    *,
    line: BankLine,
    cheque: Cheque,
    code: str = "",
    certificate: str = "",
    parts: Mapping[int, Decimal] | None = None,
    note: str = "",
    actor,
    as_of: date,
) -> Cheque:
    """Money out is a cheque that came back on the booking day, whole or in part.

    Told before the line came, within days and of its amount: the line is tied to that, nothing else.
    Whole: returned for the reason of `code`, a receipt it had become taken back. In part: the bank
    keeps paying the rest, under its `certificate`; the cheque is paid in part, whether its payment
    was posted before or not. `parts` is how much of it came back from which account, where the cheque
    paid several. Raises ChequeLineRefused, WhichAccount, StatusHasMoved and what the cheque's own verbs
    raise.
    """
    current = _open_line(line, actor)
    if current.amount >= 0:
        raise ChequeLineRefused(_("Only money that went out can be a return."))
    [now] = _chosen(current, [cheque], actor)
    known = _returns_on_record(current).filter(cheque=now).order_by("-id").first()
    if known is None:
        told = {"code": code, "certificate": certificate, "parts": parts, "note": note}
        _come_back(current, now, **told, actor=actor, as_of=as_of)
    returned = known or now.returns.order_by("-id")[0]
    _decide(
        current,
        LineStatus.RETURNED,
        [now],
        actor=actor,
        as_of=as_of,
        rule=Rule.CHEQUE if known is None else Rule.LEDGER,
        cheque_return=returned,
        payment_return=returned.payment_return,
    )
    now.refresh_from_db()
    return now


def _come_back(
    current: BankLine,
    now: Cheque,
    *,
    code: str,
    certificate: str,
    parts: Mapping[int, Decimal] | None,
    note: str,
    actor,
    as_of: date,
) -> None:
    """Record on a locked cheque what the line says of it."""
    back, day = -current.amount, min(current.booking_date, as_of)
    payments = payments_of(now)
    kept = paid_of(now) if payments else now.amount
    told = {"note": note or current.text[:300], "actor": actor, "as_of": as_of}
    if back > kept:
        raise ChequeLineRefused(
            _("The line is more than the %(amount)s that could come back of this cheque.")
            % {"amount": format_amount(kept, now.currency, with_currency=True)},
            field="cheque",
        )
    if back == kept and not code:
        raise ChequeLineRefused(_("Choose the bank's reason."), field="code")
    if back == kept:
        return_cheque(cheque=now, code=code, return_date=day, **told)
    elif not certificate.strip():
        raise ChequeLineRefused(
            _("Less than the cheque went back. Enter the number of the bank's certificate."),
            field="certificate",
        )
    elif not payments:
        part_pay_cheque(
            cheque=now, paid=now.amount - back, bank_value_date=day, certificate=certificate, **told
        )
    else:
        if parts and sum(parts.values()) != back:
            raise ChequeLineRefused(
                _("The parts make %(total)s, the line is %(amount)s.")
                % {
                    "total": format_amount(sum(parts.values(), Decimal(0)), now.currency, with_currency=True),
                    "amount": format_amount(back, now.currency, with_currency=True),
                }
            )
        part_return_cheque(
            cheque=now, back=parts or back, return_date=day, certificate=certificate, **told
        )
