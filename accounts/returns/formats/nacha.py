"""ACH: records of 94 characters; a return is an entry followed by an addenda record of type 99.

Layout by the public NACHA file specification: addenda 99 has the return reason in columns 4-6, the
original trace number in 7-21 and words in 36-79. Addenda 98 (notification of change) moves no
money. Amounts are in cents of the US dollar.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.returns.formats.found import FoundReturn, ReturnFileNotReadable, end_of

WIDTH = 94
PADDING = "9" * WIDTH
CURRENCY = "USD"
# The second figure of a transaction code: 5 to 9 move money out of the debtor's account.
DEBITS = {"5", "6", "7", "8", "9"}


def looks_like(lines: list[str]) -> bool:
    """Whether the first lines are records of an ACH file, with or without its header."""
    filled = [line.rstrip("\r\n") for line in lines[:6] if line.strip()]
    if len(filled) < 2 or not any(len(line) == WIDTH for line in filled):
        return False
    first, second = filled[0], filled[1]
    return (
        first.startswith("101")
        or (first[:1] == "5" and second[:1] == "6")
        or (first[:1] == "6" and second[:3] in ("798", "799"))
    )


def _cents(text: str, line: int) -> Decimal:
    if not text.isdigit():
        raise ReturnFileNotReadable(
            _("Line %(line)s: «%(text)s» is no amount.") % {"line": line, "text": text.strip()}
        )
    return Decimal(int(text)) / 100


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def read(content: bytes, *, day: date) -> list[FoundReturn]:
    """Every return and change notice of a file.

    Refused: no entry at all, an amount that is none, a control record of the file that says other
    sums than its entries.
    """
    found: list[FoundReturn] = []
    created = day
    entry: dict | None = None
    totals = {"debit": Decimal(0), "credit": Decimal(0)}
    entries = 0
    sec = ""
    for number, raw in enumerate(content.decode("latin-1").splitlines(), 1):
        line = raw.rstrip("\r\n").ljust(WIDTH)
        kind = line[:1]
        if not line.strip() or line == PADDING:
            continue
        if kind == "1":
            created = _day(line[23:29]) or day
        elif kind == "5":
            sec, entry = line[50:53], None
        elif kind == "6":
            entry = _entry(line, number, is_international=sec == "IAT")
            totals["debit" if entry["is_debit"] else "credit"] += entry["amount"]
            entries += 1
        elif kind == "7" and entry is not None:
            if line[1:3] == "10":
                entry["payer"] = line[46:81].strip()
            elif line[1:3] in ("98", "99"):
                found.append(_addenda(line, number, entry, created))
        elif kind == "9":
            _check_control(line, number, totals)
    if not entries:
        raise ReturnFileNotReadable(_("The file has no entry. Is it an ACH file of returns?"))
    return found


def _entry(line: str, number: int, *, is_international: bool) -> dict:
    account = line[39:74] if is_international else line[12:29]
    return {
        "amount": _cents(line[29:39], number),
        "is_debit": line[2:3] in DEBITS,
        "account": account.strip(),
        "reference": "" if is_international else line[39:54].strip(),
        "payer": "" if is_international else line[54:76].strip(),
        "trace": line[79:94].strip(),
    }


def _addenda(line: str, number: int, entry: dict, created: date) -> FoundReturn:
    is_change = line[1:3] == "98"
    trace = line[6:21].strip()
    words = line[35:79].strip()
    if is_change:
        words = _("Notice of change, no money moved: %(words)s") % {"words": words}
    elif not entry["is_debit"]:
        words = ", ".join(filter(None, [_("a payment sent by us"), words]))
    return FoundReturn(
        number=number,
        code=line[3:6].strip(),
        amount=entry["amount"],
        currency=CURRENCY,
        return_date=created,
        reference=entry["reference"],
        trace="" if set(trace) <= {"0"} else trace,
        payer=entry["payer"],
        number_end=end_of(entry["account"]),
        detail=words[:200],
        is_success=is_change,
        is_ours=entry["is_debit"],
    )


def _check_control(line: str, number: int, totals: dict[str, Decimal]) -> None:
    if line[1:55].strip("9 ") == "":
        return
    for side, text in (("debit", line[31:43]), ("credit", line[43:55])):
        stated = _cents(text, number)
        if stated != totals[side]:
            raise ReturnFileNotReadable(
                _("The file says %(stated)s of %(side)s, its entries come to %(sum)s. Ask for it again.")
                % {"stated": stated, "side": side, "sum": totals[side]}
            )
