"""The papers as the debtor gets them: every figure formatted, then drawn as PDF.

A statement has the letter's form, so that it fits the window envelope: address, fold mark, the
demonstration's mark. The same figures give the same bytes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.arrangements.as_known import InstalmentThen, PlanThen
from accounts.ledger.enums import EntryKind
from accounts.parties.models import ContactPoint, Creditor, Debtor
from campaigns.correspondence.placeholders import day, isolated
from campaigns.correspondence.queries import postal_lines
from campaigns.statements.figures import RETURNED, WRITTEN_OFF, Figures, Line, Table
from campaigns.statements.wording import (
    KINDS,
    METHODS,
    PARTS,
    RETURNED_PAYMENT,
    WORDS,
    in_language,
    language_of,
)
from collections_app.core import money, pdf
from collections_app.core.models import Organisation
from collections_app.core.paper_frame import RIGHT_TO_LEFT, line_direction

DAY = "d MMM y"


@dataclass(frozen=True)
class Sender:
    """Who writes to whom: the creditor's own words first, the office's where he has none.

    `debtor` is whose paper it is, `addressee` who gets it in his place; `point` is the latter's address.
    """

    debtor: Debtor
    creditor: Creditor
    office: Organisation | None
    point: ContactPoint | None = None
    addressee: Debtor | None = None

    @property
    def reader(self) -> Debtor:
        return self.addressee or self.debtor

    @property
    def language(self) -> str:
        return language_of(self.reader.language, self.creditor.language)

    @property
    def name(self) -> str:
        return self.creditor.sender_name or self.creditor.name

    @property
    def phone(self) -> str:
        return self.creditor.sender_phone or (self.office.phone if self.office else "")

    @property
    def email(self) -> str:
        return self.creditor.sender_email or (self.office.email if self.office else "")

    @property
    def address(self) -> str:
        return self.creditor.sender_address or (self.office.address if self.office else "")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.creditor.time_zone)


def letter_head(sender: Sender, *, numbers: list[str], reference: str, made_at: datetime) -> dict[str, Any]:
    """What every paper of the letter's form prints around its body."""
    language = sender.language
    words = in_language(WORDS, language)
    return_line = [sender.name, *sender.address.splitlines()]
    return {
        "words": words,
        "sender": sender,
        "phone": sender.phone,
        "address": [
            (line, line_direction(line, language))
            for line in (sender.reader.name, *postal_lines(sender.point))
        ],
        "concerns": words["concerns"] % {"name": sender.debtor.name}
        if sender.reader != sender.debtor
        else "",
        "sender_direction": line_direction(sender.address or sender.name, language),
        "return_line": ", ".join(part.strip() for part in return_line if part.strip()),
        "numbers": numbers,
        "our_reference": reference,
        "today": day(made_at.astimezone(sender.zone).date(), language, "d MMMM y"),
    }


def moment_words(moment: datetime, sender: Sender) -> str:
    """`22 Nov 2026, 14:02 UTC+4` on the creditor's clock."""
    local = moment.astimezone(sender.zone)
    hours, seconds = divmod(abs(local.utcoffset().total_seconds()), 3600)
    sign = "-" if local.utcoffset().total_seconds() < 0 else "+"
    offset = f"{sign}{hours:.0f}" if hours or seconds else ""
    offset += f":{seconds / 60:02.0f}" if seconds else ""
    clock = isolated(f"{local:%H:%M} UTC{offset}", sender.language)
    return f"{day(local.date(), sender.language, DAY)}, {clock}"


class Formatter:
    """Figures of one currency in one language; digits are European everywhere."""

    def __init__(self, currency: str, language: str) -> None:
        self.currency, self.language = currency, language

    def figure(self, amount: Decimal) -> str:
        return money.format_amount(amount, self.currency, self.language)

    def blank(self, amount: Decimal) -> str:
        """As `figure`; nothing for zero, where the other column speaks."""
        return self.figure(amount) if amount else ""

    def coded(self, amount: Decimal) -> str:
        return f"{self.currency} {self.figure(amount)}"

    def day(self, value: date | None) -> str:
        return day(value, self.language, DAY)


def what(line: Line, language: str) -> str:
    """A movement in the debtor's words: its own description, else what it was."""
    kinds, methods = in_language(KINDS, language), in_language(METHODS, language)
    if line.kind == EntryKind.PAYMENT:
        how = methods.get(line.method, "")
        return f"{kinds[line.kind]} ({how})" if how else kinds[line.kind]
    if line.kind == EntryKind.REVERSAL:
        if line.part == RETURNED:
            return in_language(RETURNED_PAYMENT, language)
        taken = kinds.get(line.reversed_kind, "")
        return f"{kinds[line.kind]}: {line.description or taken}"
    if line.kind == EntryKind.WRITE_OFF:
        return kinds[line.kind]  # its description is the office's reason
    if line.part == WRITTEN_OFF:
        return in_language(WORDS, language)["recovered"]
    return line.description or kinds[line.kind]


