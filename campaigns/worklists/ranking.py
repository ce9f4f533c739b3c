"""The one statement that ranks: facts of every overdue account, its reason, next step and rank.

Rank is a number that grows down the list. Rows with something to do by `as_of` come first:
(1000 - points of the reason) * 10^9, then larger and older first; rows that wait for a later day
follow at 10^15, by that day. It holds no figure that changes by itself from one day to the next
(age counts in steps of 30 days), so a nightly pass writes only rows that really moved.
"""

from functools import cache

from accounts.holds.queries import held_sql

WAITING = 10**15
STEP = 10**9

# Overdue, and not held: what is held is the one answer of the holds, as the gate and the outbox have it.
CANDIDATES = """
-- the smallest amounts that are chased: a portfolio's own, else the creditor's, else the office's
smallest AS MATERIALIZED (
    SELECT DISTINCT ON (scope_type, scope_id) scope_type, scope_id, values -> 'table' AS amounts
    FROM accounts_policyversion
    WHERE kind = 'tolerance' AND status = 'approved' AND valid_from <= %(as_of)s
    ORDER BY scope_type, scope_id, valid_from DESC, id DESC
),
owing AS (
    SELECT a.id AS account_id, a.debtor_id, coalesce(d.merged_into_id, d.id) AS root_id, a.team_id,
           worker.id AS officer_id, a.currency, a.creditor_id,
           coalesce(of_portfolio.amounts, of_creditor.amounts, of_all.amounts, %(tolerance)s::jsonb)
               AS amounts,
           s.overdue, s.contested, s.oldest_due_date, s.last_payment_date, s.last_payment_amount,
           %(as_of)s::date - s.oldest_due_date AS days, c.time_zone,
           coalesce((%(high)s::jsonb ->> a.currency)::numeric, (%(high)s::jsonb ->> '*')::numeric) AS high
    FROM accounts_account a
    JOIN accounts_standing s ON s.account_id = a.id
    JOIN accounts_creditor c ON c.id = a.creditor_id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    -- of an officer who may not sign in any more an account is nobody's
    LEFT JOIN core_user worker ON worker.id = a.officer_id AND worker.is_active
    LEFT JOIN smallest of_portfolio
        ON of_portfolio.scope_type = 'portfolio' AND of_portfolio.scope_id = a.portfolio_id
    LEFT JOIN smallest of_creditor
        ON of_creditor.scope_type = 'creditor' AND of_creditor.scope_id = a.creditor_id
    LEFT JOIN smallest of_all ON of_all.scope_type = ''
    WHERE a.status = 'open' AND s.overdue > 0 {scope}
),
{held},
candidate AS (
    SELECT o.*, CASE WHEN l.amount > 0 AND o.overdue - o.contested <= l.amount THEN (
               SELECT sum(y.overdue - y.contested) <= l.amount
               FROM accounts_account x JOIN accounts_standing y ON y.account_id = x.id
               WHERE x.status = 'open' AND x.currency = o.currency AND y.overdue > 0
                 AND x.debtor_id = ANY(ARRAY(SELECT m.id FROM accounts_debtor m
                                             WHERE m.id = o.root_id OR m.merged_into_id = o.root_id))
           ) ELSE FALSE END AS is_small
    FROM owing o
    CROSS JOIN LATERAL (SELECT (CASE WHEN jsonb_exists(o.amounts, o.currency)
                                     THEN o.amounts ->> o.currency
                                     ELSE o.amounts ->> '*' END)::numeric AS amount) l
    WHERE NOT EXISTS (SELECT 1 FROM held h
                      WHERE h.account_id = o.account_id AND h.scope IN ('contact', 'demand'))
)
"""

