"""manage.py import_file and release_creditor, as an operator runs them."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.imports.models import ImportBatch
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor
from accounts.tests.imports.making import ACCOUNTS, ENTRIES, table
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def system():
    return makers.system()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "accounts.csv").write_bytes(table(*ACCOUNTS))
    (tmp_path / "entries.csv").write_bytes(table(*ENTRIES))
    return tmp_path


def run(*arguments, **options):
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_a_book_comes_in_and_says_what_it_did(files):
    said = run("import_file", "accounts", files / "accounts.csv")
    assert "Rows read: 3" in said
    assert "Creditor POWER was made in AED, not released for contact." in said
    said = run("import_file", "entries", files / "entries.csv", "--creditor", "POWER")
    assert "POWER: 5 rows, 380.00 = 380.00 + 0.00 + 0.00 + 0.00" in said.replace("\u00a0", " ").replace(
        "AED ", ""
    )
    assert LedgerEntry.objects.count() == 4


def test_a_dry_run_leaves_nothing_behind(files):
    said = run("import_file", "accounts", files / "accounts.csv", "--dry-run")
    assert "nothing was posted" in said
    assert not Account.objects.exists()
    assert not Creditor.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_creditor_given_by_code_is_made_by_its_accounts(tmp_path):
    (tmp_path / "a.csv").write_bytes(table("account_number,debtor_name,currency,country", "1,Layla,AED,AE"))
    run("import_file", "accounts", tmp_path / "a.csv", "--creditor", "COOL")
    assert Account.objects.get().creditor.code == "COOL"


def test_rows_held_back_give_status_one_and_a_file(files):
    run("import_file", "accounts", files / "accounts.csv")
    (files / "bad.csv").write_bytes(table(*ENTRIES, "0009,X,charge,1.00,2026-01-05,"))
    with pytest.raises(SystemExit) as stopped:
        run("import_file", "entries", files / "bad.csv", "--rejects", files / "back.xlsx")
    assert stopped.value.code == 1
    assert (files / "back.xlsx").read_bytes().startswith(b"PK")
    assert LedgerEntry.objects.count() == 4


def test_an_open_question_gives_status_two(files):
    run("import_file", "accounts", files / "accounts.csv")
    (files / "unclear.csv").write_bytes(table(ENTRIES[0], "0001,X,charge,1.00,01/02/2026,"))
    with pytest.raises(CommandError, match="dmy or mdy") as stopped:
        run("import_file", "entries", files / "unclear.csv")
    assert stopped.value.returncode == 2
    run("import_file", "entries", files / "unclear.csv", "--date-order", "dmy")
    assert LedgerEntry.objects.get().value_date.isoformat() == "2026-02-01"


def test_the_control_sheet_as_json(files):
    said = json.loads(run("import_file", "accounts", files / "accounts.csv", "--json"))
    assert said["rows"] == {"new": 3, "unchanged": 0, "amended": 0, "no_effect": 0, "rejected": 0}
    assert said["made"]["accounts"] == 3


@pytest.mark.parametrize(
    "name, content, words",
    [("empty.csv", b"", "empty"), ("page.xls", b"<html><table></table></html>", "web page")],
)
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run("import_file", "accounts", tmp_path / name)


def test_a_missing_file_a_bad_mapping_and_an_unknown_user_are_said(files):
    with pytest.raises(CommandError, match="no file"):
        run("import_file", "accounts", files / "nothing.csv")
    (files / "m.json").write_text("{")
    with pytest.raises(CommandError, match="mapping"):
        run("import_file", "accounts", files / "accounts.csv", "--mapping", files / "m.json")
    with pytest.raises(CommandError, match="nobody"):
        run("import_file", "accounts", files / "accounts.csv", "--user", "nobody")


def test_a_creditor_is_released_after_showing_whom_it_reaches(files):
    run("import_file", "accounts", files / "accounts.csv")
    run("import_file", "entries", files / "entries.csv")
    said = run("release_creditor", "power", "--dry-run")
    assert "1 debtors, 2 accounts" in said
    assert Creditor.objects.get().released_at is None
    run("release_creditor", "POWER")
    assert Creditor.objects.get().released_at is not None
    with pytest.raises(CommandError, match="is released since"):
        run("release_creditor", "POWER")
