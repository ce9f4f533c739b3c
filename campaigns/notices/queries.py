"""Which notices an account has had, and from when the next one may be given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.ledger.parties import REPRESENTED, joint_debtors, joint_sql, representatives
from campaigns.correspondence.enums import NoticeKind
from campaigns.correspondence.mandatory import notice_codes
from campaigns.notices.enums import BEFORE

# Who owes an account a pass looks at beside its debtor and is served by himself; where somebody represents
# an account all of it goes to him. Parameter: as_of.
BESIDE = f"""
CREATE TEMP TABLE beside ON COMMIT DROP AS
SELECT j.account_id, j.debtor_id FROM ({joint_sql("IN (SELECT account_id FROM treated)")}) j
 WHERE j.account_id NOT IN (SELECT account_id FROM ({REPRESENTED}) r)
"""
# Whether somebody who must have had a notice has not had one that stood: the account's debtor, or one of
# those `beside` him. `over` is a further condition on the notice.
_STANDS = """
           SELECT 1 FROM campaigns_formalnoticeaccount l
             JOIN campaigns_formalnotice n ON n.id = l.notice_id
             JOIN accounts_debtor d ON d.id = n.debtor_id
            WHERE l.account_id = {account} AND n.kind = {kind} AND n.status <> 'returned'
              AND n.sent_on >= {since} {over}"""
_HIS = "coalesce(d.merged_into_id, d.id)"
LACKS = f"""(
     NOT EXISTS ({_STANDS} AND NOT EXISTS (
           SELECT 1 FROM beside o WHERE o.account_id = l.account_id AND o.debtor_id = {_HIS}))
  OR EXISTS (SELECT 1 FROM beside o WHERE o.account_id = {{account}} AND NOT EXISTS (
           {_STANDS} AND {_HIS} = o.debtor_id)))"""
# Who owes the account of a due step too, lacks its notice and has by now an address for it.
JOINT_REACHED = f"""EXISTS (
    SELECT 1 FROM beside o JOIN accounts_contactpoint p ON p.debtor_id = o.debtor_id
      JOIN jsonb_to_recordset(%(notices)s::jsonb) AS b(code varchar, kind varchar) ON b.code = t.template_code
     WHERE o.account_id = t.account_id AND p.status IN ('good', 'unverified')
       AND p.kind = CASE t.channel WHEN 'letter' THEN 'address' WHEN 'email' THEN 'email' ELSE 'phone' END
       AND p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)
       AND NOT EXISTS ({
    _STANDS.format(account="o.account_id", kind="b.kind", since="t.anchor", over="")
} AND {_HIS} = o.debtor_id))"""
_OVER = "AND n.next_step_from <= %(as_of)s"
_TEXTS = """jsonb_to_recordset(%(notices)s::jsonb)
        AS b(code varchar, kind varchar, before varchar)"""
# Steps that rest on a notice whose time is not over, for each who must have had it, since the account's
# first unpaid due day: a notice on the kind before it; an escalation on every notice of its ladder before
# it; and any step on one before it that came back. Parameters: notices (JSON of `NoticeText`), as_of.
_RESTS = f"""
           SELECT b.before AS kind FROM {_TEXTS} WHERE b.code = t.template_code AND b.before <> ''
            UNION
           SELECT b.kind FROM campaigns_strategystep s JOIN {_TEXTS} ON b.code = s.template_code
            WHERE s.version_id = t.version_id AND s.day_offset < t.day_offset
              AND (t.kind = 'escalation' OR EXISTS (
                  SELECT 1 FROM campaigns_formalnoticeaccount l
                    JOIN campaigns_formalnotice n ON n.id = l.notice_id
                   WHERE l.account_id = t.account_id AND n.kind = b.kind AND n.status = 'returned'
                     AND n.sent_on >= t.anchor))"""
TOO_EARLY = f"""
    SELECT t.account_id, t.step_id FROM due_step t CROSS JOIN LATERAL ({_RESTS}) rests
     WHERE {LACKS.format(account="t.account_id", kind="rests.kind", since="t.anchor", over=_OVER)}
"""
# (debtor_id, reason, names): who of those that owe an account of his too, and he himself, holds up such
# steps. After they were found; same parameters.
LACKING = f"""
SELECT f.debtor_id, 'notice', array_agg(DISTINCT d.name) FROM (
    SELECT t.debtor_id, x.who FROM due_step t CROSS JOIN LATERAL ({_RESTS}) rests
     CROSS JOIN LATERAL (
           SELECT t.debtor_id AS who WHERE NOT EXISTS ({
    _STANDS.format(account="t.account_id", kind="rests.kind", since="t.anchor", over=_OVER)
} AND NOT EXISTS (SELECT 1 FROM beside o WHERE o.account_id = l.account_id AND o.debtor_id = {_HIS}))
            UNION ALL
           SELECT o.debtor_id FROM beside o WHERE o.account_id = t.account_id AND NOT EXISTS ({
    _STANDS.format(account="t.account_id", kind="rests.kind", since="t.anchor", over=_OVER)
} AND {_HIS} = o.debtor_id)) x
     WHERE t.reason = 'notice' AND t.account_id IN (SELECT account_id FROM beside)
  ) f JOIN accounts_debtor d ON d.id = f.who GROUP BY 1
"""
# Steps that give a notice which all who must have it had otherwise, by hand say: it is not given twice.
GIVEN = f"""
    SELECT t.account_id, t.step_id FROM due_step t JOIN {_TEXTS} ON b.code = t.template_code
     WHERE NOT {LACKS.format(account="t.account_id", kind="b.kind", since="t.anchor", over="")}
