"""Bank files taken in, lines matched and decided, and the cash that reconciles."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.bank.came_back import recorded_returns
from accounts.bank.enums import LineStatus, Rule
from accounts.bank.files import BankFileHeld, BankFileRefused, load_bank_file, take_in
from accounts.bank.formats.detect import read_statements
from accounts.bank.jobs import ReadBankFile, TakeInBankFile
from accounts.bank.looks import look_at, of_kept
from accounts.bank.models import BankFile, BankLine, BankPosting, BankStatement
from accounts.bank.previews import preview
from accounts.bank.queries import cash_bridge, waiting_by_age
from accounts.bank.rules import Candidate, bare_reference, judge, tokens_of
from accounts.bank.services import (
    LineRefused,
    ask_refund,
    leave_unidentified,
    post_line,
    set_not_ours,
    settle_refund,
    unmatch_line,
)
from accounts.bank.tying import link_line, link_return, record_line_return, tie_line
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import balances
from accounts.ledger.services import reverse_entry
from accounts.payments.bank_accounts import compact
from accounts.payments.services import post_payment, reverse_payment
from accounts.returns.models import PaymentReturn
from accounts.returns.services import record_return
from accounts.tests import cash_samples
from accounts.tests.bank_making import (
    DAY,
    TODAY,
    bai2,
    bring,
    camt053,
    camt054,
    csv,
    mt940,
    ofx,
    taken,
    told_back,
)
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import Job
from collections_app.core.refusal import NotAllowed
from collections_app.core.web.figures import day_text
from collections_app.testing import makers
from collections_app.testing.view_contract import World

pytestmark = pytest.mark.django_db


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
    with pytest.raises(BankFileHeld, match="difference is 1.00\xa0EUR"):
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
    of_another = makers.account(debtor=makers.debtor(creditor=makers.creditor()), currency=account.currency)
    with pytest.raises(LineRefused, match="never split between two"):
        post_line(
            line=sixty,
            parts=[(account, Decimal(50)), (of_another, Decimal(10))],
            actor=supervisor,
            as_of=TODAY,
        )
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
    short = Candidate(1, Rule.TEXT, "", Decimal(100), is_weak=True)
    assert judge(ten, [short], sure).why == "short_number"
    assert judge(ten, [short, found(1, Rule.PAYER)], sure).account_id == 1
    # a year is no account number, an invoice is; a reference is bare of its RF head and noughts
    assert tokens_of("Invoice INV-77, 2026, 40409") == ["INV-77", "40409"]
    assert "539007547034" in bare_reference("RF18 5390 0754 7034")


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


def test_known_payments_in_other_words_are_asked_not_added(supervisor, bank):
    rows = [("10.00", "E1", "first words", "A", ""), ("20.00", "E2", "more", "B", "")]
    taken(mt940(bank.number, "0.00", rows), supervisor)
    reworded = bring(
        mt940(bank.number, "0.00", [("10.00", "E1", "other words", "A", ""), rows[1]], reference="AGAIN"),
        supervisor,
    )
    looked = preview(reworded, actor=supervisor)
    assert [row.state for row in looked.rows()] == ["differs", "known"]
    take_in(bank_file=reworded, actor=supervisor, as_of=TODAY)
    assert BankLine.objects.count() == 2
    assert cash_bridge(bank, DAY, DAY).gap == 0


def test_a_statement_that_does_not_go_on_from_the_last_one_says_so(client, supervisor, bank):
    client.force_login(supervisor)
    files = [
        mt940(bank.number, opening, [("10.00", f"E{n}", f"pay {n}", "A", "")], day=date(2026, 3, n + 2))
        for n, opening in enumerate(("100.00", "110.00", "120.00"))
    ]
    taken(files[0], supervisor)

    def gaps(content):
        file = bring(content + b"\n" * (BankFile.objects.count() + 1), supervisor)
        page = client.get(reverse("accounts:bank_file_detail", args=[file.pk]))
        return page.context["gaps"]

    [words] = gaps(files[2])
    assert "opens with EUR 120.00" in words
    assert "is EUR 110.00. The difference is EUR 10.00:" in words
    assert f"of {day_text(date(2026, 3, 2), clock.today())}, is" in words
    assert gaps(files[1]) == gaps(files[0] + files[1] + files[2]) == gaps(files[0]) == []
    taken(files[1], supervisor)
    assert gaps(files[2]) == []


def test_a_receipt_posted_by_hand_is_tied_and_not_posted_again(supervisor, bank, account):
    by_hand = post_payment(
        account=account,
        amount=Decimal("40.00"),
        value_date=DAY,
        method="transfer",
        actor=supervisor,
        as_of=TODAY,
    )
    assert cash_bridge(bank, DAY, DAY).unseen_count == 1
    taken(mt940(bank.number, "0.00", [("40.00", "A-1001", "A-1001", "ANNA", "")]), supervisor)
    line = BankLine.objects.get()
    assert line.status == LineStatus.UNMATCHED
    link_line(line=line, entry=by_hand, actor=supervisor, as_of=TODAY)
    assert LedgerEntry.objects.filter(kind="payment").count() == 1
    bridge = cash_bridge(bank, DAY, DAY)
    assert bridge.is_sound
    assert bridge.unseen_count == 0
    unmatch_line(line=line, reason="Another's", actor=supervisor, as_of=TODAY)
    assert not LedgerEntry.objects.filter(kind="reversal").exists()
    assert BankLine.objects.get().status == LineStatus.UNMATCHED


def test_ten_files_of_five_formats_twice_overlapping_with_equal_payments_reconcile(supervisor, account):
    """Two days an account and format; the second file repeats the first day and goes on."""
    rows = [
        ("10.00", "P", "same"),
        ("10.00", "P", "same"),
        ("30.00", "A-1001", "A-1001"),
        ("12.00", "A-1001", "A-1001"),
        ("12.00", "A-1001", "A-1001"),
        ("-4.00", "F", "fee"),
    ]
    later = [("10.00", "P", "same"), ("10.00", "P", "same"), ("5.00", "Q", "new")]
    next_day = DAY + timedelta(days=1)
    made = sum(Decimal(amount) for amount, _reference, _text in rows)
    after = made + sum(Decimal(amount) for amount, _reference, _text in later)
    banks = [makers.bank_account(number=f"DE{place}9370400440532013000") for place in range(5)]
    wide = [(*row, "", "") for row in rows], [(*row, "", "") for row in later]
    first_camt = camt053(banks[1].number, "100.00", rows, DAY)
    second_camt = camt053(banks[1].number, str(100 + made), later, next_day)
    statement = second_camt.partition(b"<S>")[2].partition(b"</S>")[0]
    files = [
        (banks[0], mt940(banks[0].number, "100.00", wide[0])),
        (
            banks[0],
            mt940(banks[0].number, "100.00", wide[0], reference="TWO")
            + mt940(banks[0].number, str(100 + made), wide[1], next_day, "THREE"),
        ),
        (banks[1], first_camt),
        (banks[1], first_camt.replace(b"</S>", statement + b"</S>")),
        (banks[2], bai2(banks[2].number, "100.00", rows, DAY)),
        (banks[2], bai2(banks[2].number, str(100 + made), later, next_day)),
        (banks[3], csv("100.00", rows, DAY)),
        (banks[3], csv("100.00", rows, DAY) + csv(str(100 + made), later, next_day).partition(b"\n")[2]),
        (banks[4], ofx(banks[4].number, rows, DAY, 100 + made)),
        (
            banks[4],
            ofx(banks[4].number, rows, DAY, 100 + after).replace(
                b"</BANKTRANLIST>",
                ofx("", later, next_day, 0).partition(b"<BANKTRANLIST>")[2].partition(b"</BANKTRANLIST>")[0]
                + b"</BANKTRANLIST>",
            ),
        ),
    ]
    formats = set()
    for repeat in (b"", b"\n"):
        for bank, content in files:
            given = {"bank_account": bank, "filename": "s.csv"} if content.startswith(b"Date") else {}
            formats.add(taken(content + repeat, supervisor, **given).format)
        for bank in banks:
            kept = BankLine.objects.filter(bank_account=bank).values_list("booking_date", "amount")
            assert sorted(kept) == sorted(
                [(DAY, Decimal(row[0])) for row in rows] + [(next_day, Decimal(row[0])) for row in later]
            )
    assert len(formats) == 5
    assert BankFile.objects.count() == 20
    # every bank's 30.00 and both equal 12.00 of a day are payments of their own, on the account they name
    stands = LedgerEntry.objects.filter(kind="payment", reversed_by__isnull=True)
    assert sorted(stands.values_list("account", "value_date", "amount")) == sorted(
        (account.pk, DAY, Decimal(amount)) for amount in (12, 12, 30) for _bank in banks
    )
    assert stands.filter(bank_posting__line__amount=F("amount")).count() == stands.count()
    assert balances([account.pk], as_of=next_day) == {account.pk: Decimal("300.50") - 5 * 54}
    for bank in banks:
        bridge = cash_bridge(bank, DAY, next_day)
        # credits of 99.00: 54.00 posted, the rest nobody knows; 4.00 went out
        waits = sum((share.amount for share in bridge.became if share.status != "posted"), Decimal(0))
        assert (bridge.credits, bridge.debits) == (Decimal(99), Decimal(4))
        assert (bridge.posted_in_ledger, waits) == (Decimal(54), Decimal(45))
        assert not bridge.ledger_gap
        if bank != banks[4]:  # OFX states no opening
            assert (bridge.gap, bridge.opening, bridge.closing) == (Decimal(0), 100, 100 + after)


def test_the_pages_do_it_and_refuse_others(client, supervisor, bank, account):
    client.force_login(supervisor)
    content = mt940(bank.number, "0.00", [("300.50", "NOTPROVIDED", "pay", "ANNA BERG", "")])
    brought = client.post(
        reverse("accounts:bank_file_new"), {"file": SimpleUploadedFile("b.sta", content), "date_order": ""}
    )
    file = BankFile.objects.get()
    assert brought.status_code == 302
    page = client.get(reverse("accounts:bank_file_detail", args=[file.pk])).content.decode()
    assert "opening and lines make the closing" in page
    client.post(reverse("accounts:bank_file_take", args=[file.pk]), {"seen": 1})
    line = BankLine.objects.get()
    shown = client.get(reverse("accounts:bank_line_detail", args=[line.pk])).content.decode()
    assert "Post to this account" in shown
    assert account.number in shown
    officer = makers.user(role=Role.COLLECTION_OFFICER)
    client.force_login(officer)
    assert client.get(reverse("accounts:bank_line_detail", args=[line.pk])).status_code == 200
    address = reverse("accounts:bank_line_post", args=[line.pk])
    assert client.post(address, {"account": account.pk}).status_code == 403
    auditor = makers.user(role=Role.AUDITOR)
    client.force_login(auditor)
    assert client.get(reverse("accounts:bank_reconciliation")).status_code == 200
    assert client.get(reverse("accounts:bank_file_new")).status_code == 403
    assert client.get(reverse("accounts:bank_file_list")).status_code == 200
    client.force_login(supervisor)
    client.post(address, {"account": account.pk, "rule": "amount_name"})
    line.refresh_from_db()
    assert (line.status, line.rule) == (LineStatus.POSTED, Rule.AMOUNT_NAME)
    # who presses a moment later is told and led back, not lost on a page that is not there
    detail = reverse("accounts:bank_line_detail", args=[line.pk])
    late = client.post(address, {"account": account.pk, "next": detail}, follow=True)
    assert late.redirect_chain[0][0] == detail
    assert "It is «Posted» now" in late.content.decode()
    assert account.entries.filter(kind="payment").count() == 1
    query = f"?bank_account={bank.pk}&first=2026-03-01&last=2026-03-31"
    page = client.get(reverse("accounts:bank_reconciliation") + query).content.decode()
    assert "The cash reconciles" in page
    sheet = client.get(reverse("accounts:bank_reconciliation") + query + "&file=xlsx")
    assert b"".join(sheet.streaming_content)[:2] == b"PK"


def test_a_table_whose_columns_nobody_knows_is_kept_until_somebody_says(client, supervisor, bank):
    client.force_login(supervisor)
    content = b"Wann;Wer;Wieviel\n03/04/2026;ANNA;300,50\n04/04/2026;BEN;-2,00\n"

    def brought(content):
        upload = SimpleUploadedFile("umsatz.csv", content)
        given = {"file": upload, "bank_account": bank.pk, "date_order": ""}
        return client.post(reverse("accounts:bank_file_new"), given)

    answer = brought(content)
    file = BankFile.objects.get()
    assert answer.url == reverse("accounts:bank_file_columns", args=[file.pk])
    page = client.get(reverse("accounts:bank_file_detail", args=[file.pk])).content.decode()
    assert "Held: Say which column holds the day" in page
    columns = {"booking_date": "Wann", "counterparty_name": "Wer", "amount": "Wieviel"}
    unsaid = client.post(answer.url, columns).content.decode()
    assert "two ways" in unsaid
    assert client.post(answer.url, {**columns, "date_order": "dmy"}).status_code == 302
    file.refresh_from_db()
    assert file.lines_read == 2
    client.post(reverse("accounts:bank_file_take", args=[file.pk]), {"seen": 2})
    assert list(BankLine.objects.order_by("id").values_list("booking_date", "amount")) == [
        (date(2026, 4, 3), Decimal("300.500")),
        (date(2026, 4, 4), Decimal("-2.000")),
    ]
    # the next table of this account is read in the same way; one with other columns asks again
    assert "columns" not in brought(content.replace(b"300,50", b"301,50")).url
    assert "columns" in brought(content.replace(b"Wann", b"Tag")).url
    assert "no table" in brought(b"{\n'a': 1;\n}\n").content.decode()


def test_lists_cost_the_same_with_one_row_and_with_thirty(client, supervisor, bank):
    client.force_login(supervisor)
    address = reverse("accounts:bank_line_list")
    taken(mt940(bank.number, "0.00", [("1.00", "E", "x", "A", "")]), supervisor)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    rows = [(f"{place}.00", f"E{place}", "x", "A", "") for place in range(2, 31)]
    taken(mt940(bank.number, "1.00", rows, DAY + timedelta(1)), supervisor)
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200
    assert len(many) <= len(one)


def test_a_credit_of_a_deposit_is_tied_and_taken_back(supervisor):
    world = World()
    deposit = cash_samples.brought(world)
    bank = deposit.bank_account
    day = clock.today()
    taken_file = load_bank_file(
        content=f"Date;Text;Amount\n{day.isoformat()};deposit;{deposit.total_amount:.2f}\n".encode(),
        filename="d.csv",
        bank_account=bank,
        actor=supervisor,
        as_of=day,
    )
    take_in(bank_file=taken_file, actor=supervisor, as_of=day)
    line = BankLine.objects.get()
    tied = tie_line(line=line, deposit=deposit, actor=supervisor, as_of=day)
    line.refresh_from_db()
    assert (tied.status, line.status, tied.bank_line_id) == ("credited", LineStatus.DEPOSIT, line.pk)
    assert cash_bridge(bank, day, day).unexplained == 0
    unmatch_line(line=line, reason="Another slip", actor=supervisor, as_of=day)
    deposit.refresh_from_db()
    assert deposit.status == "deposited"


def test_a_notice_and_the_statement_that_follows_it_add_a_payment_once(supervisor, bank, account):
    """camt.054 during the day, camt.053 in the evening: the bridge and the ledger see one payment."""
    before = DAY - timedelta(days=1)
    opening = "100.00"
    taken(camt053(bank.number, opening, [], before), supervisor, filename="0.xml")
    rows = [("30.00", "A-1001", "A-1001"), ("10.00", "P", "same"), ("10.00", "P", "same")]
    taken(camt054(bank.number, rows, DAY), supervisor, filename="1.xml")
    assert BankLine.objects.count() == 3
    whole = [*rows, ("10.00", "P", "same"), ("5.00", "Q", "evening")]
    evening = taken(camt053(bank.number, opening, whole, DAY), supervisor, filename="2.xml")
    assert (evening.lines_added, evening.lines_known) == (2, 3)
    assert LedgerEntry.objects.filter(kind="payment").count() == 1
    bridge = cash_bridge(bank, DAY, DAY)
    assert (bridge.gap, bridge.credits) == (Decimal(0), Decimal("65.00"))
    # the notice comes again in other words, after its statement: it is asked, and adds nothing
    late = bring(
        camt054(bank.number, [("30.00", "A-1001", "other words")], DAY), supervisor, filename="3.xml"
    )
    [row] = preview(late, actor=supervisor).rows()
    assert (row.state, "statement of that day is here" in row.why) == ("differs", True)
    take_in(bank_file=late, actor=supervisor, as_of=TODAY)
    # and a statement that tells what a notice told, in other words, is asked too
    next_day = DAY + timedelta(days=1)
    taken(camt054(bank.number, [("7.00", "N", "first words")], next_day), supervisor, filename="4.xml")
    told = bring(
        camt053(bank.number, "165.00", [("7.00", "N", "second words")], next_day),
        supervisor,
        filename="5.xml",
    )
    assert [row.state for row in preview(told, actor=supervisor).rows()] == ["differs"]
    take_in(bank_file=told, actor=supervisor, as_of=TODAY)
    assert cash_bridge(bank, DAY, next_day).gap == 0
    assert BankLine.objects.count() == 6


class NoticesAndStatements(TestCase):
    """Whatever notices come during a day or after it, its statement leaves each payment there once."""

    @settings(max_examples=12, deadline=None)
    @given(
        days=st.lists(
            st.tuples(
                st.lists(st.sampled_from(["10.00", "10.00", "25.00"]), min_size=1, max_size=5),
                st.lists(st.integers(1, 5), max_size=2),
                st.integers(0, 4),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def test_each_payment_stands_once(self, days):
        makers.system()
        manager = makers.user(role=Role.MANAGER)
        bank = makers.bank_account(number=f"DE{makers.number():020}")
        opening, every, files = Decimal(500), [], 0
        taken(mt940(bank.number, "500.00", [], DAY, "S0"), manager)
        for place, (amounts, cuts, late) in enumerate(days, 1):
            day = DAY + timedelta(days=place)
            rows = [(amount, "SAME", "same words") for amount in amounts]

            def notice(count, rows=rows, day=day):
                nonlocal files
                files += 1
                taken(camt054(bank.number, rows[:count], day) + b"\n" * files, manager, filename="n.xml")

            for cut in cuts:
                notice(cut)
            wide = [(*row, "", "") for row in rows]
            taken(mt940(bank.number, str(opening), wide, day, f"T{place}"), manager)
            if late:
                notice(late)
            opening += sum(map(Decimal, amounts))
            every += [Decimal(amount) for amount in amounts]
            kept = BankLine.objects.filter(bank_account=bank).values_list("amount", flat=True)
            assert sorted(kept) == sorted(every)
            assert cash_bridge(bank, DAY, day).gap == 0


def test_a_return_told_by_a_file_and_by_the_statement_is_one_of_two_equal_payments(supervisor, bank, account):
    taken(
        mt940(
            bank.number, "0.00", [("50.00", "A-1001", "x", "ANNA", ""), ("50.00", "A-1001", "x", "ANNA", "")]
        ),
        supervisor,
    )
    first, second = LedgerEntry.objects.filter(kind="payment").order_by("id")
    day = date(2026, 3, 5)
    known = record_return(
        entry=first, scheme="sepa", code="AM04", return_date=day, actor=supervisor, as_of=TODAY
    )
    taken(told_back(bank.number, "50.00", "A-1001", day), supervisor, filename="r.xml")
    line = BankLine.objects.get(amount__lt=0)
    assert (line.status, line.rule, line.payment_return) == (LineStatus.RETURNED, Rule.LEDGER, known)
    assert not LedgerEntry.objects.filter(reverses=second).exists()
    assert PaymentReturn.objects.count() == 1
    # it was only tied, so it can be untied, and tied by hand
    unmatch_line(line=line, reason="Look again", actor=supervisor, as_of=TODAY)
    line.refresh_from_db()
    assert (line.status, line.payment_return) == (LineStatus.UNMATCHED, None)
    link_return(line=line, payment_return=known, actor=supervisor, as_of=TODAY)
    assert cash_bridge(bank, DAY, day).is_sound
    # a second return of the same sum is the second payment's
    taken(told_back(bank.number, "50.00", "A-1001", day + timedelta(days=1)), supervisor, filename="s.xml")
    assert LedgerEntry.objects.filter(reverses=second).exists()
    recorded = BankLine.objects.order_by("-id").first()
    with pytest.raises(LineRefused, match="stands"):
        unmatch_line(line=recorded, reason="x", actor=supervisor, as_of=TODAY)


def test_a_split_payment_that_a_file_told_back_first_is_tied_whole_to_its_line(
    client, supervisor, bank, account
):
    other = makers.account(debtor=makers.debtor(creditor=account.creditor), number="B-2002")
    rows = [("60.00", "E2E-60", "w", "ANNA MUSTER", ""), ("10.00", "E2E-10", "w", "ANNA MUSTER", "")]
    taken(mt940(bank.number, "0.00", rows), supervisor)
    sixty, ten = BankLine.objects.order_by("id")
    told = {"actor": supervisor, "as_of": TODAY}
    post_line(line=sixty, parts=[(account, Decimal(50)), (other, Decimal(10))], **told)
    post_line(line=ten, parts=[(other, Decimal(10))], **told)
    entry = LedgerEntry.objects.get(amount=50, kind="payment")
    day = date(2026, 3, 5)
    record_return(entry=entry, scheme="sepa", code="AM04", return_date=day, **told)
    assert PaymentReturn.objects.count() == 2
    # the part of 10.00 is not what a debit of 10.00 was
    taken(told_back(bank.number, "10.00", "ELSE", day), supervisor, filename="q.xml")
    [small] = BankLine.objects.filter(amount=-10)
    assert recorded_returns([small]) == {small.pk: []}
    taken(told_back(bank.number, "60.00", "ELSE", day), supervisor, filename="r.xml")
    line = BankLine.objects.get(amount=-60)
    [found] = recorded_returns([line])[line.pk]
    assert (found.amount, found.account_ids) == (60, {account.pk, other.pk})
    client.force_login(supervisor)
    page = client.get(reverse("accounts:bank_line_detail", args=[line.pk])).content.decode()
    assert "over 2 accounts" in page
    sent = {"payment_return": found.returned.pk}
    client.post(reverse("accounts:bank_line_link_return", args=[line.pk]), sent)
    line.refresh_from_db()
    assert (line.status, line.rule) == (LineStatus.RETURNED, Rule.LEDGER)
    assert PaymentReturn.objects.count() == 2
    assert cash_bridge(bank, DAY, day).is_sound
    # told whole, in one line: by its reference it is tied without asking
    unmatch_line(line=line, reason="Look again", **told)
    assert recorded_returns([line])[line.pk] == [found]
    taken(told_back(bank.number, "60.00", found.returned.entry.reference, day), supervisor, filename="s.xml")
    again = BankLine.objects.order_by("-id").first()
    assert (again.status, again.rule) == (LineStatus.RETURNED, Rule.LEDGER)
    assert recorded_returns([line]) == {line.pk: []}


def test_money_at_the_bank_does_not_drop_out_when_its_receipt_is_reversed(client, supervisor, bank, account):
    other = makers.account(debtor=makers.debtor(creditor=account.creditor), number="B-2002")
    taken(
        mt940(bank.number, "0.00", [("60.00", "X", "w", "ANNA MUSTER", "DE1"), ("80.00", "Y", "v", "B", "")]),
        supervisor,
    )
    sixty, eighty = BankLine.objects.order_by("id")
    assert sixty.status == LineStatus.UNIDENTIFIED
    post_line(line=sixty, parts=[(account, Decimal(60))], actor=supervisor, as_of=TODAY)
    client.force_login(supervisor)
    story = client.get(reverse("accounts:account_detail", args=[account.pk])).content.decode()
    assert "bank line of ANNA MUSTER" in story
    found = client.get(reverse("core:search") + "?q=80.00%00")  # the only hit is opened at once
    assert found.url.startswith(reverse("accounts:bank_line_detail", args=[eighty.pk]))
    assert "1 unknown credit, oldest" in client.get(reverse("campaigns:today")).content.decode()
    [entry] = LedgerEntry.objects.filter(kind="payment")
    reverse_payment(entry=entry, value_date=DAY, reason="Wrong debtor", actor=supervisor, as_of=TODAY)
    sixty.refresh_from_db()
    assert (sixty.status, sixty.note) == (
        LineStatus.UNMATCHED,
        "The receipt was reversed on its account: Wrong debtor",
    )
    bridge = cash_bridge(bank, DAY, DAY)
    assert bridge.is_sound
    assert sum(share.amount for share in bridge.became) == Decimal("140.00")
    # parts of one payment come back together, in one return
    post_line(
        line=sixty,
        parts=[(account, Decimal(50)), (other, Decimal(10))],
        actor=supervisor,
        as_of=TODAY,
    )
    day = date(2026, 3, 6)
    taken(told_back(bank.number, "60.00", "ELSE", day), supervisor, filename="r.xml")
    out = BankLine.objects.get(amount__lt=0)
    shown = client.get(reverse("accounts:bank_line_return", args=[out.pk])).content.decode()
    part = LedgerEntry.objects.filter(kind="payment", reversed_by__isnull=True).order_by("id").first()
    assert f'value="{part.pk}"' in shown
    record_line_return(line=out, entry=part, code="AM04", actor=supervisor, as_of=TODAY)
    assert not LedgerEntry.objects.filter(kind="payment", reversed_by__isnull=True).exists()
    assert cash_bridge(bank, DAY, day).is_sound


def test_several_lines_are_decided_at_once_within_what_the_user_may(client, supervisor, bank):
    rows = [(f"-{place}.00", f"F{place}", "fee", "BANK", "") for place in range(1, 4)]
    taken(mt940(bank.number, "100.00", [*rows, ("7.00", "Z", "who", "NOBODY", "")]), supervisor)
    every = list(BankLine.objects.order_by("id").values_list("pk", flat=True))
    client.force_login(makers.user(role=Role.COLLECTION_OFFICER))
    address = reverse("accounts:bank_lines_not_ours")
    given = {"ids": every[:3], "_chosen": "1", "_count": "3", "kind": "charge", "note": "November"}
    assert client.post(address, given).status_code == 403
    client.force_login(supervisor)
    # nothing is chosen beforehand, and "something else" says what
    for kind, name in (("", "kind"), ("other", "note")):
        refused = client.post(address, given | {"kind": kind, "note": ""})
        assert name in refused.context["form"].errors
    assert not BankLine.objects.filter(status="not_ours").exists()
    assert client.post(address, given).status_code == 302
    assert BankLine.objects.filter(status="not_ours", not_ours="charge").count() == 3
    address = reverse("accounts:bank_lines_given")
    given = {"ids": every, "_chosen": "1", "_count": "4", "owner": supervisor.pk, "note": "Ask the bank"}
    client.post(address, given)
    line = BankLine.objects.get(pk=every[3])
    assert (line.status, line.owner, line.note) == ("unidentified", supervisor, "Ask the bank")
    assert BankLine.objects.filter(status="not_ours").count() == 3
    assert cash_bridge(bank, DAY, DAY).is_sound


def test_a_short_number_speaks_only_with_a_name_or_an_amount_beside_it(supervisor, bank):
    debtor = makers.debtor(name="Anna Muster Berg")
    makers.entry(
        account=makers.account(debtor=debtor, number="40409"), amount="90.00", value_date=date(2026, 1, 5)
    )
    rows = [
        ("10.00", "40409", "order of mine", "SOMEBODY ELSE", ""),
        ("20.00", "X", "rent 40409", "MUSTER ANNA", ""),
        ("70.00", "Y", "rent 40409", "HER MOTHER", ""),
    ]
    taken(mt940(bank.number, "0.00", rows), supervisor)
    told = {str(line.amount): line.status for line in BankLine.objects.all()}
    assert told == {"10.000": "unmatched", "20.000": "posted", "70.000": "unmatched"}


def test_a_gap_between_lines_and_ledger_names_its_line(client, supervisor, bank, account):
    taken(mt940(bank.number, "0.00", [("60.00", "A-1001", "x", "ANNA", "")]), supervisor)
    line = BankLine.objects.get()
    [entry] = LedgerEntry.objects.filter(kind="payment")
    # as when the import that brought a receipt is taken back
    reverse_entry(entry=entry, value_date=DAY, reason="undone", actor=makers.system(), as_of=TODAY)
    bridge = cash_bridge(bank, DAY, DAY)
    assert (bridge.is_sound, bridge.ledger_gap) == (False, Decimal("60.00"))
    client.force_login(supervisor)
    address = reverse("accounts:bank_reconciliation") + f"?bank_account={bank.pk}&first={DAY}&last={DAY}"
    assert reverse("accounts:bank_line_detail", args=[line.pk]) in client.get(address).content.decode()
    unmatch_line(line=line, reason="Receipt undone", actor=supervisor, as_of=TODAY)
    assert cash_bridge(bank, DAY, DAY).is_sound


def test_a_cheque_paid_by_the_bank_is_not_posted_again_by_its_line(supervisor, bank, account):
    paid = post_payment(
        account=account,
        amount=Decimal("40.00"),
        value_date=DAY,
        method="cheque",
        actor=supervisor,
        as_of=TODAY,
    )
    taken(mt940(bank.number, "0.00", [("40.00", "A-1001", "cheque", "ANNA", "")]), supervisor)
    line = BankLine.objects.get()
    assert line.status == LineStatus.UNMATCHED
    link_line(line=line, entry=paid, actor=supervisor, as_of=TODAY)
    assert LedgerEntry.objects.filter(kind="payment").count() == 1


def test_a_large_file_is_taken_in_by_a_worker_in_pieces(client, supervisor, bank, account, monkeypatch):
    for module in ("accounts.web.bank.file_verbs", "accounts.bank.jobs", "accounts.web.bank.verbs"):
        monkeypatch.setattr(f"{module}.LINES_AT_ONCE", 4)
    rows = [("10.00", "A-1001", f"t{place}", "ANNA", "") for place in range(9)]
    file = bring(mt940(bank.number, "0.00", [*rows, ("3.00", "Z", "who", "NOBODY", "")]), supervisor)
    assert file.lines_read == 10
    client.force_login(supervisor)
    answer = client.post(reverse("accounts:bank_file_take", args=[file.pk]), {"seen": 10})
    job = Job.objects.get(runner="accounts.take_in_bank_file")
    assert answer.url == reverse("core:job_detail", args=[job.pk])
    assert not BankLine.objects.exists()
    job.delete()
    done = TakeInBankFile.run_now(scope=str(file.pk), params={"seen": 10}, actor=supervisor)
    assert (done.status, done.done, done.total) == ("done", 20, 20)
    assert done.result == {
        "new": 10, "already_there": 0, "posted": 9, "returned": 0, "unidentified": 1, "asked": 0,
    }  # fmt: skip
    again = TakeInBankFile.run_now(scope=str(file.pk), params={"seen": 10}, actor=supervisor)
    assert again.result["posted"] == 0
    assert BankLine.objects.count() == 10
    assert LedgerEntry.objects.filter(kind="payment").count() == 9


def test_a_large_file_is_read_by_a_worker_and_its_page_reads_nothing_again(
    client, supervisor, bank, account, monkeypatch
):
    monkeypatch.setattr("accounts.bank.files.READ_AT_ONCE", 100)
    rows = [("10.00", "A-1001", f"t{place}", "ANNA", "") for place in range(3)]
    client.force_login(supervisor)
    upload = SimpleUploadedFile("big.sta", mt940(bank.number, "0.00", rows))
    answer = client.post(reverse("accounts:bank_file_new"), {"file": upload})
    file, job = BankFile.objects.get(), Job.objects.get(runner="accounts.read_bank_file")
    assert answer.url == reverse("core:job_detail", args=[job.pk])
    address = reverse("accounts:bank_file_detail", args=[file.pk])
    page = client.get(address).content.decode()
    assert "A worker reads this file" in page
    assert reverse("accounts:bank_file_take", args=[file.pk]) not in page
    job.delete()
    assert "Read it" in client.get(address).content.decode()
    done = ReadBankFile.run_now(scope=str(file.pk), actor=supervisor)
    assert (done.status, done.result) == ("done", {"lines": 3})
    file.refresh_from_db()
    kept = of_kept(file.look)
    assert kept == look_at(preview(file, actor=supervisor))
    assert (kept.new, kept.known, [row.amount for row in kept.rows]) == (3, 0, [Decimal("10.00")] * 3)
    monkeypatch.setattr("accounts.bank.previews.read_file", None)
    assert "opening and lines make the closing" in client.get(address).content.decode()
    taking = reverse("accounts:bank_file_take", args=[file.pk])
    assert 'value="3"' in client.get(taking).content.decode()
    monkeypatch.undo()
    monkeypatch.setattr("accounts.bank.files.READ_AT_ONCE", 100)
    # another file with one of its lines is taken in meanwhile: what was seen is no longer so
    taken(mt940(bank.number, "0.00", rows[:1], reference="OTHER"), supervisor)
    assert "Look at what is new again" in client.post(taking, {"seen": 3}).content.decode()
    client.post(reverse("accounts:bank_file_look", args=[file.pk]))
    Job.objects.filter(runner="accounts.read_bank_file").delete()
    ReadBankFile.run_now(scope=str(file.pk), actor=supervisor)
    client.post(taking, {"seen": 2})
    assert BankLine.objects.count() == 3
    # one that can't be read says so and is put away
    broken = bring(b":20:X\n:25:" + bank.number.encode() + b"\n:60F:C260301EURxx\n" * 9, supervisor)
    ReadBankFile.run_now(scope=str(broken.pk), actor=supervisor)
    page = client.get(reverse("accounts:bank_file_detail", args=[broken.pk])).content.decode()
    assert "Held:" in page
    assert "Discard" in page


# Files whose statements prove themselves, two or more of each of five formats.
REAL = [
    "camt_genkgo/test/data/camt053.v2.multi.statement.xml",
    "oca_bank_statement_import/account_statement_import_camt/test_files/test-camt053-txdtls",
    "mt940_wolph/mt940_tests/citi/mt940.txt",
    "mt940_wolph/mt940_tests/mBank/mt940.sta",
    "mt940_wolph/mt940_tests/betterplace/with_binary_character.sta",
    "coda_acsone/coda/tests/Coda_foreign_account.txt",
    "coda_acsone/coda/tests/Coda_v2_3_single_statement.txt",
    "bai2_moov/test/testdata/sample1.txt",
    "bai2_moov/test/testdata/sample2.txt",
    "ofx_ofxparse/tests/fixtures/bank_medium.ofx",
    "ofx_ofxparse/tests/fixtures/suncorp.ofx",
]


@pytest.mark.real_data
def test_real_files_of_five_formats_twice_through_the_pages_reconcile(client, real_data, supervisor):
    """Each file is brought and taken in by its pages, again as it is (refused), and again in other
    bytes beside a piece of itself (nothing new); then every account of them reconciles."""
    client.force_login(supervisor)
    formats, banks = set(), {}
    for name in REAL:
        content = (real_data / "bank" / name).read_bytes()
        found = read_statements(content, name)
        formats.add(found.format)
        for one in found.statements:
            key = (one.account, one.currency)
            if key not in banks:
                number = compact(one.account).removesuffix(one.currency)
                banks[key] = [makers.bank_account(number=number, currency=one.currency), [], content]
            banks[key][1].append(one)
        for repeat, expected in ((content, found.payment_count), (content, None), (content + b"\n", 0)):
            upload = SimpleUploadedFile(name.rpartition("/")[2], repeat)
            answer = client.post(reverse("accounts:bank_file_new"), {"file": upload, "date_order": ""})
            if expected is None:
                assert "not taken twice" in answer.content.decode(), name
                continue
            assert answer.status_code == 302, (name, answer.content.decode()[-3000:])
            file = BankFile.objects.order_by("-id").first()
            page = client.get(answer.url).content.decode()
            assert "Held:" not in page, name
            client.post(reverse("accounts:bank_file_take", args=[file.pk]), {"seen": expected})
            file.refresh_from_db()
            assert (file.status, file.lines_added) == ("taken", expected), name
    assert len(formats) == 5
    assert BankFile.objects.filter(status="taken").count() == 2 * len(REAL)
    for bank, statements, _content in banks.values():
        days = [
            day
            for one in statements
            for day in (one.opening_date, one.closing_date, *(b.booking_date for b in one.booked))
            if day is not None
        ]
        bridge = cash_bridge(bank, min(days), max(days))
        assert bridge.credits - bridge.debits == sum(one.credits - one.debits for one in statements)
        assert not bridge.unexplained
        assert not bridge.ledger_gap
        if all(one.reconciles for one in statements):
            assert (bridge.gap, bridge.closing) == (Decimal(0), statements[-1].closing)
        shown = client.get(
            reverse("accounts:bank_reconciliation")
            + f"?bank_account={bank.pk}&first={min(days)}&last={max(days)}"
        ).content.decode()
        assert ("The cash reconciles" in shown) == (bridge.gap == 0), bank.number