FACTS = """
known AS (
    SELECT k.*,
           f.due_on AS follow_on, f.due_time AS follow_time, f.kind AS follow_kind,
           f.worker_id AS follow_owner, f.note AS follow_note,
           p.status AS promise_status, p.amount AS promise_amount, p.due_date AS promise_due,
           p.grace_until, p.judged_on, p.received,
           i.status AS plan_status, i.judged_on AS plan_judged, i.due_date AS plan_due,
           i.grace_until AS plan_grace, i.missing AS plan_missing,
           q.status AS dispute_status, q.resolved_on, q.chase_again_on, q.answer_due,
           r.value_date AS returned_on, r.amount AS returned_amount,
           t.at AS last_at, (t.at AT TIME ZONE k.time_zone)::date AS last_day,
           t.outcome AS last_outcome, t.channel AS last_channel, t.is_contact_made AS last_made,
           t.direction AS last_direction, t.officer_id AS last_officer,
           (m.at AT TIME ZONE k.time_zone)::date AS made_day
    FROM candidate k
    LEFT JOIN LATERAL (
        SELECT u.*, planner.id AS worker_id
        FROM accounts_followup u LEFT JOIN core_user planner ON planner.id = u.owner_id AND planner.is_active
        WHERE u.account_id = k.account_id AND u.status = 'open'
        ORDER BY u.due_on, u.due_time NULLS LAST, u.id LIMIT 1) f ON TRUE
    LEFT JOIN LATERAL (
        SELECT * FROM accounts_promise
        WHERE account_id = k.account_id AND status NOT IN ('replaced', 'cancelled')
        ORDER BY (status = 'open') DESC, coalesce(judged_on, taken_on) DESC, id DESC LIMIT 1) p ON TRUE
    LEFT JOIN LATERAL (
        SELECT l.status, l.judged_on, u.due_date, u.grace_until, u.missing
        FROM accounts_planaccount g JOIN accounts_paymentplan l ON l.id = g.plan_id
        LEFT JOIN LATERAL (
            SELECT x.due_date, x.grace_until, x.amount - x.received AS missing
            FROM accounts_planinstalment x WHERE x.plan_id = l.id AND x.paid_on IS NULL
            ORDER BY x.number LIMIT 1) u ON TRUE
        WHERE g.account_id = k.account_id AND l.status IN ('in_force', 'broken')
        ORDER BY (l.status = 'in_force') DESC, l.id DESC LIMIT 1) i ON TRUE
    LEFT JOIN LATERAL (
        SELECT * FROM accounts_dispute WHERE account_id = k.account_id AND status <> 'withdrawn'
        ORDER BY (status = 'open') DESC, id DESC LIMIT 1) q ON TRUE
    LEFT JOIN LATERAL (
        SELECT value_date, amount FROM accounts_ledgerentry
        WHERE account_id = k.account_id AND kind = 'reversal' AND line = 'payments_returned'
          AND value_date BETWEEN %(as_of)s::date - %(fresh)s AND %(as_of)s
        ORDER BY value_date DESC, id DESC LIMIT 1) r ON TRUE
    LEFT JOIN LATERAL (
        SELECT x.* FROM accounts_attemptaccount l JOIN accounts_contactattempt x ON x.id = l.attempt_id
        WHERE l.account_id = k.account_id ORDER BY l.attempt_id DESC LIMIT 1) t ON TRUE
    LEFT JOIN LATERAL (
        SELECT x.at FROM accounts_attemptaccount l JOIN accounts_contactattempt x ON x.id = l.attempt_id
        WHERE l.account_id = k.account_id AND x.is_contact_made
        ORDER BY l.attempt_id DESC LIMIT 1) m ON TRUE
),
"""

# OFFSET 0 keeps a step apart from the next one. Without it the planner writes each CASE into every
# place that names it, and a row's event is judged some hundred times.

# D23: this account pays later or less than its own median, asked only where nothing stronger speaks.
HABITS = """
named AS (
    SELECT k.*,
        CASE
        WHEN follow_on < %(as_of)s THEN 'follow_up_late'
        WHEN follow_on = %(as_of)s AND follow_kind = 'call_back' THEN 'call_back'
        WHEN follow_on = %(as_of)s THEN 'follow_up_today'
        WHEN promise_status = 'open' THEN 'promised'
        WHEN plan_status = 'in_force' AND plan_due < %(as_of)s
            AND (made_day IS NULL OR made_day <= plan_due) THEN 'instalment_late'
        WHEN plan_status = 'in_force' THEN 'planned'
        WHEN dispute_status = 'open' AND contested >= overdue THEN 'asked'
        WHEN is_small THEN 'small'
        WHEN promise_status = 'broken' AND judged_on >= %(as_of)s::date - %(fresh)s
            AND (made_day IS NULL OR made_day <= promise_due) THEN 'promise_broken'
        WHEN plan_status = 'broken' AND plan_judged >= %(as_of)s::date - %(fresh)s
            AND (made_day IS NULL OR made_day < plan_judged) THEN 'plan_broken'
        WHEN returned_on IS NOT NULL AND (made_day IS NULL OR made_day <= returned_on)
            THEN 'payment_returned'
        WHEN promise_status = 'partly_kept' AND judged_on >= %(as_of)s::date - %(fresh)s
            AND (made_day IS NULL OR made_day <= promise_due) THEN 'promise_partly'
        WHEN dispute_status IN ('rejected', 'partly_upheld')
            AND (made_day IS NULL OR made_day <= resolved_on) THEN 'dispute_rejected'
        END AS event
    FROM known k OFFSET 0
),
judged AS (
    SELECT n.*, h.median_gap, h.median_amount, h.payments,
        coalesce(h.payments >= %(payments)s AND (
            %(as_of)s::date - n.last_payment_date
                > h.median_gap * %(rhythm_percent)s / 100 + %(rhythm_days)s
            OR n.last_payment_amount * 100 < h.median_amount * %(less_percent)s), FALSE) AS worse
    FROM named n
    LEFT JOIN LATERAL (
        SELECT count(*) AS payments,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS median_gap,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) AS median_amount
        FROM (
            SELECT amount, value_date - lag(value_date) OVER (ORDER BY value_date, id) AS gap
            FROM accounts_ledgerentry e
            WHERE account_id = n.account_id AND kind = 'payment' AND direction = 'credit'
              AND value_date BETWEEN %(as_of)s::date - 550 AND %(as_of)s
        ) own WHERE gap IS NOT NULL
    ) h ON n.event IS NULL
),
reasoned AS (
    SELECT j.*,
        CASE
        WHEN event IN ('promised', 'planned', 'asked', 'small') THEN 'overdue'
        WHEN event IS NOT NULL THEN event
        WHEN worse AND overdue >= high THEN 'high_worsening'
        WHEN last_made IS FALSE AND last_channel = 'call' AND last_direction = 'out' THEN 'no_answer'
        WHEN worse THEN 'paying_later'
        WHEN overdue >= high AND coalesce(made_day, '-infinity') < %(as_of)s::date - %(silent)s
            THEN 'high_no_contact'
        WHEN last_direction = 'out' AND last_channel IN ('email', 'sms', 'letter')
            AND coalesce(last_payment_date, '-infinity') < last_day THEN 'reminder_unanswered'
        WHEN days <= 30 AND last_at IS NULL THEN 'first_time'
        ELSE 'overdue'
        END AS reason
    FROM judged j OFFSET 0
),
"""

