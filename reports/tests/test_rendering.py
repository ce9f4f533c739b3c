"""What is printed adds up for its reader, in words and grouped figures."""

import io
import json
import re
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from collections_app.core.models import Organisation
from reports.figures.month_rows import FIGURES, MINUS, PLUS
from reports.rendering import labels
from reports.rendering.collector import money_strips
from reports.rendering.identity import grouped, holds, strip
from reports.rendering.workbook import report_workbook

LINES = [*PLUS, *MINUS]
CENTS = st.integers(min_value=-10_000_000, max_value=10_000_000).map(lambda cents: Decimal(cents) / 100)
SIGNS = {"+": 1, "\u2212": -1}


def row_of(opening: Decimal, amounts: dict[str, Decimal]) -> dict[str, str]:
    closing = opening + sum(amounts[name] for name in PLUS) - sum(amounts[name] for name in MINUS)
    figures = {"opening": opening, **amounts, "closing": closing}
    return {name: f"{figures[name]:.2f}" for name in FIGURES}


@given(CENTS, st.fixed_dictionaries(dict.fromkeys(LINES, CENTS)))
def test_the_heads_of_a_strip_say_how_it_reaches_its_closing(opening, amounts):
    groups = grouped(row_of(opening, amounts))
    *parts, closing = strip(groups)
    reached = sum(SIGNS.get(head[0], 1) * amount for _name, head, amount in parts)
    assert (reached, closing[0], holds(groups)) == (closing[2], "closing", True)


@pytest.mark.parametrize("line", LINES)
def test_a_collectors_printed_row_with_any_one_line_reaches_its_closing(line):
    amounts = {name: Decimal(0) for name in LINES} | {line: Decimal("1234.50")}
    figures = {"money": {"EUR": row_of(Decimal(5000), amounts)}}
    (part,) = money_strips(figures)
    printed = render_to_string(
        "pdf/reports/strip.html", {"figures": part["figures"], "currency": "EUR", "all_hold": part["holds"]}
    )
    cells = re.findall(r"<small>(.*?)</small><b><bdi[^>]*>(.*?)</bdi>", printed)
    read = [
        (SIGNS.get(head[0], 1), Decimal(text.replace(",", "").replace("\u2212", "-"))) for head, text in cells
    ]
    *movements, (_sign, closing) = read
    assert sum(sign * amount for sign, amount in movements) == closing
    assert "1,234.50" in printed
    assert part["holds"]


def test_a_row_that_does_not_reach_its_closing_says_so():
    row = row_of(Decimal(10), dict.fromkeys(LINES, Decimal(0))) | {"closing": "11.00"}
    assert [part["holds"] for part in money_strips({"money": {"EUR": row}})] == [False]


def test_codes_ages_and_days_stand_in_words_and_an_unknown_code_stays():
    assert labels.word("sms", "channel") == "Text message"
    assert labels.word("late", "follow_up") == "Late"
    assert labels.word("pigeon", "channel") == "pigeon"
    assert labels.word(None, "reason") == ""
    assert (labels.owner(""), labels.doer(""), labels.owner("Amal")) == ("Unassigned", "System", "Amal")
    ages = [labels.age_label(bucket) for bucket in ("current", "1-30", "365+")]
    assert ages == ["Current", "1\u201330", "over 365"]
    assert labels.day_in_words("2026-03-09") == "9 Mar 2026"


FOLLOW_UP = {
    "report": "followup", "month": "2026-03", "as_of": "2026-03-31",
    "known_at": "2026-04-01T06:00:00.250000+00:00", "is_closed": True, "previous_build": None,
    "attempts": {"call": 1}, "contacts_made": 1, "right_party": 1, "deferred": 0, "refused": 0,
    "content_sha256": "a" * 64, "checks": [],
    "rows": [
        {
            "attempt": 1, "at": "2026-03-09T14:02:00", "channel": "call", "direction": "out",
            "creditor": "City Power", "debtor_reference": "D1", "accounts": ["44871"], "officer": "Amal",
            "outcome": "no_answer", "person_reached": "nobody", "contact_made": False,
            "right_party": False, "reason": "cash_flow", "source": "product", "has_permit": True,
            "follow_up_due": "2026-03-12", "follow_up_status": "late",
        }
    ],
}  # fmt: skip


@pytest.mark.django_db
def test_the_workbook_speaks_words_and_prints_with_title_and_pages():
    before = json.dumps(FOLLOW_UP)
    content = report_workbook(FOLLOW_UP)
    book = load_workbook(io.BytesIO(content))
    attempt = [cell.value for cell in book["Attempts"][2]]
    for words in ("Call", "Out", "No answer", "Nobody", "Waits for own customers", "Made here", "Late"):
        assert words in attempt
    control = {row[0].value: row[1].value for row in book["Control"].iter_rows(min_row=2)}
    assert control["Report"] == "Follow-up Report, March 2026"
    assert control["Known at (UTC)"].isoformat() == "2026-04-01T06:00:00"
    assert book["Attempts"].oddHeader.left.text == "Follow-up Report, March 2026"
    assert book["Attempts"].oddFooter.right.text == "Page &P of &N"
    assert (report_workbook(FOLLOW_UP), json.dumps(FOLLOW_UP)) == (content, before)


@pytest.mark.django_db
def test_a_demonstrations_workbook_says_so_when_it_is_printed():
    Organisation.objects.create(name="O", country="AE", currency="AED", is_demonstration=True)
    book = load_workbook(io.BytesIO(report_workbook(FOLLOW_UP)))
    assert book["Counts"].oddHeader.center.text == "Demonstration: not a real debt"
