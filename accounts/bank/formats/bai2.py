"""BAI2: files (01/99) of groups (02/98) of accounts (03/49) with transactions (16), continued by 88.

Amounts have the currency's decimals without a point. Type codes 100 to 399 and 920 to 959 are
credits, 400 to 699 and 960 to 999 debits. Every control total and record count is added up again.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.bank.formats.found import (
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    as_text,
    plain,
    reference_of,
)
from collections_app.core.money import decimals

CODES = ("01", "02", "03", "16", "49", "88", "98", "99")
INLINE = re.compile(r"/\s+(?=(?:01|02|03|16|49|88|98|99),)")
OPENING, CLOSING = "010", "015"
LABELLED = re.compile(r"^([A-Z]{4}): ?(.*)$")


@dataclass
class _Record:
    code: str
    fields: list[str]
    texts: list[str] = field(default_factory=list)
    physical: int = 1


@dataclass
class _Account:
    number: str
    currency: str
    balances: dict[str, str]
    total: int = 0
    records: int = 0
    details: list[_Record] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)


def read(content: bytes) -> list[Statement]:
    """The accounts of a file, one statement each. Raises BankFileNotReadable."""
    records = _records(as_text(content))
    if not records or records[0].code != "01":
        raise BankFileNotReadable(_("A BAI2 file begins with a record 01; this one does not."))
    if records[-1].code != "99":
        raise BankFileNotReadable(_("The record 99 is missing at the end: the file is cut off."))
    reader = _Reader()
    for record in records:
        reader.take(record)
    return reader.statements


class _Reader:
    """Takes record after record, adding up what the ends of accounts, groups and the file state."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.day: date | None = None
        self.currency = "USD"
        self.account: _Account | None = None
        self.group_total = self.file_total = 0
        self.group_records = self.file_records = 0
        self.group_first = 0

    def take(self, record: _Record) -> None:
        self.file_records += record.physical
        self.group_records += record.physical
        if self.account is not None:
            self.account.records += record.physical
        steps = {
            "02": self._group,
            "03": self._open,
            "16": self._detail,
            "49": self._close,
            "98": self._end_group,
            "99": self._end_file,
        }
        if record.code in steps:
            steps[record.code](record)

    def _group(self, record: _Record) -> None:
        self.group_first, self.group_total = len(self.statements), 0
        self.group_records = record.physical
        self.day = _day(_field(record, 4))
        self.currency = _field(record, 6) or "USD"

    def _open(self, record: _Record) -> None:
        self._check_closed()
        self.account = _account(record, self.currency)

    def _detail(self, record: _Record) -> None:
        if self.account is None:
            raise BankFileNotReadable(_("A transaction (record 16) stands before any account (03)."))
        self.account.details.append(record)
        self.account.total += _whole(_field(record, 2), record)

    def _close(self, record: _Record) -> None:
        if self.account is None:
            raise BankFileNotReadable(_("An account's end (record 49) stands without its account (03)."))
        self.statements.append(_statement(self.account, record, self.day))
        self.group_total += _whole(_field(record, 1), record)
        self.account = None

    def _end_group(self, record: _Record) -> None:
        self._check_closed()
        self.file_total += _whole(_field(record, 1), record)
        _check(self.statements, self.group_first, _("Group"), record, self.group_total, self.group_records)

    def _end_file(self, record: _Record) -> None:
        self._check_closed()
        _check(self.statements, 0, _("The file"), record, self.file_total, self.file_records)

    def _check_closed(self) -> None:
        if self.account is not None:
            raise BankFileNotReadable(
                _("Account %(number)s has no end (record 49): the file is cut off.")
                % {"number": self.account.number}
            )


def _records(text: str) -> list[_Record]:
    """Records with their continuations joined; a record's end is a slash or the end of the line."""
    found: list[_Record] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        for part in INLINE.split(line):
            part = part.strip("\x1a")
            if not part.strip():
                continue
            part = part.strip()
            code, body = part[:2], part[3:]
            if code not in CODES or part[2:3] != ",":
                if found and found[-1].code == "16":
                    # a line break inside the words of a transaction; no amount stands there
                    found[-1].texts.append(part.rstrip("/").strip())
                    continue
                raise BankFileNotReadable(_("«%(text)s» is no record of a BAI2 file.") % {"text": part[:40]})
            body = body[:-1] if body.endswith("/") else body
            if code == "88":
                if not found:
                    raise BankFileNotReadable(_("The file begins with a continuation (record 88)."))
                last = found[-1]
                last.physical += 1
                if last.code == "16":
                    last.texts.append(body.strip())
                else:
                    last.fields += body.split(",")
            else:
                found.append(_Record(code, [code, *body.split(",")]))
    return found


