"""Cheques on any day: their status then, the lists of a day, and what they cover.

The status of a cheque on a day is its last transition with an effective date up to that day; the
effective date of a step is the day of the fact (submitted, paid by value, returned).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, When

from accounts.cheques.cleared import cleared
from accounts.cheques.custody_models import ChequeHandOver
from accounts.cheques.enums import (
    AT_BANK,
    BEFORE_BANK,
    CHEQUE,
    COVERING,
    ChequeStatus,
    DayList,
    HandOverStatus,
    Place,
)
from accounts.cheques.models import Cheque, ChequePlan, ChequeReturn, Presentment
from accounts.ledger.queries import balances
from collections_app.core.models import AuditRecord, StoredFile, Transition

DAYS_AHEAD = 30  # and as many back, for what the bank paid
LATE_DAYS = 7  # a late submission stays listed so long

# What cheques stand behind the accounts of a scope on a day, one row for each cheque and account; not
# yet limited to the debt. Named parameters: as_of, covering, at_bank and whatever {scope} needs (a
# condition on `s` that ends in AND); with knowledge, known_at. A security cheque covers from the day
# it may be presented, an incomplete one from the day it was completed, a stale one no longer, one
# that was replaced only by its replacement. Limit the sum of an account to its open debt.
COVERING_SHARES = """
SELECT s.account_id, s.currency, s.cheque_id, s.amount, c.cheque_date
FROM accounts_chequeshare s JOIN accounts_cheque c ON c.id = s.cheque_id
CROSS JOIN LATERAL (SELECT {status} AS status) told
WHERE {scope} c.received_on <= %(as_of)s AND c.complete_since <= %(as_of)s {known}
  AND (NOT c.is_security OR c.released_on <= %(as_of)s)
  AND told.status = ANY(%(covering)s)
  AND (c.valid_until IS NULL OR c.valid_until >= %(as_of)s OR told.status = ANY(%(at_bank)s))
"""
STATUS_THEN = f"""(
    SELECT t.to_status FROM core_transition t
    WHERE t.subject_type = '{CHEQUE.name}' AND t.subject_id = c.id AND t.effective_date <= %(as_of)s {{known}}
    ORDER BY t.effective_date DESC, t.id DESC LIMIT 1)"""
# A cheque that was released or completed after the moment did not cover then, whatever day it was told with.
KNOWN_COVER = f"""
  AND c.recorded_at <= %(known_at)s AND NOT EXISTS (
    SELECT 1 FROM core_auditrecord r
    WHERE r.subject_type = '{Cheque._meta.label_lower}' AND r.subject_id = c.id
      AND r.code IN ('cheque.released', 'cheque.completed') AND r.recorded_at > %(known_at)s)
