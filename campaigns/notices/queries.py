"""Which notices an account has had, and from when the next one may be given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from campaigns.correspondence.enums import NoticeKind
from campaigns.correspondence.mandatory import notice_codes
from campaigns.notices.enums import BEFORE

# Steps whose notice may not be given yet: the one before it was not given since the account's first
# unpaid due day, came back, or its clock still runs. Parameters: notices (JSON of `NoticeText`), as_of.
TOO_EARLY = """
    SELECT t.account_id, t.step_id FROM due_step t
      JOIN jsonb_to_recordset(%(notices)s::jsonb) AS b(code varchar, before varchar)
        ON b.code = t.template_code AND b.before <> ''
     WHERE NOT EXISTS (
           SELECT 1 FROM campaigns_formalnoticeaccount l
             JOIN campaigns_formalnotice n ON n.id = l.notice_id
            WHERE l.account_id = t.account_id AND n.kind = b.before AND n.status <> 'returned'
              AND n.sent_on >= t.anchor AND n.next_step_from <= %(as_of)s)
"""


@dataclass(frozen=True)
class NoticeText:
    """A text in use that is a formal notice; `place` is that of its kind in the order of notices,
    `before` the kind that must have been served first ("" where none must)."""

    code: str
    kind: str
    place: int
    before: str


def notice_texts() -> list[NoticeText]:
    """Every text in use that is a formal notice."""
    places = {kind.value: place for place, kind in enumerate(NoticeKind)}
    return [
        NoticeText(code, kind, places[kind], BEFORE[NoticeKind(kind)].value if kind in BEFORE else "")
        for code, kind in sorted(notice_codes().items())
    ]


def next_steps(
    account_ids: Iterable[int], kind: str, *, since: dict[int, date]
) -> dict[int, date | None]:
    """From which day a notice of this kind may be given on each account, the least day where none
    must come before; None: the one before it was not given since the account's day in `since`, or
    came back."""
    before = BEFORE.get(kind)  # type: ignore[call-overload]
    ids = sorted(account_ids)
    if before is None:
        return dict.fromkeys(ids, date.min)
    found: dict[int, date | None] = dict.fromkeys(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.account_id, n.sent_on, n.next_step_from
            FROM campaigns_formalnoticeaccount l JOIN campaigns_formalnotice n ON n.id = l.notice_id
            WHERE l.account_id = ANY(%s) AND n.kind = %s AND n.status <> 'returned'
            ORDER BY n.sent_on, n.id
            """,
            [ids, before.value],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for account_id, sent_on, next_step_from in rows:
        if sent_on >= since[account_id]:
            known = found[account_id]
            found[account_id] = next_step_from if known is None else min(known, next_step_from)
    return found
