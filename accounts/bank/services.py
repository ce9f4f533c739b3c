"""What a person decides about a line: whose money it was, or that nobody knows, or that it goes back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.bank.enums import LINE, OPEN, LineStatus, NotOurs, Rule
from accounts.bank.matching import match_lines, new_entry
from accounts.bank.models import BankLine, BankPosting
from accounts.bank.rules import MATCH_BANK_LINE
from accounts.deposits.models import Deposit
from accounts.deposits.services import untie
from accounts.ledger.enums import EntrySource, GroupKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import post_entries
from accounts.payments.bank_details import guard_of
from accounts.payments.services import reverse_payment
from accounts.returns.models import PaymentReturn
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class LineRefused(Refused):
    """The line can't be decided so."""


def locked_line(line: BankLine, actor) -> BankLine:
    """The line under a lock, if the actor may see it. Raises LineRefused."""
    require(actor, MATCH_BANK_LINE)
    locked = (
        BankLine.objects.visible_to(actor)
        .select_for_update(of=("self",), no_key=True)
        .select_related("bank_account")
        .filter(pk=line.pk)
        .first()
    )
    if locked is None:
        raise LineRefused(_("This line is on a bank account that you may not see."))
    return locked


def _because(reason: str) -> str:
    if not reason.strip():
        raise LineRefused(_("Say why."), field="reason")
    return reason.strip()[:300]


@transaction.atomic
def post_line(
    *,
    line: BankLine,
    parts: Sequence[tuple[Account, Decimal]],
    rule: str = Rule.HAND,
    actor,
    as_of: date,
) -> list[LedgerEntry]:
    """Post money that came in to one account or several; the parts make the line exactly.

    The receipt has the line's value date, bank transfer as its means, and who keeps the bank account
    as its receiver; several parts are one payment and come back together. Raises LineRefused,
    StatusHasMoved, EntryRefused, NotAllowed.
    """
    require(actor, MATCH_BANK_LINE)
    # Accounts are locked before instruments, so the entries go first; a line decided by somebody else
    # meanwhile is found by its status and all is taken back.
    current = BankLine.objects.visible_to(actor).select_related("bank_account").filter(pk=line.pk).first()
    if current is None:
        raise LineRefused(_("This line is on a bank account that you may not see."))
    _check_parts(current, parts, actor)
    entries = post_entries(
        entries=[
            new_entry(
                current,
                account.pk,
                amount,
                source=EntrySource.MANUAL,
                as_of=as_of,
                belongs=GroupKind.SPLIT if len(parts) > 1 else "",
            )
            for account, amount in parts
        ],
        actor=actor,
        as_of=as_of,
        permission="accounts.post_payment",
        # the bank's day, not his who matches: taken and marked where its month is signed
        day_is_given=True,
        guard=guard_of(actor, as_of),
    )
    LINE.advance(current, to=LineStatus.POSTED, actor=actor, as_of=as_of, rule=rule, owner=None)
    BankPosting.objects.bulk_create(
        BankPosting(
            line=current,
            account=account,
            entry=entry,
            amount=entry.amount,
            currency=current.currency,
            rule=rule,
        )
        for (account, _amount), entry in zip(parts, entries, strict=True)
    )
    return entries


def _check_parts(line: BankLine, parts: Sequence[tuple[Account, Decimal]], actor) -> None:
    if line.status not in OPEN:
        raise LineRefused(_("This line was decided already. Open it again to see how."))
    if line.amount <= 0:
        raise LineRefused(_("Only money that came in is posted to an account."))
    if not parts:
        raise LineRefused(_("Choose the account it goes to."), field="account")
    if len({account.pk for account, _amount in parts}) != len(parts):
        raise LineRefused(_("Name each account once."), field="account")
    ids = [account.pk for account, _amount in parts]
    if Account.objects.visible_to(actor).filter(pk__in=ids).count() != len(ids):
        raise LineRefused(_("One of these accounts is not yours to post to."), field="account")
    for account, amount in parts:
        if account.currency != line.currency:
            raise LineRefused(
                _("Account %(number)s is kept in %(currency)s.")
                % {"number": account.number, "currency": account.currency},
                field="account",
            )
        if account.creditor_id != (line.bank_account.creditor_id or parts[0][0].creditor_id):
            raise LineRefused(
                _("Account %(number)s is of another creditor, and one payment is never split between two.")
                % {"number": account.number},
                field="account",
            )
        if amount <= 0 or quantise(amount, line.currency) != amount:
            raise LineRefused(_("Enter amounts above zero, in whole cents."), field="amount")
    total = sum((amount for _account, amount in parts), Decimal(0))
    if total != line.amount:
        raise LineRefused(
            _("The parts make %(total)s, the line is %(amount)s.")
            % {"total": total, "amount": quantise(line.amount, line.currency)},
            field="amount",
        )


