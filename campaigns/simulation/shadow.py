"""Temporary copies of the tables a run reads and writes, found before the real ones by their name.

PostgreSQL looks into the session's temporary schema first, so the run's own statements work on the
copies and the book is neither written nor locked. What differs between the two sides is there twice:
`on_side` gives a side's copies the names the statements look for. All copies go at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from accounts.ledger.services import refresh_standing, roll_standing
from campaigns.simulation import condensed
from campaigns.simulation.enums import Side
from campaigns.simulation.parties import bound_together
from campaigns.strategies.models import StrategyVersion

# Keys of copied rows that are made on the way begin here, far from the real ones.
FIRST_KEY = 4_000_000_000_000
# Those of one part of the book: a person is in one part with all his records, because the gate counts
# what reaches him from everybody; so are people whom an account binds together. Parameters: creditors,
# parts, part, people and bound_to (two arrays: who is bound to others, and by whom they are told).
OF_BOTH = {
    "accounts_debtor": """WITH person AS (
            SELECT d.id, coalesce(root.identity_id, d.identity_id, root.id, d.id) AS person_key
              FROM public.accounts_debtor d
              LEFT JOIN public.accounts_debtor root ON root.id = d.merged_into_id)
        SELECT d.* FROM public.accounts_debtor d JOIN person p ON p.id = d.id
          LEFT JOIN unnest(%(people)s::bigint[], %(bound_to)s::bigint[]) AS b(key, bound_to)
            ON b.key = p.person_key
         WHERE coalesce(b.bound_to, p.person_key) %% %(parts)s = %(part)s""",
    "accounts_account": """SELECT a.* FROM public.accounts_account a
        JOIN pg_temp.accounts_debtor d ON d.id = a.debtor_id""",
    "accounts_standing": """SELECT s.* FROM public.accounts_standing s
        JOIN pg_temp.accounts_account a ON a.id = s.account_id
        WHERE a.creditor_id = ANY(%(creditors)s) AND a.status = 'open'""",
    # and whatever was found to be somebody else's number, which stops it on every record
    "accounts_contactpoint": """SELECT p.* FROM public.accounts_contactpoint p
        WHERE p.debtor_id IN (SELECT id FROM pg_temp.accounts_debtor) OR p.status = 'wrong_party'""",
    "accounts_creditor": "SELECT * FROM public.accounts_creditor",
}
OF_A_SIDE = {
    "campaigns_strategyversion": "SELECT * FROM public.campaigns_strategyversion",
    "campaigns_episode": """SELECT e.* FROM public.campaigns_episode e
        JOIN pg_temp.accounts_standing s ON s.account_id = e.account_id""",
    "campaigns_steprecord": """SELECT r.* FROM public.campaigns_steprecord r
        JOIN pg_temp.accounts_standing s ON s.account_id = r.account_id""",
    "campaigns_formalnotice": "SELECT * FROM public.campaigns_formalnotice",
    "campaigns_formalnoticeaccount": "SELECT * FROM public.campaigns_formalnoticeaccount",
}
# Made empty: which day the books were rolled to.
EMPTY = ("accounts_rolledday",)
WITH_KEYS = (
    "campaigns_episode", "campaigns_steprecord", "campaigns_formalnotice",
    "campaigns_formalnoticeaccount",
)  # fmt: skip
INDEXES = {
    "accounts_debtor": ["UNIQUE (id)", "(merged_into_id)", "(identity_id)"],
    "accounts_account": ["UNIQUE (id)", "(debtor_id)"],
    "accounts_contactpoint": ["(debtor_id)", "(value) WHERE status = 'wrong_party'"],
    "accounts_standing": ["UNIQUE (account_id)", "(next_change_date)"],
    "campaigns_episode": ["UNIQUE (id)", "UNIQUE (account_id, first_due_date)"],
    "campaigns_steprecord": ["UNIQUE (account_id, episode_id, step_id)"],
    "campaigns_formalnotice": ["UNIQUE (id)"],
    "campaigns_formalnoticeaccount": ["(account_id)"],
}
# Rows that are written again and again find room on their page, and their indexes stay as they are.
ROOM = {"campaigns_episode": 40, "accounts_standing": 60}
# What a walk may write: what it finds out.
RESULTS = {"campaigns_foretoldstep"}


class BookWritten(RuntimeError):
    """A statement of the run has written a table of the book; none of it stays."""


def make_room() -> None:
    """For a connection of its own: its temporary tables stay in memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET temp_buffers = '128MB'")