"""
# (account_id, debtor_id, kind): who had a notice that stands or is on its way to him. Parameter: ids.
_HAD = """
    SELECT l.account_id, coalesce(d.merged_into_id, d.id), n.kind
      FROM campaigns_formalnoticeaccount l
      JOIN campaigns_formalnotice n ON n.id = l.notice_id
      JOIN accounts_debtor d ON d.id = n.debtor_id
      LEFT JOIN accounts_standing s ON s.account_id = l.account_id
     WHERE l.account_id = ANY(%(ids)s) AND n.status <> 'returned'
       AND n.sent_on >= coalesce(s.oldest_due_date, n.sent_on)
     UNION
    SELECT l.account_id, coalesce(d.merged_into_id, d.id), t.notice
      FROM campaigns_messageaccount l
      JOIN campaigns_message m ON m.id = l.message_id
      JOIN accounts_debtor d ON d.id = m.debtor_id
      JOIN campaigns_templateversion v ON v.id = m.template_version_id
      JOIN campaigns_template t ON t.id = v.template_id
     WHERE l.account_id = ANY(%(ids)s) AND t.notice <> ''
       AND m.status IN ('queued', 'deferred', 'sending', 'unknown')
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


@dataclass(frozen=True)
class NextStep:
    """From which day the next notice may be given on an account, the least day where none must come
    before; None where `lacks` (a debtor) was not served the one before since the day asked about. The
    day is that of `waits_for`, who owes it too, where the debtor's own time is over sooner."""

    day: date | None
    lacks: int | None = None
    waits_for: int | None = None


def next_steps(
    account_ids: Iterable[int], kind: str, *, since: dict[int, date], as_of: date
) -> dict[int, NextStep]:
    """When a notice of this kind may follow on each account: once the time of the one before it is over
    for its debtor and for each who owes it beside him."""
    before = BEFORE.get(kind)  # type: ignore[call-overload]
    ids = sorted(account_ids)
    if before is None:
        return dict.fromkeys(ids, NextStep(date.min))
    beside = beside_of(ids, as_of=as_of)
    rows = rows_of(
        """
        SELECT l.account_id, a.debtor_id, coalesce(d.merged_into_id, d.id), n.sent_on, n.next_step_from
        FROM campaigns_formalnoticeaccount l JOIN campaigns_formalnotice n ON n.id = l.notice_id
        JOIN accounts_account a ON a.id = l.account_id JOIN accounts_debtor d ON d.id = n.debtor_id
        WHERE l.account_id = ANY(%(ids)s) AND n.kind = %(kind)s AND n.status <> 'returned'
        """,
        {"ids": ids, "kind": before.value},
    )
    # by who was served: 0 is the debtor, or who stands for him
    days: dict[tuple[int, int], date] = {}
    for account_id, _owner, debtor_id, sent_on, next_step_from in rows:
        if sent_on >= since[account_id]:
            who = (account_id, debtor_id if debtor_id in beside[account_id] else 0)
            days[who] = min(days.get(who, next_step_from), next_step_from)
    found = {}
    for account_id in ids:
        wanted = [0, *beside[account_id]]
        lacks = [debtor for debtor in wanted if (account_id, debtor) not in days]
        if lacks:
            found[account_id] = NextStep(None, lacks=lacks[0])
            continue
        last = max(wanted, key=lambda debtor: days[account_id, debtor])
        found[account_id] = NextStep(days[account_id, last], waits_for=last or None)
    return found


def beside_of(account_ids: Iterable[int], *, as_of: date) -> dict[int, list[int]]:
    """Who owes each account beside its debtor and is served by himself: nobody where somebody
    represents the account."""
    ids = list(account_ids)
    joint, spoken_for = joint_debtors(ids, as_of=as_of), representatives(ids, as_of=as_of)
    return {pk: [] if pk in spoken_for else joint.get(pk, []) for pk in ids}


@dataclass(frozen=True)
class Had:
    """Who had which notice about which account, or is about to get it; since its first unpaid due day."""

    rows: frozenset[tuple[int, int, str]]
    beside: dict[int, list[int]]

    @classmethod
    def read(cls, account_ids: Iterable[int], *, as_of: date) -> "Had":
        ids = sorted(set(account_ids))
        rows = rows_of(_HAD, {"ids": ids}) if ids else []
        return cls(frozenset(rows), beside_of(ids, as_of=as_of) if rows else {})

    def has(self, kind: str, debtor_id: int, account_ids: Iterable[int]) -> bool:
        """Whether it needs no further notice of this kind to him: had about each of the accounts, by
        himself where he owes them beside their debtor, else by that one or whoever stands for him."""
        return bool(self.rows) and all(self._one(kind, debtor_id, pk) for pk in account_ids)

    def lacking(self, kind: str, account_ids: Iterable[int]) -> set[int]:
        """Who owes one of the accounts beside its debtor and had none of this kind."""
        return {
            debtor_id
            for pk in account_ids
            for debtor_id in self.beside.get(pk, ())
            if (pk, debtor_id, kind) not in self.rows
        }

    def _one(self, kind: str, debtor_id: int, account_id: int) -> bool:
        beside = self.beside[account_id]
        if debtor_id in beside:
            return (account_id, debtor_id, kind) in self.rows
        return any(
            row[0] == account_id and row[2] == kind and row[1] not in beside for row in self.rows
        )


def rows_of(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