def match_again(*, actor, as_of: date) -> dict[str, int]:
    """Look again for the accounts of all lines in view that wait: books and policies change.

    Returns how many of each as `matching.match_lines` does. Raises NotAllowed.
    """
    require(actor, MATCH_BANK_LINE)
    ids = BankLine.objects.visible_to(actor).open().values_list("pk", flat=True)
    return match_lines(line_ids=list(ids), as_of=as_of)


_taking_back: ContextVar[int | None] = ContextVar("bank_line_taken_back", default=None)


@contextmanager
def _taken_back_here(line: BankLine) -> Iterator[None]:
    """Inside, the line's receipts are reversed by `unmatch_line` itself."""
    token = _taking_back.set(line.pk)
    try:
        yield
    finally:
        _taking_back.reset(token)


@transaction.atomic
def unmatch_line(*, line: BankLine, reason: str, actor, as_of: date) -> BankLine:
    """Take a match back: its receipts are reversed on their own day, the line waits again.

    Also takes back «not a debtor's money», «to be refunded» and a line tied to a return on record. A
    receipt that came back by the bank is reversed already and stands, and so does a return recorded
    from its line. Raises LineRefused, StatusHasMoved, NotAllowed.
    """
    because = _because(reason)
    require(actor, MATCH_BANK_LINE)
    if line.status == LineStatus.RETURNED and line.rule != Rule.LEDGER:
        raise LineRefused(_("The return was recorded from this line and stands."))
    postings = list(
        BankPosting.objects.filter(line=line, undone__isnull=True)
        .select_related("entry", "account")
        .order_by("account_id", "id")
    )
    visible = set(
        Account.objects.visible_to(actor)
        .filter(pk__in=[posting.account_id for posting in postings])
        .values_list("pk", flat=True)
    )
    if {posting.account_id for posting in postings} - visible:
        raise LineRefused(_("It was posted to an account that is not yours to change."))
    made = [posting.entry_id for posting in postings if not posting.is_linked]
    if PaymentReturn.objects.filter(entry__in=made).exists():
        raise LineRefused(_("The payment came back by the bank meanwhile; the match stands."))
    with _taken_back_here(line):
        for posting in postings:
            if posting.is_linked:
                audit.record("bank_line.untied", line, actor=actor, before={"entry": posting.entry_id})
                posting.delete()
                continue
            # parts of one payment go together: the first took the others along
            posting.undone = LedgerEntry.objects.filter(reverses=posting.entry).first() or reverse_payment(
                entry=posting.entry,
                value_date=posting.entry.value_date,
                reason=because,
                late_reason=because,
                actor=actor,
                as_of=as_of,
            )
            posting.save(update_fields=["undone"])
    for deposit in Deposit.objects.filter(bank_line_id=line.pk):
        untie(deposit=deposit, reason=because, actor=actor, as_of=as_of)
    locked = locked_line(line, actor)
    return LINE.advance(
        locked,
        to=LineStatus.UNMATCHED,
        actor=actor,
        as_of=as_of,
        reason=because,
        is_locked=True,
        rule="",
        not_ours="",
        note=because,
        payment_return=None,
        cheque_return=None,
    )


def receipt_reversed(*, entry: LedgerEntry, reason: str, as_of: date) -> BankLine | None:
    """A receipt that came by a bank line was taken back on its account: the money is at the bank still,
    so the line waits to be matched again and nothing drops out of the reconciliation (D45).

    Called for reversals of a mistake, not for what the bank took back. The line, where it moved.
    """
    posting = BankPosting.objects.filter(entry=entry, undone__isnull=True).select_related("line").first()
    if posting is None or posting.line_id == _taking_back.get():
        return None
    system = User.objects.system()
    for part in BankPosting.objects.filter(line=posting.line_id, undone__isnull=True).order_by("id"):
        reversal = LedgerEntry.objects.filter(reverses=part.entry_id).first()
        if reversal is None:
            return None
        if part.is_linked:
            audit.record("bank_line.untied", posting.line, actor=system, before={"entry": part.entry_id})
            part.delete()
        else:
            part.undone = reversal
            part.save(update_fields=["undone"])
    because = _("The receipt was reversed on its account: %(reason)s") % {"reason": reason}
    return LINE.advance(
        posting.line,
        to=LineStatus.UNMATCHED,
        actor=system,
        as_of=as_of,
        reason=because[:300],
        rule="",
        note=because[:300],
    )


