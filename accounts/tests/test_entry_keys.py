"""What no statement may do to entries and their accounts, though no foreign key watches row by row."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.ledger.account_key import ACCOUNT_HAS_ENTRIES
from accounts.ledger.models import Account
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)
COPIES = """
    INSERT INTO accounts_ledgerentry (account_id, currency, kind, direction, line, amount, tax_amount,
        tax_code, value_date, due_date, is_due_date_assumed, reference, description, reverses_id, reason,
        method, receiver, source, actor_id)
    SELECT CASE WHEN n = %(odd)s THEN %(account)s ELSE account_id END,
           CASE WHEN n = %(odd)s THEN %(currency)s ELSE currency END, %(kind)s, direction, line, amount, 0,
           '', value_date, due_date, FALSE, '', '', CASE WHEN %(kind)s = 'reversal' THEN id END, '', '', '',
           source, actor_id
    FROM accounts_ledgerentry, generate_series(1, %(number)s) AS n WHERE id = %(entry)s
"""


def refused(sql: str, params: dict | list) -> str:
    """The constraint that refuses a statement, by its end or at what would be the commit."""
    at_once = f"{sql}; SET CONSTRAINTS {ACCOUNT_HAS_ENTRIES.get_pgid(Account)} IMMEDIATE"
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(at_once, params)
    return caught.value.__cause__.diag.constraint_name


def test_entries_keep_an_account_and_its_currency():
    account, bare, other = (makers.account() for _number in range(3))
    entry = makers.entry(account=account, amount="90", value_date=DAY, as_of=DAY)
    base = {"entry": entry.pk, "kind": entry.kind, "account": account.pk, "currency": account.currency}
    with connection.cursor() as cursor:
        for number in (1, 2_000):  # both ways of asking
            for wrong in ({"currency": "USD"}, {"account": 0}):
                given = {**base, "number": number, "odd": number, **wrong}
                assert refused(COPIES, given) == "entry_has_account"
            cursor.execute(COPIES, {**base, "number": number, "odd": 0})
        cursor.execute("SELECT count(*) FROM accounts_ledgerentry WHERE account_id = %s", [account.pk])
        assert cursor.fetchone() == (2_002,)

        # its account is held against whoever would take it away before the commit
        cursor.execute("SELECT id FROM accounts_account WHERE xmax::text <> '0'")
        assert (account.pk,) in cursor.fetchall()

        # the other end: not even with its standing out of the way
        gone = "DELETE FROM accounts_standing WHERE account_id = %s;"
        for change in ("DELETE FROM accounts_account", "UPDATE accounts_account SET currency = 'USD'"):
            assert refused(f"{gone} {change} WHERE id = %s", [account.pk] * 2) == "entry_has_account"
        cursor.execute(f"{gone} UPDATE accounts_account SET currency = 'USD' WHERE id = %s", [bare.pk] * 2)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

        # one entry is reversed once
        reversal = {**base, "kind": "reversal", "number": 1, "odd": 0}
        cursor.execute(COPIES, reversal)
        assert refused(COPIES, reversal) == "entry_reversed_once"
        elsewhere = makers.entry(account=other, amount="1", value_date=DAY)
        assert refused(COPIES, {**reversal, "entry": elsewhere.pk, "odd": 1}) == "entry_reverses_own"
