"""The receipt of one payment: what it paid, what was owed after it, whether it came back.

Drawn when it is asked for, from the ledger of that moment, so that it never says of money that came
back that it is there. What it paid is what the ledger's own allocation changed by it, on its value
date and with what was known when it was booked; where several payments were booked in one stroke,
nobody can tell them apart and the paper says only how money is set off.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from accounts.ledger.enums import Receiver, ReportLine
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import Item, balances, open_items
from accounts.parties.enums import ContactPointKind
from accounts.returns.queries import return_of
from campaigns.statements.addressees import addressees
from campaigns.statements.figures import ZERO
from campaigns.statements.mailing import points_of
from campaigns.statements.papers import Formatter, Sender, letter_head, moment_words
from campaigns.statements.wording import KINDS, METHODS, WORDS, in_language
from collections_app.core import pdf
from collections_app.core.models import Organisation

AFTER = """
SELECT coalesce(sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END), 0)
FROM accounts_ledgerentry
WHERE account_id = %(account)s AND (value_date, id) <= (%(day)s, %(entry)s)
"""
TWINS = """
SELECT count(*) FROM accounts_ledgerentry
WHERE account_id = %(account)s AND recorded_at = %(at)s AND direction = 'credit'
"""


@dataclass(frozen=True)
class Receipt:
    """One payment as its receipt says it. `paid` is empty where nobody can tell; amounts in its
    account's currency."""

    entry: LedgerEntry
    paid: tuple[tuple[Item, Decimal], ...]
    credited: Decimal
    balance_after: Decimal
    balance_now: Decimal
    undone_on: date | None = None
    is_returned: bool = False


def receipt_of(entry: LedgerEntry, *, as_of: date) -> Receipt:
    """The receipt of a payment as things stand on `as_of`."""
    at, account_id = entry.recorded_at, entry.account_id
    with connection.cursor() as cursor:
        cursor.execute(AFTER, {"account": account_id, "day": entry.value_date, "entry": entry.pk})
        balance_after = cursor.fetchone()[0]
        cursor.execute(TWINS, {"account": account_id, "at": at})
        is_alone = cursor.fetchone()[0] == 1
    paid = _what_it_paid(entry) if is_alone else ()
    reversal = LedgerEntry.objects.filter(reverses=entry).first()
    returned = return_of(entry) if reversal is not None else None
    is_returned = returned is not None or (
        reversal is not None and reversal.line == ReportLine.PAYMENTS_RETURNED
    )
    return Receipt(
        entry=entry,
        paid=paid,
        credited=entry.amount - sum((amount for _item, amount in paid), ZERO) if is_alone else ZERO,
        balance_after=balance_after,
        balance_now=balances([account_id], as_of=as_of).get(account_id, ZERO),
        undone_on=reversal.value_date if reversal is not None else None,
        is_returned=is_returned,
    )


def _what_it_paid(entry: LedgerEntry) -> tuple[tuple[Item, Decimal], ...]:
    """By how much more each item was paid once this payment was known."""

    def known(at: datetime) -> list[Item]:
        found = open_items([entry.account_id], as_of=entry.value_date, known_at=at, include_paid=True)
        return found[entry.account_id]

    before = {item.entry_id: item.paid for item in known(entry.recorded_at - timedelta(microseconds=1))}
    return tuple(
        (item, item.paid - before.get(item.entry_id, ZERO))
        for item in known(entry.recorded_at)
        if item.paid > before.get(item.entry_id, ZERO)
    )


def _tax_of(item: LedgerEntry, form: Formatter, words: dict[str, str]) -> str:
    """What was billed and the tax in it; empty where there is none."""
    if not item.tax_amount:
        return ""
    tax = form.figure(item.tax_amount)
    parts = {
        "net": form.figure(item.amount - item.tax_amount),
        "tax": f"{tax} ({item.tax_code})" if item.tax_code else tax,
    }
    return f"{words['billed']} {form.figure(item.amount)}: {words['tax'] % parts}"


def receipt_pdf(receipt: Receipt, *, as_of: date, now: datetime) -> bytes:
    """The receipt as PDF, in the language of who gets it."""
    entry = receipt.entry
    account = entry.account
    (reader,) = addressees([(account.debtor, [account.pk])], as_of=as_of)
    reader = reader or account.debtor
    points = points_of([reader.pk], as_of=as_of)
    sender = Sender(
        account.debtor,
        account.creditor,
        Organisation.objects.first(),
        points.get((reader.pk, ContactPointKind.ADDRESS)),
        reader,
    )
    language = sender.language
    words, kinds = in_language(WORDS, language), in_language(KINDS, language)
    form = Formatter(entry.currency, language)
    office = sender.office.name if sender.office else words["office"]
    to = words["creditor"] % {"name": sender.name} if entry.receiver == Receiver.CREDITOR else office
    facts = [
        (words["value_date"], form.day(entry.value_date)),
        (words["from"], account.debtor.name),
        (words["to"], to),
    ]
    if entry.method:
        facts.append((words["method"], in_language(METHODS, language)[entry.method]))
    if entry.reference:
        facts.append((words["reference"], entry.reference))
    entries = LedgerEntry.objects.in_bulk([item.entry_id for item, _amount in receipt.paid])
    undone = ""
    if receipt.undone_on is not None:
        key = "came_back" if receipt.is_returned else "taken_back"
        undone = words[key] % {"day": form.day(receipt.undone_on)}
    return pdf.render(
        "pdf/receipt.html",
        {
            **letter_head(sender, numbers=[account.number], reference=f"R{entry.pk}", made_at=now),
            "office": sender.office,
            "title": words["receipt"],
            "undone": undone,
            "amount": form.coded(entry.amount),
            "facts": facts,
            "rows": [
                (
                    words["recovered"]
                    if entries[item.entry_id].line == ReportLine.WRITE_OFFS_REVERSED
                    else item.description or kinds.get(item.kind, item.kind),
                    _tax_of(entries[item.entry_id], form, words),
                    item.reference,
                    form.day(item.due_date),
                    form.figure(amount),
                )
                for item, amount in receipt.paid
            ],
            "credited": form.figure(receipt.credited) if receipt.credited else "",
            "total": form.figure(entry.amount),
            "is_told": bool(receipt.paid or receipt.credited),
            "balance_after": form.coded(receipt.balance_after),
            "is_credit_after": receipt.balance_after < 0,
            "now_label": words["balance_now"] % {"day": form.day(as_of)},
            "balance_now": form.coded(receipt.balance_now),
            "is_credit_now": receipt.balance_now < 0,
            "copy": words["copy"] % {"moment": moment_words(now, sender)},
        },
        language=language,
    )
