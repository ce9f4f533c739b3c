"""Load first, index after: what a large INSERT does not have to keep up row by row."""

from collections.abc import Iterator
from contextlib import contextmanager

INDEXES = """
    SELECT format('DROP INDEX %%I', c.relname), pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass
      AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
    ORDER BY c.relname
"""
# Unique constraints that no foreign key leans on; where all values are NULL they cost as much.
UNIQUE = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname,
                  pg_get_constraintdef(k.oid))
    FROM pg_constraint k WHERE k.conrelid = %s::regclass AND k.contype = 'u'
      AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = k.conindid)
    ORDER BY k.conname
"""
FOREIGN_KEYS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                  pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY conname
"""


def check_keys(cursor) -> None:
    """Check now what waits for the commit.

    A row trigger that asks a question costs milliseconds while millions of checks are waiting, and
    a table with waiting checks cannot be altered.
    """
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def loading(cursor, *tables: str) -> Iterator[None]:
    """Take the tables' secondary indexes, unique constraints and foreign keys away for a while.

    Put back at the end, PostgreSQL makes each index and checks each key in one pass. Inside a
    transaction: after a failure all is as it was. Holds the tables for itself until the transaction
    ends.
    """
    check_keys(cursor)
    put_back = []
    for table in tables:
        for query in (FOREIGN_KEYS, UNIQUE, INDEXES):
            cursor.execute(query, [table])
            for take_away, make in cursor.fetchall():
                put_back.append(make)
                cursor.execute(take_away)
    yield
    for table in tables:
        cursor.execute(f"ANALYZE {table}")
    for make in reversed(put_back):
        cursor.execute(make)
