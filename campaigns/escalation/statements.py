"""What puts an account on the escalation list, and the facts of it: one statement for a set of accounts."""

from accounts.arrangements.queries import PLANNED_SQL
from accounts.holds.queries import held_sql

OF_CREDITOR = """
    a.creditor_id = %(creditor)s
    AND s.overdue - s.contested >= coalesce((%(amounts)s::jsonb ->> a.currency)::numeric,
                                            (%(amounts)s::jsonb ->> '*')::numeric, 0)
    AND s.overdue > s.contested
"""
THESE = "a.id = ANY(%(ids)s)"

# Parameters: as_of, within_days and what the scope names.
FACTS = """
overdue AS (
    SELECT a.id, a.currency, a.debtor_id, s.overdue, s.contested, s.oldest_due_date,
           %(as_of)s::date - s.oldest_due_date AS days
    FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
    WHERE a.status = 'open' AND s.oldest_due_date < %(as_of)s AND {scope}
),
broken AS (
    SELECT p.account_id, count(*) AS number, max(p.judged_on) AS last_on
    FROM accounts_promise p JOIN overdue o ON o.id = p.account_id
    WHERE p.status = 'broken' AND p.judged_on > %(as_of)s::date - %(within_days)s
    GROUP BY 1
),
broken_plan AS (
    SELECT g.account_id, count(*) AS number, max(p.judged_on) AS last_on
    FROM accounts_planaccount g
    JOIN overdue o ON o.id = g.account_id
    JOIN accounts_paymentplan p ON p.id = g.plan_id
    WHERE p.status = 'broken' AND p.judged_on > %(as_of)s::date - %(within_days)s
    GROUP BY 1
),
reached AS (
    SELECT l.account_id, max(t.at)::date AS last_on
    FROM accounts_attemptaccount l
    JOIN overdue o ON o.id = l.account_id
    JOIN accounts_contactattempt t ON t.id = l.attempt_id AND t.is_contact_made
    GROUP BY 1
),
facts AS (
    SELECT o.*, coalesce(b.number, 0) AS broken, coalesce(l.number, 0) AS broken_plans,
           r.last_on AS reached_on,
           jsonb_build_object(
               'days_past_due', o.days, 'overdue', o.overdue::text, 'currency', o.currency,
               'broken_promises', coalesce(b.number, 0), 'last_broken', b.last_on,
               'broken_plans', coalesce(l.number, 0), 'last_plan_broken', l.last_on,
               'last_reached', r.last_on) AS facts
    FROM overdue o
    LEFT JOIN broken b ON b.account_id = o.id
    LEFT JOIN broken_plan l ON l.account_id = o.id
    LEFT JOIN reached r ON r.account_id = o.id
)
"""

# An account that is held for demands, disputed in full or on a plan in force is left alone; an open
# promise spares it from what age and silence would say, not from what earlier promises say.
FIRING = f"""
WITH {FACTS.format(scope=OF_CREDITOR)},
{held_sql(wanted="a.id IN (SELECT id FROM overdue)")},
free AS (
    SELECT f.*, EXISTS (SELECT 1 FROM accounts_promise p
                        WHERE p.account_id = f.id AND p.status = 'open') AS is_promised
    FROM facts f
    WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.account_id = f.id AND h.scope = 'demand')
      AND f.id NOT IN ({PLANNED_SQL})
),
firing AS (
    SELECT id AS account_id, 'old' AS rule, facts FROM free
    WHERE days >= %(days_past_due)s AND NOT is_promised
    UNION ALL
    SELECT id, 'broken_promises', facts FROM free WHERE broken >= %(broken_promises)s
    UNION ALL
    SELECT id, 'broken_plans', facts FROM free WHERE broken_plans >= %(broken_plans)s
    UNION ALL
    SELECT id, 'silent', facts FROM free
    WHERE days >= %(silent_days)s AND NOT is_promised
      AND (reached_on IS NULL OR reached_on <= %(as_of)s::date - %(silent_days)s)
)
"""

FACTS_OF_THESE = f"WITH {FACTS.format(scope=THESE)} SELECT id, facts FROM facts"
