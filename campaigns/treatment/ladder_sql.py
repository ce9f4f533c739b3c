"""The first statements of a pass: whom it looks at, and which steps of his ladder are due to him.

They make the temporary tables `treated` and `due_step` and keep the episodes; see `pass_sql` for what
comes after, and for the parameters. A pass looks at the books of one creditor or of several at once,
so that the book is scanned once; `house` says of each its moment, before which its books are too old
when they were fed, and its run.
"""

from accounts.ledger.parties import REPRESENTED
from accounts.ledger.queries import items_sql
from campaigns.notices.queries import LACKS

LOWEST = -32768  # below the day of any step

# Parameter: houses (JSON).
HOUSE = """
CREATE TEMP TABLE house ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(houses)s::jsonb)
    AS h(creditor_id bigint, now timestamptz, fed_after timestamptz, run_id bigint)
"""

# Charges that a hold on themselves keeps from being asked for, such as a breathing space. Parameter: as_of.
PROTECTED = """
    SELECT h.entry_id, h.account_id FROM accounts_hold h
     WHERE h.entry_id IS NOT NULL AND h.scopes::text[] && '{contact,demand}'
       AND h.first_day <= %(as_of)s AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
       AND (h.lifted_on IS NULL OR h.lifted_on > %(as_of)s)
"""

# Promises broken and payments returned, for strategies that look at the risk. Parameter: risk_from.
SETBACKS = """
CREATE TEMP TABLE setback ON COMMIT DROP AS
SELECT account_id, count(*) AS n FROM (
    SELECT p.account_id FROM accounts_promise p
     WHERE p.status = 'broken' AND p.judged_on BETWEEN %(risk_from)s AND %(as_of)s
    UNION ALL
    -- the real table, whatever of the ledger a what-if looks at: returned payments are not open items
    SELECT e.account_id FROM public.accounts_ledgerentry e
     WHERE e.line = 'payments_returned' AND e.value_date BETWEEN %(risk_from)s AND %(as_of)s
) one GROUP BY account_id
"""
SETBACKS_OF = {
    True: ("coalesce(b.n, 0)", "LEFT JOIN setback b ON b.account_id = a.id"),
    False: ("0::bigint", ""),
}

# %(versions)s: JSON of {version_id, strategy_id, follows, stays}, every version of the strategies in
# force; `stays`: its accounts leave it only when they are cured.
VERSIONS = """
versions AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(versions)s::jsonb)
        AS v(version_id bigint, strategy_id bigint, follows bigint, stays boolean)
)
"""