"""
COVER_PARAMETERS = {
    "covering": [str(status) for status in COVERING],
    "at_bank": [str(status) for status in AT_BANK],
}


def cover_sql(*, scope: str = "", known: bool = False) -> str:
    """SELECT of the shares that cover (account_id, currency, cheque_id, amount, cheque_date).

    Give it COVER_PARAMETERS beside `as_of` (and `known_at`). A share whose cheque_date lies after
    `as_of` is cover that has not matured. Sum it by account and take the least of that and the
    account's open debt: a cheque never covers more than is owed.
    """
    told = STATUS_THEN.format(known="AND t.recorded_at <= %(known_at)s" if known else "")
    status = told if known else f"CASE WHEN c.moved_on <= %(as_of)s THEN c.status ELSE {told} END"
    return COVERING_SHARES.format(scope=scope, status=status, known=KNOWN_COVER if known else "")


def cover(account_ids: Iterable[int], as_of: date, known_at: datetime | None = None) -> dict[int, Decimal]:
    """How much of each account's debt cheques stand for on a day, in its currency; two statements.

    Never above the balance of that day. Accounts without any cover have no key.
    """
    ids = list(account_ids)
    if not ids:
        return {}
    shares = cover_sql(scope="s.account_id = ANY(%(ids)s) AND", known=known_at is not None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account_id, sum(amount) FROM ({shares}) covering GROUP BY account_id",
            {"ids": ids, "as_of": as_of, "known_at": known_at, **COVER_PARAMETERS},
        )
        promised = dict(cursor.fetchall())
    if not promised:
        return {}
    owed = balances(list(promised), as_of=as_of, known_at=known_at)
    limited = {pk: min(amount, owed.get(pk, Decimal(0))) for pk, amount in promised.items()}
    return {pk: amount for pk, amount in limited.items() if amount > 0}


def uncleared(as_of: date, known_at: datetime | None = None) -> dict[str, Decimal]:
    """What cheques that were received stand for on a day and were not paid yet, per currency: the
    memo line of the Collection Report. Not limited to the debts; the same for the same knowledge."""
    shares = cover_sql(known=known_at is not None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT currency, sum(amount) FROM ({shares}) covering GROUP BY currency ORDER BY currency",
            {"as_of": as_of, "known_at": known_at, **COVER_PARAMETERS},
        )
        return dict(cursor.fetchall())


def on_day(cheques: QuerySet[Cheque], day: date, known_at: datetime | None = None) -> QuerySet[Cheque]:
    """Cheques that were there on a day, with the `status_then` and the `planned_then` of that day."""
    known = {} if known_at is None else {"recorded_at__lte": known_at}
    told = (
        Transition.objects.filter(
            subject_type=CHEQUE.name, subject_id=OuterRef("pk"), effective_date__lte=day, **known
        )
        .order_by("-effective_date", "-id")
        .values("to_status")[:1]
    )
    plan = (
        ChequePlan.objects.filter(cheque=OuterRef("pk"), effective_date__lte=day, **known)
        .order_by("-effective_date", "-id")
        .values("planned_on")[:1]
    )
    is_moved = Q(moved_on__lte=day) if known_at is None else Q(pk__in=[])
    return cheques.filter(received_on__lte=day, **known).annotate(
        status_then=Case(When(is_moved, then=F("status")), default=Subquery(told)),
        planned_then=Subquery(plan),
    )


def _planned_anew(day: date, known_at: datetime | None = None) -> Exists:
    """Whether by a day a plan was told of the cheque after its last return was."""
    known = {} if known_at is None else {"recorded_at__lte": known_at}
    back = ChequeReturn.objects.filter(cheque=OuterRef("cheque"), return_date__lte=day, **known)
    return Exists(
        ChequePlan.objects.filter(
            cheque=OuterRef("pk"),
            effective_date__lte=day,
            recorded_at__gt=Subquery(back.order_by("-id").values("recorded_at")[:1]),
            **known,
        )
    )


def day_list(
    cheques: QuerySet[Cheque],
    name: str,
    day: date,
    days: int = DAYS_AHEAD,
    *,
    known_at: datetime | None = None,
) -> QuerySet[Cheque]:
    """One of the lists of a day, within `cheques`; with `known_at` without what was recorded after it.

    A security cheque that may not be presented stands on none of those that ask for a submission.
    `TO_SUBMIT`: planned for the day or before and not with the bank, a returned one that is planned
    anew included. `LATE`: submitted after the planned day, within the week up to the day. `AHEAD` looks
    `days` ahead, `CLEARED` (what the bank paid, in part too) as many back.
    """
    found = on_day(cheques, day, known_at)
    if name == DayList.CLEARED:
        return cleared(found, day, days, known_at)
    known = {} if known_at is None else {"recorded_at__lte": known_at}
    released = Q(released_on__lte=day)
    if known_at is not None:
        released &= ~Exists(
            AuditRecord.objects.filter(
                subject_type=Cheque._meta.label_lower,
                subject_id=OuterRef("pk"),
                code="cheque.released",
                recorded_at__gt=known_at,
            )
        )
    usable = Q(is_security=False) | released
    waiting = Q(status_then__in=BEFORE_BANK) & usable
    late = Presentment.objects.filter(
        cheque=OuterRef("pk"),
        planned_on__lt=F("submitted_on"),
        submitted_on__lte=day,
        submitted_on__gt=day - timedelta(days=LATE_DAYS),
        **known,
    )
    to_submit = waiting & Q(planned_then__lte=day)
    # the status first: of those few alone the plans are looked at
    again = Q(status_then=ChequeStatus.RETURNED, planned_then__lte=day) & Q(_planned_anew(day, known_at))
    chosen = {
        DayList.MATURE: waiting & Q(cheque_date__gte=day, cheque_date__lte=day + timedelta(days=1)),
        DayList.TO_SUBMIT: to_submit | again,
        DayList.LATE: Q(Exists(late)),
        DayList.NO_ANSWER: Q(status_then__in=AT_BANK),
        DayList.RETURNED: Q(status_then=ChequeStatus.RETURNED),
        DayList.PAST: waiting & Q(cheque_date__lt=day),
        DayList.REPLACED: Q(status_then=ChequeStatus.REPLACED),
        DayList.AHEAD: waiting & Q(cheque_date__gt=day, cheque_date__lte=day + timedelta(days=days)),
    }
    return found.filter(chosen[DayList(name)])


@dataclass(frozen=True)
class BankTotal:
    """What matures for one bank, or for none that is planned yet, in one currency."""

    bank: str
    currency: str
    number: int
    amount: Decimal


def totals_per_bank(cheques: QuerySet[Cheque]) -> list[BankTotal]:
    """The number and sum of cheques by the bank account they are planned for."""
    return _totals(cheques, "bank_account__name")


def totals_drawn_on(cheques: QuerySet[Cheque]) -> list[BankTotal]:
    """The number and sum of cheques by the bank they are drawn on, however it is spelt."""
    return _totals(cheques, "bank_key", shown=Max("bank"))


def _totals(cheques: QuerySet[Cheque], by: str, **shown) -> list[BankTotal]:
    shown = shown or {"shown": Max(by)}
    rows = (
        cheques.order_by().values(by, "currency").annotate(number=Count("pk"), total=Sum("amount"), **shown)
    )
    return [
        BankTotal(row["shown"] or "", row["currency"], row["number"], row["total"])
        for row in rows.order_by(by, "currency")
    ]


@dataclass(frozen=True)
class DayTotal:
    day: date
    currency: str
    number: int
    amount: Decimal


def maturing_by_day(cheques: QuerySet[Cheque], first: date, last: date) -> list[DayTotal]:
    """What of the cheques that are not with the bank yet matures on each day, by currency."""
    rows = (
        cheques.filter(
            Q(is_security=False) | Q(released_on__isnull=False),
            status__in=BEFORE_BANK,
            cheque_date__range=(first, last),
        )
        .order_by()
        .values("cheque_date", "currency")
        .annotate(number=Count("pk"), total=Sum("amount"))
        .order_by("cheque_date", "currency")
    )
    return [DayTotal(row["cheque_date"], row["currency"], row["number"], row["total"]) for row in rows]


def depositable(
    *, day: date, bank_account=None, cheques: QuerySet[Cheque] | None = None
) -> QuerySet[Cheque]:
    """Cheques in the office that can be put on a deposit slip of a day, earliest date first.

    A returned one only if it was planned anew since. `bank_account` narrows to its currency, to its
    creditor where it has one, and to cheques planned for it or for none.
    """
    found = (cheques if cheques is not None else Cheque.objects.all()).filter(
        Q(is_security=False) | Q(released_on__lte=day),
        Q(held_until__isnull=True) | Q(held_until__lte=day),
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        Q(status=ChequeStatus.IN_HAND) | (Q(status=ChequeStatus.RETURNED) & Q(_planned_anew(day))),
        place=Place.OFFICE,
        complete_since__isnull=False,
        cheque_date__lte=day,
    )
    if bank_account is not None:
        found = found.filter(
            Q(bank_account=bank_account) | Q(bank_account__isnull=True), currency=bank_account.currency
        )
        if bank_account.creditor_id is not None:
            found = found.filter(creditor=bank_account.creditor_id)
    return found.order_by("cheque_date", "id")


def papers_of(cheque: Cheque) -> QuerySet[StoredFile]:
    """Images of the cheque and papers about it, oldest first."""
    return StoredFile.objects.filter(subject_type=cheque._meta.label_lower, subject_id=cheque.pk).order_by(
        "id"
    )


def bounces_of(debtor_id: int) -> int:
    """How often a cheque of the debtor was returned; part payments are no bounce."""
    return Cheque.objects.filter(debtor=debtor_id).aggregate(total=Sum("bounces"))["total"] or 0


def waiting_for(user) -> QuerySet[ChequeHandOver]:
    """Hand-overs that this user has to sign or decline."""
    return ChequeHandOver.objects.filter(taker=user, status=HandOverStatus.OFFERED)