# When the row is next due: never before a promise, an instalment, an answer, or a decent pause after
# a contact.
STEPS = """
stepped AS (
    SELECT r.*,
        CASE
        WHEN reason IN ('follow_up_late', 'follow_up_today', 'call_back') THEN follow_on
        ELSE greatest(
            CASE WHEN event = 'promised' THEN greatest(grace_until + 1, %(as_of)s) END,
            CASE WHEN event = 'planned' AND plan_due >= %(as_of)s THEN plan_due + 1
                 WHEN event = 'planned' THEN greatest(plan_grace + 1, %(as_of)s) END,
            CASE WHEN event = 'asked' THEN greatest(answer_due, %(as_of)s::date + 1) END,
            CASE WHEN event = 'small' THEN oldest_due_date + (days / 30 + 1) * 30 END,
            CASE WHEN follow_on > %(as_of)s THEN follow_on END,
            CASE WHEN dispute_status IN ('rejected', 'partly_upheld') THEN chase_again_on END,
            CASE WHEN last_officer IS NOT NULL AND last_made IS FALSE THEN last_day + %(retry)s
                 WHEN last_made AND reason NOT IN ('promise_broken', 'promise_partly', 'plan_broken',
                                                   'payment_returned', 'instalment_late',
                                                   'dispute_rejected') THEN last_day + %(rest)s
                 WHEN last_made THEN last_day + 1
                 WHEN last_direction = 'out' THEN last_day + %(reminder)s END,
            r.oldest_due_date + 1)
        END AS due_on,
        CASE
        WHEN reason IN ('follow_up_late', 'follow_up_today', 'call_back') THEN follow_kind
        WHEN event = 'promised' THEN 'await_promise'
        WHEN event = 'planned' THEN 'await_instalment'
        WHEN event = 'asked' THEN 'await_answer'
        WHEN event = 'small' AND follow_on IS NULL THEN 'await_growth'
        WHEN follow_on > %(as_of)s THEN follow_kind
        ELSE 'call'
        END AS next_action
    FROM reasoned r OFFSET 0
),
rungs AS MATERIALIZED (
    SELECT (x.v ->> 0)::int AS stage, x.v ->> 1 AS stage_name, (x.v ->> 2)::int AS from_day
    FROM jsonb_array_elements(%(stages)s::jsonb) AS x(v)
),
staged AS (
    SELECT s.*, coalesce(g.stage, b.stage) AS stage, coalesce(g.stage_name, b.stage_name) AS stage_name
    FROM stepped s
    LEFT JOIN LATERAL (
        SELECT t.stage, coalesce(nullif(t.stage_name, ''), t.title) AS stage_name
        FROM campaigns_episode e JOIN campaigns_strategystep t ON t.version_id = e.version_id
        WHERE e.account_id = s.account_id AND e.cured_on IS NULL AND t.day_offset <= s.days
        ORDER BY t.stage DESC, t.day_offset DESC, t.id DESC LIMIT 1) g ON TRUE
    LEFT JOIN LATERAL (
        SELECT stage, stage_name FROM rungs
        WHERE from_day <= greatest(s.days, 1) ORDER BY stage DESC LIMIT 1) b ON TRUE
),
"""

