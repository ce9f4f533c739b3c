"""The letter: a window envelope's form around an approved text.

The form is the product's own and always the same: address in the window, one box with amount, day
and reference, the items that add up to the box, and three ways (pay, do not agree, can't pay now).
Its words stand here beside the form, because they are what the debtor reads, in every language that
texts are installed in; another language falls back to English.
"""

from dataclasses import dataclass
from decimal import Decimal

from campaigns.correspondence.placeholders import (
    AccountLine,
    Figures,
    amount,
    confidential,
    day,
    isolated,
)
from collections_app.core import barcodes, money, pdf
from collections_app.core.paper_frame import RIGHT_TO_LEFT, line_direction

WORDS = {
    "en": {
        "date": "Date",
        "account": "Account",
        "accounts": "Accounts",
        "our_reference": "Our reference",
        "questions": "Questions",
        "dear": "Dear %(name)s,",
        "please_pay": "Please pay",
        "by": "By",
        "write": "Write with your payment",
        "item": "Item",
        "due": "Due",
        "billed": "Billed, %(currency)s",
        "paid": "Paid, %(currency)s",
        "to_pay": "To pay, %(currency)s",
        "less": "%(item)s, less %(amount)s you dispute",
        "sum": "To pay by %(day)s",
        "way_pay": "To pay",
        "way_no": "If you do not agree",
        "way_no_text": "Tell us which item and why, by %(day)s: %(contact)s. We do not ask for that part "
        "until we have answered.",
        "way_cannot": "If you can't pay now",
        "way_cannot_text": "Call %(name)s, %(phone)s. We can agree on instalments.",
        "way_cannot_write": "Write to %(email)s. We can agree on instalments.",
        "counter": "Please write %(reference)s with your payment.",
        "yours": "Yours sincerely,",
        "notice_heading": "Please settle your account",
        "notice_body": (
            "Your account is overdue. Please pay the amount below, or speak with us today:"
            " we look for a way that you can keep."
        ),
    },
    "ar": {
        "date": "التاريخ",
        "account": "الحساب",
        "accounts": "الحسابات",
        "our_reference": "مرجعنا",
        "questions": "للاستفسار",
        "dear": "السادة %(name)s المحترمين،",
        "please_pay": "يرجى سداد",
        "by": "قبل",
        "write": "اذكروا مع السداد",
        "item": "البند",
        "due": "الاستحقاق",
        "billed": "المفوتر، %(currency)s",
        "paid": "المسدد، %(currency)s",
        "to_pay": "المطلوب، %(currency)s",
        "less": "%(item)s، ناقص %(amount)s معترض عليه",
        "sum": "المطلوب قبل %(day)s",
        "way_pay": "للسداد",
        "way_no": "إذا كنتم لا توافقون",
        "way_no_text": "أخبرونا بالبند والسبب قبل %(day)s: %(contact)s. لا نطالب بذلك الجزء إلى أن نرد.",
        "way_cannot": "إذا تعذر السداد الآن",
        "way_cannot_text": "اتصلوا بـ %(name)s على %(phone)s. يمكننا الاتفاق على أقساط.",
        "way_cannot_write": "راسلونا على %(email)s. يمكننا الاتفاق على أقساط.",
        "counter": "يرجى ذكر %(reference)s مع السداد.",
        "yours": "مع خالص التحية،",
        "notice_heading": "يرجى تسوية حسابكم",
        "notice_body": (
            "حسابكم متأخر السداد. يرجى دفع المبلغ المبيّن أدناه أو التحدث إلينا اليوم:"
            " نبحث معكم عن حل يمكنكم الالتزام به."
        ),
    },
}


@dataclass(frozen=True)
class ItemRow:
    """One printed item; amounts as text without the currency, which stands in the head."""

    text: str
    due: str
    billed: str
    paid: str
    asked: str


@dataclass(frozen=True)
class ItemTable:
    """The items of one currency with their sum; `headings` names accounts when there are several."""

    currency: str
    groups: tuple[tuple[str, tuple[ItemRow, ...]], ...]
    total: str
    head: dict[str, str]


def words_of(language: str) -> dict[str, str]:
    return WORDS.get(language, WORDS["en"])


def _figure(value: Decimal, currency: str, language: str) -> str:
    return money.format_amount(value, currency, language) if value else "–"