@transaction.atomic
def leave_unidentified(
    *, line: BankLine, owner: User | None = None, note: str = "", actor, as_of: date
) -> BankLine:
    """Put money nobody knows into the queue, or give it there to somebody to find out. Raises LineRefused."""
    locked = locked_line(line, actor)
    if locked.amount <= 0:
        raise LineRefused(_("Only money that came in can be unidentified."))
    if locked.status == LineStatus.UNIDENTIFIED:
        before = {"owner": locked.owner_id, "note": locked.note}
        locked.owner, locked.note = owner, note.strip()[:300]
        locked.save(update_fields=["owner", "note"])
        audit.record(
            "bank_line.given", locked, actor=actor, before=before, after={"owner": owner}, reason=note
        )
        return locked
    return LINE.advance(
        locked,
        to=LineStatus.UNIDENTIFIED,
        actor=actor,
        as_of=as_of,
        reason=note.strip()[:300],
        is_locked=True,
        owner=owner,
        note=note.strip()[:300],
    )


@transaction.atomic
def give_lines(*, lines, owner: User | None, note: str = "", actor, as_of: date) -> int:
    """Put several credits nobody knows into the queue, given to somebody; how many.

    `lines` is a queryset; money out and what is decided stay as they are. Raises NotAllowed.
    """
    require(actor, MATCH_BANK_LINE)
    wanted = lines.visible_to(actor).open().filter(amount__gt=0)
    waiting = list(
        wanted.filter(status=LineStatus.UNIDENTIFIED).order_by("pk").values_list("pk", flat=True)
    )
    told = {"owner": owner, "note": note.strip()[:300]}
    moved = LINE.advance_many(
        wanted.filter(status=LineStatus.UNMATCHED),
        to=LineStatus.UNIDENTIFIED,
        actor=actor,
        as_of=as_of,
        reason=told["note"],
        **told,
    )
    BankLine.objects.filter(pk__in=waiting).update(**told)
    if waiting:
        audit.record_set(
            "bank_line.given", BankLine, ids=waiting, actor=actor, after={"owner": owner}, reason=note
        )
    return len(moved) + len(waiting)


@transaction.atomic
def ask_refund(*, line: BankLine, reason: str, actor, as_of: date) -> BankLine:
    """The money goes back to who sent it; it stays in the queue until it has gone. Raises LineRefused."""
    locked = locked_line(line, actor)
    if locked.amount <= 0:
        raise LineRefused(_("Only money that came in is refunded."))
    because = _because(reason)
    return LINE.advance(
        locked,
        to=LineStatus.TO_REFUND,
        actor=actor,
        as_of=as_of,
        reason=because,
        is_locked=True,
        note=because,
    )


@transaction.atomic
def settle_refund(*, line: BankLine, outcome: str, reference: str, actor, as_of: date) -> BankLine:
    """The money has gone back: refunded by us or sent back by the bank (`outcome`), under a reference.

    Whoever asked for the refund does not settle it. Raises LineRefused, StatusHasMoved, NotAllowed.
    """
    locked = locked_line(line, actor)
    if not reference.strip():
        raise LineRefused(_("Enter the reference of the payment back."), field="reference")
    last = LINE.history(locked).last()
    if last is not None and last.to_status == LineStatus.TO_REFUND and last.actor_id == actor.pk:
        raise LineRefused(_("You asked for this refund, so somebody else says that it was paid."))
    return LINE.advance(
        locked,
        to=LineStatus(outcome),
        actor=actor,
        as_of=as_of,
        reason=reference.strip()[:300],
        is_locked=True,
        note=reference.strip()[:300],
    )


@transaction.atomic
def set_not_ours(*, line: BankLine, kind: str, note: str, actor, as_of: date) -> BankLine:
    """No debtor paid or got this: a transfer, a charge, a refund paid out, money for a creditor."""
    locked = locked_line(line, actor)
    if kind == NotOurs.OTHER:
        _because(note)
    return LINE.advance(
        locked,
        to=LineStatus.NOT_OURS,
        actor=actor,
        as_of=as_of,
        reason=note.strip()[:300],
        is_locked=True,
        not_ours=NotOurs(kind),
        note=note.strip()[:300],
        owner=None,
    )


@transaction.atomic
def set_lines_not_ours(*, lines, kind: str, note: str, actor, as_of: date) -> int:
    """`set_not_ours` for several lines at once, such as a month's bank charges; how many were open.

    `lines` is a queryset. Raises LineRefused, NotAllowed.
    """
    require(actor, MATCH_BANK_LINE)
    if kind == NotOurs.OTHER:
        _because(note)
    moved = LINE.advance_many(
        lines.visible_to(actor).open(),
        to=LineStatus.NOT_OURS,
        actor=actor,
        as_of=as_of,
        reason=note.strip()[:300],
        not_ours=NotOurs(kind).value,
        note=note.strip()[:300],
        owner=None,
    )
    return len(moved)
