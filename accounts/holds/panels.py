"""What holds show on the account and debtor pages, in timelines and in "why not?"."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.holds.enums import HOLD, LEGAL_STOPS, HoldReason, HoldStatus
from accounts.holds.models import Hold, scopes_in_words
from accounts.holds.queries import bindings, person_records
from accounts.holds.rules import GRANT_BREATHING_SPACE, PLACE_HOLD, RECORD_LEGAL_FACT, VIEW_HOLD
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page, debtor_ids_of
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Debtor, LegalFact
from collections_app.core import panels
from collections_app.core.story import Story, day_of, moment_sql
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Figure


def reason_text(reason: str) -> str:
    """The reason of a hold or the kind of a legal fact, in words."""
    labels = dict(HoldReason.choices) | dict(LegalFactKind.choices)
    return str(labels.get(reason, reason))


def people_of(ids) -> dict:
    """The debtor records behind these accounts, merged ones with them: `%(people)s` of a story."""
    return {"people": sorted(person_records(debtor_ids_of(ids)))}


# Where each hold on these accounts, their charges or their debtors begins and ends. One that lapsed
# ends on the day after its last. The holds of a breathing space on the charges of an account are told
# as one.
HOLDS = f"""
SELECT {moment_sql("h.day", "h.recorded_at")} AS at, h.*
FROM (
    SELECT h.id, h.reason AS why, h.scopes, h.last_day, h.debtor_id, h.entry_id, h.breathing_space_id,
           t.id AS step, t.from_status, t.to_status, t.reason, t.recorded_at,
           CASE WHEN t.from_status <> '' AND t.to_status = '{HoldStatus.LAPSED}' THEN h.last_day + 1
                ELSE t.effective_date END AS day
    FROM accounts_hold h
    JOIN core_transition t ON t.subject_type = '{HOLD.name}' AND t.subject_id = h.id
    WHERE (h.account_id = ANY(%(ids)s) OR h.debtor_id = ANY(%(people)s))
      AND h.first_day <= %(as_of)s AND t.effective_date <= %(as_of)s
      AND (h.breathing_space_id IS NULL OR h.id = (
          SELECT min(x.id) FROM accounts_hold x
          WHERE x.account_id = h.account_id AND x.breathing_space_id = h.breathing_space_id))
) h
ORDER BY h.step
"""


def hold_event(row, as_of) -> dict:
    """A hold begins or ends."""
    reason = HoldReason(row.why).label.lower()
    if not row.from_status:
        title = _("Hold begins: %(reason)s") % {"reason": reason}
        until = _("until %(day)s") % {"day": day_text(day_of(row.last_day), as_of)} if row.last_day else ""
        if row.breathing_space_id:
            on = _("the debts of that day")
        else:
            on = _("person") if row.debtor_id else _("charge") if row.entry_id else ""
        detail = ", ".join(filter(None, [on, scopes_in_words(row.scopes).lower(), until]))
        icon, tone = "hand-stop", "stop"
    else:
        title = _("Hold ends: %(reason)s") % {"reason": reason}
        detail = _("its day has passed") if row.to_status == HoldStatus.LAPSED else row.reason
        icon, tone = "player-play", "good"
    return {
        "kind": "hold",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "url": reverse("accounts:breathing_space_detail", args=[row.breathing_space_id])
        if row.breathing_space_id
        else reverse("accounts:hold_detail", args=[row.id]),
    }


# Legal facts about the debtors of these accounts; not one that was begun on an earlier day in its place.
FACTS = f"""
SELECT {moment_sql("f.effective_date", "f.recorded_at")} AS at, f.kind, f.ends_id, f.source
FROM accounts_legalfact f
WHERE f.effective_date <= %(as_of)s AND f.identity_id IN (
    SELECT d.identity_id FROM accounts_account a JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE a.id = ANY(%(ids)s))
  AND NOT EXISTS (
    SELECT 1 FROM accounts_legalfact ending
    JOIN accounts_legalfact begun
      ON begun.id = ending.ends_id AND begun.effective_date = ending.effective_date
    JOIN accounts_legalfact earlier ON earlier.identity_id = begun.identity_id AND earlier.kind = begun.kind
     AND earlier.ends_id IS NULL AND earlier.effective_date < begun.effective_date AND earlier.id > ending.id
    WHERE f.id IN (ending.id, begun.id))
