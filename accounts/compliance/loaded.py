"""Contacts that were loaded as a book, by statements of their own: judged as if counted one by one."""

import json
from collections.abc import Iterator
from datetime import datetime

import pgtrigger
from django.db import connection, transaction

from accounts.compliance.enums import Judgement
from accounts.compliance.queries import Asked, as_it_was, known_for
from accounts.compliance.services import judged_by

CHUNK = 5_000
UNJUDGED = """
SELECT id, debtor_id, account_ids, channel, at FROM accounts_countedcontact
WHERE permit_id IS NULL AND NOT is_inbound AND inputs = '{}' AND id > %s ORDER BY id LIMIT %s
"""
JUDGED = """
UPDATE accounts_countedcontact counted
SET judgement = judged.judgement, rule = judged.rule, inputs = judged.inputs::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS judged (id, judgement, rule, inputs)
WHERE counted.id = judged.id
"""


@transaction.atomic
def judge_loaded() -> dict[str, int]:
    """Judge every outbound contact without a permit that says not yet by what it was judged; returns
    how many there were and how many broke a rule. Only for loading a book: what stands is not
    judged a second time."""
    found = {"judged": 0, "breaches": 0}
    for rows in _unjudged():
        known = known_for(
            [Asked(debtor_id, tuple(ids), channel, at) for _pk, debtor_id, ids, channel, at in rows]
        )
        said = []
        for (pk, *_asked), row in zip(rows, known, strict=True):
            before = as_it_was(row)
            verdict = before.verdict()
            judgement = Judgement.LAWFUL if verdict.allowed else Judgement.BREACH
            said.append((pk, judgement.value, str(verdict.rule), json.dumps(judged_by(before, verdict))))
        with pgtrigger.ignore("accounts.CountedContact:append_only"), connection.cursor() as cursor:
            cursor.execute(JUDGED, [list(column) for column in zip(*said, strict=True)])
        found["judged"] += len(said)
        found["breaches"] += sum(row[1] == Judgement.BREACH for row in said)
    return found


def _unjudged() -> Iterator[list[tuple[int, int, list[int], str, datetime]]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(UNJUDGED, [after, CHUNK])
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][0]
