"""Bank files taken in, lines matched and decided, and the cash that reconciles."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.bank.enums import LineStatus, Rule
from accounts.bank.files import BankFileHeld, BankFileRefused, load_bank_file, take_in
from accounts.bank.models import BankFile, BankLine, BankPosting, BankStatement
from accounts.bank.queries import cash_bridge, waiting_by_age
from accounts.bank.rules import Candidate, judge
from accounts.bank.services import (
    LineRefused,
    ask_refund,
    leave_unidentified,
    post_line,
    record_line_return,
    set_not_ours,
    settle_refund,
    unmatch_line,
)
from accounts.ledger.models import LedgerEntry
from accounts.returns.models import PaymentReturn
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
TODAY = date(2026, 3, 20)


def mt940(number, opening, lines, day=DAY, reference="STARTUMS") -> bytes:
    """A statement: lines are (amount, end-to-end id, text, name, payer's account)."""
    made = [f":20:{reference}", f":25:{number}", ":28C:1", f":60F:{_side(opening)}"]
    total = Decimal(opening)
    for amount, reference_, text, name, account in lines:
        value = Decimal(amount)
        total += value
        sign = "C" if value > 0 else "D"
        made.append(f":61:{day:%y%m%d}{day:%m%d}{sign}{_comma(abs(value))}NTRFNONREF")
        code = "159" if text.startswith("RETURN") else "166"
        made.append(f":86:{code}?00X?20EREF+{reference_}?21SVWZ+{text}?31{account}?32{name}")
    made.append(f":62F:{_side(total, day)}")
    return "\n".join([*made, "-", ""]).encode()


def _comma(amount) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _side(amount, day=DAY) -> str:
    return f"{'C' if Decimal(amount) >= 0 else 'D'}{day:%y%m%d}EUR{_comma(abs(Decimal(amount)))}"


def bring(content, actor, **fields) -> BankFile:
    return load_bank_file(
        content=content, filename=fields.pop("filename", "b.sta"), actor=actor, as_of=TODAY, **fields
    )


def taken(content, actor, **fields) -> BankFile:
    return take_in(bank_file=bring(content, actor, **fields), actor=actor, as_of=TODAY)


@pytest.fixture
def supervisor():
    makers.system()
    return makers.user(role=Role.MANAGER)


@pytest.fixture
def bank():
    return makers.bank_account(number="DE89370400440532013000")


@pytest.fixture
def debtor():
    return makers.debtor(name="Anna Muster Berg")


@pytest.fixture
def account(debtor):
    made = makers.account(debtor=debtor, number="A-1001")
    makers.entry(
        account=made,
        amount="300.50",
        value_date=date(2026, 1, 5),
        due_date=date(2026, 2, 4),
        reference="INV-77012",
    )
    return made


def test_sure_lines_post_by_themselves_and_the_rest_ask_or_wait(supervisor, bank, account):
    other = makers.account(debtor=makers.debtor(creditor=account.creditor, name="Ben Other"), number="B-2002")
    makers.entry(account=other, amount="80.00", value_date=date(2026, 1, 5))
    content = mt940(
        bank.number,
        "1000.00",
        [
            ("100.50", "NOTPROVIDED", "Invoice INV-77012 thank you", "ANNA", "DE1"),
            ("50.00", "A-1001", "second", "ANNA", "DE1"),
            ("50.00", "X", "A-1001 and B-2002", "ANNA", "DE1"),
            ("80.00", "Y", "no number", "BEN OTHER", "DE2"),
            ("7.00", "Z", "who is this", "NOBODY", "DE3"),
            ("9999.00", "A-1001", "too much", "ANNA", "DE9"),
            ("-2.00", "NOTPROVIDED", "fee", "BANK", ""),
        ],
    )
    file = taken(content, supervisor)
    assert (file.status, file.lines_added) == ("taken", 7)
    lines = {line.amount: line for line in BankLine.objects.order_by("-id")}
    statuses = {str(line.amount): (line.status, line.rule) for line in BankLine.objects.order_by("-id")}
    assert statuses["100.500"] == (LineStatus.POSTED, Rule.TEXT)
    assert statuses["50.000"] == (LineStatus.POSTED, Rule.END_TO_END)
    assert statuses["80.000"] == (LineStatus.UNMATCHED, "")  # amount and name is asked
    assert statuses["7.000"] == (LineStatus.UNIDENTIFIED, "")
    assert statuses["9999.000"] == (LineStatus.UNMATCHED, "")  # more than is owed
    assert statuses["-2.000"] == (LineStatus.UNMATCHED, "")
    account.standing.refresh_from_db()
    assert account.standing.balance == Decimal("150.00")
    entry = BankPosting.objects.get(line=lines[Decimal("100.500")]).entry
    assert (entry.method, entry.receiver, entry.value_date, entry.source) == (
        "transfer",
        "office",
        DAY,
        "rule",
    )
    bridge = cash_bridge(bank, date(2026, 3, 1), date(2026, 3, 31))
    assert bridge.is_sound
    assert (bridge.opening, bridge.closing, bridge.credits, bridge.debits) == (
        Decimal(1000),
        Decimal("11284.50"),
        Decimal("10286.50"),
        Decimal(2),
    )
    waiting = sum(bucket.amount for bucket in waiting_by_age(BankLine.objects.all(), TODAY))
    assert waiting == Decimal("10136.00")
    # the same bytes are not taken again; a person may not, who may not
    with pytest.raises(BankFileRefused, match="not taken twice"):
        bring(content, supervisor)
    with pytest.raises(NotAllowed):
        bring(content + b"\n", makers.user(role=Role.COLLECTION_OFFICER))
    # the same lines in other bytes add nothing; so does a part of them
    again = taken(content.replace(b"STARTUMS", b"OTHER"), supervisor)
    assert (again.lines_added, again.lines_known) == (0, 7)
    assert BankLine.objects.count() == 7


def test_a_file_that_does_not_prove_itself_is_held(supervisor, bank):
    content = mt940(bank.number, "10.00", [("5.00", "X", "y", "Z", "")])
    wrong = bring(content.replace(b"EUR15,00", b"EUR16,00"), supervisor)
    with pytest.raises(BankFileHeld, match="difference is 1 EUR"):
        take_in(bank_file=wrong, actor=supervisor, as_of=TODAY)
    stranger = bring(content.replace(bank.number.encode(), b"DE02120300000000202051"), supervisor)
    with pytest.raises(BankFileHeld, match="No bank account DE02120300000000202051 in EUR"):
        take_in(bank_file=stranger, actor=supervisor, as_of=TODAY)
    assert not BankStatement.objects.exists()


def test_what_a_person_decides_and_takes_back(supervisor, bank, account):
    other = makers.account(debtor=makers.debtor(creditor=account.creditor), number="B-2002")
    makers.entry(account=other, amount="80.00", value_date=date(2026, 1, 5))
    taken(
        mt940(
            bank.number,
            "0.00",
            [
                (amount, f"X{amount}", "words", "SOMEBODY", f"DE{amount}")
                for amount in ("60.00", "7.00", "8.00")
            ]
            + [("-3.00", "NOTPROVIDED", "fee", "BANK", "")],
        ),
        supervisor,
    )
    sixty, seven, eight, fee = BankLine.objects.order_by("id")
    with pytest.raises(LineRefused, match="parts make"):
        post_line(line=sixty, parts=[(account, Decimal(50))], actor=supervisor, as_of=TODAY)
    with pytest.raises(NotAllowed):
        post_line(
            line=sixty,
            parts=[(account, Decimal(60))],
            actor=makers.user(role=Role.COLLECTION_OFFICER),
            as_of=TODAY,
        )
    post_line(
        line=sixty,
        parts=[(account, Decimal(50)), (other, Decimal(10))],
        actor=supervisor,
        as_of=TODAY,
    )
    with pytest.raises(LineRefused, match="decided already"):
        post_line(line=sixty, parts=[(account, Decimal(60))], actor=supervisor, as_of=TODAY)
    unmatch_line(line=sixty, reason="Wrong debtor", actor=supervisor, as_of=TODAY)
    account.standing.refresh_from_db()
    assert account.standing.balance == Decimal("300.50")
    assert BankPosting.objects.filter(line=sixty, undone__isnull=False).count() == 2
    post_line(line=sixty, parts=[(other, Decimal(60))], actor=supervisor, as_of=TODAY)

    leave_unidentified(line=seven, owner=supervisor, note="Ask the bank", actor=supervisor, as_of=TODAY)
    ask_refund(line=seven, reason="Paid to us by mistake", actor=supervisor, as_of=TODAY)
    with pytest.raises(LineRefused, match="somebody else"):
        settle_refund(line=seven, outcome="refunded", reference="R1", actor=supervisor, as_of=TODAY)
    second = makers.user(role=Role.MANAGER)
    settle_refund(line=seven, outcome="refunded", reference="R1", actor=second, as_of=TODAY)
    set_not_ours(line=fee, kind="charge", note="", actor=supervisor, as_of=TODAY)
    set_not_ours(line=eight, kind="transfer", note="", actor=supervisor, as_of=TODAY)
    bridge = cash_bridge(bank, DAY, DAY)
    assert bridge.is_sound
    assert {share.status: share.amount for share in bridge.became} == {
        "posted": Decimal(60),
        "refunded": Decimal(7),
        "not_ours": Decimal(8),
    }
    # what is posted to one debtor is known by his account number the next time
    taken(
        mt940(bank.number, "72.00", [("20.00", "new", "words", "SOMEBODY", "DE60.00")], DAY + timedelta(1)),
        supervisor,
    )
    last = BankLine.objects.order_by("-id").first()
    assert last.status == LineStatus.UNMATCHED  # known payer, but not held to be sure


def test_a_returned_receipt_is_recorded_once_and_the_cash_still_reconciles(supervisor, bank, account):
    returned = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><S><Stmt><Id>R</Id><Acct><Id>'
        f"<IBAN>{bank.number}</IBAN></Id></Acct><Ntry><Amt Ccy='EUR'>50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        "<RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-05</Dt></BookgDt><NtryDtls>"
        "<TxDtls><Refs><EndToEndId>A-1001</EndToEndId></Refs><RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"
        "</TxDtls></NtryDtls></Ntry></Stmt></S></Document>"
    ).encode()
    taken(mt940(bank.number, "0.00", [("50.00", "A-1001", "x", "ANNA", "")]), supervisor)
    taken(returned, supervisor, filename="r.xml")
    line = BankLine.objects.get(amount__lt=0)
    assert (line.status, line.return_code) == (LineStatus.RETURNED, "AM04")
    assert PaymentReturn.objects.get().amount == Decimal(50)
    assert cash_bridge(bank, DAY, date(2026, 3, 5)).is_sound
    with pytest.raises(LineRefused, match="came back"):
        unmatch_line(line=BankLine.objects.get(amount__gt=0), reason="x", actor=supervisor, as_of=TODAY)
    entry = LedgerEntry.objects.get(kind="payment")
    with pytest.raises(LineRefused, match="went out"):
        record_line_return(
            line=BankLine.objects.get(amount__gt=0), entry=entry, code="AM04", actor=supervisor, as_of=TODAY
        )


