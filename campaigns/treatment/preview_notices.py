"""Whom of several debtors a formal notice still lacks, by name: a preview's row names the debtor, who may
have had it. Asked of those accounts alone that somebody owes beside their debtor."""

import json
from dataclasses import asdict
from datetime import date

from accounts.parties.enums import ContactPointStatus
from accounts.parties.models import ContactPoint, Debtor
from campaigns.notices.queries import LACKING, Had
from campaigns.sending.enums import Spared
from campaigns.sending.falling_back import KIND_OF
from campaigns.strategies.queries import in_force
from campaigns.treatment.book_pass import notices_of

# `reason` is that of the rows it is about: "" where the notice goes to the named alone.
TABLE = "CREATE TEMP TABLE lacking (debtor_id bigint, reason varchar, names varchar[]) ON COMMIT DROP"
WAITS = f"INSERT INTO lacking {LACKING}"
# Notices that would go about accounts that somebody owes beside their debtor. Parameter: notices.
GIVEN = """
SELECT t.debtor_id, t.channel, b.kind, array_agg(t.account_id)
  FROM due_step t JOIN jsonb_to_recordset(%(notices)s::jsonb) AS b(code varchar, kind varchar)
    ON b.code = t.template_code
 WHERE t.reason IS NULL AND t.account_id IN (SELECT account_id FROM beside)
 GROUP BY 1, 2, 3
"""
HELD_UP = "UPDATE due_step SET reason = %(reason)s WHERE debtor_id = ANY(%(ids)s) AND reason IS NULL"
NAMED = "INSERT INTO lacking VALUES (%s, %s, %s)"


def find_lacking(cursor, as_of: date) -> None:
    """After the judgement, into the table `lacking`; a notice that its debtor had and that reaches
    nobody else is held up, as the run finds when it comes to it."""
    cursor.execute("DROP TABLE IF EXISTS lacking")
    cursor.execute(TABLE)
    notices = notices_of(in_force(as_of))
    if not notices:
        return
    base = {"as_of": as_of, "notices": json.dumps([asdict(text) for text in notices])}
    cursor.execute(WAITS, base)
    cursor.execute(GIVEN, base)
    given = cursor.fetchall()
    had = Had.read([pk for *_rest, ids in given for pk in ids], as_of=as_of)
    served = [row for row in given if had.has(row[2], row[0], row[3])]
    if not served:
        return
    lacking = {debtor_id: had.lacking(kind, ids) for debtor_id, _channel, kind, ids in served}
    others = {pk for people in lacking.values() for pk in people}
    names = dict(Debtor.objects.filter(pk__in=others).values_list("pk", "name"))
    reached = _reached(others, as_of)
    nobody = []
    for debtor_id, channel, _kind, _ids in served:
        gets = {pk for pk in lacking[debtor_id] if (pk, KIND_OF[channel]) in reached}
        if not gets:
            nobody.append(debtor_id)
        named = sorted(names[pk] for pk in gets or lacking[debtor_id])
        cursor.execute(NAMED, [debtor_id, "" if gets else Spared.NOTICE.value, named])
    cursor.execute(HELD_UP, {"ids": nobody, "reason": Spared.NOTICE.value})


def _reached(debtor_ids: set[int], as_of: date) -> set[tuple[int, str]]:
    """(debtor, kind of address) for the addresses that work."""
    points = ContactPoint.objects.filter(
        debtor__in=debtor_ids,
        status__in=[ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED],
        valid_from__lte=as_of,
    ).exclude(valid_to__lte=as_of)
    return set(points.values_list("debtor_id", "kind"))
