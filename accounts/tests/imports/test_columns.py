"""Whole columns are read as single rows are: the same records, the same cells that cannot be read."""

import pytest

from accounts.imports.columns import copy_text
from accounts.imports.detecting import detect_formats
from accounts.imports.mapping import parse_mapping
from accounts.imports.reading.source import Source
from accounts.imports.reading.understand import blocks, rows, understand
from accounts.imports.records import compile_mapping

LINES = [
    "no,kind,debit,credit,sum,day,first,last,note",
    "A1,FINE,10.00,0.00,10.00,2026-03-31,Ann,Lee,plain",
    "A 1 ,PAY,,5.50,5.50,2026-13-31,Ann,,a\ttab and a \\",
    ",OTHER,x,,EUR 7.00,31.12.2026,,Lee,  spaces  ",
    "A2,FINE,1.00,1.00,(3.00),,,,#N/A",
    "A3,PAY,0.00,0.00,,2026-02-28,Zoë,Lee,",
]
BASE = {"account_number": "no", "kind": {"column": "kind", "values": {"FINE": "charge", "PAY": "payment"}}}
RECORDS = {
    "one column": {"fields": {**BASE, "amount": "sum", "value_date": "day"}},
    "two columns": {
        "fields": {**BASE, "amount": {"debit": "debit", "credit": "credit"}, "value_date": "day"}
    },
    "joined": {
        "fields": {
            **BASE,
            "amount": "sum",
            "value_date": {"constant": "2026-01-01"},
            "due_date": {"after_opened_days": 60},
            "description": {"join": ["first", "last"]},
            "entry_reference": {"column": "note", "prefix": "N-"},
        }
    },
    "some rows": {
        "when": [{"column": "kind", "in": ["PAY"]}, {"column": "no", "is": "not blank"}],
        "fields": {**BASE, "amount": "credit", "value_date": "day", "description": "note"},
    },
    "no row": {
        "when": [{"column": "kind", "in": ["NONE"]}],
        "fields": {**BASE, "amount": "sum", "value_date": "day"},
    },
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_block_gives_what_its_rows_give(name):
    source = Source.from_bytes("file.csv", ("\n".join(LINES) + "\n").encode())
    dialect = understand(source)
    parsed = parse_mapping(
        {"settings": {"date_order": "ymd"}, "records": [{"kind": "entries", **RECORDS[name]}]},
        dialect.header,
    )
    formats = detect_formats(parsed, dialect.header, blocks(source, dialect))
    [one] = compile_mapping(parsed, dialect.header, formats)
    [block] = blocks(source, dialect)
    singly = [one.make(row.cells) for row in rows(source, dialect)]
    made = [(number, record) for number, record in enumerate(singly) if record is not None]
    taken, lines = one.make_lines(block.plain)
    assert taken == [number for number, _record in made]
    assert lines == [None if faults else copy_text(values) for _number, (values, faults) in made]
    assert one.make_lines(block.plain) == (taken, lines)


@pytest.mark.parametrize("odd", ["A2", "A 2", " A2", "", "#REF!", "A\u00a02", "A\\2", "A\u200a", "x" * 70])
def test_a_column_of_plain_words_stands_as_it_is(odd):
    """A cell that is not plain takes the whole column through the reader again."""
    body = ["no,sum,day", "A1,1.00,2026-03-31", f"{odd},12,2026-03-31", "A3,3.5,2026-03-31"]
    source = Source.from_bytes("file.csv", ("\n".join(body) + "\n").encode())
    dialect = understand(source)
    fields = {"account_number": "no", "kind": {"constant": "payment"}, "amount": "sum", "value_date": "day"}
    parsed = parse_mapping({"records": [{"kind": "entries", "fields": fields}]}, dialect.header)
    [one] = compile_mapping(
        parsed, dialect.header, detect_formats(parsed, dialect.header, blocks(source, dialect))
    )
    [block] = blocks(source, dialect)
    singly = [one.make(row.cells) for row in rows(source, dialect)]
    assert one.make_lines(block.plain)[1] == [
        None if faults else copy_text(values) for values, faults in singly
    ]


def test_a_ragged_or_blank_row_takes_its_block_out_of_the_fast_way():
    body = ["no,sum", "A1,1.00", ",", "A2", "A3,3.00"]
    source = Source.from_bytes("file.csv", ("\n".join(body) + "\n").encode())
    dialect = understand(source)
    [block] = blocks(source, dialect)
    assert block.plain is None
    assert [(row.number, bool(row.fault)) for row in block] == [(2, False), (4, True), (5, False)]
