"""Temporary copies of the tables a run reads and writes, found before the real ones by their name.

PostgreSQL looks into the session's temporary schema first, so the run's own statements work on the
copies and the book is neither written nor locked. The copies go with the transaction, which is
taken back; it runs on a connection of its own, so nothing else meets them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from campaigns.strategies.models import StrategyVersion
from collections_app.core.own_connection import is_inside_a_test

# Keys of copied rows that are made on the way begin here, far from the real ones.
FIRST_KEY = 4_000_000_000_000
COPIES = {
    "accounts_standing": """SELECT s.* FROM public.accounts_standing s
        JOIN accounts_account a ON a.id = s.account_id
        WHERE a.creditor_id = ANY(%(creditors)s) AND a.status = 'open'""",
    "campaigns_episode": """SELECT e.* FROM public.campaigns_episode e
        JOIN accounts_account a ON a.id = e.account_id WHERE a.creditor_id = ANY(%(creditors)s)""",
    "campaigns_steprecord": """SELECT r.* FROM public.campaigns_steprecord r
        JOIN accounts_account a ON a.id = r.account_id WHERE a.creditor_id = ANY(%(creditors)s)""",
    "campaigns_strategyversion": "SELECT * FROM public.campaigns_strategyversion",
    "accounts_creditor": "SELECT * FROM public.accounts_creditor",
}
# Made empty: which day the books were rolled to.
EMPTY = ("accounts_rolledday",)
WITH_KEYS = ("campaigns_episode", "campaigns_steprecord")


class BookWritten(RuntimeError):
    """A statement of the run has written a table of the book; none of it stays."""


@contextmanager
def own_transaction() -> Iterator:
    """A cursor on this thread's connection, in a transaction that is taken back."""
    if not is_inside_a_test():
        with connection.cursor() as cursor:
            cursor.execute("SET temp_buffers = '192MB'")
            cursor.execute("SET work_mem = '64MB'")
            cursor.execute("SET jit = off")
    with transaction.atomic(), connection.cursor() as cursor:
        before = _written(cursor)
        yield cursor
        strange = _written(cursor) - before
        transaction.set_rollback(True)
        if strange:
            raise BookWritten(", ".join(sorted({name for name, _rows in strange})))


def _written(cursor) -> set[tuple[str, int]]:
    """Real tables that this transaction has written, with how often."""
    cursor.execute(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
        " WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0"
    )
    return set(cursor.fetchall())


def make_copies(cursor, *, creditor_ids: list[int]) -> None:
    """Copy what the days will change."""
    given = {"creditors": creditor_ids}
    for table, rows in COPIES.items():
        cursor.execute(
            f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY)"
            " ON COMMIT DROP"
        )
        cursor.execute(f"INSERT INTO pg_temp.{table} {rows}", given)
    for table in EMPTY:
        cursor.execute(
            f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP"
        )
    for table in WITH_KEYS:
        cursor.execute(f"ALTER TABLE pg_temp.{table} ALTER COLUMN id RESTART WITH {FIRST_KEY}")
    cursor.execute(
        """
        CREATE UNIQUE INDEX ON pg_temp.accounts_standing (account_id);
        CREATE INDEX ON pg_temp.accounts_standing (next_change_date);
        CREATE UNIQUE INDEX ON pg_temp.campaigns_episode (id);
        CREATE UNIQUE INDEX ON pg_temp.campaigns_episode (account_id, first_due_date);
        CREATE UNIQUE INDEX ON pg_temp.campaigns_steprecord (account_id, episode_id, step_id);
        """
    )
    for table in COPIES:
        cursor.execute(f"ANALYZE pg_temp.{table}")


def feeds_come(cursor) -> None:
    """Nobody knows of a missed feed ahead: books are taken to be fed in time."""
    cursor.execute("UPDATE pg_temp.accounts_creditor SET fed_until = NULL")


def put_in_force(cursor, version: StrategyVersion, *, first_day: date, in_flight: str) -> None:
    """The draft as if it were approved for the first day."""
    cursor.execute(
        "UPDATE pg_temp.campaigns_strategyversion SET status = 'approved', valid_from = %s,"
        " in_flight = %s WHERE id = %s",
        [first_day, in_flight, version.pk],
    )


def as_it_was(cursor, *, first_day: date, today: date) -> None:
    """For days gone by: nothing begun yet, what is in force now in force then, no message counted
    and promises as they stood (see `promises_of`)."""
    cursor.execute(
        """
        DELETE FROM pg_temp.campaigns_steprecord;
        DELETE FROM pg_temp.campaigns_episode;
        UPDATE pg_temp.campaigns_strategyversion SET valid_from = %(day)s
         WHERE status = 'approved' AND valid_from > %(day)s AND valid_from <= %(today)s;
        CREATE TEMP TABLE accounts_countedcontact ON COMMIT DROP AS
        SELECT * FROM public.accounts_countedcontact
         WHERE at < %(day)s OR is_inbound OR channel NOT IN ('email', 'sms', 'letter');
        CREATE INDEX ON pg_temp.accounts_countedcontact (debtor_id, at);
        CREATE INDEX ON pg_temp.accounts_countedcontact (supersedes_id);
        ANALYZE pg_temp.accounts_countedcontact;
        CREATE TEMP TABLE accounts_promise ON COMMIT DROP AS SELECT * FROM public.accounts_promise;
        CREATE INDEX ON pg_temp.accounts_promise (account_id);
        ANALYZE pg_temp.accounts_promise;
        """,
        {"day": first_day, "today": today},
    )


def promises_of(cursor, day: date) -> None:
    """Promises as they stood on a past day: open until they were judged."""
    cursor.execute(
        """
        UPDATE pg_temp.accounts_promise p SET status = real.status
          FROM (SELECT o.id, CASE WHEN o.judged_on IS NOT NULL AND o.judged_on > %(day)s
                             THEN 'open' ELSE o.status END AS status
                  FROM public.accounts_promise o) real
         WHERE real.id = p.id AND p.status <> real.status
        """,
        {"day": day},
    )
