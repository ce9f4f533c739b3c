"""OFX and QFX, as SGML (1.x, leaves without an end) and XML (2.x), read by one scanner.

A repeated FITID drops nothing: banks repeat them. OFX states a closing balance at most.
"""

import html
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
    amount_of,
    as_text,
    reference_of,
)

TOKEN = re.compile(r"<(/?)([A-Za-z0-9._]+)\s*(/?)>([^<]*)")
SETS = ("STMTRS", "CCSTMTRS", "INVSTMTRS")
ACCOUNTS = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
DAY = re.compile(r"^(\d{4})(\d{2})(\d{2})")
AMOUNT = re.compile(r"^[+-]?\d*[.,]?\d+$")


@dataclass
class _Node:
    name: str
    text: str = ""
    parts: list["_Node"] = field(default_factory=list)

    def all(self, name: str):
        for part in self.parts:
            if part.name == name:
                yield part
            else:
                yield from part.all(name)

    def value(self, *names: str) -> str:
        node: _Node | None = self
        for name in names:
            node = next(node.all(name), None) if node else None
        return node.text if node else ""


def read(content: bytes) -> list[Statement]:
    """The statements of a file. Raises BankFileNotReadable."""
    root = _tree(as_text(content))
    found = [node for name in SETS for node in root.all(name)]
    if not found:
        refused = next(
            (
                status
                for status in root.all("STATUS")
                if status.value("SEVERITY").upper() == "ERROR" or status.value("CODE") not in ("", "0")
            ),
            None,
        )
        words = (refused.value("MESSAGE") or refused.value("CODE")) if refused else ""
        if words:
            raise BankFileNotReadable(
                _("The file holds no statement: the bank says «%(words)s».") % {"words": words[:200]}
            )
        raise BankFileNotReadable(_("The file holds no statement."))
    return [_statement(node) for node in found]


def _tree(text: str) -> _Node:
    """Elements as a tree; one with text on it is a leaf, whether or not it is ended."""
    start = text.upper().find("<OFX>")
    if start < 0:
        raise BankFileNotReadable(_("The file is no OFX: the element <OFX> is missing."))
    root = _Node("")
    stack = [root]
    for ends, name, is_empty, words in TOKEN.findall(text[start:]):
        name = name.upper()
        if ends:
            if any(node.name == name for node in stack):
                while stack.pop().name != name:
                    pass
            continue
        node = _Node(name, html.unescape(words.strip()))
        stack[-1].parts.append(node)
        if not node.text and not is_empty:
            stack.append(node)
    if len(stack) > 1:
        raise BankFileNotReadable(
            _("The end of <%(name)s> is missing: the file is cut off.") % {"name": stack[1].name}
        )
    return root


def _statement(node: _Node) -> Statement:
    account = next((part for name in ACCOUNTS for part in node.all(name)), None)
    number = account.value("ACCTID") if account else ""
    if not number:
        raise BankFileNotReadable(_("A statement does not say which account."))
    # Of an investment account only the cash is money on a bank account.
    lists = list(node.all("INVBANKTRAN")) if node.name == "INVSTMTRS" else [node]
    bookings = [_booking(part, number) for holder in lists for part in holder.all("STMTTRN")]
    currencies = {part.value("CURSYM") for part in node.all("STMTTRN")} - {""}
    currency = node.value("CURDEF") or (currencies.pop() if len(currencies) == 1 else "")
    balance = next(node.all("LEDGERBAL"), None)
    closing = balance.value("BALAMT") if balance else ""
    closing_day = balance.value("DTASOF") if balance else ""
    transactions = next(node.all("BANKTRANLIST"), None)
    return Statement(
        account=number,
        currency=currency.upper(),
        reference=f"{number} {(transactions.value('DTEND') if transactions else '')[:8]}".strip(),
        closing=_amount(closing, number) if closing else None,
        opening_date=_day(transactions.value("DTSTART")) if transactions else None,
        closing_date=_day(closing_day) or (_day(transactions.value("DTEND")) if transactions else None),
        bookings=tuple(bookings),
    )


def _booking(node: _Node, account: str) -> Booking:
    booked = _day(node.value("DTPOSTED"))
    name = node.value("FITID") or node.value("NAME") or account
    if booked is None:
        raise BankFileNotReadable(
            _("Transaction %(name)s: «%(text)s» is no day.")
            % {"name": name, "text": node.value("DTPOSTED")[:20]}
        )
    amount = _amount(node.value("TRNAMT"), name)
    text = " ".join(f"{node.value('MEMO')} {node.value('REFNUM')}".split())
    return Booking(
        booking_date=booked,
        value_date=_day(node.value("DTAVAIL")) or booked,
        amount=amount,
        payments=(
            Payment(
                amount=amount,
                bank_reference=reference_of(node.value("FITID")),
                counterparty_name=node.value("NAME") or node.value("PAYEE", "NAME"),
                counterparty_account=node.value("BANKACCTTO", "ACCTID"),
                text=text,
            ),
        ),
    )


def _amount(text: str, what: str) -> Decimal:
    """An amount with a point or a comma before its decimals, never with thousands."""
    if not AMOUNT.match(text.strip()):
        raise BankFileNotReadable(
            _("%(what)s: «%(text)s» is no amount.") % {"what": what, "text": text.strip()[:40]}
        )
    return amount_of(text.replace(",", "."), what)


def _day(text: str) -> date | None:
    match = DAY.match(text.strip())
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