def test_a_creditors_own_account_is_seen_by_its_people_and_receives_for_it_alone(supervisor, account):
    foreign = makers.creditor()
    theirs = makers.bank_account(number="NL91ABNA0417164300", creditor=foreign)
    taken(mt940(theirs.number, "0.00", [("50.00", "A-1001", "A-1001", "ANNA", "")]), supervisor)
    line = BankLine.objects.get()
    assert line.status == LineStatus.UNIDENTIFIED
    with pytest.raises(LineRefused, match="another creditor"):
        post_line(line=line, parts=[(account, Decimal(50))], actor=supervisor, as_of=TODAY)
    senior = makers.teammate(team=makers.team(), role=Role.SENIOR_OFFICER)
    assert not BankLine.objects.visible_to(senior).exists()
    with pytest.raises(LineRefused, match="may not see"):
        set_not_ours(line=line, kind="charge", note="", actor=senior, as_of=TODAY)


def test_rules_are_sure_only_of_one_account_that_nothing_contradicts():
    def found(account_id, rule, owed="100"):
        return Candidate(account_id, rule, "", Decimal(owed))

    sure = ["structured", "end_to_end", "text"]
    ten = Decimal(10)
    assert judge(ten, [found(1, Rule.TEXT)], sure).account_id == 1
    assert judge(ten, [found(1, Rule.STRUCTURED), found(1, Rule.TEXT)], sure).rule == Rule.STRUCTURED
    assert judge(ten, [found(1, Rule.STRUCTURED), found(2, Rule.TEXT)], sure).why == "contradiction"
    assert judge(ten, [found(1, Rule.TEXT), found(2, Rule.TEXT)], sure).why == "several"
    assert judge(ten, [found(1, Rule.TEXT, "9.99")], sure).why == "more_than_owed"
    assert judge(ten, [found(1, Rule.PAYER)], sure).why == "ask"
    assert judge(ten, [], sure).why == "nobody"


