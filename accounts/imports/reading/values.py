"""Days and amounts as people write them. Decided over the whole column, never row by row."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from accounts.imports.reading.workbook import Typed

ORDERS = ("dmy", "mdy", "ymd")
THREE = re.compile(r"^(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})\.?$")
SOLID = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
NAMED = re.compile(r"^(\d{1,2})[\s./-]*([^\W\d]{3,9})\.?[\s./,-]*(\d{4}|\d{2})$")
NAMED_FIRST = re.compile(r"^([^\W\d]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$", re.I)
CLOCK = re.compile(r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(am|pm)?\s*(Z|[+-]\d{2}:?\d{2})?$", re.I)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True)
class Verdict:
    """`choice` of a column and whether it is certain; `others` are as possible.

    `is_proved`: cells of the column say so themselves (a column without any is certain of nothing
    that another could learn from).
    """

    choice: str
    is_certain: bool
    others: tuple[str, ...] = ()
    is_proved: bool = False


class Misread(Exception):
    """A cell that cannot be read. `code` and `params` make the sentence; see `messages`."""

    def __init__(self, code: str, **params) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def ascii_digits(text: str) -> str:
    """Digits of any script as 0 to 9; other letters stay."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


# --- days ---------------------------------------------------------------------------------------


def detect_date_order(values: Iterable[str]) -> Verdict:
    """Day, month and year in which order? Every value votes against the orders it cannot be.

    A few misprints do not turn a column round. Certain only when one order is left; a column in
    which no day is above the 12th is not certain, and somebody must be asked.
    """
    against = dict.fromkeys(ORDERS, 0)
    seen = 0
    for value in values:
        if isinstance(value, Typed):
            continue
        match = THREE.match(_without_clock(ascii_digits(value.strip())))
        if not match:
            continue
        seen += 1
        for order in ORDERS:
            if not _could_be(match.groups(), order):
                against[order] += 1
    if not seen:
        return Verdict("ymd", True)
    fewest = min(against.values())
    possible = [order for order in ORDERS if against[order] == fewest]
    is_certain = len(possible) == 1 and fewest <= seen * 0.05
    return Verdict(possible[0], is_certain, tuple(possible[1:]), is_certain)


def _could_be(parts: tuple[str, ...], order: str) -> bool:
    day, month, year = _by_order(parts, order)
    if len(year) == 3 or len(year) == 1 or len(day) > 2 or len(month) > 2:
        return False
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _by_order(parts: tuple[str, ...], order: str) -> tuple[str, str, str]:
    place = {letter: part for letter, part in zip(order, parts, strict=True)}
    return place["d"], place["m"], place["y"]


def _without_clock(text: str) -> str:
    return CLOCK.sub("", text) if ":" in text else text


def read_day(value: str, order: str) -> date:
    """A day from one cell. Raises Misread: not_a_day, no_such_day, no_such_month, odd_year."""
    text = _without_clock(ascii_digits(value.strip()))
    if isinstance(value, Typed) and value.kind != "d":
        raise Misread("not_a_day")
    if match := THREE.match(text):
        parts = match.groups()
        if len(parts[0]) == 4:
            order = "ymd"
        day, month, year = map(int, _by_order(parts, order))
        if year < 100 and len(_by_order(parts, order)[2]) == 2:
            year += 2000 if year < 70 else 1900
    elif match := SOLID.match(text):
        year, month, day = map(int, match.groups())
    elif match := NAMED.match(text):
        day, month, year = int(match[1]), _month(match[2]), _full_year(match[3])
    elif match := NAMED_FIRST.match(text):
        day, month, year = int(match[2]), _month(match[1]), int(match[3])
    else:
        raise Misread("not_a_day")
    if not 1 <= month <= 12:
        raise Misread("no_such_month", month=month)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Misread("odd_year", year=year, month=month, day=day)
    length = monthrange(year, month)[1]
    if not 1 <= day <= length:
        raise Misread("no_such_day", month=month, year=year, days=length)
    return date(year, month, day)


