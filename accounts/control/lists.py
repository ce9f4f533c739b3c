"""Balances by account, as the creditor's system exports them: two columns of any table."""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.imports.mapping import header_in_words
from accounts.imports.reading.source import Source
from accounts.imports.reading.understand import Dialect, rows, understand
from accounts.imports.reading.values import Misread, detect_decimal_mark, read_amount
from collections_app.core.money import quantise
from collections_app.core.refusal import Refused

NUMBER, BALANCE = "account_number", "balance"
FAULTS_NAMED = 5


class ListRefused(Refused):
    """The list can't be compared; the message names rows and columns."""


def read_balances(
    *, filename: str, content: bytes, currency: str, number_column: str = "", balance_column: str = ""
) -> dict[str, Decimal]:
    """Balance by account number. Raises ListRefused and FileNotReadable; nothing is kept.

    A number may stand once. Amounts may be written in any way an import reads; a credit is negative.
    """
    source = Source.from_bytes(filename, content)
    dialect = understand(source, known=frozenset({NUMBER, BALANCE}))
    if dialect.questions:
        dialect = understand(source, encoding=dialect.encoding, sheet=dialect.sheet)
    number_at = _place(dialect, number_column or NUMBER)
    balance_at = _place(dialect, balance_column or BALANCE)
    read = [row for row in rows(source, dialect) if any(str(cell).strip() for cell in row.cells)]
    mark = detect_decimal_mark(str(row.cells[balance_at]) for row in read if not row.fault)
    found: dict[str, Decimal] = {}
    faults: list[str] = []
    for row in read:
        if row.fault:
            faults.append(_("row %(row)s: %(fault)s") % {"row": row.number, "fault": row.fault})
            continue
        number = str(row.cells[number_at]).strip()
        try:
            amount = read_amount(row.cells[balance_at], mark.choice).value
        except Misread:
            faults.append(
                _("row %(row)s: «%(text)s» is not an amount")
                % {"row": row.number, "text": str(row.cells[balance_at])[:40]}
            )
            continue
        if not number:
            faults.append(_("row %(row)s: the account number is missing") % {"row": row.number})
        elif number in found:
            faults.append(
                _("row %(row)s: account %(number)s stands twice") % {"row": row.number, "number": number}
            )
        elif quantise(amount, currency) != amount:
            faults.append(
                _("row %(row)s: %(amount)s has more decimals than %(currency)s has")
                % {"row": row.number, "amount": amount, "currency": currency}
            )
        else:
            found[number] = amount
    if faults:
        more = len(faults) - FAULTS_NAMED
        text = "; ".join(faults[:FAULTS_NAMED])
        if more > 0:
            text = _("%(faults)s; and %(more)s more") % {"faults": text, "more": more}
        raise ListRefused(_("Nothing was kept. Mend the list: %(faults)s.") % {"faults": text}, field="file")
    if not found:
        raise ListRefused(_("The list has no rows."), field="file")
    return found


def _place(dialect: Dialect, name: str) -> int:
    names = [column.strip().casefold() for column in dialect.header]
    if name.strip().casefold() not in names:
        raise ListRefused(
            _("The list has no column «%(name)s». It has: %(columns)s. Name the column below.")
            % {"name": name, "columns": header_in_words(dialect.header)},
            field="number_column" if name == NUMBER else "balance_column" if name == BALANCE else "file",
        )
    return names.index(name.strip().casefold())
