"""What cheques show on an account's page, in the search and on a supervisor's Today.

The account's page asks for its cheques after itself: the panel reads nothing.
"""

from datetime import date, datetime, time, timedelta

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cheques.enums import CHEQUE, ChequeStatus, DayList
from accounts.cheques.models import Cheque, Presentment
from accounts.cheques.queries import LATE_DAYS, day_list
from accounts.cheques.rules import LODGE_CHEQUE, MOVE_CHEQUE, VIEW_CHEQUE
from accounts.ledger.enums import AccountStatus
from accounts.ledger.queries import account_of_page
from collections_app.core import clock, panels
from collections_app.core.story import Story, moment_sql
from collections_app.core.web.parts import Action

MOVES = f"""
SELECT {moment_sql("t.effective_date", "t.recorded_at")} AS at, c.id, c.number, c.bank, s.amount, s.currency,
       t.from_status, t.to_status, t.reason
FROM accounts_chequeshare s
JOIN accounts_cheque c ON c.id = s.cheque_id
JOIN core_transition t ON t.subject_type = '{CHEQUE.name}' AND t.subject_id = c.id
WHERE s.account_id = ANY(%(ids)s) AND t.effective_date <= %(as_of)s AND t.to_status <> 'in_batch'
ORDER BY t.id
"""


def move_event(row, as_of) -> dict:
    """A cheque took a step."""
    status = ChequeStatus(row.to_status)
    return {
        "kind": "payment",
        "icon": status.icon,
        "tone": status.tone,
        "title": _("Cheque %(number)s: %(status)s")
        % {"number": row.number, "status": str(status.label).lower()},
        "detail": row.reason or row.bank,
        "amount": row.amount,
        "currency": row.currency,
        "url": reverse("accounts:cheque_detail", args=[row.id]),
    }


def cheque_verbs(ids, user, as_of) -> list[Action]:
    """Taking in what the debtor brings for this account."""
    account = account_of_page(ids)
    if account is None or account.status != AccountStatus.OPEN:
        return []
    return [
        Action(
            _("Take in cheques"),
            reverse("accounts:cheque_new", args=[account.pk]),
            icon="writing",
            permission=LODGE_CHEQUE,
        )
    ]


def cheques_of_account(ids, user, as_of):
    """Only where to ask for them."""
    account = account_of_page(ids)
    return None if account is None else {"account": account.pk, "number": account.number}


def search(query: str, user, limit: int) -> list[dict]:
    """Cheques by the beginning of their number."""
    if not any(sign.isdigit() for sign in query):
        return []
    found = (
        Cheque.objects.visible_to(user)
        .filter(number__istartswith=query)
        .select_related("debtor")
        .order_by("number", "id")[:limit]
    )
    return [
        {
            "kind": "cheque",
            "icon": "writing",
            "title": str(cheque),
            "detail": f"{cheque.debtor.name}, {cheque.get_status_display()}",
            "url": reverse("accounts:cheque_detail", args=[cheque.pk]),
        }
        for cheque in found
    ]


# A day off, another, and the working day before them.
WEEKEND = timedelta(days=3)


def late_submissions(ids, user, as_of: date) -> list[dict]:
    """What was submitted late of late, and what is still not submitted though planned (D38).

    The morning after a weekend still tells of the day before it, and what was typed since yesterday is
    told however late that was, as long as the list it leads to shows it.
    """
    seen = Cheque.objects.visible_to(user)
    since = datetime.combine(as_of, time(0), tzinfo=clock.now().tzinfo)
    late = Presentment.objects.filter(
        Q(submitted_on__gte=as_of - WEEKEND) | Q(recorded_at__gte=since - timedelta(days=1)),
        cheque__in=seen,
        planned_on__lt=F("submitted_on"),
        submitted_on__gt=as_of - timedelta(days=LATE_DAYS),
        submitted_on__lte=as_of,
    ).count()
    waiting = day_list(seen, DayList.TO_SUBMIT, as_of).filter(planned_then__lt=as_of).count()
    address = reverse("accounts:cheque_day")
    found = []
    if late:
        words = ngettext("%(n)s cheque was submitted late", "%(n)s cheques were submitted late", late)
        found.append({"text": words % {"n": late}, "url": f"{address}?list={DayList.LATE.value}"})
    if waiting:
        words = ngettext(
            "%(n)s cheque should be with the bank", "%(n)s cheques should be with the bank", waiting
        )
        found.append({"text": words % {"n": waiting}, "url": f"{address}?list={DayList.TO_SUBMIT.value}"})
    return [row | {"by": _("Cheques"), "at": since} for row in found]


panels.register(
    "account.timeline",
    order=25,
    provider=Story(MOVES, move_event),
    permission=VIEW_CHEQUE,
    name="cheques.moves",
)
panels.register("account.verbs", order=35, provider=cheque_verbs, name="cheques.verbs")
panels.register(
    "account.main",
    order=40,
    provider=cheques_of_account,
    permission=VIEW_CHEQUE,
    template="accounts/cheques/account_cheques.html",
    name="cheques.account",
)
panels.register("search", order=40, provider=search, permission=VIEW_CHEQUE, name="cheques.search")
panels.register(
    "today.waiting", order=60, provider=late_submissions, permission=MOVE_CHEQUE, name="cheques.late"
)
