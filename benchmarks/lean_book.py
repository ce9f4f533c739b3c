"""A book of accounts and entries alone, as large as asked, written by the server itself.

Twelve entries an account: seven charges, a fee, and four more, mostly payments: the last is a return
on one account in fifty and a credit note on another. One account in a hundred has a disputed charge,
another one a payment that names its charge, and one in two hundred a hold on interest. Nothing else
is made: no contacts, promises, campaigns or papers. All follows from (accounts, seed, day).
"""

import hashlib
from datetime import date
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from accounts.ledger.models import Account
from accounts.ledger.services import refresh_standing
from accounts.parties.models import Creditor, Portfolio
from accounts.teams.models import TeamMembership
from benchmarks.databases import bring_up_to, make_database
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock, prepare
from collections_app.core.enums import Role
from collections_app.core.models import User
from reports.demonstration.loading import loading
from reports.demonstration.office import TIME_ZONE, make_office

ENTRIES_EACH = 12
MOST_OFFICERS_FOR = 100_000  # a larger book has no more officers than one of this size
LARGE = ("accounts_debtor", "accounts_account", "accounts_ledgerentry")
DICE = """
    CREATE FUNCTION pg_temp.dice(what int, i bigint, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS
        $$ SELECT ((hashint8extended(i, what + %(seed)s) & 2147483647) %% sides)::int $$
"""
DEBTORS = """
    INSERT INTO accounts_debtor (id, creditor_id, reference, name, kind, payer_type, external_id,
        language, country, time_zone, preferred_channel, allowed_channels, payment_method)
    SELECT g, c.id, 'D' || g, 'Debtor ' || g, 'person', 'consumer', '', '', c.country, c.time_zone, '',
           '{}', ''
    FROM generate_series(1, (%(accounts)s + 4) / 5) AS g
    JOIN lean_creditor c ON c.place = g %% (SELECT count(*) FROM lean_creditor)
"""
ACCOUNTS = """
    INSERT INTO accounts_account (id, creditor_id, portfolio_id, number, debtor_id, currency,
        external_id, product, opened_date, registered_at, is_migrated, status, team_id, officer_id)
    SELECT i, d.creditor_id, c.portfolios[1 + i %% cardinality(c.portfolios)], 'L' || (1000000 + i), d.id,
           c.currency, '', '', %(today)s::date - 440, %(today)s::date - 440, FALSE, 'open', c.team_id,
           c.officers[1 + pg_temp.dice(1, i, cardinality(c.officers))]
    FROM generate_series(1, %(accounts)s) AS i
    JOIN accounts_debtor d ON d.id = (i + 4) / 5
    JOIN lean_creditor c ON c.id = d.creditor_id
"""
# One account in five has paid more than all; the others owe what is left of seven charges and a fee.
ENTRIES = """
    INSERT INTO accounts_ledgerentry (id, account_id, currency, kind, direction, line, amount, tax_amount,
        tax_code, value_date, due_date, is_due_date_assumed, reference, description, reverses_id, reason,
        method, receiver, source, actor_id, recorded_at)
    SELECT (a.i - 1) * %(each)s + n.n, a.i, a.currency, k.kind, k.direction, k.line,
           CASE WHEN k.kind = 'charge' THEN a.base WHEN k.kind = 'fee' THEN 15
                WHEN a.i %% 5 = 0 THEN round(a.base * 1.8, 2) + 4
                ELSE round(a.base * (40 + pg_temp.dice(3, a.i * 16 + w.paid, 120)) / 100, 2) END,
           0, '', d.day,
           CASE WHEN k.direction = 'debit' AND k.kind <> 'reversal' THEN d.day + n.terms END, FALSE,
           left(k.kind, 1) || a.i || '-' || n.n, '',
           CASE WHEN k.kind = 'reversal' THEN (a.i - 1) * %(each)s + w.paid END,
           CASE WHEN k.kind = 'reversal' THEN 'It came back' ELSE '' END,
           CASE WHEN k.kind = 'payment' THEN 'transfer' ELSE '' END,
           CASE WHEN k.kind = 'payment' THEN 'office' ELSE '' END, 'import', %(actor)s,
           d.day::timestamptz + interval '18 hours'
    FROM (
        SELECT a.id AS i, a.currency, 50 + pg_temp.dice(2, a.id, 200000) / 100.0 AS base
        FROM accounts_account a WHERE a.id >= %(from_id)s AND a.id < %(to_id)s
    ) a
    CROSS JOIN (VALUES (1, 'charge', 400, 28, 30), (2, 'charge', 340, 28, 30), (3, 'charge', 280, 28, 30),
                       (4, 'charge', 220, 28, 30), (5, 'charge', 160, 28, 30), (6, 'charge', 100, 28, 30),
                       (7, 'charge', 40, 38, 30), (8, 'fee', 130, 30, 0), (9, 'payment', 330, 30, 0),
                       (10, 'payment', 200, 30, 0), (11, 'payment', 90, 30, 0), (12, 'payment', 30, 27, 0)
               ) AS n (n, kind, back, spread, terms)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN n.n < 12 THEN n.kind WHEN a.i %% 50 = 0 THEN 'reversal'
                    WHEN a.i %% 50 = 1 THEN 'credit_note' ELSE 'payment' END AS kind,
               CASE WHEN n.n = 12 AND a.i %% 50 = 0 THEN 11 ELSE n.n END AS paid
    ) w
    JOIN (VALUES ('charge', 'debit', 'charges'), ('fee', 'debit', 'fees'), ('payment', 'credit', 'collected'),
                 ('credit_note', 'credit', 'credit_notes'), ('reversal', 'debit', 'payments_returned')
         ) AS k (kind, direction, line) ON k.kind = w.kind
    CROSS JOIN LATERAL (SELECT %(today)s::date - n.back + pg_temp.dice(4, a.i * 16 + n.n, n.spread) AS day) d
"""
FACTS = """
    INSERT INTO accounts_contestedamount (entry_id, account_id, amount, currency, effective_date, actor_id,
        recorded_at)
    SELECT e.id, e.account_id, round(e.amount / 2, 2), e.currency, e.value_date + 10, %(actor)s,
           e.recorded_at + interval '10 days'
    FROM generate_series(7, %(accounts)s, 100) AS i
    JOIN accounts_ledgerentry e ON e.id = (i - 1) * %(each)s + 5;
    INSERT INTO accounts_namedallocation (credit_id, debit_id, amount, currency, effective_date, reason,
        actor_id, recorded_at)
    SELECT p.id, e.id, least(p.amount, e.amount), e.currency, greatest(p.value_date, e.value_date),
           'Named by the payer', %(actor)s, greatest(p.recorded_at, e.recorded_at)
    FROM generate_series(8, %(accounts)s, 100) AS i
    JOIN accounts_ledgerentry e ON e.id = (i - 1) * %(each)s + 6
    JOIN accounts_ledgerentry p ON p.id = (i - 1) * %(each)s + 11;
    INSERT INTO accounts_hold (account_id, scopes, reason, note, first_day, status, source, placed_by_id,
        lift_reason)
    SELECT i, '{interest}', 'other', '', %(today)s::date - 20, 'active', 'manual', %(actor)s, ''
    FROM generate_series(9, %(accounts)s, 200) AS i;
"""
CREDITORS = """
    CREATE TEMP TABLE lean_creditor (place int, id bigint, currency text, country text, time_zone text,
        portfolios bigint[], team_id bigint, officers bigint[]) ON COMMIT DROP
"""
CHUNK = 100_000  # accounts in one statement, so that its sort stays in memory


