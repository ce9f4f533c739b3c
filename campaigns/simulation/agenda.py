"""Whom a day can change on a side, so that its pass looks at nobody else.

After a day's pass it is known of each account when its next step is due, when its standing changes, and
when a hold, a promise, a plan or an address of its debtor begins or ends; until then another look would
find what this one found. Accounts of one debtor are looked at together, because his messages are one.
Who has something of his own that may turn on any day (a held charge, a representative, an answer of
the gate) is looked at every day. To look too often changes nothing: the steps foretold are those of
looking at everybody every day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from campaigns.simulation.enums import Side
from campaigns.strategies.models import StrategyVersion
from campaigns.strategies.queries import InForce, in_force
from campaigns.treatment.book_pass import ahead_of, notices_of, versions_as_rows
from campaigns.treatment.choosing import asks_for_risk
from campaigns.treatment.ladder_sql import VERSIONS

# Spared for a reason that only a turn, a new standing or the next step takes away.
ASLEEP = "('no_contact_point', 'opted_out', 'hold', 'promise', 'plan', 'disputed', 'not_released')"
# `group_id` is the record that the messages of an account go to.
MEMBERS = """
CREATE TEMP TABLE member ON COMMIT DROP AS
SELECT s.account_id, coalesce(d.merged_into_id, d.id) AS group_id
  FROM accounts_standing s JOIN accounts_account a ON a.id = s.account_id
  JOIN accounts_debtor d ON d.id = a.debtor_id
 ORDER BY 2, 1;
CREATE INDEX ON pg_temp.member (group_id);
ANALYZE pg_temp.member
"""
# Everybody on the first day. Each look says when the next one is: rows are only added.
BEGIN = """
CREATE TEMP TABLE agenda_{side} ON COMMIT DROP AS
SELECT DISTINCT group_id, %(first_day)s::date AS day FROM member;
CREATE INDEX ON pg_temp.agenda_{side} (day);
ANALYZE pg_temp.agenda_{side}
"""
# Days on which what stops somebody, or how he can be reached, may change.
TURNS = """
CREATE TEMP TABLE turn ON COMMIT DROP AS
WITH own AS (
    SELECT account_id, first_day AS day FROM accounts_hold
    UNION SELECT account_id, last_day + 1 FROM accounts_hold
    UNION SELECT account_id, lifted_on FROM accounts_hold
    UNION SELECT account_id, taken_on FROM accounts_promise
    UNION SELECT account_id, grace_until + 1 FROM accounts_promise
    UNION SELECT account_id, judged_on FROM accounts_promise
    UNION SELECT account_id, first_day FROM accounts_planspan
    UNION SELECT account_id, last_day + 1 FROM accounts_planspan
    UNION SELECT account_id, chase_again_on FROM accounts_dispute
    UNION SELECT account_id, valid_from FROM accounts_accountparty
    UNION SELECT account_id, valid_to FROM accounts_accountparty
),
of_debtor AS (
    SELECT a.debtor_id, o.day FROM own o JOIN accounts_account a ON a.id = o.account_id
    UNION SELECT debtor_id, first_day FROM accounts_hold
    UNION SELECT debtor_id, last_day + 1 FROM accounts_hold
    UNION SELECT debtor_id, lifted_on FROM accounts_hold
    UNION SELECT debtor_id, valid_from FROM accounts_contactpoint
    UNION SELECT debtor_id, valid_to FROM accounts_contactpoint
    UNION SELECT d.id, f.effective_date FROM accounts_legalfact f
            JOIN accounts_debtor d ON d.identity_id = f.identity_id
)
SELECT DISTINCT coalesce(d.merged_into_id, d.id) AS group_id, o.day
  FROM of_debtor o JOIN accounts_debtor d ON d.id = o.debtor_id
 WHERE o.day > %(first_day)s AND o.day <= %(last_day)s;
CREATE INDEX ON pg_temp.turn (group_id);
ANALYZE pg_temp.turn
"""
# Looked at every day: held charges, representatives with those they stand for, and whom a strategy
# that looks at the risk may take or leave. Parameter: looks_at_risk.
RESTLESS = """
CREATE TEMP TABLE restless ON COMMIT DROP AS
WITH represented AS (
    SELECT account_id, debtor_id FROM accounts_accountparty WHERE role = 'representative'
),
accounts AS (
    SELECT account_id FROM accounts_hold WHERE entry_id IS NOT NULL
    UNION SELECT account_id FROM represented
    UNION SELECT account_id FROM accounts_promise WHERE %(looks_at_risk)s AND status = 'broken'
    UNION SELECT account_id FROM public.accounts_ledgerentry
           WHERE %(looks_at_risk)s AND line = 'payments_returned'
),
debtors AS (
    SELECT debtor_id FROM represented
    UNION SELECT debtor_id FROM accounts_hold WHERE entry_id IS NOT NULL
    UNION SELECT debtor_id FROM accounts_account WHERE id IN (SELECT account_id FROM accounts)
)
SELECT DISTINCT coalesce(d.merged_into_id, d.id) AS group_id
  FROM accounts_debtor d JOIN debtors o ON o.debtor_id = d.id;
