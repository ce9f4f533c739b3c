"""The list that a dated rule makes each morning, and the decisions taken on it (D19)."""

import json
from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor
from accounts.policies.queries import resolver, version_in_force
from campaigns.escalation.enums import ESCALATION, EscalationRule, EscalationStatus
from campaigns.escalation.models import Escalation
from collections_app.core import audit
from collections_app.core.refusal import Refused


class DecisionMissing(Refused):
    """A decision needs its reason."""


# Accounts that meet a rule now, with the facts that fired. An account that is held for demands or
# disputed in full is left alone. Parameters: creditor, as_of and the values of the policy.
FIRING = """
WITH overdue AS (
    SELECT a.id, a.currency, a.debtor_id, s.overdue, s.contested, s.oldest_due_date,
           %(as_of)s::date - s.oldest_due_date AS days
    FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
    WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.oldest_due_date < %(as_of)s
      AND s.overdue - s.contested >= coalesce((%(amounts)s::jsonb ->> a.currency)::numeric,
                                              (%(amounts)s::jsonb ->> '*')::numeric, 0)
      AND s.overdue > s.contested
      AND NOT EXISTS (
          SELECT 1 FROM accounts_hold h
          WHERE (h.account_id = a.id AND h.entry_id IS NULL OR h.debtor_id = a.debtor_id)
            AND 'demand' = ANY(h.scopes) AND h.first_day <= %(as_of)s
            AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
            AND (h.lifted_on IS NULL OR h.lifted_on > %(as_of)s))
),
broken AS (
    SELECT p.account_id, count(*) AS number, max(p.judged_on) AS last_on
    FROM accounts_promise p JOIN overdue o ON o.id = p.account_id
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
    SELECT o.*, coalesce(b.number, 0) AS broken, b.last_on AS broken_on, r.last_on AS reached_on,
           jsonb_build_object(
               'days_past_due', o.days, 'overdue', o.overdue::text, 'currency', o.currency,
               'broken_promises', coalesce(b.number, 0), 'last_broken', b.last_on,
               'last_reached', r.last_on) AS facts
    FROM overdue o
    LEFT JOIN broken b ON b.account_id = o.id
    LEFT JOIN reached r ON r.account_id = o.id
),
firing AS (
    SELECT id AS account_id, 'old' AS rule, facts FROM facts WHERE days >= %(days_past_due)s
    UNION ALL
    SELECT id, 'broken_promises', facts FROM facts WHERE broken >= %(broken_promises)s
    UNION ALL
    SELECT id, 'silent', facts FROM facts
    WHERE days >= %(silent_days)s
      AND (reached_on IS NULL OR reached_on <= %(as_of)s::date - %(silent_days)s)
)
"""


NUMBERS = ("within_days", "days_past_due", "broken_promises", "silent_days")


@transaction.atomic
def review_escalations(*, as_of: date, actor) -> dict[str, int]:
    """Bring the list to a day: new accounts on, accounts that no longer meet their rule off.

    An account that was decided comes back only when its rule stopped firing and fires anew after
    the decision: a decision is not asked twice for the same facts within 30 days.
    """
    listed, kept = 0, []
    values_of = resolver("escalation", as_of=as_of)
    for creditor_id in Creditor.objects.filter(is_active=True).values_list("pk", flat=True).order_by("pk"):
        values = values_of(creditor_id, None)
        version = version_in_force("escalation", as_of=as_of, creditor_id=creditor_id)
        params = {
            "creditor": creditor_id,
            "as_of": as_of,
            "amounts": json.dumps({code: str(amount) for code, amount in values["overdue"].items()}),
            "version": version.pk if version else None,
            **{name: values[name] for name in NUMBERS},
        }
        with connection.cursor() as cursor:
            cursor.execute(
                f"""{FIRING}
                INSERT INTO campaigns_escalation (account_id, rule, policy_version, facts, fired_on, status,
                                                  decision, decision_note)
                SELECT f.account_id, f.rule, %(version)s, f.facts, %(as_of)s, 'open', '', '' FROM firing f
                WHERE NOT EXISTS (
                    SELECT 1 FROM campaigns_escalation e
                    WHERE e.account_id = f.account_id AND e.rule = f.rule
                      AND (e.status = 'open'
                           OR e.status = 'decided' AND e.decided_on > %(as_of)s::date - 30))
                ORDER BY f.account_id, f.rule
                RETURNING id
                """,
                params,
            )
            ids = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                f"{FIRING} SELECT e.id FROM campaigns_escalation e JOIN firing f"
                " ON f.account_id = e.account_id AND f.rule = e.rule WHERE e.status = 'open'",
                params,
            )
            kept += [row[0] for row in cursor.fetchall()]
        ESCALATION.start_many(ids, actor=actor, as_of=as_of)
        audit.record_set("escalation.listed", Escalation, ids=ids, actor=actor)
        listed += len(ids)
    # what a strategy put on the list goes off it with the arrears, not with the rule
    gone = Escalation.objects.filter(status=EscalationStatus.OPEN).exclude(
        Q(pk__in=kept) | Q(rule=EscalationRule.STRATEGY, account__standing__overdue__gt=0)
    )
    lapsed = ESCALATION.advance_many(gone, to=EscalationStatus.LAPSED, actor=actor, as_of=as_of)
    return {"listed": listed, "lapsed": len(lapsed)}


@transaction.atomic
def escalate(*, account_ids: Iterable[int], as_of: date, actor) -> list[int]:
    """Put accounts on the list because a step of their strategy says so; one that waits there for
    that reason stays as it is. Returns the ids of the new rows."""
    ids = list(account_ids)
    waiting = Escalation.objects.filter(
        account__in=ids, rule=EscalationRule.STRATEGY, status=EscalationStatus.OPEN
    )
    known = set(waiting.values_list("account_id", flat=True))
    made = Escalation.objects.bulk_create(
        [
            Escalation(account_id=pk, rule=EscalationRule.STRATEGY, facts={}, fired_on=as_of)
            for pk in ids
            if pk not in known
        ],
        batch_size=1000,
    )
    new = [row.pk for row in made]
    ESCALATION.start_many(new, actor=actor, as_of=as_of)
    audit.record_set("escalation.listed", Escalation, ids=new, actor=actor)
    return new


@transaction.atomic
def decide_escalation(*, escalation: Escalation, decision: str, note: str, actor, as_of: date) -> Escalation:
    """Record what a senior or manager decided, and why."""
    if not note.strip():
        raise DecisionMissing(_("Say why, so that the next reader understands."), field="note")
    return ESCALATION.advance(
        escalation,
        to=EscalationStatus.DECIDED,
        actor=actor,
        as_of=as_of,
        reason=note,
        decision=decision,
        decision_note=note,
        decided_by=actor,
        decided_on=as_of,
    )
