"""BECS (Australia): records of 120 characters, 0 header, 2 return, 7 totals.

The returns' layout follows the procedures' public descriptions; it is marked unverified on screen.
Amounts are in cents of the Australian dollar.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.returns.formats.found import FoundReturn, ReturnFileNotReadable, end_of

WIDTH = 120
CURRENCY = "AUD"
DEBIT = "13"


def looks_like(lines: list[str]) -> bool:
    """Whether the first line is a header record of 120 characters."""
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    return len(filled) > 1 and filled[0][:1] == "0" and WIDTH - 40 <= len(filled[0]) <= WIDTH


def _cents(text: str, line: int) -> Decimal:
    if not text.strip().isdigit():
        raise ReturnFileNotReadable(
            _("Line %(line)s: «%(text)s» is no amount.") % {"line": line, "text": text.strip()}
        )
    return Decimal(int(text)) / 100


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def _processed(text: str, returned: date) -> date | None:
    """The day of a month on which it was processed: the last one on or before the return."""
    if not text.strip().isdigit():
        return None
    wanted = int(text)
    year, month = returned.year, returned.month
    if wanted > returned.day:
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    try:
        return date(year, month, wanted)
    except ValueError:
        return None


def read(content: bytes, *, day: date) -> list[FoundReturn]:
    """Every returned entry. Refused: no return at all, or totals that are not those of the rows."""
    found: list[FoundReturn] = []
    processed = day
    total = Decimal(0)
    for number, raw in enumerate(content.decode("latin-1").splitlines(), 1):
        line = raw.rstrip("\r\n").ljust(WIDTH)
        kind = line[:1]
        if kind == "0":
            processed = _day(line[74:80]) or day
        elif kind == "2":
            row = _return(line, number, processed)
            total += row.amount
            found.append(row)
        elif kind == "7":
            stated = max(_cents(line[30:40], number), _cents(line[40:50], number))
            if stated != total:
                raise ReturnFileNotReadable(
                    _("The file says %(stated)s, its rows come to %(sum)s. Ask for it again.")
                    % {"stated": stated, "sum": total}
                )
        elif line.strip() and kind != "1":
            raise ReturnFileNotReadable(
                _("Line %(line)s begins with «%(kind)s», which no record of this format does.")
                % {"line": number, "kind": kind}
            )
    if not found:
        raise ReturnFileNotReadable(_("The file has no returned entry (record 2)."))
    return found


def _return(line: str, number: int, processed: date) -> FoundReturn:
    is_debit = line[18:20] == DEBIT
    return FoundReturn(
        number=number,
        code=line[17:18].strip(),
        amount=_cents(line[20:30], number),
        currency=CURRENCY,
        return_date=processed,
        payment_date=_processed(line[112:114], processed),
        reference=line[62:80].strip(),
        payer=line[30:62].strip(),
        number_end=end_of(line[8:17]),
        detail="" if is_debit else _("a payment sent by us"),
        is_ours=is_debit,
    )