def table_rows(table: Table, *, last_day: date, first_day: date, language: str) -> dict[str, Any]:
    """One currency of a statement as text, for paper and screen alike."""
    words, form = in_language(WORDS, language), Formatter(table.currency, language)
    numbers = {part.account_id: part.number for part in table.accounts}
    parts = in_language(PARTS, language)
    return {
        "currency": table.currency,
        "accounts": [(part.number, part.product) for part in table.accounts],
        "has_several": len(table.accounts) > 1,
        "face": [
            (words["opening"] % {"day": form.day(first_day)}, form.figure(table.opening), ""),
            *((parts[name], _signed(amount, form), "") for name, amount in table.parts().items()),
            (words["closing"] % {"day": form.day(last_day)}, form.coded(table.closing), "sum"),
        ],
        "is_credit": table.closing < 0,
        "opening": form.figure(table.opening),
        "closing": form.figure(table.closing),
        "debits": form.figure(sum((line.debit for line in table.lines), Decimal(0))),
        "credits": form.figure(sum((line.credit for line in table.lines), Decimal(0))),
        "lines": [
            {
                "entry_id": line.entry_id,
                "day": form.day(line.value_date),
                "what": what(line, language),
                "tax": _tax(line, form, words),
                "account": line.account_number,
                "reference": line.reference,
                "debit": form.blank(line.debit),
                "credit": form.blank(line.credit),
                "balance": form.figure(balance),
            }
            for line, balance in table.running()
        ],
        "items": [
            {
                "account": numbers[account_id],
                "what": item.description or in_language(KINDS, language).get(item.kind, item.kind),
                "reference": item.reference,
                "due": form.day(item.due_date),
                "age": _age((last_day - item.due_date).days, words),
                "billed": form.figure(item.amount),
                "paid": form.blank(item.paid),
                "open": form.figure(item.open),
                "disputed": words["disputed_part"] % {"amount": form.figure(item.contested)}
                if item.contested
                else "",
            }
            for account_id, item in table.items
        ],
        "items_title": words["items"] % {"day": form.day(last_day)},
        "open_total": form.figure(table.open_total),
        "credit": form.figure(-table.credit) if table.credit and table.items else "",
        "closing_label": words["closing"] % {"day": form.day(last_day)},
        "notes": _notes(table, form, words),
        "plans": [_plan(plan, last_day, form, words) for plan in table.plans],
    }


def _signed(amount: Decimal, form: Formatter) -> str:
    """A part of the face with its sign, so that the column adds up as it is read."""
    return f"+{form.figure(amount)}" if amount > 0 else form.figure(amount)


def _tax(line: Line, form: Formatter, words: dict[str, str]) -> str:
    if not line.tax_amount:
        return ""
    tax = form.figure(line.tax_amount)
    said = f"{tax} ({line.tax_code})" if line.tax_code else tax
    return words["tax"] % {"net": form.figure(line.net), "tax": said}


def _age(days: int, words: dict[str, str]) -> str:
    return words["days"] % {"n": days} if days > 0 else words["not_due"]


def _notes(table: Table, form: Formatter, words: dict[str, str]) -> list[str]:
    """What is disputed and what is promised, said beside the items."""
    notes = []
    if table.disputed:
        notes.append(words["disputed"] % {"amount": form.coded(table.disputed)})
    notes += [
        words["promised"] % {"amount": form.coded(row.missing), "day": form.day(row.due_date)}
        for row in table.promised
    ]
    return notes


def instalment_state(row: InstalmentThen, day: date) -> str:
    """The key of the word for what an instalment is at the end of a day."""
    if row.is_paid:
        return "state_paid"
    if row.due_date < day:
        return "state_late"
    return "state_part" if row.received else "state_to_come"


def _plan(plan: PlanThen, last_day: date, form: Formatter, words: dict[str, str]) -> dict[str, Any]:
    """A plan in force with its instalments; their money stands in the table above already."""
    rows, received = plan.instalments, sum((row.received for row in plan.instalments), Decimal(0))
    said = {"number": len(rows), "amount": form.coded(plan.amount), "day": form.day(plan.starts_on)}
    return {
        "title": words["plan"],
        "text": words["plan_text"] % said,
        "rows": [
            {
                "number": row.number or words["deposit"],
                "due": form.day(row.due_date),
                "amount": form.figure(row.amount),
                "received": form.blank(row.received),
                "missing": form.blank(row.missing),
                "state": words[instalment_state(row, last_day)],
            }
            for row in rows
        ],
        "amount": form.figure(plan.amount),
        "received": form.figure(received),
        "missing": form.figure(plan.amount - received),
    }


def statement_context(figures: Figures, sender: Sender, *, reference: str) -> dict[str, Any]:
    """A statement as text; the screen shows the same rows."""
    language = sender.language
    words = in_language(WORDS, language)
    form = Formatter("", language)
    numbers = [part.number for table in figures.tables for part in table.accounts]
    first, last = form.day(figures.first_day), form.day(figures.last_day)
    contact = sender.email or isolated(sender.phone, language)
    how = [part.strip() for part in sender.creditor.payment_instructions.splitlines() if part.strip()]
    is_owed = any(table.closing > 0 for table in figures.tables)
    return {
        **letter_head(sender, numbers=numbers, reference=reference, made_at=figures.known_at),
        "title": words["statement"],
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "period": words["period_of"] % {"first": first, "last": last},
        "period_rows": [(words["from_day"], first), (words["to_day"], last)],
        "tables": [
            table_rows(table, first_day=figures.first_day, last_day=figures.last_day, language=language)
            for table in figures.tables
        ],
        "how": [(line, line_direction(line, language)) for line in how] if is_owed else [],
        "write": words["write"] % {"reference": isolated(numbers[0], language)}
        if is_owed and numbers
        else "",
        "wrong": words["way_no_text"] % {"contact": contact} if contact else "",
        "known": words["known"] % {"day": last, "moment": moment_words(figures.known_at, sender)},
    }


def statement_pdf(figures: Figures, sender: Sender, *, reference: str) -> bytes:
    """The statement as PDF, in the language of who gets it."""
    return pdf.from_html(statement_html(figures, sender, reference=reference))


def statement_html(figures: Figures, sender: Sender, *, reference: str) -> str:
    """The statement before it is drawn."""
    return pdf.html_of(
        "pdf/statement.html",
        {**statement_context(figures, sender, reference=reference), "office": sender.office},
        language=sender.language,
    )
