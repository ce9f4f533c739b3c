"""What taking a bank file in would add: every payment in it as new, already there or differing."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.bank.formats.detect import read_statements
from accounts.bank.formats.found import Booking, Payment, Statement, StatementFile, plain
from accounts.bank.models import BankFile, BankLine, BankStatement
from accounts.payments.bank_accounts import compact
from accounts.payments.models import OwnBankAccount
from collections_app.core import clock, documents
from collections_app.core.money import quantise

SHORTEST_TAIL = 6
NEW, KNOWN, DIFFERS = "new", "known", "differs"


@dataclass
class Row:
    """One payment of a file beside what is there: new, known, or `other` differs from it."""

    number: int
    booking: Booking
    payment: Payment
    currency: str
    fingerprint: str
    balance_after: Decimal | None
    state: str = NEW
    other: BankLine | None = None
    why: str = ""


@dataclass
class Part:
    """One statement of a file, the account of ours it is of, and its rows."""

    statement: Statement
    bank_account: OwnBankAccount | None
    currency: str
    rows: list[Row] = field(default_factory=list)
    held: str = ""
    # the last known closing before it and its day, where the statement does not open with it
    before: Decimal | None = None
    before_day: date | None = None


@dataclass
class Preview:
    parts: list[Part]

    def rows(self, state: str = "") -> list[Row]:
        return [row for part in self.parts for row in part.rows if not state or row.state == state]

    @property
    def held(self) -> list[str]:
        return [part.held for part in self.parts if part.held]


def fingerprint(booking: Booking, payment: Payment, currency: str) -> str:
    """What makes a payment this payment, whatever file and statement it comes in."""
    words = " ".join(f"{payment.structured_reference} {payment.text}".upper().split())
    parts = (
        booking.booking_date.isoformat(),
        booking.value_date.isoformat(),
        f"{payment.amount.normalize():f}",
        currency,
        payment.end_to_end_id,
        words,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def read_file(content: bytes, filename: str, bank_account, options: dict) -> StatementFile:
    return read_statements(
        content,
        filename,
        date_order=options.get("date_order", ""),
        mapping=options.get("mapping"),
        account=bank_account.number if bank_account is not None else "",
        currency=bank_account.currency if bank_account is not None else "",
    )


def own_account(statement: Statement, accounts: Sequence[OwnBankAccount]) -> OwnBankAccount | None:
    """The account of ours that a statement is of: by its whole number, else by the one number that
    ends in it (banks leave out the head of an IBAN). None where none or several fit."""
    number = compact(statement.account)
    if statement.currency and number.endswith(statement.currency):
        number = number[: -len(statement.currency)]
    fits = [
        account for account in accounts if not statement.currency or account.currency == statement.currency
    ]
    same = [account for account in fits if account.number == number]
    if not same:
        tail = number.rpartition("/")[2].lstrip("0")
        if len(tail) >= SHORTEST_TAIL:
            same = [account for account in fits if account.number.endswith(tail)]
    return same[0] if len(same) == 1 else None


def preview(bank_file: BankFile, *, actor) -> Preview:
    """What taking the file in would add: every payment as new, already there or differing.

    Reads the kept bytes anew; writes nothing. Raises BankFileNotReadable.
    """
    found = read_file(
        documents.read(bank_file.file), bank_file.name, bank_file.bank_account, bank_file.options
    )
    accounts = list(OwnBankAccount.objects.visible_to(actor).in_use().order_by("id"))
    parts: list[Part] = []
    number = 0
    for statement in found.statements:
        account = own_account(statement, accounts)
        chosen = bank_file.bank_account
        if (
            account is None
            and chosen is not None
            and (statement.currency or chosen.currency) == chosen.currency
        ):
            account = chosen
        currency = statement.currency or (account.currency if account is not None else "")
        part = Part(statement, account, currency)
        part.rows = _rows(statement, currency, number)
        number += len(part.rows)
        part.held = _why_held(part)
        parts.append(part)
    by_account: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        if part.bank_account is not None:
            by_account[part.bank_account.pk].append(part)
    for own in by_account.values():
        _compare(own)
        for part in own:
            _mark_not_going_on(part, own)
    return Preview(parts)


def _rows(statement: Statement, currency: str, before: int) -> list[Row]:
    rows: list[Row] = []
    running = statement.opening
    for booking in statement.booked:
        for payment in booking.single():
            if running is not None:
                running += payment.amount
            rows.append(
                Row(
                    before + len(rows) + 1,
                    booking,
                    payment,
                    currency,
                    fingerprint(booking, payment, currency),
                    running,
                )
            )
    return rows


def _why_held(part: Part) -> str:
    """Why a statement can't be taken in, in a sentence; empty where it can."""
    if part.bank_account is None:
        return _(
            "No bank account %(number)s in %(currency)s is set up, or not one you may see. The administrator"
            " sets it up under Bank accounts."
        ) % {"number": part.statement.account or "–", "currency": part.currency or "–"}
    if held := part.statement.why_held():
        return held
    for row in part.rows:
        if quantise(row.payment.amount, row.currency) != row.payment.amount:
            return _(
                "Statement %(name)s, line %(line)s of %(day)s: %(amount)s has more decimals than %(currency)s"
                " has. Correct the amount, or the currency, and bring the file again."
            ) % {
                "name": part.statement.name,
                "line": row.number - part.rows[0].number + 1,
                "day": clock.written(row.booking.booking_date),
                "amount": plain(row.payment.amount),
                "currency": row.currency,
            }
    return ""


