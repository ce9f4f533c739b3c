"""Bank files: kept as they came, compared with what is there, taken in without adding anything twice."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.bank.enums import BANK_FILE, LINE, BankFormat, FileStatus, LineStatus
from accounts.bank.formats.detect import read_statements
from accounts.bank.formats.found import Booking, Payment, Statement, StatementFile, plain
from accounts.bank.matching import match_lines
from accounts.bank.models import BankFile, BankLine, BankStatement, TableLayout
from accounts.bank.rules import LOAD_BANK_FILE
from accounts.payments.bank_accounts import compact
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit, documents
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

LARGEST = 25 * documents.MEGABYTE
SHORTEST_TAIL = 6
NEW, KNOWN, DIFFERS = "new", "known", "differs"


class BankFileRefused(Refused):
    """The file can't be taken as it is."""


class BankFileHeld(BankFileRefused):
    """The file is kept and not taken in: it does not prove itself, or names no account of ours."""


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


@dataclass
class Part:
    """One statement of a file, the account of ours it is of, and its rows."""

    statement: Statement
    bank_account: OwnBankAccount | None
    currency: str
    rows: list[Row] = field(default_factory=list)
    held: str = ""


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


@transaction.atomic
def load_bank_file(
    *,
    content: bytes,
    filename: str,
    bank_account: OwnBankAccount | None = None,
    options: dict | None = None,
    actor,
    as_of: date,
) -> BankFile:
    """Keep a file from a bank; nothing is taken in yet (`take_in`).

    `bank_account` is needed where the format names none; `options` (`date_order`, `mapping`) say how
    a table or QIF is read; a table is else read as the last one of this account was. The same bytes
    are taken once. Raises BankFileNotReadable, BankFileRefused, NotAllowed.
    """
    require(actor, LOAD_BANK_FILE)
    if len(content) > LARGEST:
        raise BankFileRefused(
            _("The file is bigger than %(n)s MB. Split it.") % {"n": LARGEST // documents.MEGABYTE},
            field="file",
        )
    digest = hashlib.sha256(content).hexdigest()
    known = BankFile.objects.filter(sha256=digest).exclude(status=FileStatus.DISCARDED).first()
    if known is not None:
        raise BankFileRefused(
            _("This very file was brought on %(day)s as «%(name)s»; it is not taken twice.")
            % {"day": known.loaded_at.date().isoformat(), "name": known.name},
            field="file",
        )
    options = dict(options or {})
    if bank_account is not None and "mapping" not in options:
        layout = TableLayout.objects.filter(bank_account=bank_account).first()
        if layout is not None:
            options["mapping"] = layout.mapping
    found = _read(content, filename, bank_account, options)
    if found.format in (BankFormat.TABLE, BankFormat.QIF) and bank_account is None:
        raise BankFileRefused(
            _("This format names no account. Choose the bank account it is from."), field="bank_account"
        )
    stored = documents.store(
        content=content,
        filename=filename,
        kind="bank_file",
        owner=actor,
        content_type="application/xml" if found.format == BankFormat.CAMT else "text/plain",
        size_limit=LARGEST,
    )
    loaded = BankFile.objects.create(
        file=stored,
        sha256=digest,
        name=stored.filename,
        format=found.format,
        bank_account=bank_account,
        options=options,
        loaded_by=actor,
    )
    BANK_FILE.start(loaded, actor=actor, as_of=as_of)
    audit.record(
        "bank_file.loaded",
        loaded,
        actor=actor,
        after={"sha256": digest, "format": found.format, "statements": len(found.statements)},
    )
    return loaded


def _read(content: bytes, filename: str, bank_account, options: dict) -> StatementFile:
    return read_statements(
        content,
        filename,
        date_order=options.get("date_order", ""),
        mapping=options.get("mapping"),
        account=bank_account.number if bank_account is not None else "",
        currency=bank_account.currency if bank_account is not None else "",
    )


@transaction.atomic
def change_reading(*, bank_file: BankFile, mapping: dict, actor) -> BankFile:
    """Read a table under other columns, and keep them for the next one of this bank account.

    Raises BankFileNotReadable when the table can't be read so.
    """
    require(actor, LOAD_BANK_FILE)
    locked = BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file.pk)
    BANK_FILE.edge(locked.status, FileStatus.TAKEN)
    locked.options = {**locked.options, "mapping": mapping}
    _read(documents.read(locked.file), locked.name, locked.bank_account, locked.options)
    locked.save(update_fields=["options"])
    if locked.bank_account is not None:
        TableLayout.objects.update_or_create(
            bank_account=locked.bank_account, defaults={"mapping": mapping, "saved_by": actor}
        )
    audit.record("bank_file.read", locked, actor=actor, after={"mapping": mapping})
    return locked


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
    found = _read(documents.read(bank_file.file), bank_file.name, bank_file.bank_account, bank_file.options)
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
    return Preview(parts)


