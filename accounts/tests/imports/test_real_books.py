"""Whole real books, brought in by our own mappings, against what others computed from them."""

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from accounts.imports.enums import ImportStatus
from accounts.imports.models import ImportBatch
from accounts.imports.pipeline import ImportNeedsAnswer
from accounts.imports.reading.source import Source
from accounts.imports.services import post_import, upload
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import ageing, balances
from accounts.ledger.verification import verify_ledger
from accounts.parties.models import Debtor
from collections_app.testing import makers

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]
MAPPINGS = Path(__file__).parent.parent / "mappings"
DAY = date(2026, 11, 23)
DAYS = (date(2009, 12, 31), date(2012, 12, 31))


def cents(value) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def mapping(name):
    return json.loads((MAPPINGS / f"{name}.json").read_text())


def bring(kind, path, name, **settings):
    given = mapping(name)
    given["settings"] = {**given.get("settings", {}), **settings}
    batch = upload(kind=kind, source=Source.from_path(path), mapping=given, actor=makers.system(), as_of=DAY)
    return post_import(batch=batch, actor=makers.system(), as_of=DAY)


class TestRoadFines:
    """One test, because the book is brought in once."""

    @pytest.fixture
    def folder(self, real_data):
        return real_data / "road_fines/sample_5000"

    @pytest.mark.long
    def test_the_sample_agrees_to_the_cent(self, folder):
        truth = json.loads((folder / "ground_truth.json").read_text())
        cases = bring("accounts", folder / "cases.csv.gz", "road_fines_cases")
        assert cases.control["rows"]["new"] == 5000
        ledger = bring("entries", folder / "ledger.csv.gz", "road_fines_ledger")
        with gzip.open(folder / "ledger.csv.gz", "rt", newline="") as stream:
            lines = list(csv.DictReader(stream))
        zero = sum(Decimal(line["debit"]) + Decimal(line["credit"]) == 0 for line in lines)
        assert ledger.control["rows"] == {
            "new": len(lines) - zero, "unchanged": 0, "amended": 0, "no_effect": zero, "rejected": 0
        }  # fmt: skip
        self.check_balances(folder)
        for day in DAYS:
            self.check_ageing(day, truth["as_of"][day.isoformat()])
        self.check_months(truth["monthly"])
        assert verify_ledger(as_of=DAY).fault_count == 0
        again = bring("entries", folder / "ledger.csv.gz", "road_fines_ledger")
        assert again.control["rows"]["new"] == 0

    def check_balances(self, folder):
        numbers = dict(Account.objects.values_list("number", "pk"))
        with gzip.open(folder / "cases.csv.gz", "rt", newline="") as stream:
            cases = list(csv.DictReader(stream))
        for day in DAYS:
            found = balances(as_of=day)
            wrong = [
                case["case_id"]
                for case in cases
                if case[f"balance_{day}"]
                and found.get(numbers[case["case_id"]], Decimal(0)) != Decimal(case[f"balance_{day}"])
            ]
            assert wrong == []

    def check_ageing(self, day, truth):
        view = truth["view_ledger"]
        due = ageing(as_of=day)["EUR"]
        assert due["open_accounts"] == view["open_cases"]
        assert due["open_balance"] == cents(view["open_balance"])
        assert due["credit_balance"] == cents(truth["overpaid_balance"])
        for label, bucket in view["ageing_B_days_past_due"].items():
            assert (due["buckets"][label]["accounts"], due["buckets"][label]["balance"]) == (
                bucket["cases"],
                cents(bucket["balance"]),
            )
        opened = ageing(as_of=day, basis="opened")["EUR"]["buckets"]
        for label, bucket in view["ageing_A_days_since_creation"].items():
            labels = ["current", "1-30"] if label == "0-30" else [label]
            assert sum(opened[name]["accounts"] for name in labels) == bucket["cases"]
            assert sum(opened[name]["balance"] for name in labels) == cents(bucket["balance"])

    def check_months(self, monthly):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_char(value_date, 'YYYY-MM'), kind, sum(amount), count(*)"
                " FROM accounts_ledgerentry GROUP BY 1, 2"
            )
            found = {(month, kind): (amount, count) for month, kind, amount, count in cursor.fetchall()}
        names = {
            "charge": "new_fine_amount",
            "fee": "expense_amount",
            "penalty": "penalty_amount",
            "payment": "payment_amount",
        }
        for month, figures in monthly.items():
            for kind, name in names.items():
                amount, _count = found.get((month, kind), (Decimal(0), 0))
                assert amount == cents(figures[name]), (month, kind)


