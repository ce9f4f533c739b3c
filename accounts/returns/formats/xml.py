"""Returns in XML: camt.053 and camt.054 (return information), pain.002 (rejects), Bacs ARUDD.

Elements are found by their local names, so that every version of a message is read alike. Entities
and document types are refused (defusedxml).
"""

import io
from collections.abc import Callable, Iterator, Set
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from accounts.returns.enums import ReturnFormat
from accounts.returns.formats.found import MOST_ROWS, FoundReturn, ReturnFileNotReadable, end_of

# What a status report says of what went well; such a row reverses nothing.
WENT_WELL = {"ACCP", "ACSP", "ACSC", "ACTC", "ACCC", "ACWC", "ACFC", "PDNG", "RCVD"}
SUCCESS_CODES = {"0000", ""}
TOLD_EVERY = 50_000  # events of the parser
# ARUDD writes its reasons in words; the code of the scheme is the second.
ARUDD_WORDS = {
    "REFER TO PAYER": "0",
    "INSTRUCTION CANCELLED": "1",
    "PAYER DECEASED": "2",
    "ACCOUNT TRANSFERRED": "3",
    "ADVANCE NOTICE DISPUTED": "4",
    "NO ACCOUNT": "5",
    "NO INSTRUCTION": "6",
    "AMOUNT DIFFERS": "7",
    "AMOUNT NOT YET DUE": "8",
    "PRESENTATION OVERDUE": "9",
    "SERVICE USER DIFFERS": "A",
    "ACCOUNT CLOSED": "B",
}


def format_of(head: bytes) -> str:
    """Which message an XML file is; empty where it is none that says what came back."""
    if b"camt.05" in head:
        return ReturnFormat.CAMT
    if b"pain.002" in head:
        return ReturnFormat.PAIN002
    if b"BACSDocument" in head or b"ARUDD" in head:
        return ReturnFormat.BACS
    return ""


def read(
    content: bytes, format: str, *, day: date, report: Callable[[float], None] | None = None
) -> list[FoundReturn]:
    """The rows of a message, at most one more than are taken at once; memory holds one element of it
    at a time. Raises ReturnFileNotReadable."""
    readers = {ReturnFormat.CAMT: _camt, ReturnFormat.PAIN002: _pain, ReturnFormat.BACS: _arudd}
    reader = readers.get(ReturnFormat(format)) if format else None
    if reader is None:
        raise ReturnFileNotReadable(_("This XML file is no camt.053, camt.054, pain.002 or ARUDD."))
    rows = islice(reader(content, day, report), MOST_ROWS + 1)
    return [FoundReturn(number=number, **fields) for number, fields in enumerate(rows, 1)]


def _streamed(
    content: bytes, names: Set[str], report: Callable[[float], None] | None
) -> Iterator[tuple[str, Element]]:
    """The elements of these local names, each whole, one after the other; then it is forgotten."""
    source, parents = io.BytesIO(content), list[Element]()
    inside = 0
    try:
        for number, (event, element) in enumerate(iterparse(source, events=("start", "end"))):
            name = _name(element)
            if event == "start":
                parents.append(element)
                inside += name in names
                continue
            parents.pop()
            if name not in names:
                continue
            inside -= 1
            if inside:
                continue
            yield name, element
            if parents:
                parents[-1].remove(element)
            if report is not None and number % TOLD_EVERY < 50:
                report(source.tell() / len(content))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ReturnFileNotReadable(_("The file is damaged: it can't be read as XML.")) from error


# ---- finding elements, whatever their namespace ----


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (part for part in element.iter() if _name(part) == name)


def _first(element: Element | None, *names: str) -> Element | None:
    """The element along a path of local names, each anywhere below the one before."""
    for name in names:
        if element is None:
            return None
        element = next((part for part in element.iter() if _name(part) == name and part is not element), None)
    return element


def _either(one: Element | None, other: Element | None) -> Element | None:
    """The first that is there; an element without parts counts as false by itself."""
    return one if one is not None else other


def _text(element: Element | None, *names: str) -> str:
    found = _first(element, *names)
    return (found.text or "").strip() if found is not None else ""


def _money(element: Element | None, what: str) -> tuple[Decimal, str]:
    text = (element.text or "").strip() if element is not None else ""
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ReturnFileNotReadable(
            _("%(what)s: «%(text)s» is no amount.") % {"what": what, "text": text}
        ) from error
    return amount, (element.get("Ccy") or "") if element is not None else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


# ---- camt.053 and camt.054 ----


def _camt(content: bytes, day: date, report) -> Iterator[dict]:
    for _found, entry in _streamed(content, {"Ntry"}, report):
        details = list(_all(entry, "TxDtls"))
        for detail in details or [entry]:
            if _first(detail, "RtrInf") is None:
                continue
            yield _camt_return(entry, detail, is_only=len(details) < 2, day=day)