def use_lean_book(*, accounts: int, seed: int) -> None:
    """Connect to the lean database of this size; make it first where there is none."""
    make_database(f"lean_{accounts}_{seed}_{_digest()}")
    today = clock.today(TIME_ZONE)
    # A book made before the tables' last change is brought up to it: to make one takes minutes.
    call_command("migrate", verbosity=0, interactive=False)
    if Account.objects.count() < accounts:
        prepare.run()
        make_lean_book(accounts=accounts, seed=seed, today=today)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    bring_up_to(today)


def _digest() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


@transaction.atomic
def make_lean_book(*, accounts: int, seed: int, today: date) -> None:
    """Fill an empty, migrated database; deterministic for the same arguments."""
    make_office(as_of=today, accounts=min(accounts, MOST_OFFICERS_FOR))
    params = {
        "accounts": accounts,
        "seed": seed,
        "today": today,
        "each": ENTRIES_EACH,
        "actor": User.objects.system().pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(DICE, params)
        copy_creditors(cursor)
        with loading(cursor, *LARGE):
            cursor.execute(DEBTORS, params)
            cursor.execute("ANALYZE accounts_debtor")
            cursor.execute(ACCOUNTS, params)
            cursor.execute("ANALYZE accounts_account")
            for first in range(1, accounts + 1, CHUNK):
                span = {"from_id": first, "to_id": min(first + CHUNK, accounts + 1)}
                cursor.execute(ENTRIES, {**params, **span})
        for table in LARGE:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        cursor.execute(FACTS, params)
        cursor.execute("ANALYZE accounts_contestedamount; ANALYZE accounts_namedallocation")
        refresh_standing(as_of=today)
        cursor.execute("ANALYZE accounts_standing")
        refresh_worklist(as_of=today)


def copy_creditors(cursor) -> None:
    cursor.execute(CREDITORS)
    for place, creditor in enumerate(Creditor.objects.order_by("pk")):
        team = creditor.teams.order_by("pk")[0]
        officers = TeamMembership.objects.filter(team=team, user__role=Role.COLLECTION_OFFICER)
        cursor.execute(
            "INSERT INTO lean_creditor VALUES (%s, %s, %s, %s, %s, %s::bigint[], %s, %s::bigint[])",
            [
                place, creditor.pk, creditor.currency, creditor.country, creditor.time_zone,
                list(Portfolio.objects.filter(creditor=creditor).order_by("pk").values_list("pk", flat=True)),
                team.pk, list(officers.order_by("user_id").values_list("user_id", flat=True)),
            ],
        )  # fmt: skip
