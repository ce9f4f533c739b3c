"""Bank files of every format: counts, sums and balances; what is damaged is refused with a sentence."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.bank.formats.detect import read_statements
from accounts.bank.formats.found import BankFileNotReadable

MT940 = """:20:STARTUMS
:25:12345678/1020304050
:28C:7/1
:60F:C260302EUR1000,00
:61:2603020302CR300,50NTRFEREF 77//BANK1
:86:166?00GUTSCHRIFT?20EREF+PAY-77?21SVWZ+Rechnung A-1001?31DE02120300000000202051?32ANNA MUSTER
:61:260303RC100,00NTRFNONREF//BANK2
:86:159?00RETOURE?20EREF+PAY-70
:61:2603030303D0,50NCHGNONREF
:62F:C260303EUR1200,00
-
"""
CODA = [
    "0000002030326005".ljust(127) + "2",
    ("12001" + "BE68539007547034".ljust(34) + "EUR" + "0" + "000000000100000" + "020326").ljust(128),
    ("2100010000" + "REF1".ljust(21) + "0" + "000000000050500" + "030326" + "00150000" + "1" + "101")
    + "090933755493".ljust(50)
    + "030326001"
    + "0 0 ",
    ("2200010000" + "".ljust(53) + "E2E-9".ljust(35)).ljust(128),
    ("2300010000" + "BE02001255679140".ljust(34) + "EUR" + "JAN PEETERS".ljust(35)).ljust(128),
    ("8001" + "BE68539007547034".ljust(34) + "EUR" + "0" + "000000000150500" + "030326").ljust(127) + "0",
    ("9".ljust(16) + "000005" + "000000000000000" + "000000000050500").ljust(127) + "2",
]
BAI2 = """01,BANK,US,260303,0800,1,,,2/
02,US,BANK,1,260303,,USD,2/
03,0975312468,USD,010,50000,,,015,62345/
16,195,12345,V,260304,,B1,INV-9,/
88,WIRE FROM ACME
49,124690,4/
98,124690,1,6/
99,124690,1,8/
"""
OFX = """OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>55</BANKACCTFROM>
<BANKTRANLIST><STMTTRN><DTPOSTED>20260303<TRNAMT>10.00<FITID>A<NAME>J &amp; K</STMTTRN>
<STMTTRN><DTPOSTED>20260303<TRNAMT>10.00<FITID>A<NAME>J &amp; K</STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>120.00<DTASOF>20260303</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def camt(body: str, *, head: str = "", version: str = "053.001.08", kind: str = "Stmt") -> bytes:
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"><X><{kind}>'
        f"<Id>S1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>{head}{body}"
        f"</{kind}></X></Document>"
    ).encode()


def balance(code: str, amount: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-03</Dt></Dt></Bal>"
    )


def entry(amount: str, sign: str = "CRDT", inside: str = "", extra: str = "", status: str = "BOOK") -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{extra}<Sts><Cd>{status}</Cd></Sts>"
        f"<BookgDt><Dt>2026-03-03</Dt></BookgDt><NtryDtls>{inside}</NtryDtls></Ntry>"
    )


def detail(amount: str, name: str, more: str = "") -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>E-{name}</EndToEndId></Refs><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>{more}</TxDtls>"
    )


def test_camt_reads_batches_reversals_returns_and_leaves_out_what_is_only_announced():
    returned = "<TxDtls><RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls>"
    content = camt(
        entry("30.00", inside=detail("10.00", "A") + detail("20.00", "B"))
        + entry("5.00", "DBIT", inside=returned, extra="<RvslInd>true</RvslInd>")
        + entry("99.00", status="PDNG"),
        head=balance("OPBD", "100.00") + balance("CLBD", "125.00"),
    )
    [statement] = read_statements(content).statements
    assert statement.reconciles is True
    assert (statement.account, statement.currency) == ("DE89370400440532013000", "EUR")
    batch, back, _announced = statement.bookings
    assert [(p.amount, p.counterparty_name, p.end_to_end_id) for p in batch.single()] == [
        (Decimal("10.00"), "A", "E-A"),
        (Decimal("20.00"), "B", "E-B"),
    ]
    assert back.is_reversal
    assert back.amount == Decimal("-5.00")
    assert back.payments[0].return_code == "AM04"
    assert len(statement.booked) == 2
    # payments that do not make their booking stay one line, so that nothing is lost
    [odd] = read_statements(camt(entry("30.00", inside=detail("9.00", "A") + detail("9.00", "B")))).statements
    assert [p.amount for p in odd.bookings[0].single()] == [Decimal("30.00")]