ANALYZE pg_temp.restless
"""
CHANGES = """
SELECT DISTINCT valid_from FROM campaigns_strategyversion
 WHERE status = 'approved' AND valid_from > %(first_day)s AND valid_from <= %(last_day)s
"""
# Whom the pass sees on a day.
SEEN = """
CREATE TEMP TABLE accounts_standing ON COMMIT DROP AS
SELECT s.*, m.group_id FROM agenda_{side} g JOIN member m ON m.group_id = g.group_id
  JOIN whole_standing s ON s.account_id = m.account_id
 WHERE g.day = %(day)s;
ANALYZE pg_temp.accounts_standing (account_id, group_id, oldest_due_date)
"""
# After a pass, on its tables. A ladder is asked again on the day of each step, where one is due that
# was not yet looked at, tomorrow or as long after the last one as is caught up; and on the day after the
# first unpaid one, from which on nothing lies ahead. Parameters: day, last_day, ahead (days before the
# due day of the first step), has_notices, versions, changes (days on which other versions come into
# force).
NEXT = """
CREATE TEMP TABLE next_look ON COMMIT DROP AS
WITH __versions__,
step AS MATERIALIZED (
    SELECT s.version_id, s.day_offset::int AS off, greatest(v.catch_up_days, 1)::int AS pause
      FROM campaigns_strategystep s JOIN campaigns_strategyversion v ON v.id = s.version_id
     WHERE s.version_id IN (SELECT follows FROM versions)
),
-- the copy is read once: what was written on the way lies in it still
mine AS MATERIALIZED (
    SELECT e.id, e.account_id, e.version_id, e.first_due_date, e.reached, e.reached_on, e.cured_on
      FROM seen_standing s JOIN campaigns_episode e ON e.account_id = s.account_id
),
waiting AS (
    SELECT t.account_id, max(t.day_offset)::int AS off, bool_or(%(has_notices)s OR CASE
               WHEN t.reason IS NULL THEN e.reached_on IS DISTINCT FROM %(day)s
               ELSE t.reason NOT IN __asleep__ OR t.silent_days IS NOT NULL END) AS is_daily
      FROM due_step t LEFT JOIN mine e ON e.id = t.episode_id GROUP BY 1
),
looked AS (
    SELECT s.group_id, coalesce(t.anchor, s.oldest_due_date) AS anchor, s.next_change_date,
           e.id AS episode_id, e.reached, e.reached_on, w.off,
           coalesce(w.is_daily, FALSE) OR coalesce(t.is_cured, FALSE)
               OR coalesce(t.reached_on = %(day)s, FALSE)
               OR e.id IS NOT NULL AND (e.reached IS NULL
                  OR least(t.anchor, s.oldest_due_date) < e.first_due_date)
               OR e.id IS NULL AND least(t.anchor, s.oldest_due_date) <= %(day)s::date + %(ahead)s
                  AND s.account_id IN (SELECT account_id FROM mine) AS is_daily,
           CASE WHEN own.version_id IS NULL OR t.account_id IS NOT NULL AND NOT own.stays
                     AND own.strategy_id IS DISTINCT FROM best.strategy_id
                THEN t.chosen ELSE own.follows END AS version_id
      FROM seen_standing s
      LEFT JOIN treated t ON t.account_id = s.account_id
      LEFT JOIN waiting w ON w.account_id = s.account_id
      LEFT JOIN mine e ON e.account_id = s.account_id AND e.cured_on IS NULL
      LEFT JOIN versions own ON own.version_id = e.version_id
      LEFT JOIN versions best ON best.version_id = t.chosen
),
each AS (
    SELECT l.group_id, least(l.next_change_date, CASE
               WHEN l.is_daily THEN %(day)s::date + 1
               WHEN l.episode_id IS NULL AND l.anchor > %(day)s::date + %(ahead)s
                   THEN l.anchor - %(ahead)s
               ELSE least(CASE WHEN l.anchor >= %(day)s THEN l.anchor + 1 END, (
                   SELECT min(least(
                          CASE WHEN l.anchor + s.off > %(day)s THEN l.anchor + s.off END,
                          CASE WHEN s.off > l.reached AND s.off IS DISTINCT FROM l.off
                               THEN greatest(%(day)s::date + 1, l.anchor + s.off,
                                             l.reached_on + least(s.off - l.reached, s.pause)) END))
                     FROM step s WHERE s.version_id = l.version_id)) END) AS next_day
      FROM looked l
),
groups AS (SELECT group_id, min(next_day) AS next_day FROM each GROUP BY 1),
turns AS (SELECT group_id, min(day) AS day FROM turn WHERE day > %(day)s GROUP BY 1)
SELECT g.group_id, greatest(%(day)s::date + 1, least(g.next_day, t.day,
           CASE WHEN g.group_id IN (SELECT group_id FROM restless) THEN %(day)s::date + 1 END,
           (SELECT min(c.day) FROM unnest(%(changes)s::date[]) AS c(day) WHERE c.day > %(day)s),
           %(last_day)s::date + 1)) AS next_day
  FROM groups g LEFT JOIN turns t ON t.group_id = g.group_id;
