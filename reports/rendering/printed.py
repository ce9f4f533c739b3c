"""The lines of a report's printed tables, in the order in which they are printed.

They are what the PDF is read back against, line by line: each line's words and figures as the language
writes them. The contexts that the templates draw from are the same, the words between are not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.position.ageing import CurrencyAgeing
from collections_app.core.web.figures import count_text
from reports.rendering.labels import age_label, amount_in_words, day_in_words, doer, owner, word

DASH = "\u2013"


@dataclass(frozen=True)
class PrintedLine:
    """One line of a table: what it is called, and its other cells as they are printed.

    `table` says where it stands; a line without cells is a heading that the next ones stand under.
    """

    table: str
    label: str
    cells: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.table}, {self.label}" if self.cells else self.table

    @property
    def text(self) -> str:
        return " ".join(self.cells) or self.label


def shown(amount: Decimal, currency: str) -> str:
    """A figure of a table: a zero is a dash."""
    return amount_in_words(amount, currency) if amount else DASH


def counted(number: int) -> str:
    return count_text(number) if number else DASH


def printed_lines(dataset: Mapping[str, Any], context: Mapping[str, Any]) -> list[PrintedLine]:
    """Every line of every table of a monthly report, as its PDF prints them from `context`."""
    lines = {"collection": _collection, "registration": _registration, "followup": _follow_up}
    return list(lines[dataset["report"]](dataset, context))


def _collection(dataset, context) -> Iterator[PrintedLine]:
    for part in context["currencies"]:
        code = part["code"]
        for _label, heading, rows in part["levels"]:
            table = f"{code}, {heading}"
            yield PrintedLine(table, str(heading), ())
            for name, amounts in [*rows, (_("House"), part["sums"])]:
                yield PrintedLine(table, str(name), tuple(shown(amount, code) for amount in amounts))
        if part["ageing"]:
            yield from _aged(part, code)
    if context["activities"]:
        table, before = _("Activities"), None
        yield PrintedLine(table, table)
        for row in context["activities"]:
            officer = owner(row["officer"]) if row["key"] != before else ""
            counts = (count_text(row[name]) for name in ("attempts", "contacts_made", "right_party"))
            yield PrintedLine(table, officer, (word(row["channel"], "channel"), *counts))
            before = row["key"]


def _aged(part, code: str) -> Iterator[PrintedLine]:
    title, ageing = _("Ageing by due date of item"), part["ageing"]
    table = f"{code}, {title}"
    yield PrintedLine(table, title)
    for label, box in ageing["buckets"].items():
        amounts = (amount_in_words(box[name], code) for name in ("balance", "contested"))
        yield PrintedLine(table, age_label(label), (count_text(box["accounts"]), *amounts))
    sums = (
        (_("Open"), (count_text(ageing["open_accounts"]), amount_in_words(ageing["open_balance"], code))),
        (_("Credit balances"), (amount_in_words(ageing["credit_balance"], code),)),
        (_("Closing"), (amount_in_words(part["figures"]["closing"], code),)),
    )
    for label, cells in sums:
        yield PrintedLine(table, label, cells)


def _registration(dataset, context) -> Iterator[PrintedLine]:
    table = _("By creditor")
    yield PrintedLine(table, table)
    names = ("open_at_start", "registered", "reopened", "closed", "open_at_end")
    for row in context["creditors"]:
        counts = [row["accounts"][name] for name in names]
        yield PrintedLine(table, row["name"], tuple(count_text(count) for count in [*counts, row["late"]]))
    table = _("Account by account")
    yield PrintedLine(table, table)
    for row in context["rows"]:
        cells = (
            row["creditor"], day_in_words(row["registration_date"]), word(row["kind"], "registration"),
            row["unit"], owner(row["officer"]), row["currency"],
            amount_in_words(row["balance_at_end"], row["currency"]),
        )  # fmt: skip
        yield PrintedLine(table, row["account"], tuple(str(cell or "") for cell in cells))


def _follow_up(dataset, context) -> Iterator[PrintedLine]:
    tables: list[tuple[str, Iterable[tuple[str, Sequence[str]]]]] = [
        (_("By officer"), [
            (officer, [*(counted(count) for count in counts), count_text(total)])
            for officer, counts, total in context["by_officer"]
        ]),
        (_("By outcome"), [(label, [count_text(count)]) for label, count in context["outcomes"]]),
        (_("Follow-ups planned from these attempts"), [
            (label, [count_text(count)]) for label, count in context["statuses"]
        ]),
    ]  # fmt: skip
    for table, rows in tables:
        for place, (label, cells) in enumerate(rows):
            if not place:
                yield PrintedLine(table, table)
            yield PrintedLine(table, str(label), tuple(cells))
    table = _("Attempts")
    for row in context["rows"]:
        when = row["when"]
        follow_up = ""
        if row["follow_up_due"]:
            day = day_in_words(row["follow_up_due"])
            follow_up = f"{day}, {word(row['follow_up_status'], 'follow_up')}"
        cells = (
            f"{word(row['channel'], 'channel')}, {word(row['direction'], 'direction')}", row["creditor"],
            ", ".join(row["accounts"]), doer(row["officer"]), word(row["outcome"], "outcome"), follow_up,
        )  # fmt: skip
        label = f"{day_in_words(when.date())} {when:%H:%M}"
        yield PrintedLine(table, label, tuple(str(cell or "") for cell in cells))


def ageing_lines(
    answer: Sequence[CurrencyAgeing], *, parts: Iterable[str], name_of
) -> list[PrintedLine]:
    """The lines of a printed ageing; `name_of` says a bucket as people do."""
    parts, lines = list(parts), []
    for row in answer:
        named = [(bucket, name_of(bucket.label)) for bucket in row.buckets]
        for bucket, label in [*named, (row.total, _("All ages"))]:
            amounts = (bucket.balance, *(getattr(bucket, part) for part in parts))
            cells = (count_text(bucket.accounts), *(shown(amount, row.currency) for amount in amounts))
            lines.append(PrintedLine(row.currency, label, cells))
    return lines


def collector_lines(figures: Mapping[str, Any], sums: Iterable[tuple[str, Decimal]]) -> list[PrintedLine]:
    """The lines of a collector's printed report, but for its documents."""
    lines = []
    table = _("Contacts")
    for row in figures.get("contacts", ()):
        counts = (count_text(row[name]) for name in ("attempts", "contacts_made", "right_party"))
        lines.append(PrintedLine(table, word(row["channel"], "channel"), tuple(counts)))
    table = _("Promises taken")
    for row in figures.get("promises", ()):
        amount = amount_in_words(row["amount"], row["currency"])
        cells = (count_text(row["count"]), row["currency"], amount)
        lines.append(PrintedLine(table, word(row["status"], "promise"), cells))
    table = _("Receipts")
    for row in figures.get("receipts", ()):
        # which paper proves it stands between the reference and the amount
        cells = (row["account"], word(row["method"], "method"), row["reference"])
        day = day_in_words(date.fromisoformat(row["value_date"]))
        lines.append(PrintedLine(table, day, tuple(str(cell or "") for cell in cells)))
        amount = amount_in_words(row["amount"], row["currency"])
        lines.append(PrintedLine(f"{table}, {row['account']}", "", (row["currency"], amount)))
    for code, total in sums:
        lines.append(PrintedLine(table, _("All"), (code, amount_in_words(total, code))))
    return lines
