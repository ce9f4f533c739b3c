"""Signed months: until when the books are closed, who may still post there, and what was posted.

A month's report stays as it was signed; what is dated into it afterwards stands in a later month
under `prior_period`. A person who chooses such a day needs a permission and says why. What comes
with a day of its own (an imported batch, a rule, a bank's return) is taken, marked and listed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db import connection
from django.db.models import Max, Q
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.ledger.enums import EntrySource
from accounts.ledger.models import Account, ClosedPeriod
from accounts.ledger.posting import LEDGER_LOCK, NewEntry
from collections_app.core import audit
from collections_app.core.bulk import id_array
from collections_app.core.enums import Role
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import Refused

POST_INTO_CLOSED = "accounts.post_into_closed_period"


class PeriodClosed(Refused):
    """The value date lies in a signed month."""


def closed_until(creditor_id: int | None = None, *, as_of: date | None = None) -> date | None:
    """The last closed day for a creditor (or the whole house), as it was on `as_of`; None if none is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(last_day) FROM accounts_closedperiod
            WHERE (creditor_id IS NULL OR creditor_id = %(creditor)s)
              AND (%(as_of)s::date IS NULL OR closed_on <= %(as_of)s)
            """,
            {"creditor": creditor_id, "as_of": as_of},
        )
        return cursor.fetchone()[0]


def closed_until_each(creditor_ids: Collection[int]) -> dict[int, date]:
    """The last closed day of each of these creditors, the whole house's among them; only where one is."""
    kept = ClosedPeriod.objects.filter(Q(creditor=None) | Q(creditor__in=creditor_ids)).order_by()
    ends = dict(kept.values_list("creditor").annotate(Max("last_day")))
    house = ends.get(None, date.min)
    found = {pk: max(ends.get(pk, house), house) for pk in creditor_ids}
    return {pk: day for pk, day in found.items() if day > date.min}


def close_period(*, first_day: date, last_day: date, actor, as_of: date, creditor=None) -> ClosedPeriod:
    """Write down that a month is signed. Inside the signer's transaction; who may sign is his rule.

    Takes the ledger's lock: a posting is either recorded before, or sees the month closed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
    period = ClosedPeriod.objects.create(
        creditor=creditor, first_day=first_day, last_day=last_day, closed_on=as_of, actor=actor
    )
    audit.record("period.closed", period, actor=actor, after={"first": first_day, "last": last_day})
    return period


def check_period(
    entries: Sequence[NewEntry], actor, last: Mapping[int, date | None] | None = None
) -> None:
    """Refuse what a person dates into a signed month without the permission or without a reason.

    `last` is the last closed day of each account, where the caller knows it.
    """
    if actor.role == Role.SYSTEM:
        return
    chosen = [entry for entry in entries if entry.source == EntrySource.MANUAL and entry.value_date]
    if not chosen:
        return
    if last is None:
        last = _last_closed_days({entry.account_id for entry in chosen})
    for entry in chosen:
        closed = last.get(entry.account_id)
        if closed is not None and entry.value_date <= closed:
            _check_may(entry.value_date, closed, actor, entry.late_reason, field="value_date")


def check_allocation_day(account: Account, day: date, actor, late_reason: str) -> None:
    """As `check_period`, of a person who says from a day on what money pays."""
    closed = closed_until(account.creditor_id)
    if actor.role != Role.SYSTEM and closed is not None and day <= closed:
        _check_may(day, closed, actor, late_reason, field="effective_date")


def _check_may(day: date, closed: date, actor, late_reason: str, *, field: str) -> None:
    if not has_permission(actor, POST_INTO_CLOSED):
        raise PeriodClosed(
            _(
                "%(day)s lies in a month that is signed (closed until %(closed)s). Date it later, or "
                "ask somebody who may post into closed months."
            )
            % {"day": _day(day), "closed": _day(closed)},
            field=field,
        )
    if not late_reason.strip():
        raise PeriodClosed(
            _("%(day)s lies in a month that is signed. Say why it is posted there; others read it.")
            % {"day": _day(day)},
            field="late_reason",
        )


def _day(day: date) -> str:
    return formats.date_format(day, "j F Y")


def _last_closed_days(account_ids) -> dict[int, date]:
    by_creditor = dict(ClosedPeriod.objects.order_by("last_day").values_list("creditor_id", "last_day"))
    if not by_creditor:
        return {}
    house = by_creditor.get(None)
    found = {}
    for pk, creditor_id in Account.objects.filter(pk__in=account_ids).values_list("pk", "creditor_id"):
        own = by_creditor.get(creditor_id)
        days = [day for day in (house, own) if day]
        if days:
            found[pk] = max(days)
    return found


def mark_late(entry_ids: list[int], reasons: dict[int, str] | None = None) -> int:
    """Mark those of the entries just posted that lie in a signed month; how many.

    `reasons` by entry; without one the entry's own reason or description stands.
    """
    reasons = reasons or {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(last_day) FROM accounts_closedperiod")
        [latest] = cursor.fetchone()
        if latest is None:
            return 0
        cursor.execute(
            """
            INSERT INTO accounts_lateposting (entry_id, account_id, currency, effect, month, reason)
            SELECT e.id, e.account_id, e.currency,
                   CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END,
                   date_trunc('month', e.value_date)::date,
                   coalesce(nullif(given.reason, ''), nullif(e.reason, ''), e.description)
            FROM accounts_ledgerentry e
            JOIN accounts_account a ON a.id = e.account_id
            LEFT JOIN unnest(%(named)s::bigint[], %(reasons)s::text[]) AS given(id, reason)
                   ON given.id = e.id
            WHERE e.id = ANY(%(ids)s::bigint[]) AND e.value_date <= %(latest)s
              AND EXISTS (SELECT 1 FROM accounts_closedperiod p
                          WHERE p.last_day >= e.value_date
                            AND (p.creditor_id IS NULL OR p.creditor_id = a.creditor_id))
            ORDER BY e.id
            """,
            {
                "ids": id_array(entry_ids),
                "latest": latest,
                "named": list(reasons),
                "reasons": list(reasons.values()),
            },
        )
        return cursor.rowcount


def mark_late_allocations(allocation_ids: list[int], late_reason: str = "") -> int:
    """Mark those of the named allocations just written that count from a day in a signed month; how
    many. Their own reason stands where no other is given."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_lateposting (allocation_id, account_id, currency, effect, month, reason)
            SELECT n.id, d.account_id, n.currency, 0, date_trunc('month', n.effective_date)::date,
                   coalesce(nullif(%(late_reason)s, ''), n.reason)
            FROM accounts_namedallocation n
            JOIN accounts_ledgerentry d ON d.id = n.debit_id
            JOIN accounts_account a ON a.id = d.account_id
            WHERE n.id = ANY(%(ids)s::bigint[])
              AND EXISTS (SELECT 1 FROM accounts_closedperiod p
                          WHERE p.last_day >= n.effective_date
                            AND (p.creditor_id IS NULL OR p.creditor_id = a.creditor_id))
            ORDER BY n.id
            """,
            {"ids": id_array(allocation_ids), "late_reason": late_reason},
        )
        return cursor.rowcount