def _camt_return(entry: Element, detail: Element, *, is_only: bool, day: date) -> dict:
    name = _text(detail, "EndToEndId") or _text(entry, "NtryRef")
    given = _either(_first(detail, "TxAmt", "Amt"), _own_amount(detail))
    if given is None:
        if not is_only:
            raise ReturnFileNotReadable(
                _("%(what)s: one of several returns of an entry has no amount.") % {"what": name}
            )
        given = _own_amount(entry)
    amount, currency = _money(given, name)
    # A return takes money off our account again; what comes back to us we had sent.
    is_ours = _own_text(entry, "CdtDbtInd") != "CRDT"
    person = "Cdtr" if not _text(detail, "Dbtr", "Nm") else "Dbtr"
    words = _text(detail, "AddtlInf") or _text(detail, "AddtlTxInf")
    return {
        "code": _text(detail, "RtrInf", "Cd") or _text(detail, "RtrInf", "Prtry"),
        "amount": abs(amount),
        "currency": currency,
        "return_date": _day(_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"))
        or _day(_text(entry, "ValDt", "Dt"))
        or day,
        "reference": _clean(_text(detail, "EndToEndId"))[:80],
        "trace": _clean(_text(detail, "TxId") or _text(detail, "InstrId"))[:80],
        "payer": _text(detail, person, "Nm")[:140],
        "number_end": end_of(_text(detail, f"{person}Acct", "IBAN")),
        "detail": (words if is_ours else ", ".join(filter(None, [_("a payment sent by us"), words])))[:200],
        "is_success": _text(detail, "RtrInf", "Cd") in SUCCESS_CODES and not _text(detail, "RtrInf", "Prtry"),
        "is_ours": is_ours,
    }


def _own_amount(element: Element) -> Element | None:
    return next((part for part in element if _name(part) == "Amt"), None)


def _own_text(element: Element, name: str) -> str:
    found = next((part for part in element if _name(part) == name), None)
    return (found.text or "").strip() if found is not None else ""


def _clean(reference: str) -> str:
    return "" if reference in ("NOTPROVIDED", "NOT PROVIDED") else reference


# ---- pain.002 ----


def _pain(content: bytes, day: date, report) -> Iterator[dict]:
    made, is_refused, is_empty = day, False, True
    for name, row in _streamed(content, {"GrpHdr", "GrpSts", "TxInfAndSts"}, report):
        if name == "GrpHdr":
            made = _day(_text(row, "CreDtTm")) or day
        if name == "GrpSts":
            is_refused = (row.text or "").strip() == "RJCT"
        if name != "TxInfAndSts":
            continue
        is_empty = False
        status = _text(row, "TxSts")
        code = _text(row, "StsRsnInf", "Rsn", "Cd") or _text(row, "StsRsnInf", "Prtry")
        given = _either(_first(row, "InstdAmt"), _first(row, "OrgnlTxRef", "Amt"))
        amount, currency = _money(given, _text(row, "OrgnlEndToEndId") or _("A payment"))
        yield {
            "code": code,
            "amount": amount,
            "currency": currency,
            "return_date": made,
            "payment_date": _day(_text(row, "ReqdColltnDt")),
            "reference": _clean(_text(row, "OrgnlEndToEndId"))[:80],
            "trace": _clean(_text(row, "OrgnlTxId") or _text(row, "OrgnlInstrId"))[:80],
            "payer": _text(row, "Dbtr", "Nm")[:140],
            "number_end": end_of(_text(row, "DbtrAcct", "IBAN")),
            "detail": _text(row, "AddtlInf")[:200],
            "is_success": status in WENT_WELL or (status != "RJCT" and code in SUCCESS_CODES),
        }
    if is_empty and is_refused:
        raise ReturnFileNotReadable(
            _("The bank refused the whole order without naming payments. Correct it and send it again.")
        )


# ---- Bacs ARUDD ----


def _arudd(content: bytes, day: date, report) -> Iterator[dict]:
    made = None
    for name, item in _streamed(content, {"Header", "ReturnedDebitItem"}, report):
        if name == "Header":
            made = made or _day(item.get("currentProcessingDate", ""))
            continue
        words = item.get("returnDescription", "").strip()
        code = item.get("returnCode", "").strip()
        try:
            amount = Decimal(item.get("valueOf", ""))
        except InvalidOperation as error:
            raise ReturnFileNotReadable(
                _("%(what)s: «%(text)s» is no amount.")
                % {"what": item.get("ref", ""), "text": item.get("valueOf", "")}
            ) from error
        payer = _first(item, "PayerAccount")
        yield {
            "code": ARUDD_WORDS.get(words.upper(), code[-1:] if len(code) == 1 else code),
            "amount": amount,
            "currency": item.get("currency") or "GBP",
            "return_date": made or day,
            "payment_date": _day(item.get("originalProcessingDate", "")),
            "reference": item.get("ref", "").strip()[:80],
            "payer": (payer.get("name", "") if payer is not None else "")[:140],
            "number_end": end_of(payer.get("number", "") if payer is not None else ""),
            "detail": words[:200],
        }