class TestReceivables:
    @pytest.fixture
    def folder(self, real_data):
        return real_data / "ar_ibm"

    def test_invoices_come_in_by_their_own_columns_with_disputes(self, folder):
        truth = json.loads((folder / "ground_truth.json").read_text())
        batch = bring("accounts", folder / "WA_Fn-UseC_-Accounts-Receivable.csv", "ar_ibm")
        assert batch.control["rows"]["new"] == truth["size"]["invoices"]
        assert batch.control["made"]["creditors"] == 5
        assert Account.objects.filter(number__startswith="0").count() == 266
        assert Debtor.objects.values("reference").distinct().count() == truth["size"]["customers"]
        assert batch.control["made"]["disputes"] == truth["totals"]["disputed_invoices"]
        for text, figures in truth["as_of"].items():
            self.check_day(date.fromisoformat(text), figures)
        self.check_months(truth["monthly"])
        assert verify_ledger(as_of=DAY).fault_count == 0

    def check_day(self, day, figures):
        found = ageing(as_of=day, edges=(30, 60))["USD"]
        assert found["open_accounts"] == figures["open_invoices"]
        assert found["open_balance"] == cents(figures["open_balance"])
        for label, bucket in figures["ageing"].items():
            ours = found["buckets"]["60+" if label == "61+" else label]
            assert (ours["accounts"], ours["balance"]) == (bucket["invoices"], cents(bucket["balance"]))
        contested = sum(bucket["contested"] for bucket in found["buckets"].values())
        assert contested == cents(figures["disputed_open_balance"])
        by_customer: dict[str, Decimal] = {}
        customers = dict(Account.objects.values_list("pk", "debtor__reference"))
        for account_id, amount in balances(as_of=day).items():
            if amount:
                by_customer[customers[account_id]] = by_customer.get(customers[account_id], 0) + amount
        assert by_customer == {
            name: cents(amount) for name, amount in figures["open_balance_by_customer"].items()
        }

    def check_months(self, monthly):
        for month, figures in monthly.items():
            year, number = map(int, month.split("-"))
            entries = LedgerEntry.objects.filter(value_date__year=year, value_date__month=number)
            for kind, name in (("charge", "invoiced"), ("payment", "settled")):
                amounts = list(entries.filter(kind=kind).values_list("amount", flat=True))
                assert (len(amounts), sum(amounts)) == (figures[f"{name}_n"], cents(figures[name]))

    def test_the_variant_with_the_day_first_is_not_misread(self, folder):
        bring("accounts", folder / "variant_ddmmyyyy_pedroteles.csv", "ar_ibm")
        with open(folder / "variant_ddmmyyyy_pedroteles.csv", newline="", encoding="utf-8-sig") as stream:
            lines = {line["invoiceNumber"]: line for line in csv.DictReader(stream)}
        dates = LedgerEntry.objects.filter(kind="charge").values_list(
            "account__number", "value_date", "due_date"
        )
        assert len(dates) == len(lines)
        for number, value_date, due_date in dates:
            assert f"{value_date:%d/%m/%Y}" == lines[number]["InvoiceDate"]
            assert f"{due_date:%d/%m/%Y}" == lines[number]["DueDate"]

    def test_blanks_of_the_other_variant_are_no_fault(self, folder):
        batch = bring("accounts", folder / "variant_with_missing_wdmartin44.csv", "ar_ibm")
        assert batch.rows_rejected == 0
        assert LedgerEntry.objects.filter(kind="charge").count() == 2586

    def test_a_part_whose_days_prove_nothing_is_asked(self, folder, tmp_path):
        with open(folder / "WA_Fn-UseC_-Accounts-Receivable.csv", newline="") as stream:
            lines = list(csv.DictReader(stream))
        columns = ("InvoiceDate", "DueDate", "SettledDate")
        unclear = [line for line in lines if all(int(line[column].split("/")[1]) <= 12 for column in columns)]
        path = tmp_path / "part.csv"
        with open(path, "w", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]))
            writer.writeheader()
            writer.writerows(unclear)
        with pytest.raises(ImportNeedsAnswer) as caught:
            bring("accounts", path, "ar_ibm")
        assert caught.value.question == "date_order"
        assert not ImportBatch.objects.filter(status=ImportStatus.POSTED).exists()
        bring("accounts", path, "ar_ibm", date_order="mdy")
        assert Account.objects.count() == len(unclear)