def _rows(statement: Statement, currency: str, before: int) -> list[Row]:
    rows = []
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
            return _("Statement %(name)s: %(amount)s has more decimals than %(currency)s has.") % {
                "name": part.statement.name,
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
            row.state = DIFFERS if row.state == NEW else row.state


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
    """Of the rows held to be known, those that stand at a balance at which no equal line stands."""
    exact = Counter(stored)
    fresh = []
    for row in rows:
        key = (row.fingerprint, row.balance_after)
        if row.balance_after is not None and exact[key] > 0:
            exact[key] -= 1
        elif row.state == KNOWN:
            fresh.append(row)
    return fresh


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
    where the file does not go on from there or states no balance."""
    stating = [part.statement for part in parts if part.statement.closing is not None]
    if not stating:
        return Decimal(0)
    last = max(stating, key=lambda one: (one.closing_date or date.min, stating.index(one)))
    known = (
        BankStatement.objects.filter(bank_account=account, closing__isnull=False)
        .order_by("-last_day", "-id")
        .first()
    )
    if known is None or last.closing_date is None or last.closing_date < known.last_day:
        return Decimal(0)
    added = sum((row.payment.amount for row in rows if row.state != KNOWN), Decimal(0))
    return last.closing - known.closing - added


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


@transaction.atomic
def take_in(
    *, bank_file: BankFile, add: Collection[int] = (), seen: int | None = None, actor, as_of: date
) -> BankFile:
    """Keep the file's statements and their new lines, and match them; all in one go.

    `add` are the numbers of differing rows that are payments of their own; other differing rows are
    the lines already there. `seen` is how many new rows the person saw: refused where it is another
    number now. Raises BankFileHeld, BankFileRefused, StatusHasMoved, NotAllowed.
    """
    require(actor, LOAD_BANK_FILE)
    locked = BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file.pk)
    list(OwnBankAccount.objects.order_by("id").select_for_update(of=("self",), no_key=True))
    looked = preview(locked, actor=actor)
    if looked.held:
        raise BankFileHeld(looked.held[0])
    if seen is not None and seen != len(looked.rows(NEW)):
        raise BankFileRefused(_("Meanwhile another file was taken in. Look at what is new again."))
    for row in looked.rows(DIFFERS):
        row.state = NEW if row.number in add else KNOWN
    added: list[int] = []
    for part in looked.parts:
        added += _keep(locked, part)
    LINE.start_many(added, actor=actor, as_of=as_of)
    BANK_FILE.advance(
        locked,
        to=FileStatus.TAKEN,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        lines_added=len(added),
        lines_known=len(looked.rows(KNOWN)),
    )
    match_lines(line_ids=added, as_of=as_of)
    return locked


def _keep(bank_file: BankFile, part: Part) -> list[int]:
    """The statement and its new lines; the ids of these."""
    one, account = part.statement, part.bank_account
    days = [booking.booking_date for booking in one.booked]
    fallback = bank_file.loaded_at.date()
    last = one.closing_date or max(days, default=one.opening_date or fallback)
    first = min([*days, one.opening_date or last, last])
    fresh = [row for row in part.rows if row.state == NEW]
    statement = BankStatement.objects.create(
        bank_account=account,
        bank_file=bank_file,
        reference=one.reference[:80],
        number=one.number[:40],
        currency=part.currency,
        first_day=first,
        last_day=last,
        opening=one.opening,
        closing=one.closing,
        credits=sum((booking.amount for booking in one.booked if booking.amount > 0), Decimal(0)),
        debits=-sum((booking.amount for booking in one.booked if booking.amount < 0), Decimal(0)),
        lines_stated=len(part.rows),
        lines_added=len(fresh),
    )
    there = Counter(
        BankLine.objects.filter(
            bank_account=account, fingerprint__in={row.fingerprint for row in fresh}
        ).values_list("fingerprint", flat=True)
    )
    lines = []
    for row in fresh:
        there[row.fingerprint] += 1
        lines.append(_line(statement, account, row, there[row.fingerprint]))
    return [line.pk for line in BankLine.objects.bulk_create(lines, batch_size=1000)]


def _line(statement: BankStatement, account, row: Row, occurrence: int) -> BankLine:
    booking, payment = row.booking, row.payment
    return BankLine(
        bank_account=account,
        statement=statement,
        booking_date=booking.booking_date,
        value_date=booking.value_date,
        amount=payment.amount,
        currency=row.currency,
        end_to_end_id=payment.end_to_end_id[:80],
        structured_reference=payment.structured_reference[:80],
        bank_reference=payment.bank_reference[:80],
        counterparty_name=payment.counterparty_name[:140],
        counterparty_account=compact(payment.counterparty_account)[:40],
        text=payment.text[:1000],
        return_code=payment.return_code[:24],
        is_reversal=booking.is_reversal,
        fingerprint=row.fingerprint,
        occurrence=occurrence,
        balance_after=row.balance_after,
        status=LineStatus.UNMATCHED,
    )


@transaction.atomic
def discard_bank_file(*, bank_file: BankFile, reason: str, actor, as_of: date) -> BankFile:
    """Put a file away that is not taken in; its bytes may come again."""
    if not reason.strip():
        raise BankFileRefused(_("Say why it is not taken in."), field="reason")
    return BANK_FILE.advance(
        bank_file, to=FileStatus.DISCARDED, actor=actor, as_of=as_of, reason=reason[:300]
    )