# The step's day is counted from the first unpaid due day. What is wholly in dispute or protected does
# not start or hold the ladder, so for accounts with a dispute or a held charge that day is taken from
# the items; so are the figures of accounts that a day has changed since their standing was written.
# An episode lasts while something is overdue, or until its first day is paid before it came
# (`is_cured`). One scan of the book; whoever is between two steps of his version is left behind by it.
TREATED = f"""
CREATE TEMP TABLE treated ON COMMIT DROP AS
WITH {VERSIONS},
-- the day of the step after each, for every day a version's account may stand at
nexts AS MATERIALIZED (
    SELECT p.version_id, p.at, (SELECT min(s.day_offset) FROM campaigns_strategystep s
                                 WHERE s.version_id = p.version_id AND s.day_offset > p.at) AS next_day
      FROM (SELECT version_id, day_offset AS at FROM campaigns_strategystep
             WHERE version_id IN (SELECT follows FROM versions)
             UNION SELECT follows, {LOWEST} FROM versions) p
),
protected AS ({PROTECTED}),
represented AS MATERIALIZED ({REPRESENTED}),
t AS (
    SELECT a.id AS account_id, a.creditor_id,
           coalesce(sp.debtor_id, d.merged_into_id, d.id) AS debtor_id, a.portfolio_id,
           a.product, d.payer_type, a.currency, a.number, a.officer_id, a.status,
           s.oldest_due_date AS anchor, s.overdue AS asked, s.contested, s.balance,
           (s.contested > 0 OR s.next_change_date <= %(as_of)s
               OR a.id IN (SELECT account_id FROM protected)) AND a.status = 'open' AS by_item,
           __setbacks__ AS setbacks, e.id AS open_id, e.first_due_date, e.version_id AS own_version,
           e.reached, e.reached_on,
           e.id IS NOT NULL AND (a.status <> 'open' OR s.oldest_due_date IS NULL
               OR s.oldest_due_date >= %(as_of)s AND s.oldest_due_date <> e.first_due_date) AS is_cured
      FROM accounts_account a
      JOIN accounts_standing s ON s.account_id = a.id
      JOIN accounts_debtor d ON d.id = a.debtor_id
      LEFT JOIN represented sp ON sp.account_id = a.id
      LEFT JOIN campaigns_episode e ON e.account_id = a.id AND e.cured_on IS NULL __setback_join__
     WHERE a.creditor_id = ANY(%(creditors)s)
       AND (a.status = 'open' AND s.oldest_due_date <= %(horizon)s OR e.id IS NOT NULL)
),
chosen AS (SELECT t.*, __choice__ AS chosen FROM t)
SELECT c.* FROM chosen c
  LEFT JOIN versions own ON own.version_id = c.own_version
  LEFT JOIN versions best ON best.version_id = c.chosen
  LEFT JOIN nexts n ON n.version_id = own.follows AND n.at = c.reached
 WHERE c.open_id IS NULL OR c.is_cured OR c.by_item OR own.version_id IS NULL OR n.version_id IS NULL
    OR %(as_of)s::date - c.anchor >= n.next_day OR c.anchor < c.first_due_date
    OR c.reached_on = %(as_of)s
    OR (NOT own.stays AND own.strategy_id IS DISTINCT FROM best.strategy_id)
"""
BY_ITEM = f"""
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM treated WHERE by_item) AND")},
protected AS ({PROTECTED}),
asked AS (
    SELECT i.account_id, min(i.due_date) FILTER (WHERE i.is_asked) AS anchor,
           coalesce(sum(i.amount - i.paid - i.contested)
                    FILTER (WHERE i.is_asked AND i.due_date < %(as_of)s), 0) AS asked
      FROM (SELECT *, amount - paid > contested
                   AND entry_id NOT IN (SELECT entry_id FROM protected) AS is_asked
              FROM items WHERE amount > paid) i
     GROUP BY i.account_id
)
UPDATE treated t SET anchor = coalesce(asked.anchor, t.anchor), asked = asked.asked,
       is_cured = t.open_id IS NOT NULL AND coalesce(asked.anchor, t.anchor) >= %(as_of)s
              AND coalesce(asked.anchor, t.anchor) <> t.first_due_date
  FROM asked WHERE asked.account_id = t.account_id
"""

CURED = """
UPDATE campaigns_episode e SET cured_on = %(as_of)s FROM treated t
 WHERE t.is_cured AND e.id = t.open_id AND e.cured_on IS NULL
"""

