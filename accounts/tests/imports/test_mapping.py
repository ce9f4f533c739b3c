"""The mapping language: what it says, what it refuses, and that the guide tells all of it."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from accounts.imports.detecting import detect_formats
from accounts.imports.formats import FORMATS
from accounts.imports.mapping import FIELD_KEYS, SETTINGS, MappingRefused, parse_mapping, standard_mapping
from accounts.imports.reading.source import Source
from accounts.imports.reading.understand import blocks, rows, understand
from accounts.imports.records import compile_mapping

GUIDE = Path(settings.BASE_DIR) / "docs" / "import-format.md"


def records(mapping, *lines):
    """Every record of a file as (kind, {column: value}), faults as codes in place of values."""
    source = Source.from_bytes("file.csv", ("\n".join(lines) + "\n").encode())
    dialect = understand(source)
    parsed = parse_mapping(mapping, dialect.header)
    formats = detect_formats(parsed, dialect.header, blocks(source, dialect))
    made = []
    for row in rows(source, dialect):
        for one in compile_mapping(parsed, dialect.header, formats):
            if (record := one.make(row.cells)) is not None:
                values = dict(zip(one.names, record[0], strict=True))
                made.append((one.kind, values | {fault.field: fault.code for fault in record[1]}))
    return made


def entries(fields, *lines, **extra):
    given = {
        "account_number": "no", "kind": {"constant": "charge"}, "amount": "sum", "value_date": "day",
        **fields,
    }  # fmt: skip
    return [
        values
        for _kind, values in records({"records": [{"kind": "entries", "fields": given}], **extra}, *lines)
    ]


def test_standard_names_map_themselves_whatever_their_case():
    made = standard_mapping("entries", ("Account Number", "KIND", "Amount", "value date", "other"))
    assert made["records"][0]["fields"] == {
        "account_number": "Account Number", "kind": "KIND", "amount": "Amount", "value_date": "value date"
    }  # fmt: skip


def test_date_arithmetic_constants_prefixes_and_joined_columns():
    [made] = entries(
        {
            "account_number": {"column": "no", "prefix": "A-"},
            "due_date": {"column": "day", "add_days": 60},
            "description": {"join": ["first", "last"], "separator": ", "},
        },
        "no,day,sum,first,last",
        "7,2026-01-31,12.50,Layla,Rahman",
    )
    assert made["account_number"] == "A-7"
    assert made["due_date"] == "2026-04-01"
    assert made["description"] == "Layla, Rahman"
    assert (made["kind"], made["amount"]) == ("charge", "12.50")


def test_words_of_other_programs_defaults_and_blanks():
    kind = {"column": "t", "values": {"ZA": "payment"}, "default": "charge", "blank": "fee"}
    made = entries(
        {"kind": kind}, "no,day,sum,t", "1,2026-01-01,1,ZA", "1,2026-01-01,1,RE", "1,2026-01-01,1,"
    )
    assert [values["kind"] for values in made] == ["payment", "charge", "fee"]


def test_debit_and_credit_columns_give_amount_and_side():
    made = entries(
        {"amount": {"debit": "dr", "credit": "cr"}},
        "no,day,dr,cr",
        "1,2026-01-01,5.00,0.00",
        "1,2026-01-01,,7.00",
        "1,2026-01-01,1.00,2.00",
        "1,2026-01-01,,",
        "1,2026-01-01,0.00,0.00",
    )
    assert [(values["amount"], values["side"]) for values in made[:2]] == [
        ("5.00", "debit"),
        ("7.00", "credit"),
    ]
    assert [values["amount"] for values in made[2:4]] == ["debit_and_credit", "amount_missing"]
    assert (made[4]["amount"], made[4]["side"]) == ("0.00", None)


def test_a_minus_sign_may_mean_the_credit_side():
    made = entries({"amount": {"column": "sum", "negative": "credit"}}, "no,day,sum", "1,2026-01-01,-5.00")
    assert (made[0]["amount"], made[0]["side"]) == ("5.00", "credit")


def test_one_row_makes_several_records_where_its_tests_hold():
    mapping = {
        "constants": {"currency": "EUR"},
        "records": [
            {"kind": "accounts", "fields": {"account_number": "no", "creditor": {"constant": "C"}}},
            {
                "kind": "entries",
                "when": [{"column": "paid", "is": "not blank"}, {"column": "no", "not_in": ["9"]}],
                "fields": {
                    "account_number": "no", "kind": {"constant": "payment"}, "amount": "sum",
                    "value_date": "paid",
                },
            },
        ],
    }  # fmt: skip
    made = records(mapping, "no,sum,paid", "1,5,2026-01-01", "2,5,", "9,5,2026-01-01")
    assert [kind for kind, _values in made] == ["accounts", "entries", "accounts", "accounts"]
    assert made[0][1]["currency"] == "EUR"


def test_a_column_that_proves_nothing_follows_the_others_of_its_file():
    [made] = entries({"due_date": "due"}, "no,day,due,sum", "1,01/02/2026,12/31/2026,1.00")
    assert (made["value_date"], made["due_date"]) == (date(2026, 1, 2).isoformat(), "2026-12-31")


@pytest.mark.parametrize(
    "mapping, words",
    [
        ({}, "records"),
        ({"records": [{"kind": "rents", "fields": {}}]}, "kind"),
        ({"records": [{"kind": "entries", "fields": {"account_number": "no"}}]}, "Kind («kind»), Amount"),
        ({"records": [{"kind": "accounts", "fields": {"account_number": "nix"}}]}, "no column «nix»"),
        ({"records": [{"kind": "accounts", "fields": {"colour": "no"}}]}, "no column «colour»"),
        ({"records": [{"kind": "accounts", "fields": {"account_number": {"colum": "no"}}}]}, "colum"),
        (
            {"records": [{"kind": "accounts", "fields": {"product": {"column": "no", "add_days": 3}}}]},
            "add_days",
        ),
        ({"settings": {"date_order": "ydm"}, "records": [{}]}, "date_order"),
        (
            {"records": [{"kind": "accounts", "fields": {"account_number": "no"}, "when": [{}]}]},
            "when",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping_is_said(mapping, words):
    with pytest.raises(MappingRefused, match=re.escape(words)):
        parse_mapping(mapping, ("no", "sum", "day"))


def test_the_guide_names_every_column_key_and_setting():
    text = GUIDE.read_text(encoding="utf-8")
    wanted = (
        {standard.name for fields in FORMATS.values() for standard in fields} | FIELD_KEYS | set(SETTINGS)
    )
    missing = [name for name in sorted(wanted) if f"`{name}`" not in text]
    assert missing == []


def test_the_guide_s_mappings_are_mappings():
    header = (
        "case_id", "type", "debit", "credit", "date", "invoiceNumber", "countryCode", "customerID",
        "InvoiceDate", "InvoiceAmount", "DueDate", "SettledDate", "Disputed",
    )  # fmt: skip
    blocks = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.S)
    assert len(blocks) == 2
    for block in blocks:
        assert parse_mapping(json.loads(block), header).records