ANALYZE next_look
""".replace("__versions__", VERSIONS).replace("__asleep__", ASLEEP)
KEEP = """
INSERT INTO agenda_{side} (group_id, day)
SELECT group_id, next_day FROM next_look WHERE next_day <= %(last_day)s
"""
# Who is spared today is spared on each of the days until the next look. A representative is looked at
# every day, so everybody else's messages go to his own record.
SPARED = """
SELECT t.reason, sum(n.next_day - %(day)s::date - 1)::int
  FROM due_step t JOIN next_look n ON n.group_id = t.debtor_id
 WHERE t.reason IS NOT NULL AND n.next_day > %(day)s::date + 1 GROUP BY 1
"""


class Agenda:
    """Who is to be looked at on which day of a walk from `first_day` to `last_day`, on either side."""

    def __init__(self, cursor, *, first_day: date, last_day: date) -> None:
        """Everybody on the first day; made when the copies stand."""
        self._cursor = cursor
        self._span = {"first_day": first_day, "last_day": last_day}
        self._changes: dict[str, list[date]] = {}
        self._bound: dict[str, tuple[date, InForce]] = {}
        risky = asks_for_risk(StrategyVersion.objects.select_related("strategy"))
        cursor.execute(TURNS, self._span)
        cursor.execute(RESTLESS, {"looks_at_risk": risky})
        cursor.execute(MEMBERS)
        for side in Side:
            cursor.execute(BEGIN.format(side=side), self._span)

    def changes_of(self, side: str) -> None:
        """Remember the days on which other versions come into force, found in the side's own copy."""
        self._cursor.execute(CHANGES, self._span)
        self._changes[side] = [row[0] for row in self._cursor.fetchall()]

    def bound(self, side: str, day: date) -> InForce:
        """What is in force on a day of the side, read anew on the days on which that changes."""
        since, found = self._bound.get(side, (date.max, None))
        if found is None or any(since < change <= day for change in self._changes[side]):
            found = in_force(day)
            self._bound[side] = day, found
        return found

    def is_empty(self, side: str, day: date) -> bool:
        """Whether nobody is to be looked at."""
        self._cursor.execute(
            f"SELECT NOT EXISTS (SELECT FROM agenda_{side} WHERE day = %(day)s)", {"day": day}
        )
        return bool(self._cursor.fetchone()[0])

    @contextmanager
    def narrowed(self, side: str, day: date) -> Iterator[None]:
        """A pass inside sees those alone whose day has come."""
        cursor = self._cursor
        cursor.execute("DROP TABLE IF EXISTS seen_standing")
        cursor.execute("ALTER TABLE pg_temp.accounts_standing RENAME TO whole_standing")
        cursor.execute(SEEN.format(side=side), {"day": day})
        yield
        cursor.execute("ALTER TABLE pg_temp.accounts_standing RENAME TO seen_standing")
        cursor.execute("ALTER TABLE pg_temp.whole_standing RENAME TO accounts_standing")

    def look_again(self, side: str, day: date) -> dict[str, int]:
        """Note when each of those seen today is to be seen again, after their steps were recorded on the
        side; how many accounts are spared until then, by reason, a day counting as one."""
        cursor, bound = self._cursor, self.bound(side, day)
        given = {
            "day": day,
            "last_day": self._span["last_day"],
            "ahead": ahead_of(bound),
            "has_notices": bool(notices_of(bound)),
            "versions": versions_as_rows(bound),
            "changes": self._changes[side],
        }
        cursor.execute("DROP TABLE IF EXISTS next_look")
        cursor.execute(NEXT, given)
        cursor.execute(KEEP.format(side=side), given)
        cursor.execute(SPARED, given)
        spared: dict[str, int] = dict(cursor.fetchall())
        return spared