# A reversal that shows an earlier episode never ended ends the later and goes on with it.
# `floor` is the day of the step an account is at; NULL where it comes in now.
DUE_STEP = f"""
CREATE TEMP TABLE due_step ON COMMIT DROP AS
WITH {VERSIONS},
ladder AS MATERIALIZED (
    SELECT s.id AS step_id, s.version_id, s.day_offset, s.kind, s.channel, s.template_code, s.stage,
           s.stage_name, s.pay_within_days, s.silent_days, v.entry, v.reentry_days, v.catch_up_days,
           lead(s.day_offset) OVER w AS next_offset,
           coalesce(lag(s.day_offset) OVER w, {LOWEST}) AS last_offset
      FROM campaigns_strategystep s JOIN campaigns_strategyversion v ON v.id = s.version_id
     WHERE s.version_id IN (SELECT follows FROM versions)
    WINDOW w AS (PARTITION BY s.version_id ORDER BY s.day_offset)
),
placed AS (
    SELECT t.account_id, t.creditor_id, t.debtor_id, t.portfolio_id, t.payer_type, t.currency, t.number,
           t.officer_id, t.anchor, t.asked, t.contested, %(as_of)s::date - t.anchor AS days,
           o.open_id AS episode_id, o.first_due_date, o.own_version, o.reached AS floor, o.reached_on,
           t.chosen
      FROM treated t LEFT JOIN treated o ON o.account_id = t.account_id AND NOT o.is_cured
     WHERE t.status = 'open'
),
followed AS (
    SELECT p.*, CASE WHEN own.version_id IS NOT NULL
                      AND (own.stays OR own.strategy_id = chosen.strategy_id)
                     THEN own.follows ELSE p.chosen END AS version_id
      FROM placed p
      LEFT JOIN versions own ON own.version_id = p.own_version
      LEFT JOIN versions chosen ON chosen.version_id = p.chosen
),
__notices__
-- who comes in, or has an older item unpaid than his episode knows: is it an earlier one going on?
earlier AS (
    SELECT f.account_id, p.id AS episode_id, p.first_due_date, p.version_id, p.reached, p.reached_on,
           p.cured_on, o.goes_on,
           row_number() OVER (PARTITION BY f.account_id
                              ORDER BY o.goes_on DESC, p.first_due_date DESC) AS place
      FROM followed f JOIN campaigns_episode p ON p.account_id = f.account_id
     CROSS JOIN LATERAL (SELECT p.first_due_date = f.anchor
                             OR p.first_due_date <= f.anchor AND f.anchor < p.cured_on AS goes_on) o
     WHERE p.cured_on IS NOT NULL AND (f.episode_id IS NULL OR f.anchor < f.first_due_date)
)
SELECT f.account_id, f.creditor_id, f.debtor_id, f.portfolio_id, f.payer_type, f.currency, f.number,
       f.officer_id, f.anchor, f.asked, f.contested, f.days, f.own_version, l.version_id, l.step_id,
       l.day_offset,
       l.kind, l.channel, l.template_code, l.stage, l.stage_name, l.pay_within_days, l.silent_days,
       l.last_offset, l.next_offset, f.anchor + l.day_offset::int AS due_on,
       CASE WHEN e.goes_on THEN e.episode_id ELSE f.episode_id END AS episode_id,
       f.episode_id AS open_id,
       coalesce(CASE WHEN e.goes_on THEN e.first_due_date END, f.first_due_date, f.anchor)
           AS first_due_date,
       CASE WHEN e.goes_on THEN coalesce(e.reached, {LOWEST})
            WHEN f.episode_id IS NOT NULL THEN f.floor
            WHEN e.cured_on > %(as_of)s::date - l.reentry_days THEN e.reached END AS floor,
       (l.day_offset <= 0 AND f.days > 0) AS is_gone, __is_wanted__ AS is_wanted,
       NULL::varchar AS own_reason, NULL::varchar AS reason
  FROM followed f
  __notice_join__
  LEFT JOIN earlier e ON e.account_id = f.account_id AND e.place = 1
   AND (e.goes_on OR f.episode_id IS NULL)
  JOIN ladder l ON l.version_id = f.version_id AND l.day_offset <= f.days
   AND CASE
       WHEN __is_wanted__ THEN TRUE
       WHEN e.goes_on THEN l.day_offset > coalesce(e.reached, {LOWEST})
       WHEN f.floor IS NOT NULL THEN l.day_offset > f.floor
       WHEN f.episode_id IS NULL AND e.cured_on > %(as_of)s::date - l.reentry_days
            AND e.reached IS NOT NULL THEN l.day_offset > e.reached
       WHEN l.entry = 'at_day' THEN l.next_offset IS NULL OR f.days < l.next_offset
       ELSE TRUE END
   AND (f.reached_on IS NULL OR e.goes_on OR %(as_of)s::date >= f.reached_on
        + least(l.day_offset - coalesce(f.floor, {LOWEST}), greatest(l.catch_up_days, 1))::int)
   AND (NOT coalesce(e.goes_on, FALSE) OR e.reached_on IS NULL OR %(as_of)s::date >= e.reached_on
        + least(l.day_offset - coalesce(e.reached, {LOWEST}), greatest(l.catch_up_days, 1))::int)
"""
# Where a ladder has formal notices (parameter `notices`: JSON of {code, kind, place}): the first of them
# that a due one or a due escalation rests on and that somebody who must have it lacks since the first
# unpaid day is due before it, though the account came in after it, was moved past it or had no address
# then. So nobody waits for good.
NOTICES = f"""
notice_step AS MATERIALIZED (
    SELECT l.version_id, l.step_id, l.day_offset, n.kind, n.place
      FROM ladder l JOIN jsonb_to_recordset(%(notices)s::jsonb) AS n(code varchar, kind varchar, place int)
        ON n.code = l.template_code
),
resting AS MATERIALIZED (
    SELECT version_id, day_offset, place FROM notice_step
     UNION ALL
    SELECT version_id, day_offset, 99 FROM ladder WHERE kind = 'escalation'
),
wanted AS (
    SELECT DISTINCT ON (f.account_id) f.account_id, n.step_id
      FROM followed f JOIN notice_step n ON n.version_id = f.version_id AND n.day_offset <= f.days
     WHERE EXISTS (SELECT 1 FROM resting m
                    WHERE m.version_id = n.version_id AND m.place > n.place
                      AND m.day_offset > greatest(n.day_offset, coalesce(f.floor, {LOWEST}))
                      AND m.day_offset <= f.days)
       AND {LACKS.format(account="f.account_id", kind="n.kind", since="f.anchor", over="")}
     ORDER BY f.account_id, n.day_offset
),
"""
NOTICES_OF = {
    True: {
        "__notices__": NOTICES,
        "__notice_join__": "LEFT JOIN wanted w ON w.account_id = f.account_id",
        "__is_wanted__": "coalesce(w.step_id = l.step_id, FALSE)",
    },
    False: {"__notices__": "", "__notice_join__": "", "__is_wanted__": "FALSE"},
}


