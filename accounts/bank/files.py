"""Bank files: kept as they came, compared with what is there, taken in without adding anything twice."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.bank.enums import BANK_FILE, LINE, BankFormat, FileStatus, LineStatus
from accounts.bank.formats.detect import told_format
from accounts.bank.formats.found import StatementFile, TableUnclear
from accounts.bank.looks import Look, look_at, of_kept
from accounts.bank.matching import match_lines
from accounts.bank.models import BankFile, BankLine, BankStatement, TableLayout
from accounts.bank.previews import DIFFERS, KNOWN, NEW, Part, Row, preview, read_file
from accounts.bank.rules import LOAD_BANK_FILE
from accounts.payments.bank_accounts import compact
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit, clock, documents
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

LARGEST = 25 * documents.MEGABYTE
# A file of more lines is taken in by a worker, and so many lines are matched at a time.
LINES_AT_ONCE = 1_000
# What is bigger is read by a worker, so that nobody waits for a page.
READ_AT_ONCE = documents.MEGABYTE // 2


class BankFileRefused(Refused):
    """The file can't be taken as it is."""


class BankFileHeld(BankFileRefused):
    """The file is kept and not taken in: it does not prove itself, or names no account of ours."""


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
    """Keep a file from a bank; nothing is taken in yet (`take_in`). A large one (`is_large`) is kept to be
    read by a worker (`read_large`).

    `bank_account` is needed where the format names none; `options` (`date_order`, `mapping`) say how
    a table or QIF is read; a table is else read as the last one of this account was. A table that is
    not clear yet is kept for somebody to say how it is read (`change_reading`). The same bytes are
    taken once. Raises BankFileNotReadable, BankFileRefused, NotAllowed.
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
            % {"day": clock.written(clock.local_date(known.loaded_at)), "name": known.name},
            field="file",
        )
    options = dict(options or {})
    if bank_account is not None and "mapping" not in options:
        layout = TableLayout.objects.filter(bank_account=bank_account).first()
        if layout is not None:
            options["mapping"] = layout.mapping
    is_large = len(content) > READ_AT_ONCE
    if is_large:
        found = StatementFile(told_format(content), ())
    else:
        try:
            found = read_file(content, filename, bank_account, options)
        except TableUnclear:
            # kept as it came: on its page a person says which column is what
            if bank_account is None:
                raise
            found = StatementFile(BankFormat.TABLE, ())
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
        is_large=is_large,
        lines_read=found.payment_count,
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


@transaction.atomic
def change_reading(*, bank_file: BankFile, mapping: dict, actor) -> BankFile:
    """Read a table under other columns, and keep them for the next one of this bank account; a large one
    is to be read anew by a worker (`look` is null then).

    Raises BankFileNotReadable when the table can't be read so.
    """
    require(actor, LOAD_BANK_FILE)
    locked = BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file.pk)
    BANK_FILE.edge(locked.status, FileStatus.TAKEN)
    locked.options = {**locked.options, "mapping": mapping}
    if locked.is_large:
        locked.look = None
    else:
        found = read_file(documents.read(locked.file), locked.name, locked.bank_account, locked.options)
        locked.lines_read = found.payment_count
    locked.save(update_fields=["options", "lines_read", "look"])
    if locked.bank_account is not None:
        TableLayout.objects.update_or_create(
            bank_account=locked.bank_account, defaults={"mapping": mapping, "saved_by": actor}
        )
    audit.record("bank_file.read", locked, actor=actor, after={"mapping": mapping})
    return locked


def look_of(bank_file: BankFile, *, actor) -> Look | None:
    """What the page of a file shows; None while a worker reads it."""
    if bank_file.is_large:
        return of_kept(bank_file.look) if bank_file.look is not None else None
    return _looked(bank_file, actor)


def _looked(bank_file: BankFile, actor) -> Look:
    try:
        return look_at(preview(bank_file, actor=actor))
    except Refused as refusal:
        return Look(fault=refusal.message)


def read_large(*, bank_file: BankFile, actor) -> BankFile:
    """Read a large file and keep what its page shows, or why it can't be read; done again where another
    file was taken in meanwhile."""
    look = _looked(bank_file, actor)
    lines = look.new + look.known + look.differs
    with transaction.atomic():
        locked = BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file.pk)
        if locked.status == FileStatus.PREVIEW and locked.options == bank_file.options:
            locked.look, locked.lines_read = look.kept(), lines
            locked.save(update_fields=["look", "lines_read"])
            audit.record("bank_file.looked_at", locked, actor=actor, after={"lines": lines})
    return locked


@transaction.atomic
def look_again(*, bank_file: BankFile, actor) -> BankFile:
    """Have a worker compare a large file anew with what is there now."""
    require(actor, LOAD_BANK_FILE)
    locked = BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file.pk)
    BANK_FILE.edge(locked.status, FileStatus.TAKEN)
    locked.look = None
    locked.save(update_fields=["look"])
    return locked


@transaction.atomic
def take_in(
    *,
    bank_file: BankFile,
    add: Collection[int] = (),
    seen: int | None = None,
    matches: bool = True,
    report: Callable[[int], None] | None = None,
    actor,
    as_of: date,
) -> BankFile:
    """Keep the file's statements and their new lines, and match them; all in one go.

    Without `matches` the lines wait: a worker matches the lines of a large file by and by. `report`
    is told how many lines more are kept.

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
        added += _keep(locked, part, report)
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
    if matches:
        match_lines(line_ids=added, as_of=as_of)
    return locked


def _keep(bank_file: BankFile, part: Part, report: Callable[[int], None] | None) -> list[int]:
    """The statement and its new lines; the ids of these."""
    one, account = part.statement, part.bank_account
    days = [booking.booking_date for booking in one.booked]
    fallback = bank_file.loaded_at.date()
    # a bank may date a closing before its last booking: the statement reaches to the later of them
    ends = [*days, *([one.closing_date] if one.closing_date is not None else [])]
    last = max(ends, default=one.opening_date or fallback)
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
    kept: list[int] = []
    for start in range(0, len(lines), LINES_AT_ONCE):
        made = BankLine.objects.bulk_create(lines[start : start + LINES_AT_ONCE])
        kept += [line.pk for line in made]
        if report is not None:
            report(len(made))
    return kept


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
