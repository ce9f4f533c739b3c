"""MT940 and MT942 (SWIFT): statements and interim reports in tagged lines.

Our own reader: the library at hand adds reversals of credits (RC) with the wrong sign, which the
banks' own closing balances disprove.
"""

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.bank.formats.found import (
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    amount_of,
    as_text,
    reference_of,
)

TAG = re.compile(r"^:(\d{2}[A-Z]?|NS):(.*)$")
BALANCE = re.compile(r"^([CD])(\d{6})([A-Z]{3})(\d+(?:,\d*)?)$")
# date, entry date, mark, third letter of the currency, amount, type, references
LINE = re.compile(
    r"^(\d{6})(\d{4}| {4})?(EC|ED|RC|RD|C|D)([A-Z])?\s*(\d+,\d*|\d+(?=[SNF][A-Z0-9]{3}))"
    r"(?:([A-Z][A-Z0-9 ]{3})(.*))?$",
    re.S,
)
SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}
PART = re.compile(r"\?(\d{2})")
# A word of the German field 86 stands at a part's beginning (marked so) or after a blank.
WORDS = re.compile(r"(?:\x1f|(?<![A-Z\x1f]))(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
SLASHED = re.compile(r"/(EREF|REMI|NAME|IBAN|BENM|ORDP|MARF|RTRN|PREF|ID|ADDR|ISDT|CSID|TRTP|BIC)/")
# Business transaction codes with which German banks return a direct debit or a transfer.
RETURNS = {"108", "109", "159", "181", "184"}

KNOWN_TAGS = {"20", "21", "25", "25P", "28", "28C", "60F", "60M", "61", "86", "62F", "62M", "64", "65",
              "NS", "34F", "13", "13D", "90D", "90C", "940"}  # fmt: skip


def read(content: bytes) -> list[Statement]:
    """The statements of a file. Raises BankFileNotReadable."""
    groups: list[list[tuple[str, str]]] = []
    for tag, value in _fields(as_text(content)):
        if tag == "20":
            groups.append([])
        if groups:
            groups[-1].append((tag, value))
        elif tag not in ("NS",):
            raise BankFileNotReadable(
                _("The file begins in the middle: field %(tag)s stands before any statement.") % {"tag": tag}
            )
    if not groups:
        raise BankFileNotReadable(_("The file holds no statement."))
    return [_statement(group) for group in groups]


def _fields(text: str) -> list[tuple[str, str]]:
    """Tags with their values; lines that follow belong to the tag above until one ends the block."""
    found: list[tuple[str, str]] = []
    is_open = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        stripped = line.strip("\x01\x03 ")
        if stripped == "-" or stripped.startswith("-}"):
            is_open = False
            continue
        match = TAG.match(line)
        # Wrapped text can look like a tag (`:26:37`); only tags of these messages count.
        if match and match[1] in KNOWN_TAGS:
            found.append((match[1], match[2]))
            is_open = True
        elif is_open:
            tag, value = found[-1]
            found[-1] = (tag, f"{value}\n{line}")
    return found


class _Block:
    """One statement's fields as they come in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.account = self.number = self.currency = ""
        self.opening: tuple[Decimal, date, str] | None = None
        self.closing: tuple[Decimal, date, str] | None = None
        self.is_interim = False
        self.lines: list[tuple[str, list[str]]] = []

    def take(self, tag: str, value: str) -> None:
        first = value.split("\n")[0].strip()
        if tag in ("25", "25P"):
            if self.account:
                raise BankFileNotReadable(
                    _("Statement %(name)s names an account twice: the file is damaged.") % {"name": self.name}
                )
            self.account = first
        elif tag in ("28", "28C"):
            self.number = first
        elif tag in ("60F", "60M"):
            self.opening = self.opening or _balance(first, self.name)
        elif tag in ("62F", "62M"):
            self.closing = _balance(first, self.name)
        elif tag == "34F":
            self.is_interim = True
            self.currency = self.currency or value[:3]
        elif tag == "61":
            self.lines.append((value, []))
        elif tag == "86" and self.lines and self.closing is None:
            self.lines[-1][1].append(value)


def _statement(fields: list[tuple[str, str]]) -> Statement:
    block = _Block(" ".join(fields[0][1].split()))
    for tag, value in fields[1:]:
        block.take(tag, value)
    if not block.account:
        raise BankFileNotReadable(_("Statement %(name)s does not say which account.") % {"name": block.name})
    opening, closing = block.opening, block.closing
    currencies = {block.currency, *(balance[2] for balance in (opening, closing) if balance)} - {""}
    if len(currencies) > 1:
        raise BankFileNotReadable(
            _("Statement %(name)s mixes currencies: %(currencies)s.")
            % {"name": block.name, "currencies": ", ".join(sorted(currencies))}
        )
    return Statement(
        account=block.account,
        currency=next(iter(currencies), ""),
        reference=block.name,
        number=block.number,
        opening=opening and opening[0],
        closing=closing and closing[0],
        opening_date=opening and opening[1],
        closing_date=closing and closing[1],
        bookings=tuple(_booking(line, words, block.name) for line, words in block.lines),
        is_cut_off=not block.is_interim and (opening is None or closing is None),
    )


def _balance(value: str, name: str) -> tuple[Decimal, date, str] | None:
    """Amount, day and currency; None for what is no balance: the statement is then not proved."""
    match = BALANCE.match(value)
    if match is None:
        return None
    amount = amount_of(match[4].replace(",", "."), name)
    return amount * (1 if match[1] == "C" else -1), _day(match[2], name), match[3]


def _booking(line: str, words: list[str], name: str) -> Booking:
    match = LINE.match(line)
    if match is None:
        raise BankFileNotReadable(
            _("Statement %(name)s: the line «%(text)s» can't be read.")
            % {"name": name, "text": line.split(chr(10))[0][:60]}
        )
    value_date = _day(match[1], name)
    amount = amount_of(match[5].replace(",", "."), name) * SIGNS[match[3]]
    customer, _slashes, rest = (match[7] or "").partition("//")
    bank, _break, supplement = rest.partition("\n")
    if not rest:
        customer, _break, supplement = customer.partition("\n")
    said = _said("\n".join(words))
    is_return = said["code"] in RETURNS or bool(said["return_code"])
    text = " ".join(f"{said['text']} {supplement}".split())
    payment = Payment(
        amount=amount,
        end_to_end_id=reference_of(said["end_to_end_id"] or customer),
        bank_reference=reference_of(bank),
        counterparty_name=said["name"],
        counterparty_account=said["account"],
        text=text,
        return_code=said["return_code"] or (_("code %(code)s") % {"code": said["code"]} if is_return else ""),
    )
    return Booking(
        booking_date=_entry_day(value_date, (match[2] or "").strip()),
        value_date=value_date,
        amount=amount,
        payments=(payment,),
        is_reversal=match[3] in ("RC", "RD"),
        is_pending=match[3] in ("EC", "ED"),
    )


def _said(value: str) -> dict[str, str]:
    """What field 86 says: German parts (`?20`), Dutch words (`/EREF/`), or plain text."""
    said = dict.fromkeys(("text", "end_to_end_id", "name", "account", "code", "return_code"), "")
    joined = value.replace("\n", "")
    if re.match(r"^\d{3}\?", joined):
        said["code"] = joined[:3]
        parts: dict[str, str] = {}
        pieces = PART.split(joined[3:])
        for key, part in zip(pieces[1::2], pieces[2::2], strict=False):
            parts[key] = parts.get(key, "") + part
        note = "".join(f"\x1f{parts.get(f'{key:02}', '')}" for key in [*range(20, 30), *range(60, 64)])
        said["name"] = (parts.get("32", "") + parts.get("33", "")).strip()
        said["account"] = parts.get("31", "").strip()
        pieces = [piece.replace("\x1f", "") for piece in WORDS.split(note)]
        note = note.replace("\x1f", "")
        named = dict(zip(pieces[1::2], pieces[2::2], strict=False))
        said["end_to_end_id"] = named.get("EREF", "").strip()
        said["text"] = " ".join(filter(None, [pieces[0].strip(), named.get("SVWZ", "").strip()]))
        said["text"] = said["text"] or note or parts.get("00", "")
        return said
    if SLASHED.search(joined):
        pieces = SLASHED.split(joined)
        named = {}
        for key, part in zip(pieces[1::2], pieces[2::2], strict=False):
            named.setdefault(key, part.strip(" /"))
        said["end_to_end_id"] = named.get("EREF", "")
        said["name"] = named.get("NAME", "")
        said["account"] = named.get("IBAN", "")
        said["return_code"] = named.get("RTRN", "").split("/")[0]
        said["text"] = named.get("REMI", "") or joined
        return said
    said["text"] = " ".join(value.split())
    return said


def _day(text: str, name: str) -> date:
    """A day of six figures. Interest of February is dated to the 30th by banks that count 30 days a
    month: that is the month's last day."""
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    year += 2000 if year < 80 else 1900
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise BankFileNotReadable(
            _("Statement %(name)s: «%(text)s» is no day.") % {"name": name, "text": text}
        )
    return date(year, month, min(day, monthrange(year, month)[1]))


def _entry_day(value_date: date, text: str) -> date:
    """The entry date has no year: the one that lies nearest to the value date."""
    if len(text) != 4:
        return value_date
    month, day = int(text[:2]), int(text[2:])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return value_date
    near = []
    for year in (value_date.year - 1, value_date.year, value_date.year + 1):
        near.append(date(year, month, min(day, monthrange(year, month)[1])))
    return min(near, key=lambda when: abs(when - value_date))