def _rows(line: AccountLine, language: str, words: dict[str, str]) -> tuple[ItemRow, ...]:
    rows = []
    for item in line.items:
        text = item.description
        if item.contested:
            text = words["less"] % {
                "item": text,
                "amount": money.format_amount(item.contested, line.currency, language),
            }
        rows.append(
            ItemRow(
                text,
                day(item.due_date, language, "d MMM y"),
                _figure(item.billed, line.currency, language),
                _figure(item.paid, line.currency, language),
                _figure(item.asked, line.currency, language),
            )
        )
    return tuple(rows)


def tables(figures: Figures) -> list[ItemTable]:
    """Items by currency; the rows of each add up to its sum, which is the amount in the box."""
    words, language = words_of(figures.language), figures.language
    has_several = len(figures.lines) > 1
    made = []
    for currency, total in figures.totals.items():
        groups = tuple(
            (
                f"{words['account']} {line.number}" if has_several else "",
                _rows(line, language, words),
            )
            for line in figures.lines
            if line.currency == currency
        )
        head = {name: words[name] % {"currency": currency} for name in ("billed", "paid", "to_pay")}
        made.append(ItemTable(currency, groups, _figure(total, currency, language), head))
    return made


def _unbroken(text: str, language: str) -> str:
    """A number that must not break over lines, nor turn round in right-to-left text."""
    return isolated(text.replace(" ", "\u00a0"), language)


def _own_way(text: str, language: str) -> str:
    """A line that keeps the order of its own script on a right-to-left page: "14 Harbour Road"."""
    return f"\u2068{text}\u2069" if language in RIGHT_TO_LEFT and text else text


def _ways(
    figures: Figures, words: dict[str, str], officer: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Title and lines of each way; a line is (text, direction)."""
    language = figures.language
    by = day(figures.pay_by, language)
    contact = figures.creditor_email or figures.creditor_phone
    pay = [part.strip() for part in figures.how_to_pay.splitlines() if part.strip()]
    pay.append(words["counter"] % {"reference": figures.reference})
    if figures.creditor_phone:
        cannot = words["way_cannot_text"] % {
            "name": officer,
            "phone": _unbroken(figures.creditor_phone, language),
        }
    else:
        cannot = words["way_cannot_write"] % {"email": figures.creditor_email}
    ways = [
        (words["way_pay"], pay),
        (words["way_no"], [words["way_no_text"] % {"day": by, "contact": contact}]),
        (words["way_cannot"], [cannot]),
    ]
    return [
        (title, [(line, line_direction(line, language)) for line in lines]) for title, lines in ways
    ]


def context(
    figures: Figures, *, heading: str, body: str, our_reference: str, has_code: bool = False
) -> dict:
    """What the form prints, every figure formatted; with `has_code` the reference as bars too."""
    words, language = words_of(figures.language), figures.language
    officer = next((line.officer_name for line in figures.lines if line.officer_name), "")
    name = officer or figures.creditor_name
    sender_lines = [line.strip() for line in figures.creditor_address.splitlines() if line.strip()]
    return {
        "words": words,
        "figures": figures,
        "heading": heading,
        "paragraphs": [part.strip() for part in body.split("\n\n") if part.strip()],
        "dear": words["dear"] % {"name": figures.debtor_name},
        "today": day(figures.as_of, language, "d MMMM y"),
        "pay_by": day(figures.pay_by, language, "EEE d MMM y"),
        "amounts": [amount(value, code, language) for code, value in figures.totals.items()],
        "tables": tables(figures),
        "sum_label": words["sum"] % {"day": day(figures.pay_by, language)},
        "ways": _ways(figures, words, name),
        "numbers": [line.number for line in figures.lines],
        "our_reference": our_reference,
        "code": barcodes.svg(our_reference) if has_code else "",
        "signer": name,
        "confidential": confidential(language) if figures.is_notice else "",
        "signed_for": [
            (line, line_direction(line, language))
            for line in (
                ", ".join(filter(None, [figures.creditor_department, figures.creditor_hours])),
                figures.complaints_to,
                figures.notice_approval if figures.is_notice else "",
            )
            if line
        ],
        "address": [_own_way(line, language) for line in figures.address],
        "sender_address": "\n".join(_own_way(line, language) for line in sender_lines),
        "return_line": _own_way(", ".join([figures.creditor_name, *sender_lines]), language),
    }


def render_letter(figures: Figures, *, heading: str, body: str, our_reference: str) -> bytes:
    """The letter as PDF, its reference printed as bars too; the same figures and words give the same
    bytes."""
    return pdf.render(
        "pdf/letter.html",
        context(figures, heading=heading, body=body, our_reference=our_reference, has_code=True),
        language=figures.language,
    )