def test_mt940_takes_a_reversed_credit_off_and_proves_it_by_the_banks_own_balance():
    [statement] = read_statements(MT940.encode()).statements
    assert statement.reconciles is True
    assert [booking.amount for booking in statement.bookings] == [
        Decimal("300.50"),
        Decimal("-100.00"),
        Decimal("-0.50"),
    ]
    paid, back, _charge = [booking.payments[0] for booking in statement.bookings]
    assert (paid.end_to_end_id, paid.counterparty_name) == ("PAY-77", "ANNA MUSTER")
    assert paid.text == "Rechnung A-1001"
    assert paid.bank_reference == "BANK1"
    assert back.return_code
    assert statement.bookings[1].is_reversal
    wrong = read_statements(MT940.replace("1200,00", "1210,00").encode()).statements[0]
    assert wrong.reconciles is False
    assert "STARTUMS" in wrong.why_held()
    assert "10.00\xa0EUR" in wrong.why_held()
    cut = read_statements(MT940.split(":62F:")[0].encode()).statements[0]
    assert cut.is_cut_off
    assert cut.reconciles is None


def test_coda_bai2_ofx_qif_and_tables():
    [coda] = read_statements("\r\n".join(CODA).encode()).statements
    assert coda.reconciles is True
    assert coda.account == "BE68539007547034"
    payment = coda.bookings[0].payments[0]
    assert (payment.structured_reference, payment.end_to_end_id) == ("090933755493", "E2E-9")
    assert (payment.counterparty_name, payment.amount) == ("JAN PEETERS", Decimal("50.5"))
    wrong_total = "\n".join([*CODA[:-1], CODA[-1].replace("050500", "050501")])
    assert read_statements(wrong_total.encode()).statements[0].reconciles is False

    [bai] = read_statements(BAI2.encode()).statements
    assert bai.reconciles is True
    assert bai.closing == Decimal("623.45")
    assert bai.bookings[0].payments[0].text == "WIRE FROM ACME"
    [unsound] = read_statements(BAI2.replace("49,124690", "49,124691").encode()).statements
    assert unsound.reconciles is False
    assert "control total" in unsound.why_held()

    [ofx] = read_statements(OFX.encode()).statements
    assert len(ofx.bookings) == 2  # a repeated FITID drops nothing
    assert ofx.bookings[0].payments[0].counterparty_name == "J & K"
    assert ofx.reconciles is None

    [qif] = read_statements(b"!Type:Bank\nD3/15/26\nT1,000.00\nPDelta\n^\n").statements
    assert qif.credits == Decimal("1000.00")
    table = b"Date;Label;Amount;Balance\n02/03/2026;B;-5,00;15,00\n15/02/2026;A;20,00;20,00\n"
    [rows] = read_statements(table, "x.csv").statements
    assert rows.reconciles is True
    assert rows.opening == 0
    assert rows.closing == 15
    assert [booking.payments[0].text for booking in rows.bookings] == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02 nonsense", "no bank statement"),
        (camt("")[:150], "XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>camt.053 &a;</x>", "XML"),
        (camt(entry("1.00"), kind="Other"), "no statement"),
        (b":61:2603020302CR300,50NTRFX\n:86:x", "begins in the middle"),
        (MT940.replace("CR300,50", "CR3OO").encode(), "can't be read"),
        (BAI2.replace("99,124690,1,8/\n", "").encode(), "cut off"),
        (BAI2.replace("12345,V", "12x45,V").encode(), "no amount"),
        (CODA[0][:127].encode() + b"5", "version"),
        ("\n".join(CODA[:3]).encode(), "cut off"),
        (OFX.replace("10.00", "$10").encode(), "no amount"),
        (OFX.replace("20260303<TRN", "<TRN").encode(), "no day"),
        (b"!Type:Bank\nD3/4/26\nT1.00\n^\n", "two ways"),
        (b"Name;City\nA;B\n", "which column"),
    ],
)
def test_what_is_damaged_is_refused_and_the_command_ends_with_one(content, reason, tmp_path):
    with pytest.raises(BankFileNotReadable, match=reason):
        read_statements(content, "file")
    path = tmp_path / "file"
    path.write_bytes(content)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("read_bank_file", str(path), "--json", stdout=out, stderr=StringIO())
    assert ended.value.code == 1
    assert reason in json.loads(out.getvalue())["refused"]