def _month(name: str) -> int:
    try:
        return MONTHS.index(name[:3].lower()) + 1
    except ValueError:
        raise Misread("not_a_day") from None


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def read_moment(value: str, order: str) -> datetime:
    """A day with an optional time; without a zone it is naive, in the creditor's own."""
    text = ascii_digits(value.strip())
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        day = read_day(value, order)
    clock = CLOCK.search(text) if ":" in text else None
    if clock is None:
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 the zone is the creditor's
    parts = re.match(r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?", clock[0])
    hour, minute, second = int(parts[1]), int(parts[2]), int(parts[3] or 0)
    half = (clock[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Misread("not_a_moment")
    return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001


# --- amounts ------------------------------------------------------------------------------------

SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "",
    "$": "",
    "₹": "INR",
    "₺": "TRY",
    "₪": "ILS",
    "₽": "RUB",
    "zł": "PLN",
    "د.إ": "AED",
}
CODE = re.compile(r"^([A-Za-z]{3})(?![A-Za-z])|(?<![A-Za-z])([A-Za-z]{3})$")
DIGITS = re.compile(r"^\d+$")
MARKS = re.compile(r"[.,]")
# Most amounts of most files: digits, and decimals behind the mark.
PROVES_POINT = re.compile(r"[0-9]+\.[0-9]{1,2}").fullmatch
PLAIN = {mark: re.compile(rf"([0-9]{{1,15}})(?:[{mark}]([0-9]+))?").fullmatch for mark in ".,"}


def detect_decimal_mark(values: Iterable[str]) -> Verdict:
    """Is the comma or the point the decimal mark? `1.234` alone proves nothing and is asked."""
    proof = {".": 0, ",": 0}
    open_cases = 0
    for value in values:
        if value.__class__ is str and PROVES_POINT(value):
            proof["."] += 1
            continue
        if isinstance(value, Typed):
            continue
        marks = MARKS.findall(value)
        if not marks:
            continue
        mark = marks[-1]
        tail = re.match(r"\d*", ascii_digits(value[value.rindex(mark) + 1 :]))[0]
        other = "," if mark == "." else "."
        if len(set(marks)) == 2 or (len(marks) == 1 and len(tail) != 3):
            proof[mark] += 1
        elif len(marks) > 1:
            proof[other] += 1
        elif value.strip().lstrip("-+(").startswith("0"):
            proof[mark] += 1
        else:
            open_cases += 1
    if proof["."] and proof[","]:
        choice = "." if proof["."] >= proof[","] else ","
        total = proof["."] + proof[","]
        is_certain = min(proof.values()) <= total * 0.05
        return Verdict(choice, is_certain, ("," if choice == "." else ".",), is_certain)
    if proof["."] or proof[","]:
        return Verdict("." if proof["."] else ",", True, is_proved=True)
    return Verdict(".", not open_cases, (",",) if open_cases else ())


@dataclass(frozen=True)
class Amount:
    """Signed value; `currency` where the cell names one; `is_float` where a workbook computed it."""

    value: Decimal
    currency: str = ""
    is_float: bool = False


# What stands for itself: no leading nought to drop, not so many decimals that a Decimal writes a power.
AS_WRITTEN = {
    mark: re.compile(rf"(0|[1-9][0-9]{{0,14}})(?:[{mark}]([0-9]{{1,6}}))?").fullmatch for mark in ".,"
}


def amount_as_text(value: str, mark: str) -> str:
    """The amount of a cell of digits, as `str(read_amount(...).value)`; empty where it takes more."""
    plain = AS_WRITTEN[mark](value)
    return f"{plain[1]}.{plain[2] or '0'}" if plain else ""


def read_amount(value: str, mark: str) -> Amount:
    """`1.240,00-`, `(12.00)`, `EUR 1 234.50`, `12.00 CR` (a credit is negative). Raises Misread."""
    if isinstance(value, Typed):
        if value.kind != "n":
            raise Misread("not_an_amount")
        return Amount(_decimal(value), is_float=True)
    if plain := PLAIN[mark](value):
        return Amount(Decimal(f"{plain[1]}.{plain[2] or '0'}"))
    text = ascii_digits(value).strip().replace("\u2212", "-")
    text, currency = _take_currency(text)
    sign = 1
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1, text[1:-1].strip()
    upper = text.upper()
    if upper.endswith(("CR", "DR")):
        sign, text = (-sign if upper.endswith("CR") else sign), text[:-2].strip()
    if text.endswith("-"):
        sign, text = -sign, text[:-1].strip()
    if text[:1] in "+-" and text:
        sign, text = (-sign if text[0] == "-" else sign), text[1:].strip()
    if not currency:
        text, currency = _take_currency(text)
    return Amount(sign * _unsigned(text, mark), currency)


def _take_currency(text: str) -> tuple[str, str]:
    for symbol, code in SYMBOLS.items():
        if symbol in text:
            return text.replace(symbol, "").strip(), code
    match = CODE.search(text)
    if match and (match[0].upper() not in ("CR", "DR")):
        return (text[: match.start()] + text[match.end() :]).strip(), match[0].upper()
    return text, ""


def _unsigned(text: str, mark: str) -> Decimal:
    group = "," if mark == "." else "."
    whole, _point, cents = text.rpartition(mark) if mark in text else (text, "", "")
    for space in (" ", "\u00a0", "\u202f", "'", "\u2019"):
        whole = whole.replace(space, group)
    parts = whole.split(group)
    if len(parts) > 1 and (
        len(parts[-1]) != 3 or not parts[0] or any(not 2 <= len(part) <= 3 for part in parts[1:])
    ):
        raise Misread("not_an_amount")
    digits = "".join(parts)
    if not (digits or cents) or not DIGITS.match((digits + cents) or "x"):
        raise Misread("not_an_amount")
    return _decimal(f"{digits or '0'}.{cents or '0'}")


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Misread("not_an_amount") from None
    if not value.is_finite() or abs(value) >= 10**15:
        raise Misread("not_an_amount")
    return value
