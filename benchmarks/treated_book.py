"""A book under treatment, as large as asked, written by the server itself: accounts with one charge each
that is 20 days ahead of its due day to 100 days past it, evenly; everybody with an e-mail address, a
phone number and an address; everybody past the first step in an episode that stands where yesterday's
run left it, with its steps recorded. One account in fifty is held, one in forty has a promise.
"""

from datetime import date

from django.core.management import call_command
from django.db import connection, transaction

from accounts.ledger.models import Account
from accounts.ledger.services import refresh_standing
from benchmarks.databases import make_database
from benchmarks.lean_book import ACCOUNTS, DEBTORS, DICE, MOST_OFFICERS_FOR, copy_creditors
from campaigns.strategies.queries import versions_in_force
from collections_app.core import clock, prepare
from collections_app.core.models import User
from reports.demonstration.loading import loading
from reports.demonstration.office import TIME_ZONE, make_office

LARGE = ("accounts_debtor", "accounts_account", "accounts_ledgerentry", "accounts_contactpoint")
FIRST, LAST = -20, 100  # days past due
ENTRIES = """
    INSERT INTO accounts_ledgerentry (id, account_id, currency, kind, direction, line, amount, tax_amount,
        tax_code, value_date, due_date, is_due_date_assumed, reference, description, reason, method,
        receiver, source, actor_id, recorded_at)
    SELECT a.id, a.id, a.currency, 'charge', 'debit', 'charges', 50 + pg_temp.dice(2, a.id, 20000) / 100.0,
           0, '', d.due - 30, d.due, FALSE, 'c' || a.id, '', '', '', '', 'import', %(actor)s,
           (d.due - 30)::timestamptz + interval '18 hours'
    FROM accounts_account a
    CROSS JOIN LATERAL (SELECT %(today)s::date - (%(first)s + pg_temp.dice(7, a.id, %(spread)s)) AS due) d
"""
POINTS = """
    INSERT INTO accounts_contactpoint (debtor_id, kind, label, value, raw, status, source, noted_on,
        confidence, is_primary, is_workplace, time_zone, building, unit, area, street, city, postcode,
        country, valid_from)
    SELECT d.id, k.kind, '', k.value, '', 'good', 'import', %(today)s::date - 400, 80, TRUE, FALSE, '', '',
           '', '', '', '', '', d.country, %(today)s::date - 400
    FROM accounts_debtor d CROSS JOIN LATERAL (VALUES
        ('email', 'd' || d.id || '@example.com'), ('phone', '+49301' || lpad(d.id::text, 7, '0')),
        ('address', 'Ring ' || d.id)) AS k(kind, value)
"""
EPISODES = """
    INSERT INTO campaigns_episode (account_id, first_due_date, version_id, began_after, reached, reached_on)
    SELECT s.account_id, s.oldest_due_date, %(version)s, -32768, r.day, s.oldest_due_date + r.day::int
    FROM accounts_standing s CROSS JOIN LATERAL (
        SELECT max(t.day_offset) AS day FROM campaigns_strategystep t
        WHERE t.version_id = %(version)s AND t.day_offset < %(today)s::date - s.oldest_due_date) r
    WHERE r.day IS NOT NULL
"""
STEPS = """
    INSERT INTO campaigns_steprecord (account_id, episode_id, step_id, due_on, status, spared, taken_on)
    SELECT e.account_id, e.id, t.id, e.first_due_date + t.day_offset::int, 'done', '',
           e.first_due_date + t.day_offset::int
    FROM campaigns_episode e JOIN campaigns_strategystep t
      ON t.version_id = e.version_id AND t.day_offset <= e.reached
"""
HOLDS = """
    INSERT INTO accounts_hold (account_id, scopes, reason, note, first_day, status, source, placed_by_id,
        lift_reason)
    SELECT i, '{demand}', 'other', '', %(today)s::date - 20, 'active', 'manual', %(actor)s, ''
    FROM generate_series(9, %(accounts)s, 50) AS i;
    INSERT INTO accounts_promise (account_id, debtor_id, amount, currency, due_date, grace_until, method,
        taken_on, taken_by_id, status, received, cancel_reason)
    SELECT a.id, a.debtor_id, 50, a.currency, %(today)s::date + 3, %(today)s::date + 5, 'transfer',
           %(today)s::date - 1, %(actor)s, 'open', 0, ''
    FROM accounts_account a WHERE a.id %% 40 = 11;
"""


def use_treated_book(*, accounts: int, seed: int) -> date:
    """Connect to the database of this size, made first where there is none; the day it is of."""
    make_database(f"treated_{accounts}_{seed}")
    call_command("migrate", verbosity=0, interactive=False)
    if Account.objects.count() < accounts:
        prepare.run()
        make_treated_book(accounts=accounts, seed=seed, today=clock.today(TIME_ZONE))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(standing_as_of) FROM accounts_standing")
        return cursor.fetchone()[0]


@transaction.atomic
def make_treated_book(*, accounts: int, seed: int, today: date) -> None:
    """Fill an empty, migrated database; deterministic for the same arguments."""
    make_office(as_of=today, accounts=min(accounts, MOST_OFFICERS_FOR))
    (version,) = versions_in_force(today)
    params = {
        "accounts": accounts, "seed": seed, "today": today, "actor": User.objects.system().pk,
        "first": FIRST, "spread": LAST - FIRST + 1, "version": version.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(DICE, params)
        copy_creditors(cursor)
        with loading(cursor, *LARGE):
            cursor.execute(DEBTORS, params)
            cursor.execute("ANALYZE accounts_debtor")
            cursor.execute(ACCOUNTS, params)
            cursor.execute("ANALYZE accounts_account")
            cursor.execute(ENTRIES, params)
            cursor.execute(POINTS, params)
        for table in LARGE[:3]:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        cursor.execute("ANALYZE accounts_ledgerentry")
        refresh_standing(as_of=today)
        cursor.execute("ANALYZE accounts_standing")
        cursor.execute(HOLDS, params)
        cursor.execute(EPISODES, params)
        cursor.execute("ANALYZE campaigns_episode")
        cursor.execute(STEPS, params)
        cursor.execute("UPDATE accounts_creditor SET released_at = now(), fed_until = NULL")