RANKED = """
ranked AS (
    SELECT account_id, team_id,
        CASE WHEN reason IN ('follow_up_late', 'follow_up_today', 'call_back')
             THEN coalesce(follow_owner, officer_id) ELSE officer_id END AS officer_id,
        (1000 - coalesce((%(points)s::jsonb ->> reason)::int, 0)) * {step}
        + CASE reason
            WHEN 'call_back' THEN extract(epoch FROM coalesce(follow_time, '00:00'))::bigint / 60
            ELSE 999999 - least(999999, (least(overdue / nullif(high, 0), 900) * 1000)::bigint
                                        + least(days, 2000) / 30) END
        + CASE WHEN due_on > %(as_of)s THEN {waiting} + (due_on - DATE '2000-01-01') * 1000000000000::bigint
               ELSE 0 END AS rank,
        reason,
        jsonb_strip_nulls(CASE
            WHEN reason IN ('promise_broken', 'promise_partly') THEN jsonb_build_object(
                'amount', promise_amount, 'received', received, 'day', promise_due)
            WHEN reason = 'payment_returned' THEN jsonb_build_object(
                'amount', returned_amount, 'day', returned_on)
            WHEN reason = 'dispute_rejected' THEN jsonb_build_object('day', resolved_on)
            WHEN reason IN ('follow_up_late', 'follow_up_today', 'call_back') THEN jsonb_build_object(
                'day', follow_on, 'time', to_char(follow_time, 'HH24:MI'), 'note', nullif(follow_note, ''))
            WHEN reason IN ('high_worsening', 'paying_later') THEN jsonb_build_object(
                'day', last_payment_date, 'usual', median_gap)
            WHEN reason IN ('no_answer', 'reminder_unanswered') THEN jsonb_build_object('day', last_day)
            WHEN event = 'promised' THEN jsonb_build_object(
                'promised', promise_amount, 'day', promise_due)
            WHEN reason = 'plan_broken' THEN jsonb_build_object('day', plan_judged)
            WHEN event IN ('planned', 'instalment_late') THEN jsonb_build_object(
                'instalment', plan_missing, 'day', plan_due)
            WHEN event = 'asked' THEN jsonb_build_object('asked', true, 'day', answer_due)
            WHEN event = 'small' THEN jsonb_build_object('small', true)
            ELSE '{{}}'::jsonb END) AS reason_values,
        stage, coalesce(stage_name, '') AS stage_name, next_action, due_on AS next_action_on,
        last_at AS last_contact_at, coalesce(last_outcome, '') AS last_outcome,
        coalesce(last_channel, '') AS last_channel
    FROM staged
)
"""

COLUMNS = (
    "team_id, officer_id, rank, reason, reason_values, stage, stage_name, next_action,"
    " next_action_on, last_contact_at, last_outcome, last_channel"
)


def ranking_sql(*, scope: str) -> str:
    """`WITH` members that end in `ranked`; `scope` is a condition on account `a`, with its AND."""
    return (
        CANDIDATES.format(scope=scope, held=held_sql(wanted="a.id IN (SELECT account_id FROM owing)"))
        + ","
        + FACTS
        + HABITS
        + STEPS
        + RANKED.format(step=f"{STEP}::bigint", waiting=f"{WAITING}::bigint")
    )


@cache
def refresh_sql(*, some: bool) -> str:
    """Bring the worklist in line with the facts, for a set of accounts or for all; changed rows only."""
    names = [name.strip() for name in COLUMNS.split(",")]
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    old = ", ".join(f"w.{name}" for name in names)
    new = ", ".join(f"EXCLUDED.{name}" for name in names)
    scope = "AND a.id = ANY(%(ids)s::bigint[])" if some else ""
    gone = "AND g.account_id = ANY(%(ids)s::bigint[])" if some else ""
    return f"""
        WITH {ranking_sql(scope=scope)},
        gone AS (
            DELETE FROM campaigns_worklistitem g
            WHERE NOT EXISTS (SELECT 1 FROM ranked WHERE ranked.account_id = g.account_id) {gone}
            RETURNING g.account_id
        ),
        kept AS (
            INSERT INTO campaigns_worklistitem AS w (account_id, {COLUMNS}, computed_for)
            SELECT account_id, {COLUMNS}, %(as_of)s FROM ranked
            ON CONFLICT (account_id) DO UPDATE SET {updates}, computed_for = EXCLUDED.computed_for
            WHERE ({old}) IS DISTINCT FROM ({new})
            RETURNING w.account_id
        )
        SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM kept)
    """
