"""camt.052, camt.053 and camt.054 (ISO 20022) of every version, found by local names.

One booking is an `Ntry`; the payments inside are its `TxDtls`. `CdtDbtInd` says how the account
moved, `RvslInd` only that it takes something back. A document type or an entity is refused.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from accounts.bank.formats.found import (
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    amount_of,
    reference_of,
)

STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
NOT_BOOKED = {"PDNG", "INFO", "FUTR"}


def read(content: bytes) -> list[Statement]:
    """The statements of a message. Raises BankFileNotReadable."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BankFileNotReadable(_("The file is damaged: it can't be read as XML.")) from error
    found = [element for element in root.iter() if _name(element) in STATEMENTS]
    if not found:
        raise BankFileNotReadable(_("This message holds no statement, report or notification."))
    return [_statement(element) for element in found]


def _statement(element: Element) -> Statement:
    account = _first(_child(element, "Acct"), "Id")
    number = (
        _text(account, "IBAN") or _text(account, "Id") or _text(account, "BBAN") or _text(account, "UPIC")
    )
    name = _own(element, "Id")
    if not number:
        raise BankFileNotReadable(_("Statement %(name)s does not say which account.") % {"name": name})
    balances: dict[str, tuple[Decimal, date | None, str]] = {}
    for balance in _children(element, "Bal"):
        code = _text(balance, "Tp", "Cd")
        if code and code not in balances:
            balances[code] = (_signed(balance, name), _day(_child(balance, "Dt")), _currency(balance))
    opening = next((balances[code] for code in OPENING if code in balances), None)
    closing = next((balances[code] for code in CLOSING if code in balances), None)
    entries = list(_children(element, "Ntry"))
    booked = {_own(_child(element, "Acct"), "Ccy")} | {_currency(entry) for entry in entries}
    stated = {balance[2] for balance in (opening, closing) if balance is not None}
    currencies = (booked - {""}) or stated
    if len(currencies) > 1:
        raise BankFileNotReadable(
            _("Statement %(name)s mixes currencies: %(currencies)s.")
            % {"name": name, "currencies": ", ".join(sorted(currencies))}
        )
    faults = tuple(
        _("Statement %(name)s: a balance is stated in %(currency)s, the account is kept in %(own)s.")
        % {"name": name, "currency": currency, "own": ", ".join(currencies)}
        for currency in sorted(stated - currencies)
    )
    made = _day(_child(element, "CreDtTm"))
    closing_date = (closing and closing[1]) or _day(_first(element, "FrToDt", "ToDtTm")) or made
    return Statement(
        account=number,
        currency=next(iter(currencies), ""),
        reference=name,
        number=_own(element, "ElctrncSeqNb") or _own(element, "LglSeqNb"),
        opening=opening and opening[0],
        closing=closing and closing[0],
        opening_date=(opening and opening[1]) or _day(_first(element, "FrToDt", "FrDtTm")),
        closing_date=closing_date,
        bookings=tuple(_booking(entry, name, closing_date) for entry in entries),
        faults=faults,
    )


def _booking(entry: Element, name: str, fallback: date | None) -> Booking:
    amount = _signed(entry, name)
    booked = _day(_child(entry, "BookgDt")) or _day(_child(entry, "ValDt")) or fallback
    if booked is None:
        raise BankFileNotReadable(_("Statement %(name)s: a booking has no date.") % {"name": name})
    status = _child(entry, "Sts")
    code = _text(status, "Cd") or _text(status, "Prtry") if status is not None and len(status) else ""
    code = code or (status.text or "").strip() if status is not None else ""
    details = [part for part in entry.iter() if _name(part) == "TxDtls"]
    is_reversal = _own(entry, "RvslInd").lower() in ("true", "1")
    payments = [
        _payment(entry, detail, amount, is_only=len(details) < 2, name=name) for detail in details or [entry]
    ]
    return Booking(
        booking_date=booked,
        value_date=_day(_child(entry, "ValDt")) or booked,
        amount=amount,
        payments=tuple(payments),
        is_reversal=is_reversal,
        is_pending=code in NOT_BOOKED,
    )


def _payment(entry: Element, detail: Element, whole: Decimal, *, is_only: bool, name: str) -> Payment:
    given = _child(detail, "Amt") if detail is not entry else None
    if given is None:
        given = _first(detail, "AmtDtls", "TxAmt", "Amt") if detail is not entry else None
    amount = whole
    # A lone payment is its booking; amounts inside may be in the payer's currency, before charges.
    if given is not None and not is_only and (given.get("Ccy") or "") == _currency(entry):
        direction = _own(detail, "CdtDbtInd") or _own(entry, "CdtDbtInd")
        amount = amount_of(given.text or "", name) * (1 if direction == "CRDT" else -1)
    elif not is_only:
        amount = Decimal(0)
    person = "Dbtr" if whole > 0 else "Cdtr"
    if _first(detail, "RtrInf") is not None:
        # What came back is told from the original payment: its debtor is who had paid us.
        person = "Dbtr" if whole < 0 else "Cdtr"
    account = _first(detail, f"{person}Acct", "Id")
    words = [part.text or "" for part in detail.iter() if _name(part) == "Ustrd"]
    words.append(_text(detail, "AddtlTxInf"))
    words.append(_own(entry, "AddtlNtryInf"))
    reference = _text(detail, "Refs", "AcctSvcrRef") or _own(entry, "AcctSvcrRef") or _own(entry, "NtryRef")
    return Payment(
        amount=amount,
        end_to_end_id=reference_of(_text(detail, "EndToEndId")),
        structured_reference=reference_of(_text(detail, "CdtrRefInf", "Ref")),
        bank_reference=reference_of(reference),
        counterparty_name=_text(detail, person, "Nm") or _text(detail, f"Ultmt{person}", "Nm"),
        counterparty_account=_text(account, "IBAN") or _text(account, "Id") or _text(account, "BBAN"),
        text=" ".join(" ".join(words).split()),
        return_code=_text(detail, "RtrInf", "Cd") or _text(detail, "RtrInf", "Prtry"),
    )


# ---- elements by their local names ----


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (part for part in element if _name(part) == name)


def _child(element: Element | None, name: str) -> Element | None:
    return next(_children(element, name), None) if element is not None else None


def _own(element: Element | None, name: str) -> str:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else ""


def _first(element: Element | None, *names: str) -> Element | None:
    """The element along a path of local names, each anywhere below the one before."""
    for name in names:
        if element is None:
            return None
        element = next((part for part in element.iter() if _name(part) == name and part is not element), None)
    return element


def _text(element: Element | None, *names: str) -> str:
    found = _first(element, *names)
    return (found.text or "").strip() if found is not None else ""


def _currency(element: Element) -> str:
    amount = _child(element, "Amt")
    return (amount.get("Ccy") or "").strip() if amount is not None else ""


def _signed(element: Element, name: str) -> Decimal:
    amount = _child(element, "Amt")
    direction = _own(element, "CdtDbtInd")
    if amount is None or direction not in ("CRDT", "DBIT"):
        raise BankFileNotReadable(
            _("Statement %(name)s: an amount is missing, or whether it is credit or debit.") % {"name": name}
        )
    return amount_of(amount.text or "", name) * (1 if direction == "CRDT" else -1)


def _day(element: Element | None) -> date | None:
    """The day of a date, a moment, or a choice between them."""
    if element is None:
        return None
    text = (element.text or "").strip() or _text(element, "Dt") or _text(element, "DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
