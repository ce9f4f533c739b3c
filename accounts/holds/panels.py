"""What holds show on the account and debtor pages, in timelines and in "why not?"."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.holds.enums import HOLD, HoldReason, HoldStatus
from accounts.holds.models import Hold
from accounts.holds.queries import bindings, person_records
from accounts.holds.rules import PLACE_HOLD, RECORD_LEGAL_FACT, VIEW_HOLD
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page, debtor_ids_of
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Debtor, LegalFact
from collections_app.core import panels
from collections_app.core.models import Transition
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Figure


def reason_text(reason: str) -> str:
    """The reason of a hold or the kind of a legal fact, in words."""
    labels = dict(HoldReason.choices) | dict(LegalFactKind.choices)
    return str(labels.get(reason, reason))


def hold_events(ids, user, as_of) -> list[dict]:
    """Where each hold on these accounts, their charges or their debtors begins and ends."""
    debtors = person_records(debtor_ids_of(ids))
    holds = {
        hold.pk: hold
        for hold in Hold.objects.filter(
            Q(account__in=ids) | Q(debtor__in=debtors), first_day__lte=as_of
        ).select_related("entry", "placed_by")
    }
    steps = (
        Transition.objects.filter(
            subject_type=HOLD.name, subject_id__in=list(holds), effective_date__lte=as_of
        )
        .select_related("actor")
        .order_by("id")
    )
    return [_event(holds[step.subject_id], step, as_of) for step in steps]


def _event(hold: Hold, step: Transition, as_of) -> dict:
    reason = hold.get_reason_display().lower()
    if not step.from_status:
        title = _("Hold begins: %(reason)s") % {"reason": reason}
        until = _("until %(day)s") % {"day": day_text(hold.last_day, as_of)} if hold.last_day else ""
        on = _("person") if hold.debtor_id else _("charge") if hold.entry_id else ""
        detail = ", ".join(filter(None, [on, hold.stops_in_words().lower(), until]))
        icon, tone, day = "hand-stop", "stop", step.effective_date
    else:
        title = _("Hold ends: %(reason)s") % {"reason": reason}
        lapsed = step.to_status == HoldStatus.LAPSED
        detail = _("its day has passed") if lapsed else step.reason
        icon, tone = "player-play", "good"
        day = hold.last_day + timedelta(days=1) if lapsed else step.effective_date
    return {
        "at": panels.moment_of(day, step.recorded_at),
        "kind": "hold",
        "icon": icon,
        "tone": tone,
        "title": title,
        "detail": detail,
        "url": reverse("accounts:hold_detail", args=[hold.pk]),
    }


def fact_events(ids, user, as_of) -> list[dict]:
    """Legal facts about the debtors of these accounts."""
    facts = LegalFact.objects.filter(
        identity__debtors__accounts__in=ids, effective_date__lte=as_of
    ).distinct()
    return [
        {
            "at": panels.moment_of(fact.effective_date, fact.recorded_at),
            "kind": "hold",
            "icon": "gavel",
            "tone": "good" if fact.ends_id else "stop",
            "title": (_("No longer: %(fact)s") if fact.ends_id else _("Known: %(fact)s"))
            % {"fact": fact.get_kind_display().lower()},
            "detail": fact.source,
        }
        for fact in facts
    ]


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
    return {"debtor": debtor, "holds": list(holds), "facts": list(facts)}


panels.register("account.timeline", order=60, provider=hold_events, permission=VIEW_HOLD, name="holds.holds")
panels.register("account.timeline", order=61, provider=fact_events, permission=VIEW_HOLD, name="holds.facts")
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