@contextmanager
def copies() -> Iterator:
    """A cursor in a transaction that leaves the results and nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        strangers = {row[0] for row in cursor.fetchall()}
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        # the copies are in memory: a page costs what a few rows cost, wherever it stands
        cursor.execute("SET LOCAL seq_page_cost = 0.05; SET LOCAL random_page_cost = 0.05")
        before = _written(cursor)
        yield cursor
        strange = {name for name, _rows in _written(cursor) - before} - RESULTS
        if strange:
            raise BookWritten(", ".join(sorted(strange)))
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'"
        )
        made = {row[0] for row in cursor.fetchall()} - strangers
        cursor.execute(f"DROP TABLE {', '.join(f'pg_temp.{name}' for name in sorted(made))}")


def _written(cursor) -> set[tuple[str, int]]:
    """Real tables that this transaction has written, with how often."""
    cursor.execute(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
        " WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0"
    )
    return set(cursor.fetchall())


def make_copies(cursor, *, creditor_ids: list[int], part: int, parts: int) -> None:
    """Copy what the days will change of one part of the book, for both sides or for each."""
    bound = bound_together(cursor) if parts > 1 else {}
    given = {
        "creditors": creditor_ids,
        "part": part,
        "parts": parts,
        "people": list(bound),
        "bound_to": list(bound.values()),
    }
    for table, rows in OF_BOTH.items():
        _copy(cursor, table, rows, given)
    for table in EMPTY:
        cursor.execute(
            f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP"
        )
    for side in Side:
        for table, rows in OF_A_SIDE.items():
            _copy(cursor, table, rows, given)
            cursor.execute(f"ALTER TABLE pg_temp.{table} RENAME TO {table}_{side}")


def _copy(cursor, table: str, rows: str, given: dict) -> None:
    room = f" WITH (fillfactor = {ROOM[table]})" if table in ROOM else ""
    cursor.execute(
        f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING IDENTITY)"
        f"{room} ON COMMIT DROP"
    )
    cursor.execute(f"INSERT INTO pg_temp.{table} {rows}", given)
    if table in WITH_KEYS:
        cursor.execute(f"ALTER TABLE pg_temp.{table} ALTER COLUMN id RESTART WITH {FIRST_KEY}")
    for index in INDEXES.get(table, ()):
        unique, columns = ("UNIQUE", index[7:]) if index.startswith("UNIQUE ") else ("", index)
        cursor.execute(f"CREATE {unique} INDEX ON pg_temp.{table} {columns}")
    cursor.execute(f"ANALYZE pg_temp.{table}")


@contextmanager
def on_side(cursor, side: str) -> Iterator[None]:
    """The statements inside find this side's copies."""
    for table in OF_A_SIDE:
        cursor.execute(f"ALTER TABLE pg_temp.{table}_{side} RENAME TO {table}")
    yield
    for table in OF_A_SIDE:
        cursor.execute(f"ALTER TABLE pg_temp.{table} RENAME TO {table}_{side}")


def roll(cursor, day: date, creditor_ids: list[int], *, is_condensed: bool) -> None:
    """The standings of a day, for both sides."""
    rolled = roll_standing(as_of=day, creditor_ids=creditor_ids)
    if is_condensed:
        condensed.bring_back_last_payments(cursor, rolled)


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


def side_as_it_was(cursor, *, first_day: date, today: date) -> None:
    """A side for days gone by: nothing begun yet, what is in force now in force then."""
    cursor.execute(
        """
        DELETE FROM pg_temp.campaigns_steprecord;
        DELETE FROM pg_temp.campaigns_episode;
        DELETE FROM pg_temp.campaigns_formalnoticeaccount;
        DELETE FROM pg_temp.campaigns_formalnotice;
        UPDATE pg_temp.campaigns_strategyversion SET valid_from = %(day)s
         WHERE status = 'approved' AND valid_from > %(day)s AND valid_from <= %(today)s;
        """,
        {"day": first_day, "today": today},
    )


def as_it_was(cursor, *, first_day: date) -> None:
    """For days gone by: standings of then, no message counted and promises as they stood
    (see `promises_of`)."""
    cursor.execute("SELECT account_id FROM pg_temp.accounts_standing")
    refresh_standing(as_of=first_day, account_ids=[row[0] for row in cursor.fetchall()])
    cursor.execute(
        """
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
        {"day": first_day},
    )
    cursor.execute("ANALYZE pg_temp.accounts_standing")


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