def due_step_sql(*, has_notices: bool) -> str:
    """`DUE_STEP` for ladders with or without formal notices."""
    sql = DUE_STEP
    for name, part in NOTICES_OF[has_notices].items():
        sql = sql.replace(name, part)
    return sql


# Who is at an earlier episode again leaves the later one.
LEFT_BEHIND = """
UPDATE campaigns_episode e SET cured_on = %(as_of)s FROM due_step t
 WHERE e.id = t.open_id AND t.episode_id <> t.open_id AND e.cured_on IS NULL
"""
GO_ON = """
UPDATE campaigns_episode e SET cured_on = NULL FROM due_step t
 WHERE e.id = t.episode_id AND t.episode_id IS DISTINCT FROM t.open_id AND e.cured_on IS NOT NULL
"""
# A new one; its first day may be that of one that ended and begins anew.
EPISODES = """
INSERT INTO campaigns_episode AS e (account_id, first_due_date, version_id, began_after, reached)
SELECT account_id, first_due_date, version_id, coalesce(floor, min(last_offset)),
       coalesce(floor, min(last_offset))
  FROM due_step WHERE episode_id IS NULL
 GROUP BY account_id, first_due_date, version_id, floor
ON CONFLICT (account_id, first_due_date) DO UPDATE SET cured_on = NULL
"""
# One from before steps were counted, or whose version has changed.
MOVED = """
UPDATE campaigns_episode e
   SET version_id = t.version_id, began_after = coalesce(e.began_after, t.came_in),
       reached = coalesce(e.reached, t.came_in)
  FROM (SELECT episode_id, version_id, min(last_offset) AS came_in FROM due_step
         WHERE episode_id IS NOT NULL AND (own_version <> version_id OR floor IS NULL)
         GROUP BY 1, 2) t
 WHERE e.id = t.episode_id
"""
EPISODE_IDS = """
UPDATE due_step t SET episode_id = e.id FROM campaigns_episode e
 WHERE t.episode_id IS NULL AND e.account_id = t.account_id AND e.first_due_date = t.first_due_date
"""
