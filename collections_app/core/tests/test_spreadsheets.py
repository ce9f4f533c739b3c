"""Workbooks and CSV: typed cells, totals with their values, nothing that runs."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from collections_app.core import sheet_xml
from collections_app.core.spreadsheets import (
    Column,
    Sheet,
    TooManyRows,
    control_sheet,
    neutral,
    write_csv,
    write_workbook,
)

COLUMNS = [
    Column("Account"),
    Column("Currency"),
    Column("Balance", "money", currency_from="Currency", total=True),
    Column("Due", "date"),
    Column("Seen", "datetime"),
    Column("Calls", "int", total=True),
    Column("Share", "percent"),
]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROWS = [
    ["A-1", "EUR", Decimal("1240.500"), date(2026, 11, 1), NOON, 3, Decimal("0.125")],
    ["A-2", "KWD", Decimal("-3.125"), None, None, 1, None],
    ["A-3", "EUR", Decimal("0.250"), date(2026, 2, 28), NOON, 0, Decimal("1")],
]


def written(sheets, **options) -> bytes:
    write_workbook(sheets, stream := io.BytesIO(), **options)
    return stream.getvalue()


def opened(content: bytes, **options):
    return openpyxl.load_workbook(io.BytesIO(content), **options)


def test_cells_are_typed_and_formatted_for_their_currency():
    page = opened(written([Sheet("Accounts", COLUMNS, ROWS)], time_zone="Asia/Dubai")).active
    assert [cell.value for cell in page[2]][:3] == ["A-1", "EUR", 1240.5]
    assert [str(cell.value) for cell in page[2]][3:] == [
        "2026-11-01 00:00:00", "2026-11-20 16:00:00", "3", "0.125",
    ]  # fmt: skip
    assert page["C2"].number_format == "#,##0.00;[Red]-#,##0.00"
    assert page["C3"].number_format == "#,##0.000;[Red]-#,##0.000"
    assert [page[cell].number_format for cell in ("D2", "E2", "F2", "G2")] == [
        "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0", "0.0%",
    ]  # fmt: skip
    assert page["A1"].font.bold
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:G4"
    assert page.column_dimensions["C"].width == 16


def test_totals_are_formulas_with_their_values_by_currency():
    content = written([Sheet("Accounts", COLUMNS, ROWS)])
    formulas, values = opened(content).active, opened(content, data_only=True).active
    assert [cell.value for cell in formulas[5]][:6] == [
        "Total", "EUR", '=SUMIF(B2:B4,"EUR",C2:C4)', None, None, "=SUM(F2:F4)",
    ]  # fmt: skip
    assert [cell.value for cell in values[5]][:6] == ["Total", "EUR", 1240.75, None, None, 4]
    assert [cell.value for cell in values[6]][:6] == ["Total", "KWD", -3.125, None, None, None]
    assert values["C6"].number_format.startswith("#,##0.000")
    last = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[-1]
    assert last[:3] == ["Total", "KWD", -3.125]


def test_one_currency_has_one_total():
    columns = [Column("Account"), Column("Amount", "money", currency="JPY", total=True)]
    page = opened(
        written([Sheet("S", columns, [["a", Decimal(5)], ["b", Decimal(7)]])]), data_only=True
    ).active
    assert (page["A4"].value, page["B4"].value, page["B4"].number_format) == (
        "Total", 12, "#,##0;[Red]-#,##0",
    )  # fmt: skip
    assert page.max_row == 4


def test_an_empty_list_is_a_header_and_a_zero():
    columns = [Column("Account"), Column("Amount", "money", currency="EUR", total=True)]
    page = opened(written([Sheet("S", columns, [])]), data_only=True).active
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [["Account", "Amount"], ["Total", 0]]
    assert opened(written([Sheet("S", COLUMNS[:2], [])])).active.max_row == 1


@given(amounts=st.lists(st.integers(-(10**11), 10**11), max_size=40))
def test_the_value_beside_the_formula_is_the_sum(amounts):
    rows = [[Decimal(amount).scaleb(-2)] for amount in amounts]
    columns = [Column("Amount", "money", currency="EUR", total=True)]
    content = written([Sheet("S", columns, rows)])
    page = opened(content, data_only=True).active
    assert Decimal(repr(page.cell(row=len(rows) + 2, column=1).value)) == sum(
        (row[0] for row in rows), Decimal(0)
    )


@pytest.mark.parametrize("text", ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1"])
def test_text_that_runs_stays_text(text):
    page = opened(written([Sheet("S", [Column("Note")], [[text]])])).active
    assert page["A2"].data_type == "s"
    assert page["A2"].value.strip() == text.strip()
    assert page["A2"].quotePrefix
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+971501234567", "-12.50", "Rahman, Layla", "", "a=b"])
def test_harmless_text_stays_as_it_is(text):
    assert neutral(text) == text


def test_what_xml_cannot_hold_is_left_out():
    page = opened(
        written([Sheet("S", [Column("N")], [["a\x00b\x0b<&>\ud800"], ["x" * 40_000], [" pad "]])])
    ).active
    assert page["A2"].value == "ab<&>"
    assert len(page["A3"].value) == 32_767
    assert page["A4"].value == " pad "


def test_a_float_is_refused_in_both():
    columns = [Column("Amount", "money", currency="EUR")]
    with pytest.raises(TypeError):
        written([Sheet("S", columns, [[0.1]])])
    with pytest.raises(TypeError):
        write_csv(columns, [[0.1]], io.StringIO())


def test_more_rows_than_excel_holds_are_refused(monkeypatch):
    monkeypatch.setattr(sheet_xml, "ROW_LIMIT", 3)
    with pytest.raises(TooManyRows):
        written([Sheet("S", [Column("N")], [["a"]] * 3)])


def test_the_same_content_has_the_same_bytes():
    first = written([Sheet("A", COLUMNS, ROWS), control_sheet([("Rows", 3)])], title="T")
    second = written([Sheet("A", COLUMNS, ROWS), control_sheet([("Rows", 3)])], title="T")
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert opened(first).properties.title == "T"
    moment = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
    dated = opened(written([Sheet("A", COLUMNS, ROWS)], made_at=moment))
    assert str(dated.properties.modified) == "2026-11-03 06:00:00"


def test_the_control_sheet_keeps_types():
    facts = [("Month", "2026-10"), ("Rows", 412), ("As of", date(2026, 10, 31)), ("Sum", Decimal("5.25"))]
    page = opened(written([Sheet("A", COLUMNS, ROWS), control_sheet(facts)]))["Control"]
    assert [str(cell.value) for cell in page["B"]][1:] == ["2026-10", "412", "2026-10-31 00:00:00", "5.25"]
    assert page["B3"].data_type == page["B5"].data_type == "n"
    assert page.auto_filter.ref is None


def test_sheet_names_are_made_to_fit():
    names = ["A/B:C", "Accounts", "accounts", "x" * 40]
    book = opened(written([Sheet(name, [Column("N")], []) for name in names]))
    assert book.sheetnames == ["A B C", "Accounts", "accounts (2)", "x" * 31]


def test_csv_is_exact_and_neutral():
    rows = [
        ["=1", "KWD", Decimal("1.5"), date(2026, 1, 2), NOON, 7, Decimal("0.5")],
        ["b", "EUR"] + [None] * 5,
    ]
    stream = io.StringIO(newline="")
    assert write_csv(COLUMNS, rows, stream) == 2
    lines = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert lines[0][0] == "Account"
    assert lines[1] == ["'=1", "KWD", "1.500", "2026-01-02", "2026-11-20T12:00:00Z", "7", "0.5"]
    assert lines[2] == ["b", "EUR", "", "", "", "", ""]
    assert "\r\n" in stream.getvalue()
