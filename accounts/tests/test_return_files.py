"""Files of returns: read as their schemes write them, taken once, matched, posted in one go."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from accounts.imports.return_tables import Table
from accounts.irregularities.models import Irregularity
from accounts.ledger.models import LedgerEntry
from accounts.payments.services import post_payment, reverse_payment
from accounts.returns import formats
from accounts.returns.enums import ReturnFormat
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import (
    ReturnFileRefused,
    RowRefused,
    discard_return_file,
    dismiss_row,
    load_return_file,
    match_row,
)
from accounts.returns.formats import FoundReturn, ReturnFileNotReadable
from accounts.returns.matching import candidates_of
from accounts.returns.models import PaymentReturn, ReturnFile, ReturnRow
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

PAID, BACK, TODAY = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 9)


def ach(*entries, debit=0, credit=0):
    lines = ["101 091400606 6910001342603060306A094101FIRST BANK             OFFICE"]
    lines.append(
        "5200OFFICE                              123456789 WEBTRANSFER        260306   1091000010000001"
    )
    for code, cents, reference, transaction in entries:
        who = f"{reference:<15}{'Paul Jones':<22}"
        lines.append(f"6{transaction}091400606123456789        {cents:010d}{who}S 1091000017611242")
        lines.append(f"799{code}091400600000001      09100001{'':44}091000017611242")
    lines.append(f"8200{'':16}{debit:012d}{credit:012d}")
    lines.append(f"9000001000001000000040018280120{debit:012d}{credit:012d}")
    return "\n".join(line.ljust(94)[:94] for line in lines).encode()


CAMT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn><Ntfctn>
<Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-03-06</Dt></BookgDt>
<NtryDtls>
<TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs>
<AmtDtls><TxAmt><Amt Ccy="EUR">40.00</Amt></TxAmt></AmtDtls>
<RltdPties><Dbtr><Nm>Anna Berg</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls>
<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<AmtDtls><TxAmt><Amt Ccy="EUR">10.00</Amt></TxAmt></AmtDtls>
<RtrInf><Rsn><Cd>MD07</Cd></Rsn></RtrInf></TxDtls>
</NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls/></NtryDtls></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""

PAIN = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>
<GrpHdr><CreDtTm>2026-03-06T09:00:00</CreDtTm></GrpHdr><OrgnlPmtInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>E2E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">40.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>E2E-2</OrgnlEndToEndId><TxSts>ACSC</TxSts>
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">5.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""

ARUDD = """<BACSDocument><Data><ARUDD><Header currentProcessingDate="2026-03-06"/><Advice>
<OriginatingAccountRecords><OriginatingAccountRecord>
<ReturnedDebitItem ref="X01-1" transCode="17" returnCode="1012" returnDescription="INSTRUCTION CANCELLED"
originalProcessingDate="2026-03-02" valueOf="65.00" currency="GBP">
<PayerAccount number="12345678" name="FRED SMITH"/></ReturnedDebitItem></OriginatingAccountRecord>
</OriginatingAccountRecords></Advice></ARUDD></Data></BACSDocument>"""

BECS = "\n".join(
    line.ljust(120)
    for line in (
        f"0{'':17}01CBA       {'OFFICE':<26}123456{'RETURNS':<12}060326",
        f"2062-000123456789613{4000:010d}{'ANNA BERG':<32}{'E2E-1':<18}062-000987654321"
        f"{'OFFICE':<16}02123456",
        f"7999-999{'':12}{4000:010d}{0:010d}{4000:010d}{'':24}000001",
    )
)


def test_each_scheme_is_read_as_it_writes():
    rows = formats.read(
        ach(("R01", 4000, "E2E-1", "26"), ("R03", 500, "OUT", "21"), debit=4000, credit=500),
        "nacha",
        day=TODAY,
    )
    assert [(row.code, row.amount, row.is_ours, row.reference) for row in rows] == [
        ("R01", Decimal(40), True, "E2E-1"),
        ("R03", Decimal(5), False, "OUT"),
    ]
    first = rows[0]
    assert (first.return_date, first.currency, first.payer) == (BACK, "USD", "Paul Jones")
    assert first.number_end == "6789"
    camt = formats.read(CAMT.encode(), "camt", day=TODAY)
    assert [(row.code, row.amount, row.reference, row.payer, row.number_end) for row in camt] == [
        ("AM04", Decimal(40), "E2E-1", "Anna Berg", "3000"),
        ("MD07", Decimal(10), "", "", ""),
    ]
    pain = formats.read(PAIN.encode(), "pain002", day=TODAY)
    assert [(row.code, row.is_success) for row in pain] == [("AC04", False), ("", True)]
    [arudd] = formats.read(ARUDD.encode(), "bacs", day=TODAY)
    assert (arudd.code, arudd.amount, arudd.payment_date) == ("1", Decimal(65), PAID)
    assert arudd.payer == "FRED SMITH"
    [becs] = formats.read(BECS.encode(), "becs", day=TODAY)
    assert (becs.code, becs.amount, becs.return_date, becs.payment_date) == ("6", Decimal(40), BACK, PAID)
    assert (becs.reference, becs.is_ours) == ("E2E-1", True)
    told = {ach(("R01", 1, "", "26"), debit=1): "nacha", CAMT.encode(): "camt", PAIN.encode(): "pain002"}
    told |= {ARUDD.encode(): "bacs", BECS.encode(): "becs", b"code;amount\nAM04;1\n": "csv", b"<x/>": ""}
    assert {content: formats.format_of(content) for content in told} == told


@pytest.mark.parametrize(
    "content, format, says",
    [
        (ach(("R01", 4000, "", "26"), debit=4100), "nacha", "its entries come to"),
        (b"101 " + b" " * 90, "nacha", "no entry"),
        (BECS.replace("0000004000", "0000004001", 1).encode(), "becs", "rows come to"),
        (BECS.replace("\n2", "\n5").encode(), "becs", "begins with «5»"),
        (CAMT.replace("40.00", "forty").encode(), "camt", "«forty» is no amount"),
        (CAMT.encode()[:-30], "camt", "damaged"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>camt.054 &x;</a>', "camt", "damaged"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(content, format, says):
    with pytest.raises(ReturnFileNotReadable, match=says):
        formats.read(content, format, day=TODAY)


def test_a_table_is_read_by_its_columns_and_guesses_nothing():
    content = (
        b"Return code;Amount;End to end ID;Returned on;Name\n"
        b"AM04;1.040,50;E2E-1;25.03.2026;Anna\n0000;3,00;E2E-2;26.03.2026;Bo\n"
    )
    table = Table(content, "returns.csv")
    mapping = table.guess()
    assert mapping["code"] == "Return code"
    rows = table.found(mapping, currency="EUR", day=TODAY)
    assert [(row.code, row.amount, row.is_success, row.return_date) for row in rows] == [
        ("AM04", Decimal("1040.50"), False, date(2026, 3, 25)),
        ("0000", Decimal("3.00"), True, date(2026, 3, 26)),
    ]
    open_days = Table(b"code,amount,return_date\nAM04,5.00,03/04/2026\n", "r.csv")
    with pytest.raises(ReturnFileNotReadable, match="in which order"):
        open_days.found(open_days.guess(), currency="EUR", day=TODAY)
    [row] = open_days.found({**open_days.guess(), "date_order": "mdy"}, currency="EUR", day=TODAY)
    assert row.return_date == date(2026, 3, 4)
    with pytest.raises(ReturnFileNotReadable, match="Code of the reason"):
        Table(b"a;b\n1;2\n", "r.csv").found({}, currency="EUR", day=TODAY)
    bad = Table(b"code;amount\nAM04;much\n", "r.csv")
    with pytest.raises(ReturnFileNotReadable, match="Row 2, Amount: «much»"):
        bad.found(bad.guess(), currency="EUR", day=TODAY)


def test_a_workbook_is_read_as_a_table_too():
    book = Workbook()
    book.active.append(["Return code", "Amount", "Reference", "Returned on"])
    book.active.append(["R01", 12.5, "E2E-1", date(2026, 3, 6)])
    content = io.BytesIO()
    book.save(content)
    table = Table(content.getvalue(), "returns.xlsx")
    [row] = table.found(table.guess(), currency="USD", day=TODAY)
    assert (row.code, row.amount, row.currency, row.return_date) == ("R01", Decimal("12.5"), "USD", BACK)


def test_real_ach_files_say_the_codes_of_their_truth(real_data):
    truth = json.loads((real_data / "bank/ground_truth.json").read_text())
    files = {name: facts for name, facts in truth.items() if facts.get("format") == "ach"}
    assert len(files) > 80
    refused = []
    for name, facts in files.items():
        content = (real_data / f"bank/{name}").read_bytes()
        try:
            rows = formats.read(content, ReturnFormat.NACHA, day=TODAY)
        except ReturnFileNotReadable:
            refused.append(name)
            continue
        assert [row.code for row in rows if not row.is_success] == facts["return_codes"], name
        assert [row.code for row in rows if row.is_success] == facts["noc_codes"], name
    with_returns = {name for name, facts in files.items() if facts["return_codes"]}
    # its control record says another sum than its entries
    assert with_returns & set(refused) == {"ach_moov/test/testdata/adv-invalidBatchEntries.ach"}
    camt = real_data / "bank/oca_bank_statement_import/account_statement_import_camt/test_files/test-camt053"
    rows = formats.read(camt.read_bytes(), formats.format_of(camt.read_bytes()), day=TODAY)
    assert [(row.code, row.amount) for row in rows] == [
        ("AC06", Decimal("564.05")),
        ("AC06", Decimal("100.00")),
    ]


# ---- taken, matched, posted ----

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return makers.user(role=Role.MANAGER)


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(name="Anna Berg"))
    makers.entry(account=made, amount="200.00", value_date=date(2026, 1, 5), due_date=date(2026, 2, 4))
    return made


def paid(account, reference="", amount="40.00", **fields) -> LedgerEntry:
    given = {"value_date": PAID, "method": "direct_debit", "as_of": PAID, **fields}
    return post_payment(
        account=account, amount=Decimal(amount), reference=reference, actor=makers.system(), **given
    )


def row(reference="", code="AM04", amount="40.00", **fields) -> FoundReturn:
    given = {"number": 1, "currency": "EUR", "return_date": BACK, **fields}
    return FoundReturn(code=code, amount=Decimal(amount), reference=reference, **given)


def load(rows, by, content=None, **fields):
    content = content or f"file {makers.number()}".encode()
    given = {"filename": "r.txt", "scheme": "sepa", "format": "camt", **fields}
    return load_return_file(content=content, found=rows, actor=by, as_of=TODAY, **given)


def findings(file) -> list[str]:
    return list(file.rows.order_by("number").values_list("finding", flat=True))


def test_a_file_is_previewed_posted_once_and_its_doubts_wait(account, manager):
    entry = paid(account, "E2E-1")
    twins = [
        paid(account, "TWIN", "5.00"),
        paid(account, "TWIN", "5.00", value_date=date(2026, 3, 3), as_of=TODAY),
    ]
    rows = [
        row("E2E-1"),
        row("nobody"),
        row("E2E-9", is_success=True),
        row("TWIN", amount="5.00", payment_date=date(2026, 3, 3)),
        row("TWIN", amount="5.00", payment_date=date(2026, 3, 2)),
        row("E2E-1", code="R68", amount="40.00"),
        row("OUT", is_ours=False),
    ]
    file = load(rows, manager, b"one")
    assert findings(file) == ["matched", "unknown", "success", "matched", "matched", "unknown", "unknown"]
    assert not PaymentReturn.objects.exists()
    assert load(rows, manager, b"one") == file
    post_return_file(return_file=file, actor=manager, as_of=TODAY)
    assert findings(file) == ["returned", "unknown", "success", "returned", "returned", "unknown", "unknown"]
    assert {back.entry for back in PaymentReturn.objects.all()} == {entry, *twins}
    assert PaymentReturn.objects.get(entry=entry).return_date == BACK
    with pytest.raises(StatusHasMoved):
        post_return_file(return_file=file, actor=manager, as_of=TODAY)
    overlapping = load([row("E2E-1"), row("nobody"), row("nobody")], manager, b"two")
    assert findings(overlapping) == ["already", "already", "unknown"]
    post_return_file(return_file=overlapping, actor=manager, as_of=TODAY)
    assert PaymentReturn.objects.count() == 3
    assert ReturnRow.objects.to_decide().count() == 4


def test_a_real_file_of_returns_reverses_its_receipt_once(real_data, manager):
    content = (real_data / "bank/ach_moov/test/testdata/return-WEB.ach").read_bytes()
    debtor = makers.debtor(creditor=makers.creditor(currency="USD"), name="Paul Jones")
    account = makers.account(debtor=debtor)
    day = date(2018, 10, 1)
    makers.entry(account=account, amount="123.54", value_date=day, due_date=day)
    entry = paid(account, "MjMxNDAwMjAtOGQ", "123.54", value_date=day)
    given = {"scheme": "ach", "format": "nacha", "filename": "return-WEB.ach"}
    found = formats.read(content, "nacha", day=TODAY)
    file = load(found, manager, content, **given)
    assert findings(file) == ["matched", "unknown"]
    post_return_file(return_file=file, actor=manager, as_of=TODAY)
    returned = PaymentReturn.objects.get()
    assert (returned.entry, returned.reason.code, returned.return_date) == (entry, "R01", date(2018, 10, 17))
    assert load(found, manager, content, **given) == file


def test_a_code_nobody_knows_and_a_receipt_gone_meanwhile_wait(account, manager):
    paid(account, "E2E-1")
    entry = paid(account, "E2E-2", "10.00")
    file = load([row("E2E-1", code="ZZ1"), row("E2E-2", amount="10.00")], manager)
    assert findings(file) == ["no_reason", "matched"]
    reverse_payment(entry=entry, value_date=PAID, reason="typed twice", actor=manager, as_of=TODAY)
    post_return_file(return_file=file, actor=manager, as_of=TODAY)
    assert findings(file) == ["no_reason", "unknown"]
    assert "mistake" in file.rows.get(number=2).note


def test_a_waiting_row_is_matched_by_hand_or_set_aside(account, manager):
    entry = paid(account, account.number)
    other = paid(makers.account(), "", "40.00")
    third = paid(account, "E2E-9", "3.00")
    known = [row(account.number + "X", payer="Berg, Anna"), row("gone", amount="3.00")]
    file = load([*known, row("no trace of it", amount="3.25")], manager)
    first, second, more = file.rows.order_by("number")
    with pytest.raises(RowRefused, match="not posted"):
        match_row(row=first, entry=entry, code="AM04", actor=manager, as_of=TODAY)
    post_return_file(return_file=file, actor=manager, as_of=TODAY)
    likely = candidates_of(first, manager)
    assert likely[0][0] == entry
    assert likely[0][1] == ["same amount", "name agrees"]
    assert {candidate.pk for candidate, _said in likely} == {entry.pk, other.pk}
    returned = match_row(row=first, entry=entry, code="MS03", actor=manager, as_of=TODAY)
    first.refresh_from_db()
    assert (first.finding, first.payment_return, returned.reason.code) == ("returned", returned, "MS03")
    dismiss_row(row=second, reason="A supplier's", actor=manager, as_of=TODAY)
    # nothing leads to the receipt, so it is looked for; what the bank took beyond it is no secret
    assert candidates_of(more, manager) == []
    assert third in [entry for entry, _said in candidates_of(more, manager, account.number)]
    returned = match_row(row=more, entry=third, code="AM04", actor=manager, as_of=TODAY)
    assert returned.amount == Decimal("3.00")
    case = Irregularity.objects.get()
    assert (case.kind, case.amount, case.account) == ("short", Decimal("0.25"), account)
    assert not ReturnRow.objects.to_decide().exists()
    with pytest.raises(RowRefused, match="decided already"):
        match_row(row=first, entry=entry, code="AM04", actor=manager, as_of=TODAY)


def test_who_brings_files_and_what_he_sees(account):
    team = makers.team()
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    paid(account, "E2E-1")
    file = load([row("E2E-1")], supervisor, b"the same file")
    assert findings(file) == ["unknown"]  # another team's receipt is nobody's here
    other = makers.teammate(team=team, role=Role.SUPERVISOR)
    assert not ReturnFile.objects.visible_to(other).exists()
    with pytest.raises(ReturnFileRefused, match="brought this file"):
        load([row("E2E-1")], other, b"the same file")
    assert ReturnFile.objects.visible_to(makers.user(role=Role.MANAGER)).get() == file
    with pytest.raises(NotAllowed):
        load([row("E2E-1")], makers.teammate(team=team))
    with pytest.raises(ReturnFileRefused, match="no payment"):
        load([], supervisor)
    discard_return_file(return_file=file, reason="wrong bank", actor=supervisor, as_of=TODAY)
    again = load([row("E2E-1")], supervisor)
    assert again != file