# ---- what is there already ----


def _compare(parts: list[Part]) -> None:
    """Mark the rows of one account's statements in a file against its lines.

    A payment is there as often as equal ones are: of k equal rows beside m equal lines, k less m are
    new. Where a file is cut in the middle of a day that is too few; then the banks' own balances
    tell: what is new must lead from the last known closing to this file's.
    """
    account = parts[0].bank_account
    rows = _rows_once(parts)
    prints = {row.fingerprint for row in rows}
    stored = list(
        BankLine.objects.filter(bank_account=account, fingerprint__in=prints).values_list(
            "fingerprint", "balance_after"
        )
    )
    there = Counter(print_ for print_, _balance in stored)
    for row in rows:
        row.state = NEW
        if there[row.fingerprint] > 0:
            there[row.fingerprint] -= 1
            row.state = KNOWN
    _mark_differing(account, rows, prints)
    _mark_told_before(account, parts)
    gap = _gap(account, parts, rows)
    if not gap:
        return
    fresh = _at_unknown_balances(rows, stored)
    if sum((row.payment.amount for row in fresh), Decimal(0)) == gap:
        for row in fresh:
            row.state = NEW
    elif _starts_where_we_are(account, parts):
        # No statement is missing before this file, and its new rows still don't lead from what we
        # have to its closing: the bank tells known payments in other words. A person says.
        for row in rows:
            if row.state == NEW:
                row.state = DIFFERS
                row.why = _("With it, what is here does not lead to the balance the bank states.")


def _rows_once(parts: list[Part]) -> list[Row]:
    """The rows of a file's statements; those of one that stands in it twice are known at once."""
    seen: set[tuple] = set()
    rows: list[Row] = []
    for part in parts:
        mark = (part.statement.reference, part.statement.opening, part.statement.bookings)
        if part.statement.bookings and mark in seen:
            for row in part.rows:
                row.state = KNOWN
            continue
        seen.add(mark)
        rows += part.rows
    return rows


def _at_unknown_balances(rows: list[Row], stored: list[tuple]) -> list[Row]:
    """Of the rows held to be known, those that stand at a balance at which no equal line stands.

    A line that came without a balance (camt.052 or .054, MT942) may stand at any: it keeps one row.
    """
    exact = Counter(stored)
    fresh = []
    for row in rows:
        if row.balance_after is None:
            continue
        key = (row.fingerprint, row.balance_after)
        anywhere = (row.fingerprint, None)
        if exact[key] > 0:
            exact[key] -= 1
        elif row.state == KNOWN and exact[anywhere] > 0:
            exact[anywhere] -= 1
        elif row.state == KNOWN:
            fresh.append(row)
    return fresh


def _mark_told_before(account, parts: list[Part]) -> None:
    """New rows of a notice (a statement without a closing) of days whose closing is known already.

    What the bank booked on those days stands in its statements; a row of a notice that is not there
    is most likely one of them in other words. A person says.
    """
    notices = [row for part in parts if part.statement.closing is None for row in part.rows]
    fresh = [row for row in notices if row.state == NEW]
    if not fresh:
        return
    days = {row.booking.booking_date for row in fresh}
    covered = list(
        BankStatement.objects.filter(
            bank_account=account,
            opening__isnull=False,
            closing__isnull=False,
            first_day__lte=max(days),
            last_day__gte=min(days),
        ).values_list("first_day", "last_day")
    )
    told = {day for day in days if any(first <= day <= last for first, last in covered)}
    for row in fresh:
        if row.booking.booking_date in told:
            row.state = DIFFERS
            row.why = _("The bank's statement of that day is here and does not hold it in these words.")