class OverlappingFiles(TestCase):
    """However one true statement is cut into files that touch or overlap, its lines come out the same."""

    @settings(max_examples=25, deadline=None)
    @given(
        lines=st.lists(st.sampled_from(["10.00", "10.00", "25.00", "-3.00"]), min_size=1, max_size=12),
        cuts=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4)), min_size=1, max_size=6),
    )
    def test_any_cut_gives_the_same_lines(self, lines, cuts):
        makers.system()
        manager = makers.user(role=Role.MANAGER)
        bank = makers.bank_account(number=f"DE{makers.number():020}")
        amounts = [Decimal(amount) for amount in lines]
        start, end, windows = 0, 0, []
        for length, overlap in cuts:
            start, end = max(0, end - overlap), min(len(amounts), end + length)
            windows.append((start, end))
        windows.append((start, len(amounts)))
        for number, (first, last) in enumerate(windows):
            opening = Decimal(500) + sum(amounts[:first], Decimal(0))
            rows = [
                # what goes out names itself, as a bank's charge does
                (str(amount), "SAME" if amount > 0 else f"FEE{place}", "same words", "PAYER", "DE1")
                for place, amount in enumerate(amounts[first:last], first)
            ]
            taken(mt940(bank.number, str(opening), rows, reference=f"S{number}"), manager)
        kept = sorted(BankLine.objects.filter(bank_account=bank).values_list("amount", flat=True))
        assert kept == sorted(amounts)
        assert cash_bridge(bank, DAY, DAY).gap == 0
