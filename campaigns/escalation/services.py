"""The list that a dated rule makes each morning, and the decisions taken on it (D19)."""

import json
from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor
from accounts.policies.queries import policy, resolver, version_in_force
from campaigns.escalation.enums import ESCALATION, EscalationRule, EscalationStatus
from campaigns.escalation.models import Escalation
from campaigns.escalation.statements import FACTS_OF_THESE, FIRING
from collections_app.core import audit
from collections_app.core.refusal import Refused


class DecisionMissing(Refused):
    """A decision needs its reason."""


NUMBERS = ("within_days", "days_past_due", "broken_promises", "broken_plans", "silent_days")


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
    within = policy("escalation", as_of=as_of)["within_days"]
    with connection.cursor() as cursor:
        cursor.execute(FACTS_OF_THESE, {"ids": ids, "as_of": as_of, "within_days": within})
        facts = {pk: json.loads(told) for pk, told in cursor.fetchall()}
    made = Escalation.objects.bulk_create(
        [
            Escalation(account_id=pk, rule=EscalationRule.STRATEGY, facts=facts.get(pk, {}), fired_on=as_of)
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
    """Record what a senior or manager decided, and why. Raises DecisionMissing."""
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