def _mark_not_going_on(part: Part, parts: list[Part]) -> None:
    """Say the last closing before a statement that opens with another balance: a file between is missing.

    Not where its first row is there already, nor where the account is known to have had its opening
    since that closing, in this file or here.
    """
    one = part.statement
    first = min((row.booking.booking_date for row in part.rows), default=one.opening_date)
    if one.opening is None or first is None or (part.rows and part.rows[0].state != NEW):
        return
    if any(other.statement.closing == one.opening for other in parts if other is not part):
        return
    statements = BankStatement.objects.filter(bank_account=part.bank_account)
    known = statements.filter(closing__isnull=False, last_day__lte=first).order_by("-last_day", "-id").first()
    if known is None or known.closing is None:
        return
    lines = BankLine.objects.filter(bank_account=part.bank_account, booking_date__gte=known.last_day)
    told = lines.filter(
        booking_date__gt=known.last_day, booking_date__lte=first, balance_after__isnull=True
    ).aggregate(made=Sum("amount"))["made"] or Decimal(0)
    if (
        one.opening in (known.closing, known.closing + told)
        or statements.filter(last_day__gte=known.last_day)
        .filter(Q(opening=one.opening) | Q(closing=one.opening))
        .exists()
        or lines.filter(balance_after=one.opening).exists()
    ):
        return
    part.before, part.before_day = known.closing, known.last_day


def _starts_where_we_are(account, parts: list[Part]) -> bool:
    """Whether the first statement opens with a balance that the account is known to have had."""
    first = min(parts, key=lambda part: part.statement.opening_date or date.max).statement
    if first.opening is None:
        return False
    return (
        BankStatement.objects.filter(bank_account=account)
        .filter(Q(opening=first.opening) | Q(closing=first.opening))
        .exists()
        or BankLine.objects.filter(bank_account=account, balance_after=first.opening).exists()
    )


def _gap(account, parts: list[Part], rows: list[Row]) -> Decimal:
    """What is missing between the last known closing, the new rows and this file's closing; nought
    where the file does not go on from there or states no balance.

    What notices told of the days since that closing is there already and counts with it.
    """
    stating = [part.statement for part in parts if part.statement.closing is not None]
    if not stating:
        return Decimal(0)
    last = max(stating, key=lambda one: (one.closing_date or date.min, stating.index(one)))
    known = (
        BankStatement.objects.filter(bank_account=account, closing__isnull=False)
        .order_by("-last_day", "-id")
        .first()
    )
    if known is None or known.closing is None or last.closing is None:
        return Decimal(0)
    if last.closing_date is None or last.closing_date < known.last_day:
        return Decimal(0)
    added = sum((row.payment.amount for row in rows if row.state != KNOWN), Decimal(0))
    told = BankLine.objects.filter(
        bank_account=account,
        booking_date__gt=known.last_day,
        booking_date__lte=last.closing_date,
        balance_after__isnull=True,
    ).aggregate(made=Sum("amount"))["made"] or Decimal(0)
    return last.closing - known.closing - told - added


def _mark_differing(account, rows: list[Row], prints: Collection[str]) -> None:
    """A row the bank gives the reference of a line that is there, with other facts: the bank changed
    its words, or it is another payment. A person says which."""
    fresh = [row for row in rows if row.state == NEW]
    references = {row.payment.bank_reference for row in fresh} - {""}
    others: dict[tuple, list[BankLine]] = defaultdict(list)
    for line in (
        BankLine.objects.filter(bank_account=account, bank_reference__in=references)
        .exclude(fingerprint__in=prints)
        .order_by("id")
    ):
        others[line.bank_reference, line.booking_date].append(line)
    for row in fresh:
        same = others.get((row.payment.bank_reference, row.booking.booking_date))
        if same:
            row.state, row.other = DIFFERS, same.pop(0)
            row.why = _("The bank gave its reference to a line that is there already.")
