"""A preview kept for the minutes in which somebody leafs through it.

Judging a large book takes seconds, a page of rows a moment. What a preview judged is kept in the
cache under a token that only its own links bear; a page asked for with it reads the tables back
instead of judging again, and says of when they are. It goes by itself after ten minutes.
"""

import io
import secrets
import zlib
from datetime import date, datetime

from django.core.cache import cache

SECONDS = 600
WORTH_KEEPING = 2_000  # accounts with a due step; fewer are judged in a moment
TABLES = {
    "due_step": "debtor_id bigint, account_id bigint, number varchar, reason varchar",
    "led": "debtor_id bigint, channel varchar, text_id bigint",
    "way": "debtor_id bigint, kind varchar, point_id bigint",
    "would": "debtor_id bigint, reason varchar, accounts bigint, numbers varchar[], lacking varchar[],"
    " channel varchar, stage_name varchar, stage int, sums jsonb, name varchar, reference varchar,"
    " text_id bigint, payer_type varchar",
}


def _key(token: str, creditor_id: int, as_of: date) -> str:
    return f"preview:{creditor_id}:{as_of.isoformat()}:{token}"


def keep(cursor, *, creditor_id: int, as_of: date, now: datetime) -> str:
    """Keep the judged tables of this transaction; the token they are found by."""
    bodies = {}
    for table, columns in TABLES.items():
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        text = io.StringIO()
        cursor.copy_expert(f"COPY (SELECT {names} FROM {table}) TO STDOUT", text)
        bodies[table] = zlib.compress(text.getvalue().encode(), 1)
    token = secrets.token_urlsafe(12)
    cache.set(_key(token, creditor_id, as_of), (now, bodies), SECONDS)
    return token


def bring_back(cursor, token: str, *, creditor_id: int, as_of: date) -> datetime | None:
    """Make the tables again as they were kept; when that was, or None where they are gone."""
    found = cache.get(_key(token, creditor_id, as_of)) if token else None
    if found is None:
        return None
    at, bodies = found
    for table, columns in TABLES.items():
        cursor.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
        cursor.copy_expert(
            f"COPY {table} FROM STDIN", io.StringIO(zlib.decompress(bodies[table]).decode())
        )
        cursor.execute(f"ANALYZE {table}")
    moment: datetime = at
    return moment