def _camt_agrees(truth, found) -> bool:
    return (truth["entries"], Decimal(truth["credits"]), Decimal(truth["debits"]), truth["reconciles"]) == (
        len(found.bookings),
        found.credits,
        found.debits,
        found.reconciles,
    )


def _balance_of(text) -> Decimal | None:
    return None if text is None else Decimal(text)


def _mt_agrees(truth, found) -> bool:
    return (
        truth["account"],
        _balance_of(truth["open"]),
        _balance_of(truth["close"]),
        truth["lines"],
        Decimal(truth["credit"]),
        Decimal(truth["debit"]),
        truth["reconciles"],
    ) == (
        found.account,
        found.opening,
        found.closing,
        len(found.bookings),
        found.credits,
        found.debits,
        found.reconciles,
    )


def test_real_files_agree_with_what_is_known_of_them(real_data):
    truth = json.loads((real_data / "bank/ground_truth.json").read_text())
    refused, agreed = [], 0
    for name, known in truth.items():
        if known["format"] == "ach":
            continue
        try:
            found = read_statements((real_data / f"bank/{name}").read_bytes(), name).statements
        except BankFileNotReadable:
            refused.append(name.rpartition("/")[2])
            continue
        if known["format"] in ("camt", "mt940/942"):
            agrees = _camt_agrees if known["format"] == "camt" else _mt_agrees
            assert len(found) == len(known["statements"]), name
            for one, read in zip(known["statements"], found, strict=True):
                assert agrees(one, read), name
        elif known["format"] == "coda":
            for one, read in zip(known["statements"], found, strict=True):
                assert (one["movements_21"], Decimal(one["sum"])) == (
                    len(read.bookings),
                    read.credits - read.debits,
                ), name
                assert (Decimal(one["old"]), Decimal(one["new"]), True) == (
                    read.opening,
                    read.closing,
                    read.reconciles,
                ), name
        elif known["format"] == "ofx":
            assert sum(len(read.bookings) for read in found) == known["transactions"], name
            assert [read.account for read in found] == known["accounts"], name
            made = sum(read.credits - read.debits for read in found)
            assert made == Decimal(known["trnamt_sum"]), name
        elif known["format"] == "bai2" and len(found) == known["records"]["03"]:
            # what is known was read off the beginnings of lines; the one left out has several in a line
            by_code = {int(code): cents for code, cents in known["detail16_amount_by_type_code"].items()}
            moved = sum(cents if code < 400 else -cents for code, cents in by_code.items())
            assert sum(len(read.bookings) for read in found) == known["records"]["16"], name
            assert sum(read.credits - read.debits for read in found) * 100 == moved, name
        agreed += 1
    # Fragments without a statement, an unknown version, words in place of days and amounts.
    assert agreed >= 60
    assert {"sepa_snippet_broken.sta", "Coda_faulty_version.txt", "date_missing.ofx"} <= {*refused}