ORDER BY f.id
"""


def fact_event(row, as_of) -> dict:
    stops = "" if row.ends_id else scopes_in_words(LEGAL_STOPS[row.kind]).lower()
    return {
        "kind": "hold",
        "icon": "gavel",
        "tone": "good" if row.ends_id else "stop",
        "title": (_("No longer: %(fact)s") if row.ends_id else _("Known: %(fact)s"))
        % {"fact": LegalFactKind(row.kind).label.lower()},
        "detail": ", ".join(filter(None, [row.source, stops])),
    }


def hold_figures(ids, user, as_of) -> list[Figure]:
    """Why the account is held, for the strip; nothing where nothing is held."""
    found = [binding for rows in bindings(ids, as_of).values() for binding in rows]
    if not found:
        return []
    first = found[0]
    notes = []
    if first.last_day:
        notes.append(_("until %(day)s") % {"day": day_text(first.last_day, as_of)})
    if len(found) > 1:
        notes.append(_("and %(n)s more") % {"n": len(found) - 1})
    url = reverse("accounts:hold_detail", args=[first.hold_id]) if first.hold_id else ""
    return [Figure(_("Hold"), reason_text(first.reason), note=" ".join(notes), url=url)]


def hold_verbs(ids, user, as_of) -> list[Action]:
    """Placing a hold, and legal facts about the person."""
    account = account_of_page(ids)
    if account is None or account.status != AccountStatus.OPEN:
        return []
    return [
        Action(
            _("Place a hold"),
            reverse("accounts:hold_new", args=[account.pk]),
            icon="hand-stop",
            key="h",
            permission=PLACE_HOLD,
        ),
        Action(
            _("Enter a breathing space"),
            reverse("accounts:breathing_space_new", args=[account.debtor_id]),
            icon="hand-stop",
            permission=GRANT_BREATHING_SPACE,
        ),
        Action(
            _("Record a legal fact"),
            reverse("accounts:legal_fact_new", args=[account.debtor_id]),
            icon="gavel",
            permission=RECORD_LEGAL_FACT,
        ),
    ]


def held_reasons(ids, user, as_of) -> dict[int, list[dict]]:
    """Why an account is not contacted or chased: the holds and legal facts that stop it."""
    reasons: dict[int, list[dict]] = {}
    for account_id, rows in bindings(ids, as_of).items():
        for binding in rows:
            if not {"contact", "demand"} & set(binding.scopes):
                continue
            reasons.setdefault(account_id, []).append(
                {
                    "code": "held",
                    "text": _("On hold: %(reason)s") % {"reason": reason_text(binding.reason).lower()},
                    "until": datetime.combine(binding.last_day, time.max, UTC) if binding.last_day else None,
                    "url": reverse("accounts:hold_detail", args=[binding.hold_id]) if binding.hold_id else "",
                }
            )
    return reasons


def debtor_holds(ids, user, as_of) -> dict | None:
    """The holds and legal facts of a person, for his page."""
    debtor = Debtor.objects.filter(pk__in=ids).first()
    if debtor is None:
        return None
    holds = (
        Hold.objects.in_force(as_of)
        .filter(debtor__in=person_records([debtor.pk]))
        .order_by("first_day", "id")
    )
    facts = LegalFact.objects.none()
    if debtor.identity_id:
        facts = LegalFact.objects.filter(
            identity=debtor.identity_id, ends__isnull=True, ended_by__isnull=True
        ).order_by("id")
    for fact in facts:
        fact.stops_in_words = scopes_in_words(LEGAL_STOPS[fact.kind])
    return {"debtor": debtor, "holds": list(holds), "facts": list(facts)}


panels.register(
    "account.timeline",
    order=60,
    provider=Story(HOLDS, hold_event, people_of),
    permission=VIEW_HOLD,
    name="holds.holds",
)
panels.register(
    "account.timeline",
    order=61,
    provider=Story(FACTS, fact_event),
    permission=VIEW_HOLD,
    name="holds.facts",
)
panels.register("account.strip", order=30, provider=hold_figures, permission=VIEW_HOLD, name="holds.held")
panels.register("account.verbs", order=30, provider=hold_verbs, name="holds.verbs")
panels.register("why_not", order=10, provider=held_reasons, name="holds.held")
panels.register(
    "debtor.main",
    order=30,
    provider=debtor_holds,
    permission=VIEW_HOLD,
    template="accounts/debtor_holds.html",
    name="holds.person",
)
