"""A statement as a workbook: movements and open items per currency, and a sheet of control."""

import io

from campaigns.statements.figures import Figures, Table
from campaigns.statements.papers import Sender, instalment_state, what
from campaigns.statements.wording import PARTS, WORDS, in_language
from collections_app.core.spreadsheets import Column, Sheet, control_sheet, print_mark, write_workbook


def statement_workbook(figures: Figures, sender: Sender) -> bytes:
    """Typed cells in the language of who gets it; the sums are formulas with their values."""
    language = sender.language
    words = in_language(WORDS, language)
    sheets = []
    for table in figures.tables:
        sheets.append(_movements(table, words, language))
        sheets.append(_items(table, figures, words))
        if table.plans:
            sheets.append(_plans(table, figures, words))
    sheets.append(_control(figures, sender, words, language))
    out = io.BytesIO()
    write_workbook(
        sheets, out, title=words["statement"], time_zone=sender.creditor.time_zone, mark=print_mark()
    )
    return out.getvalue()


def _movements(table: Table, words: dict[str, str], language: str) -> Sheet:
    money = {"kind": "money", "currency": table.currency}
    columns = [
        Column(words["day"], "date"),
        Column(words["account"]),
        Column(words["what"], width=36),
        Column(words["reference"]),
        Column(words["debit"], total=True, **money),
        Column(words["credit"], total=True, **money),
        Column(words["balance"], **money),
        Column(words["net"], **money),
        Column(words["tax_word"], **money),
        Column(words["tax_code"], width=12),
    ]
    rows = (
        [
            line.value_date,
            line.account_number,
            what(line, language),
            line.reference,
            line.debit or None,
            line.credit or None,
            balance,
            line.net if line.tax_amount else None,
            line.tax_amount or None,
            line.tax_code,
        ]
        for line, balance in table.running()
    )
    return Sheet(f"{words['movements']} {table.currency}", columns, rows, words["sum"])


def _items(table: Table, figures: Figures, words: dict[str, str]) -> Sheet:
    money = {"kind": "money", "currency": table.currency, "total": True}
    numbers = {part.account_id: part.number for part in table.accounts}
    columns = [
        Column(words["account"]),
        Column(words["what"], width=36),
        Column(words["reference"]),
        Column(words["due"], "date"),
        Column(words["age"], "int"),
        Column(words["billed"], **money),
        Column(words["paid"], **money),
        Column(words["open"], **money),
        Column(words["disputed_word"], **money),
    ]
    rows = (
        [
            numbers[account_id],
            item.description or item.kind,
            item.reference,
            item.due_date,
            max((figures.last_day - item.due_date).days, 0),
            item.amount,
            item.paid,
            item.open,
            item.contested,
        ]
        for account_id, item in table.items
    )
    return Sheet(f"{words['open']} {table.currency}", columns, rows, words["sum"])


def _plans(table: Table, figures: Figures, words: dict[str, str]) -> Sheet:
    money = {"kind": "money", "currency": table.currency, "total": True}
    columns = [
        Column(words["instalment"], "int"),
        Column(words["due"], "date"),
        Column(words["state"]),
        Column(words["amount"], **money),
        Column(words["paid"], **money),
        Column(words["missing"], **money),
    ]
    rows = (
        [
            row.number,
            row.due_date,
            words[instalment_state(row, figures.last_day)],
            row.amount,
            row.received,
            row.missing,
        ]
        for plan in table.plans
        for row in plan.instalments
    )
    return Sheet(f"{words['plan']} {table.currency}"[:31], columns, rows, words["sum"])


def _control(figures: Figures, sender: Sender, words: dict[str, str], language: str) -> Sheet:
    parts = in_language(PARTS, language)
    facts = [
        (words["from_day"], figures.first_day),
        (words["to_day"], figures.last_day),
        (words["as_recorded"], figures.known_at),
        (words["name"], sender.debtor.name),
    ]
    for table in figures.tables:
        code = table.currency
        facts.append((f"{words['opening_word']} {code}", table.opening))
        facts += [(f"{parts[name]} {code}", amount) for name, amount in table.parts().items()]
        facts.append((f"{words['closing_word']} {code}", table.closing))
    return control_sheet(facts, name=words["control"])
