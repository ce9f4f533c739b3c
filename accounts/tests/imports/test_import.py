"""From a file to the books and back."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from openpyxl import Workbook

from accounts.imports.control_text import control_lines
from accounts.imports.enums import ImportMode, ImportStatus
from accounts.imports.mapping import MappingRefused, standard_mapping
from accounts.imports.messages import remedy, suggestion, wrong
from accounts.imports.missing import DecisionRefused, decide_missing
from accounts.imports.models import ImportBatch, ImportedRecord, MissingItem
from accounts.imports.pipeline import ImportNeedsAnswer
from accounts.imports.reading.source import Source
from accounts.imports.reversal import RestsOnImport
from accounts.imports.services import (
    CreditorAlreadyReleased,
    CreditorOfOthers,
    NothingToPost,
    NotReadyToPost,
    RowsHeldBack,
    check_import,
    fix_row,
    post_import,
    release_creditor,
    reverse_import,
    upload,
)
from accounts.imports.trailers import TrailerDiffers
from accounts.ledger.models import Account, LedgerEntry, Standing
from accounts.ledger.queries import balances
from accounts.ledger.verification import verify_ledger
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.tests.imports.making import ACCOUNTS, DAY, ENTRIES, bring, check, post, table
from collections_app.core import documents, passing
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def balance(number):
    account = Account.objects.get(number=number)
    return balances([account.pk], as_of=DAY).get(account.pk, Decimal(0))


def listed(amounts):
    """A list of all open items whose amounts are said to be `amounts`."""
    mapping = standard_mapping("entries", ENTRIES[0].split(","))
    settings = {"settings": {"amounts": amounts}} if amounts else {}
    return {"mode": ImportMode.SNAPSHOT, "mapping": {**mapping, **settings}}


def test_a_large_file_is_worked_out_in_shared_tables_to_the_same_end(monkeypatch):
    monkeypatch.setattr(passing, "MANY", 1)
    monkeypatch.setattr("accounts.ledger.standing_paid.WORTH_ANALYSING", 1)
    post("accounts", table(*ACCOUNTS))
    batch = post("entries", table(*ENTRIES), creditor=Creditor.objects.get(code="POWER"))
    assert (batch.control["made"]["entries"], batch.rows_rejected) == (4, 0)
    again = post("entries", table(*ENTRIES), creditor=batch.creditor)
    assert again.control["rows"]["unchanged"] == 4
    assert [balance(number) for number in ("0001", "0002", "0003")] == [20, 200, 0]
    assert verify_ledger(as_of=DAY).fault_count == 0


def codes(batch):
    return {
        (row.row_number, fault["column"], fault["code"]) for row in batch.rows.all() for fault in row.errors
    }


class TestAccounts:
    def test_an_unknown_creditor_is_made_unreleased_in_currency_and_country_of_its_first_row(self):
        batch = post("accounts", table(*ACCOUNTS))
        creditor = Creditor.objects.get(code="POWER")
        assert (creditor.currency, creditor.country, creditor.released_at) == ("AED", "AE", None)
        assert creditor.time_zone == "Asia/Dubai"
        assert batch.control["new_creditors"] == [{"code": "POWER", "currency": "AED", "country": "AE"}]
        assert batch.status == ImportStatus.POSTED
        assert creditor.fed_until is None or creditor.fed_until == batch.posted_at

    def test_accounts_debtors_and_contact_points_stand(self):
        post("accounts", table(*ACCOUNTS))
        assert Account.objects.count() == 3
        assert Debtor.objects.count() == 2
        assert set(Standing.objects.values_list("balance", flat=True)) == {Decimal("0.000")}
        layla = Debtor.objects.get(reference="D1")
        points = {point.kind: point for point in layla.contact_points.all()}
        assert points["phone"].value == "+971501234567"
        assert points["email"].value == "layla@example.com"
        assert points["phone"].is_primary

    def test_a_number_nobody_can_dial_is_kept_as_bad_and_told(self):
        batch = post("accounts", table(*ACCOUNTS))
        bad = ContactPoint.objects.get(debtor__reference="D2")
        assert (bad.value, bad.status) == ("not a phone", "bad")
        assert batch.control["notices"]["bad_phone"] == 1
        assert "  1 phone number cannot be dialled; kept as bad" in control_lines(batch)

    def test_the_same_file_twice_adds_nothing(self):
        post("accounts", table(*ACCOUNTS))
        again = post("accounts", table(*ACCOUNTS))
        assert again.control["rows"]["unchanged"] == 3
        assert Account.objects.count() == 3
        assert ContactPoint.objects.count() == 3

    def test_a_changed_particular_is_shown_and_posted_when_confirmed(self):
        post("accounts", table(*ACCOUNTS))
        changed = table(*ACCOUNTS).replace(b"050 123 4567", b"050 765 4321")
        held = post("accounts", changed)
        assert held.control["rows"]["amended"] == 1
        assert ContactPoint.objects.filter(value="+971507654321").count() == 0
        post("accounts", changed, accepts_amended=True)
        assert ContactPoint.objects.get(value="+971507654321").valid_to is None
        assert ContactPoint.objects.get(value="+971501234567").valid_to == DAY

    def test_an_account_keeps_its_currency_and_its_debtor(self):
        post("accounts", table(*ACCOUNTS))
        batch = check(
            "accounts",
            table(
                ACCOUNTS[0],
                "0001,POWER,D1,Layla Rahman,,,AE,EUR,2026-01-05",
                "0003,POWER,D1,Layla Rahman,,,AE,AED,2026-03-05",
            ),
        )
        found = codes(batch)
        assert (2, "currency", "currency_fixed") in found
        assert (3, "account_number", "account_of_another") in found

    def test_what_is_wrong_is_named_by_row_and_column(self):
        batch = check(
            "accounts",
            table(
                ACCOUNTS[0],
                "1,POWER,D1,A,,,AE,AED,2026-01-05",
                "2,POWER,D2,,,,AE,AED,2026-01-05",
                "3,POWER,D3,C,,,AE,EURO,2026-01-05",
                "4,POWER,D4,D,,,AE,XQZ,2026-01-05",
                "5,POWER,D5,E,,,AE,AED,2062-02-12",
                "1,POWER,D9,Z,,,AE,AED,2026-01-05",
            ),
        )
        assert codes(batch) == {
            (3, "debtor_name", "name_missing"),
            (4, "currency", "too_long"),
            (5, "currency", "not_a_currency"),
            (6, "opened_date", "in_the_future"),
            (7, "account_number", "account_twice"),
        }
        assert batch.control["rows"] == {
            "new": 1, "unchanged": 0, "amended": 0, "no_effect": 0, "rejected": 5
        }  # fmt: skip

    def test_a_guarantor_is_a_party_to_the_account(self):
        post(
            "accounts",
            table(
                "account_number,creditor,debtor_reference,debtor_name,party_role,currency,opened_date",
                "1,POWER,G1,Guarantor,guarantor,AED,2026-01-05",
                "1,POWER,D1,Debtor,debtor,AED,2026-01-05",
            ),
        )
        account = Account.objects.get()
        assert account.debtor.reference == "D1"
        assert dict(account.parties.values_list("debtor__reference", "role")) == {
            "D1": "debtor",
            "G1": "guarantor",
        }

    def test_hostile_text_is_stored_as_it_is(self):
        name = "Robert'); DROP TABLE \\n accounts;-- =1+1 <script>"
        post("accounts", table(ACCOUNTS[0], f'1,POWER,D1,"{name}",,,AE,AED,2026-01-05'))
        assert Debtor.objects.get().name == name


class TestEntries:
    @pytest.fixture(autouse=True)
    def book(self):
        post("accounts", table(*ACCOUNTS))

    def test_entries_reach_the_ledger_and_two_equal_payments_both_stay(self):
        batch = post("entries", table(*ENTRIES))
        creditor = Creditor.objects.get()
        assert (batch.creditor, creditor.fed_until) == (creditor, batch.posted_at)
        assert batch.control["rows"] == {
            "new": 4, "unchanged": 0, "amended": 0, "no_effect": 1, "rejected": 0
        }  # fmt: skip
        assert balance("0001") == Decimal("20.000")
        assert balance("0002") == Decimal("200.000")
        assert verify_ledger(as_of=DAY).fault_count == 0

    def test_the_same_file_twice_adds_nothing(self):
        post("entries", table(*ENTRIES))
        again = post("entries", table(*ENTRIES))
        assert again.control["rows"]["new"] == 0
        assert again.control["rows"]["unchanged"] == 4
        assert LedgerEntry.objects.count() == 4

    def test_a_longer_file_adds_what_is_new_in_it(self):
        post("entries", table(*ENTRIES))
        batch = post("entries", table(*ENTRIES, "0001,,payment,40.00,2026-03-01,"))
        assert batch.control["rows"]["new"] == 1
        assert balance("0001") == Decimal("-20.000")

    def test_a_delta_file_adds_equal_rows_of_another_file_but_not_itself_again(self):
        header, payment = ENTRIES[0], "0001,,payment,40.00,2026-03-01,"
        post("entries", table(header, payment), mode=ImportMode.MOVEMENTS)
        second = table(header, payment, "")
        assert post("entries", second, mode=ImportMode.MOVEMENTS).control["rows"]["new"] == 1
        assert post("entries", second, mode=ImportMode.MOVEMENTS).control["rows"]["unchanged"] == 1

    def test_an_amended_document_waits_for_confirmation_then_is_reversed_and_posted(self):
        post("entries", table(*ENTRIES))
        changed = table(*ENTRIES).replace(b"200.00", b"180.00")
        waiting = post("entries", changed)
        assert waiting.control["rows"]["amended"] == 1
        assert waiting.rows.get().values["before"] == "200.000"
        assert balance("0002") == Decimal("200.000")
        batch = post("entries", changed, accepts_amended=True)
        assert balance("0002") == Decimal("180.000")
        kinds = LedgerEntry.objects.filter(account__number="0002").order_by("id")
        assert [entry.kind for entry in kinds] == ["charge", "reversal", "charge"]
        assert post("entries", changed).control["rows"]["unchanged"] == 4
        reverse_import(batch=batch, reason="wrong file", actor=makers.system(), as_of=DAY)
        assert balance("0002") == Decimal("200.000")

    def test_faults_are_named_and_the_balance_has_them_in(self):
        batch = check(
            "entries",
            creditor=Creditor.objects.get(),
            content=table(
                "account_number,entry_reference,kind,amount,value_date,due_date,currency",
                "0001,A,charge,640.00,01.02.2026,31.11.2026,AED",
                "0001,B,charge,-12.00,13.02.2026,,AED",
                "0001,C,charge,5.00,13.02.2026,,EUR",
                "0O01,D,charge,6.00,13.02.2026,,AED",
                "9,E,charge,7.00,13.02.2026,,AED",
                "0001,F,rent,8.00,13.02.2026,,AED",
                "0001,G,adjustment,9.00,13.02.2026,,AED",
                "0001,H,payment,1.234,13.02.2026,,AED",
                "0001,I,charge,10.00,13.02.2062,,AED",
                "0001,J,charge,421.80,13.02.2026,,AED",
                "0001,J,charge,412.80,13.02.2026,,AED",
                "0001,K,charge,11.00,13.02.2026,,AED",
            ),
        )
        assert {(row, code) for row, _column, code in codes(batch)} == {
            (2, "no_such_day"),
            (3, "amount_negative"),
            (4, "wrong_currency"),
            (5, "account_unknown"),
            (6, "account_unknown"),
            (7, "unknown_choice"),
            (8, "direction_missing"),
            (9, "too_many_decimals"),
            (10, "in_the_future"),
            (12, "reference_twice"),
        }
        good = {row.row_number: row for row in batch.rows.all()}
        assert good[5].errors[0]["params"]["near"] == "0001"
        known = [line for line in batch.control["sums"] if line["creditor"] == "POWER"]
        [line] = known
        total = Decimal(line["good"]) + Decimal(line["held_back"])
        assert Decimal(line["file"]) == total
        assert Decimal(line["good"]) == Decimal("432.80")

    def test_a_bad_day_says_how_long_the_month_is(self):
        assert wrong("no_such_day", {"month": 11, "year": 2026, "days": 30}) == "November has 30 days."
        assert "credit note" in remedy("amount_negative", {"kind": "charge"})

    def test_a_negative_amount_and_a_far_year_come_with_what_was_meant(self):
        negative = {"kind": "charge", "amount": "1240.50"}
        assert "Credit note of 1240.50" in remedy("amount_negative", negative)
        for cell in ("-1.240,50", "1.240,50-", "(1.240,50)", "\u22121.240,50", "1.240,50 CR"):
            assert suggestion("amount_negative", "-1240.50", negative, in_file=cell) == "1.240,50"
        ahead = {"days": (date(2062, 2, 13) - DAY).days}
        this_year = DAY.year if date(DAY.year, 2, 13) <= DAY else DAY.year - 1
        assert suggestion("in_the_future", "2062-02-13", ahead) == f"{this_year}-02-13"
        assert f"{this_year}-02-13" in remedy("in_the_future", ahead, "2062-02-13")
        assert remedy("in_the_future", {"days": 13000}) == "Correct the year."
        odd = {"year": 3026, "month": 2, "day": 13}
        assert suggestion("odd_year", "13.02.3026", odd) == "2026-02-13"
        assert suggestion("odd_year", "29.02.3025", {"year": 3025, "month": 2, "day": 29}) == ""

    def test_bad_rows_go_back_as_a_file_that_can_be_brought_again(self):
        batch = post("entries", table(*ENTRIES, "0009,INV-9,charge,5.00,2026-01-05,"))
        content = documents.read(batch.rejected_file)
        mended = check("entries", content, name="back.xlsx")
        assert codes(mended) == {(2, "account_number", "account_unknown")}
        assert batch.control["rows"]["new"] == 4

    def test_a_row_is_put_right_in_place(self):
        batch = check("entries", table(ENTRIES[0], "0009,INV-9,charge,5.00,2026-01-05,"))
        assert batch.rows_rejected == 1
        fix_row(
            batch=batch, row_number=2, column="account_number", value="0002",
            actor=makers.system(), as_of=DAY,
        )  # fmt: skip
        batch.refresh_from_db()
        batch = post_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert batch.rows_rejected == 0
        assert balance("0002") == Decimal("5.000")

    def test_all_or_nothing_posts_nothing_when_a_row_is_bad(self):
        batch = bring("entries", table(*ENTRIES, "0009,INV-9,charge,5.00,2026-01-05,"))
        with pytest.raises(RowsHeldBack):
            post_import(batch=batch, actor=makers.system(), as_of=DAY, all_or_nothing=True)
        assert LedgerEntry.objects.count() == 0

    def test_a_file_without_a_good_row_is_not_posted(self):
        batch = bring("entries", table(ENTRIES[0], "0009,INV-9,charge,5.00,2026-01-05,"))
        with pytest.raises(NothingToPost):
            post_import(batch=batch, actor=makers.system(), as_of=DAY)

    def test_a_returned_payment_names_the_payment(self):
        lines = [
            "account_number,entry_reference,kind,reverses,amount,value_date",
            "0001,P-1,payment,,40.00,2026-03-01",
            "0001,R-1,reversal,P-1,40.00,2026-03-05",
        ]
        post("entries", table(*lines))
        assert balance("0001") == 0
        assert verify_ledger(as_of=DAY).fault_count == 0
        assert post("entries", table(*lines)).control["rows"]["unchanged"] == 2
        assert codes(check("entries", table(lines[0], "0001,R-2,reversal,P-7,40.00,2026-03-05"))) == {
            (2, "reverses", "reverses_unknown")
        }

    def test_a_document_that_comes_again_with_nothing_to_pay_is_cancelled_once_confirmed(self):
        post("entries", table(*ENTRIES))
        cancelled = table(ENTRIES[0], "0002,INV-2,charge,0.00,2026-02-05,2026-03-05")
        assert check("entries", cancelled).control["rows"]["amended"] == 1
        assert balance("0002") == Decimal("200.000")
        batch = post("entries", cancelled, accepts_amended=True)
        assert batch.control["made"]["entries_amended"] == 1
        assert balance("0002") == 0
        assert verify_ledger(as_of=DAY).fault_count == 0
        assert post("entries", cancelled).control["rows"]["no_effect"] == 1
        reverse_import(batch=batch, reason="not cancelled", actor=makers.system(), as_of=DAY)
        assert balance("0002") == Decimal("200.000")

    def test_days_that_can_be_read_two_ways_are_asked(self):
        batch = bring("entries", table(*ENTRIES[:1], "0001,X,charge,5.00,01/02/2026,03/04/2026"))
        with pytest.raises(ImportNeedsAnswer) as caught:
            check_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert caught.value.question == "date_order"
        batch.mapping["settings"] = {"date_order": "mdy"}
        batch.save()
        post_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert LedgerEntry.objects.get().value_date == date(2026, 1, 2)

    def test_a_snapshot_lists_the_open_documents_it_does_not_name(self):
        post("entries", table(*ENTRIES))
        batch = check("entries", table(*ENTRIES[:2]), mode=ImportMode.SNAPSHOT)
        assert batch.control["missing"] == {
            "count": 1,
            "first": [{"account": "0002", "reference": "INV-2", "open": "200.000"}],
        }
        assert not MissingItem.objects.exists()

    def test_what_a_snapshot_says_is_left_of_a_document_paid_in_part_is_no_amendment(self):
        post("entries", table(*ENTRIES))
        left = "0001,INV-1,charge,{},2026-01-05,2026-02-05"
        other = "0002,INV-2,charge,150.00,2026-02-05,2026-03-05"
        content = table(ENTRIES[0], left.format("20.00"), other)
        assert check("entries", content, mode=ImportMode.MOVEMENTS).control["rows"]["amended"] == 2
        # neither the whole amount nor what is left: held back whatever is confirmed
        batch = post("entries", content, mode=ImportMode.SNAPSHOT, accepts_amended=True)
        assert (batch.control["rows"]["unchanged"], batch.control["rows"]["rejected"]) == (1, 1)
        assert codes(batch) == {(3, "amount", "listed_amount_differs")}
        assert (balance("0001"), balance("0002")) == (Decimal("20"), Decimal("200"))
        # said to be whole amounts, the one is an amendment; so would the other be
        content = table(ENTRIES[0], other)
        batch = post("entries", content, accepts_amended=True, **listed("whole"))
        assert batch.control["rows"]["amended"] == 1
        assert (balance("0001"), balance("0002")) == (Decimal("20"), Decimal("150"))
        # paid whole, and listed with nothing left: not cancelled either
        account = Account.objects.get(number="0001")
        makers.entry(account=account, amount="20", kind="payment", value_date=DAY, as_of=DAY)
        nothing = table(ENTRIES[0], left.format("0.00"), other)
        batch = post("entries", nothing, mode=ImportMode.SNAPSHOT, accepts_amended=True)
        assert batch.control["rows"]["unchanged"] == 2
        assert balance("0001") == 0

    def test_the_setting_says_whether_a_list_states_whole_amounts_or_what_is_left(self):
        post("entries", table(*ENTRIES))  # INV-1: 100, of which 80 is paid

        def found(amounts, amount, due="2026-02-05"):
            line = f"0001,INV-1,charge,{amount},2026-01-05,{due}"
            batch = check("entries", table(ENTRIES[0], line), accepts_amended=True, **listed(amounts))
            state = next(name for name, count in batch.control["rows"].items() if count)
            return batch, state

        states = {
            (amounts, amount): found(amounts, amount)[1]
            for amounts in ("whole", "open", "")
            for amount in ("100.00", "20.00", "5.00", "60.00", "120.00")
        }
        assert states == {
            ("whole", "100.00"): "unchanged",
            ("whole", "20.00"): "amended",
            ("whole", "5.00"): "amended",
            ("whole", "60.00"): "amended",
            ("whole", "120.00"): "amended",
            ("open", "100.00"): "unchanged",  # what was paid here is not posted there yet
            ("open", "20.00"): "unchanged",
            ("open", "5.00"): "rejected",
            ("open", "60.00"): "unchanged",
            ("open", "120.00"): "rejected",
            ("", "100.00"): "unchanged",
            ("", "20.00"): "unchanged",
            ("", "5.00"): "rejected",
            ("", "60.00"): "rejected",
            ("", "120.00"): "rejected",
        }
        batch, _state = found("open", "5.00")
        [fault] = batch.rows.get().errors
        assert wrong(fault["code"], fault["params"]) == (
            "20.00 of 100.00 is left open here; the list says 5.00, so less."
        )
        assert remedy(fault["code"], fault["params"]).startswith("Post what the creditor took")
        assert found("open", "60.00")[0].control["notices"]["listed_above_left"] == 1
        # other days of a document paid in part: posted anew whole, what was paid counts once
        batch, state = found("open", "20.00", due="2026-04-05")
        assert state == "amended"
        values = batch.rows.get().values
        assert [Decimal(values[name]) for name in ("before", "paid", "posted")] == [100, 80, 100]
        post_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert balance("0001") == Decimal("20")
        # a credit the creditor has used in part says nothing; which of two it is, nobody guesses
        post("entries", table(ENTRIES[0], "0002,CN-1,credit_note,50.00,2026-03-01,"))
        line = table(ENTRIES[0], "0002,CN-1,credit_note,30.00,2026-03-01,", ENTRIES[4])
        rows = [check("entries", line, **listed(amounts)).control["rows"] for amounts in ("open", "")]
        assert [(found["unchanged"], found["rejected"]) for found in rows] == [(2, 0), (1, 1)]

    def test_what_was_born_here_is_not_missed_and_comes_back_under_its_key_once(self):
        post("entries", table(*ENTRIES))
        account = Account.objects.get(number="0001")
        for kind, amount in (("fee", "7.00"), ("payment", "3.00")):
            makers.entry(
                account=account, amount=amount, kind=kind, reference="HERE", value_date=DAY, source="rule"
            )
        fee, payment = LedgerEntry.objects.filter(reference="HERE").order_by("id")
        batch = check("entries", table(*ENTRIES), mode=ImportMode.SNAPSHOT)
        assert not batch.control["missing"]
        same = check("entries", table(ENTRIES[0], f"0001,,payment,3.00,{DAY - timedelta(days=2)},"))
        assert same.control["equal_to_ours"]["count"] == 1
        journal = table(
            ENTRIES[0],
            f"0001,E{payment.pk},payment,3.00,2026-03-09,",
            f"0001,E{fee.pk},fee,8.00,2026-03-09,",
            f"0002,E{payment.pk},payment,3.00,2026-03-09,",
        )
        batch = post("entries", journal, mode=ImportMode.MOVEMENTS)
        assert batch.control["rows"]["unchanged"] == 1
        assert codes(batch) == {(3, "entry_reference", "own_entry_differs")}
        assert "born here, a fee of 7.00" in wrong("own_entry_differs", batch.rows.get().errors[0]["params"])
        assert LedgerEntry.objects.filter(account=account, kind="payment", amount=3).count() == 1

    def test_a_file_that_does_not_hold_what_its_last_row_says_is_not_posted(self):
        mapping = standard_mapping("entries", ENTRIES[0].split(","))
        mapping["trailer"] = {"marker": "total", "rows": 2, "sum": 4}
        rows = ENTRIES[1:4]
        whole = table(ENTRIES[0], *rows, "TOTAL,3,,180.00")
        for content, says in (
            (table(ENTRIES[0], *rows[:2], "TOTAL,3,,180.00"), "the trailer says 3, the file has 2"),
            (table(ENTRIES[0], *rows, "TOTAL,3,,181.00"), "the trailer says 181.00, the file has 180.00"),
            (table(ENTRIES[0], *rows), "ends without the trailer"),
        ):
            batch = bring("entries", content, mapping=mapping)
            with pytest.raises(TrailerDiffers, match=says):
                post_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert not LedgerEntry.objects.exists()
        batch = post("entries", whole, mapping=mapping)
        assert (batch.control["trailer"]["holds"], batch.rows_read, batch.rows_rejected) == (True, 3, 0)
        with pytest.raises(MappingRefused, match="cell of"):
            check("entries", whole, mapping={**mapping, "trailer": {"marker": "x"}})

    def test_missing_documents_wait_until_somebody_says_what_became_of_them(self):
        post("entries", table(*ENTRIES))
        batch = post("entries", table(*ENTRIES[:2]), mode=ImportMode.SNAPSHOT)
        [item] = MissingItem.objects.all()
        assert (item.batch, item.entry.reference, item.status) == (batch, "INV-2", "waiting")
        assert batch.control["made"]["missing_items"] == 1
        leader = makers.user(role=Role.MANAGER)
        given = {"ids": [item.pk], "note": "they said so", "as_of": DAY}
        with pytest.raises(NotAllowed):
            decide_missing(**given, to="paid", value_date=DAY, actor=makers.user())
        with pytest.raises(DecisionRefused, match="today or an earlier"):
            decide_missing(**given, to="paid", value_date=DAY + timedelta(days=1), actor=leader)
        assert decide_missing(**given, to="paid", value_date=DAY, actor=leader) == 1
        assert decide_missing(**given, to="credited", value_date=DAY, actor=leader) == 0
        again = check("entries", table(*ENTRIES), mode=ImportMode.SNAPSHOT)
        settled = {"count": 1, "first": [{"account": "0002", "reference": "INV-2"}]}
        assert again.control["settled_here"] == settled
        paid = LedgerEntry.objects.get(reference="INV-2", kind="payment")
        assert (paid.amount, paid.receiver, paid.source) == (Decimal("200"), "creditor", "import")
        assert [row.debit_id for row in paid.named_allocations.all()] == [item.entry_id]
        assert balance("0002") == 0
        assert verify_ledger(as_of=DAY).fault_count == 0

    def test_a_newer_list_supersedes_what_waits_and_a_policy_may_decide(self):
        post("entries", table(*ENTRIES))
        first = post("entries", table(*ENTRIES[:2]), mode=ImportMode.SNAPSHOT)
        makers.policy("feed", {"missing": "credited"})
        newer = table(*ENTRIES[:2], "0001,INV-9,charge,1.00,2026-03-01,")
        again = post("entries", newer, mode=ImportMode.SNAPSHOT)
        assert list(MissingItem.objects.order_by("id").values_list("batch", "status")) == [
            (first.pk, "superseded"),
            (again.pk, "credited"),
        ]
        assert LedgerEntry.objects.get(kind="credit_note").amount == Decimal("200")
        assert balance("0002") == 0

    def test_opening_items_at_cut_over_are_no_new_charges(self):
        post("entries", table(*ENTRIES), is_cut_over=True)
        lines = set(LedgerEntry.objects.values_list("line", flat=True))
        assert lines == {"opening"}
        assert balance("0001") == Decimal("20.000")
        assert verify_ledger(as_of=DAY).fault_count == 0
        assert LedgerEntry.objects.get(reference="INV-2").due_date == date(2026, 3, 5)

    def test_an_account_number_of_two_creditors_asks_for_the_creditor(self):
        post("accounts", table(ACCOUNTS[0], "0001,WATER,W1,Other,,,AE,AED,2026-01-05"))
        assert codes(check("entries", table(*ENTRIES[:2]))) == {(2, "account_number", "account_ambiguous")}
        creditor = Creditor.objects.get(code="WATER")
        post("entries", table(*ENTRIES[:2]), creditor=creditor)
        assert LedgerEntry.objects.get().account.creditor == creditor


class TestReversal:
    def test_an_import_is_taken_back_and_comes_again(self):
        accounts = post("accounts", table(*ACCOUNTS))
        entries = post("entries", table(*ENTRIES))
        actor = makers.system()
        with pytest.raises(RestsOnImport, match="4 entries posted by others"):
            reverse_import(batch=accounts, reason="wrong book", actor=actor, as_of=DAY)
        reverse_import(batch=entries, reason="wrong book", actor=actor, as_of=DAY)
        assert balance("0001") == 0
        reverse_import(batch=accounts, reason="wrong book", actor=actor, as_of=DAY)
        assert set(Account.objects.values_list("status", flat=True)) == {"void"}
        assert not ImportedRecord.objects.filter(is_void=False).exists()
        assert post("accounts", table(*ACCOUNTS)).control["made"]["accounts_restored"] == 3
        assert post("entries", table(*ENTRIES)).control["rows"]["new"] == 4
        assert balance("0001") == Decimal("20.000")
        assert verify_ledger(as_of=DAY).fault_count == 0

    def test_only_a_manager_takes_back_and_only_what_was_posted(self):
        batch = post("accounts", table(*ACCOUNTS))
        with pytest.raises(NotAllowed):
            reverse_import(batch=batch, reason="x", actor=makers.user(role=Role.SUPERVISOR), as_of=DAY)
        waiting = bring("accounts", table(*ACCOUNTS))
        with pytest.raises(NotReadyToPost):
            reverse_import(batch=waiting, reason="x", actor=makers.user(role=Role.MANAGER), as_of=DAY)


class TestOthers:
    def test_contacts_are_logged_once_and_judged(self):
        post("accounts", table(*ACCOUNTS))
        content = table(
            "account_number,contacted_at,channel,direction,outcome,note",
            "0001,2026-03-02 10:00,call,out,no_answer,",
            "0002,2026-03-02 10:00,call,out,no_answer,",
            "0003,2026-03-02 03:00,call,out,reached,at night",
        )
        batch = post("contacts", content)
        assert batch.control["made"]["contacts"] == 2
        layla = Debtor.objects.get(reference="D1")
        attempt = layla.attempts.get()
        assert attempt.accounts.count() == 2
        assert (attempt.source, attempt.at.isoformat()) == ("imported", "2026-03-02T06:00:00+00:00")
        assert Debtor.objects.get(reference="D2").attempts.get().counted.judgement == "breach"
        assert post("contacts", content).control["rows"]["unchanged"] == 3

    def test_protections_stop_the_chase(self):
        post("accounts", table(*ACCOUNTS))
        post("entries", table(*ENTRIES))
        content = table(
            "account_number,debtor_reference,kind,from,to,detail,amount",
            "0001,,dispute,2026-03-02,,Says the meter is wrong,30.00",
            ",D2,opt_out,2026-03-02,,,",
            "0002,,hold,2026-03-02,,checked by the creditor,",
            ",D1,deceased,2026-03-02,,,",
        )
        batch = post("protections", content, creditor=Creditor.objects.get())
        assert codes(batch) == set()
        standing = Standing.objects.get(account__number="0001")
        assert standing.contested == Decimal("20.000") or standing.contested == Decimal("30.000")
        assert Debtor.objects.get(reference="D2").holds.get().scopes == ["contact"]
        assert Debtor.objects.get(reference="D1").identity.legal_facts.get().kind == "deceased"
        again = post("protections", content, creditor=Creditor.objects.get())
        assert again.control["rows"]["unchanged"] == 4
        reverse_import(batch=batch, reason="mistake", actor=makers.system(), as_of=DAY)
        assert Standing.objects.get(account__number="0001").contested == 0

    def test_a_creditor_is_released_once_by_a_manager(self):
        post("accounts", table(*ACCOUNTS))
        creditor = Creditor.objects.get()
        with pytest.raises(NotAllowed):
            release_creditor(creditor=creditor, actor=makers.user(role=Role.SUPERVISOR), as_of=DAY)
        manager = makers.user(role=Role.MANAGER)
        release_creditor(creditor=creditor, actor=manager, as_of=DAY)
        creditor.refresh_from_db()
        assert creditor.released_by == manager
        with pytest.raises(CreditorAlreadyReleased):
            release_creditor(creditor=creditor, actor=manager, as_of=DAY)

    def test_the_wall_stands_between_creditors(self):
        team = makers.team()
        supervisor = makers.member(makers.user(role=Role.SUPERVISOR), team)
        mine = makers.creditor(code="MINE", currency="AED", teams=[team])
        post("accounts", table(*ACCOUNTS))

        def bring_as_supervisor(kind, *lines, **fields):
            batch = upload(
                kind=kind, source=Source.from_bytes("a.csv", table(*lines)), actor=supervisor, as_of=DAY,
                **fields,
            )  # fmt: skip
            return check_import(batch=batch, actor=supervisor, as_of=DAY)

        for kind, lines in (("accounts", ACCOUNTS), ("entries", ENTRIES)):
            with pytest.raises(CreditorOfOthers):
                bring_as_supervisor(kind, *lines)
        with pytest.raises(CreditorOfOthers):
            bring_as_supervisor("accounts", ACCOUNTS[0], "1,NEWCO,D1,A,,,AE,AED,2026-01-05")
        batch = bring_as_supervisor("entries", ENTRIES[0], "0O01,X,charge,1.00,2026-01-05,", creditor=mine)
        [row] = batch.rows.all()
        assert row.errors[0]["params"] == {}, "the account of the other creditor is not suggested"

    def test_entries_of_an_unknown_creditor_are_told_so(self):
        post("accounts", table(*ACCOUNTS))
        found = codes(check("entries", table(*ENTRIES[:2]), creditor_code="NOBODY"))
        assert {code for _row, _column, code in found} == {"creditor_unknown"}

    def test_an_officer_brings_nothing_in(self):
        with pytest.raises(NotAllowed):
            upload(
                kind="accounts",
                source=Source.from_bytes("a.csv", table(*ACCOUNTS)),
                actor=makers.user(),
                as_of=DAY,
            )
        assert not ImportBatch.objects.exists()


class TestWorkbooks:
    @pytest.fixture(autouse=True)
    def book(self):
        post("accounts", table(*ACCOUNTS))

    def workbook(self, *lines):
        book = Workbook()
        for line in lines:
            book.active.append(line)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def test_the_amount_of_an_unknown_account_is_not_called_missing(self):
        content = self.workbook(
            ("account_number", "entry_reference", "kind", "amount", "value_date"),
            ("9999", "A", "charge", 242.26, date(2026, 1, 5)),
            ("9999", "A", "charge", 291.85999999999996, date(2026, 1, 5)),
        )
        batch = bring("entries", content, creditor_code="POWER", name="book.xlsx")
        batch = check_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert codes(batch) == {
            (2, "account_number", "account_unknown"),
            (3, "account_number", "account_unknown"),
            (3, "entry_reference", "reference_twice"),
        }
        [twice] = [f for row in batch.rows.all() for f in row.errors if f["code"] == "reference_twice"]
        assert "242.26" in wrong(twice["code"], twice["params"])

    def test_a_cell_that_cannot_be_read_is_said_once_and_never_called_missing(self):
        content = self.workbook(
            ("account_number", "debtor_reference"), ("#N/A", ""), ("#REF!", ""), ("x" * 80, "")
        )
        batch = bring("accounts", content, creditor_code="POWER", name="book.xlsx")
        batch = check_import(batch=batch, actor=makers.system(), as_of=DAY)
        assert codes(batch) == {
            (2, "account_number", "cell_error"),
            (3, "account_number", "cell_error"),
            (4, "account_number", "too_long"),
        }

    def test_numbers_of_a_workbook_are_rounded_to_the_currency_and_errors_are_held_back(self):
        content = self.workbook(
            ("account_number", "entry_reference", "kind", "amount", "value_date"),
            ("0001", "A", "charge", 274.65999999999997, date(2026, 1, 5)),
            ("0001", "B", "charge", 0.1 + 0.2, date(2026, 1, 6)),
            ("0001", "C", "charge", "#N/A", date(2026, 1, 7)),
            ("0001", "D", "charge", 12, 46000),
        )
        batch = post("entries", content, name="entries.xlsx")
        assert codes(batch) == {(4, "amount", "cell_error"), (5, "value_date", "not_a_day")}
        amounts = LedgerEntry.objects.order_by("id").values_list("amount", "value_date")
        assert list(amounts) == [
            (Decimal("274.660"), date(2026, 1, 5)),
            (Decimal("0.300"), date(2026, 1, 6)),
        ]

    def test_a_workbook_and_the_same_rows_as_csv_are_one_book(self):
        post(
            "entries",
            self.workbook(
                ("account_number", "kind", "amount", "value_date"),
                ("0001", "payment", 40, date(2026, 3, 1)),
            ),
            name="entries.xlsx",
        )
        again = post(
            "entries", table("account_number,kind,amount,value_date", "0001,payment,40.00,2026-03-01")
        )
        assert again.control["rows"]["unchanged"] == 1


@pytest.mark.real_data
def test_every_hostile_string_is_stored_as_it_is(real_data):
    names = set()
    for path in sorted((real_data / "hostile_strings").iterdir()):
        if path.suffix in (".txt", ".csv"):
            for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
                name = text.replace("\0", "").strip()
                if name and len(name) <= 200:
                    names.add(name)
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["account_number", "creditor", "debtor_name", "currency", "opened_date"])
    ordered = sorted(names)
    for number, name in enumerate(ordered):
        writer.writerow([f"H{number}", "HOSTILE", name, "EUR", "2026-01-05"])
    batch = post("accounts", stream.getvalue().encode())
    held = {row.row_number for row in batch.rows.all()}
    stored = dict(Account.objects.values_list("number", "debtor__name"))
    wrong = [
        name
        for number, name in enumerate(ordered)
        if number + 2 not in held and stored.get(f"H{number}") != name
    ]
    assert wrong == []
    assert len(held) <= 8  # the errors of a workbook, written as text
    assert len(stored) == len(ordered) - len(held)