def _account(record: _Record, currency: str) -> _Account:
    """An account with its balances and summary amounts: type, amount, items, funds type, repeated."""
    number = _field(record, 1)
    if not number:
        raise BankFileNotReadable(_("An account (record 03) has no number."))
    account = _Account(number, _field(record, 2) or currency, {}, records=record.physical)
    fields = record.fields[3:]
    place = 0
    while place < len(fields):
        code, amount = fields[place].strip(), fields[place + 1].strip() if place + 1 < len(fields) else ""
        funds = fields[place + 3].strip().upper() if place + 3 < len(fields) else ""
        if amount:
            account.total += _whole(amount, record)
            if code:
                account.balances.setdefault(code, amount)
        place += 4 + _funds_fields(funds, fields[place + 4 :])
    return account


def _funds_fields(funds: str, after: list[str]) -> int:
    """How many fields an amount's availability takes after its type."""
    if funds == "V":
        return 2
    if funds == "S":
        return 3
    if funds == "D":
        count = after[0].strip() if after else ""
        return 1 + 2 * int(count) if count.isdigit() else 1
    return 0


def _statement(account: _Account, trailer: _Record, day: date | None) -> Statement:
    scale = Decimal(1).scaleb(-decimals(account.currency))
    faults = []
    stated = _whole(_field(trailer, 1), trailer)
    if stated != account.total:
        faults.append(
            _("Account %(number)s: its amounts add up to %(made)s, its control total says %(stated)s.")
            % {
                "number": account.number,
                "made": plain(account.total * scale),
                "stated": plain(stated * scale),
            }
        )
    count = _field(trailer, 2)
    if count.isdigit() and int(count) != account.records:
        faults.append(
            _("Account %(number)s has %(made)s records, its end says %(stated)s.")
            % {"number": account.number, "made": account.records, "stated": int(count)}
        )
    balances = {code: _whole(amount, trailer) * scale for code, amount in account.balances.items()}
    if day is None:
        raise BankFileNotReadable(_("A group (record 02) has no date."))
    return Statement(
        account=account.number,
        currency=account.currency,
        reference=f"{account.number} {day.isoformat()}",
        opening=balances.get(OPENING),
        closing=balances.get(CLOSING),
        opening_date=day,
        closing_date=day,
        bookings=tuple(_booking(record, scale, day) for record in account.details),
        faults=tuple(faults),
    )


def _booking(record: _Record, scale: Decimal, day: date) -> Booking:
    code = _field(record, 1)
    sign = _sign(code)
    amount = _whole(_field(record, 2), record) * scale * sign
    funds = _field(record, 3).upper()
    after = record.fields[4:]
    skip = _funds_fields(funds, after)
    value_date = (_day(after[0].strip()) if funds == "V" and after else None) or day
    bank, customer = (after[skip : skip + 2] + ["", ""])[:2]
    words = [",".join(after[skip + 2 :]).strip(), *record.texts]
    named = {match[1]: match[2] for word in words if (match := LABELLED.match(word))}
    text = " ".join(" ".join(words).split())
    reason = re.search(r'Reason: "(\w+)"', text)
    person, number = ("DBNM", "DACT") if sign > 0 else ("CRNM", "CACT")
    return Booking(
        booking_date=day,
        value_date=value_date,
        amount=amount,
        payments=(
            Payment(
                amount=amount,
                end_to_end_id=reference_of(named.get("EREF", "") or customer),
                bank_reference=reference_of(bank),
                counterparty_name=named.get(person, "").strip(),
                counterparty_account=named.get(number, "").strip(),
                text=text,
                return_code=reason[1] if reason else "",
            ),
        ),
    )


def _sign(code: str) -> int:
    if code.isdigit():
        number = int(code)
        if 100 <= number <= 399 or 920 <= number <= 959:
            return 1
        if 400 <= number <= 699 or 960 <= number <= 999:
            return -1
    raise BankFileNotReadable(
        _("The type code «%(code)s» of a transaction is neither a credit nor a debit.") % {"code": code[:10]}
    )


def _check(
    statements: list[Statement], first: int, what: str, record: _Record, total: int, records: int
) -> None:
    """Add a fault to the statements from `first` on where their common totals don't hold."""
    stated = _whole(_field(record, 1), record)
    faults = []
    if stated != total:
        faults.append(
            _("%(what)s: the accounts' totals add up to %(made)s, its control total says %(stated)s.")
            % {"what": what, "made": total, "stated": stated}
        )
    count = _field(record, 3)
    if count.isdigit() and int(count) != records:
        faults.append(
            _("%(what)s has %(made)s records, its end says %(stated)s.")
            % {"what": what, "made": records, "stated": int(count)}
        )
    for place in range(first, len(statements)):
        old = statements[place]
        statements[place] = Statement(**{**old.__dict__, "faults": (*old.faults, *faults)})


def _field(record: _Record, place: int) -> str:
    return record.fields[place].strip().rstrip("/").strip() if place < len(record.fields) else ""


def _whole(text: str, record: _Record) -> int:
    """An amount in the smallest unit; nothing is nought."""
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?\d+", text):
        raise BankFileNotReadable(
            _("Record %(code)s: «%(text)s» is no amount.") % {"code": record.code, "text": text[:40]}
        )
    return int(text)


def _day(text: str) -> date | None:
    if not re.fullmatch(r"\d{6}", text):
        return None
    year = int(text[:2])
    try:
        return date(year + (2000 if year < 80 else 1900), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
