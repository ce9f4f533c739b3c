"""The verbs of the ledger. Everything that changes a balance goes through `post_entries` or
`post_entry_set`; the rest of the product calls, never inserts."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.approvals.models import Approval
from accounts.ledger import posting, posting_few, posting_sets
from accounts.ledger.authority import BeyondAuthority, check_approved, check_authority
from accounts.ledger.enums import ACCOUNT, AccountStatus, EntryKind
from accounts.ledger.groups import tie, tie_recoveries
from accounts.ledger.models import (
    Account,
    ApprovedEntry,
    ContestedAmount,
    LedgerEntry,
)
from accounts.ledger.naming import AllocationRefused
from accounts.ledger.periods import check_period, mark_late
from accounts.ledger.posting import LEDGER_LOCK, EntryRefused, NewEntry
from accounts.ledger.registration import (
    assign_accounts,
    close_account,
    open_account,
    open_account_set,
    reopen_account,
)
from accounts.ledger.signals import entries_posted
from accounts.ledger.standing import refresh_standing, roll_standing
from accounts.ledger.standing_paid import carry_payments
from accounts.ledger.taxes import with_tax
from collections_app.core import audit
from collections_app.core.bulk import analyse_grown, id_array
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require

__all__ = [
    "BeyondAuthority",
    "EntryRefused",
    "NewEntry",
    "assign_accounts",
    "close_account",
    "contest",
    "knowledge_cut_off",
    "open_account",
    "open_account_set",
    "post_entries",
    "post_entry_set",
    "post_within",
    "refresh_standing",
    "reopen_account",
    "reverse_entry",
    "roll_standing",
]


# Looks at the accounts of a posting and raises what its caller's own rule says.
Guard = Callable[[dict[int, posting_few.AccountFacts]], None]


@contextmanager
def knowledge_cut_off():
    """Yield a moment such that no posting that is recorded before it can still commit.

    Waits for postings under way and holds new ones back until the block's transaction ends.
    Use inside `transaction.atomic()`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    yield moment


@transaction.atomic
def post_entries(
    *,
    entries: list[NewEntry],
    actor,
    as_of: date,
    permission: str = "accounts.post_entry",
    approval: Approval | None = None,
    day_is_given: bool = False,
    guard: Guard | None = None,
) -> list[LedgerEntry]:
    """Post entries and bring the standings of their accounts up to `as_of`.

    Raises EntryRefused for the first entry that cannot stand, BeyondAuthority for what the actor's
    role may not give up by hand, PeriodClosed for a day in a signed month that a person chose
    (`day_is_given` says that a bank did, not he); then nothing is posted. Entries of
    0.00 have no effect and are not posted. Side effects: standings, one audit record, the signal
    `entries_posted`; a closed account whose balance is no longer zero is reopened.
    Callers with a rule of their own pass its permission, and a `guard` that is shown the facts of the
    locked accounts before anything is written. With an `approval` the entries are posted on
    the strength of its decision: exactly what was asked, and once.
    """
    return post_within(
        entries=entries,
        actor=actor,
        as_of=as_of,
        permission=permission,
        approval=approval,
        day_is_given=day_is_given,
        guard=guard,
    )


def post_within(
    *,
    entries: list[NewEntry],
    actor,
    as_of: date,
    permission: str = "accounts.post_entry",
    approval: Approval | None = None,
    day_is_given: bool = False,
    guard: Guard | None = None,
) -> list[LedgerEntry]:
    """As `post_entries`, inside the caller's own transaction or savepoint, which must fall with what
    this raises."""
    if approval is None:
        require(actor, permission)
        check_authority(entries, actor, as_of)
    else:
        check_approved(entries, approval, actor, as_of)
    if not entries:
        return []
    entries = with_tax(entries)
    wanted = entries
    if any(entry.kind == EntryKind.REVERSAL for entry in entries):
        entries = [*entries, *posting.tied(*posting.source_of(entries))]
    facts = posting_few.lock_few(entries)
    if not day_is_given:
        check_period(wanted, actor, {pk: known.closed_until for pk, known in facts.items()})
    if guard is not None:
        guard(facts)
    posting_few.check_few(entries, facts)
    reinstated = []
    if any(known.written_off > 0 for known in facts.values()):
        reinstated = posting.recoveries(*posting.source_of(entries))
    recovered = posting_few.insert_few([entry for _row, entry in reinstated], facts, actor_id=actor.pk)
    posted = posting_few.insert_few(entries, facts, actor_id=actor.pk)
    with_effect = [entry for entry in entries if entry.kind == EntryKind.REVERSAL or entry.amount]
    tie(entries, dict(zip(map(id, with_effect), posted, strict=True)), reinstated, recovered)
    if approval is not None:
        ApprovedEntry.objects.bulk_create(
            ApprovedEntry(entry=entry, approval=approval, position=position)
            for position, entry in enumerate(posted[: len(wanted)])
        )
    made = [*recovered, *posted]
    if any(_is_late(entry, facts) for entry in made):
        mark_late(
            [entry.pk for entry in made],
            {
                entry.pk: given.late_reason
                for entry, given in zip(posted, with_effect, strict=True)
                if given.late_reason
            },
        )
    _after_posting(
        list(facts),
        [entry.pk for entry in made],
        actor=actor,
        as_of=as_of,
        closed=[pk for pk, known in facts.items() if known.status == AccountStatus.CLOSED],
        is_plain=all(known.is_plain for known in facts.values()),
        rolled_days={pk: known.rolled_day for pk, known in facts.items()},
    )
    asked = sum(1 for entry in wanted if entry.kind == EntryKind.REVERSAL or entry.amount)
    return posted[:asked]


def _is_late(entry: LedgerEntry, facts: dict[int, posting_few.AccountFacts]) -> bool:
    closed_until = facts[entry.account_id].closed_until
    return closed_until is not None and entry.value_date <= closed_until


def _closed(account_ids: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_account WHERE id = ANY(%s::bigint[]) AND status = %s ORDER BY id",
            [id_array(account_ids), AccountStatus.CLOSED],
        )
        return [row[0] for row in cursor.fetchall()]


def _after_posting(
    account_ids: list[int],
    entry_ids: list[int],
    *,
    actor,
    as_of: date,
    closed: list[int],
    is_plain: bool = False,
    rolled_days: dict[int, date | None] | None = None,
    carried_from: str = "",
    is_one_each: bool = False,
    beside: Sequence[int] = (),
) -> None:
    """`carried_from`: the table these entries came from, but for those of the accounts `beside`;
    `is_one_each`: it has one row of each account."""
    behind = account_ids
    if carried_from:
        behind = carry_payments(
            carried_from, account_ids, is_one_each=is_one_each, others=beside, as_of=as_of
        )
    if behind:
        refresh_standing(as_of=as_of, account_ids=behind, is_plain=is_plain, rolled_days=rolled_days)
        # whoever hears of the set next plans on what it has become
        analyse_grown("accounts_standing", len(behind))
    for account in Account.objects.filter(pk__in=closed).exclude(standing__balance=0) if closed else ():
        ACCOUNT.advance(
            account,
            to=AccountStatus.OPEN,
            actor=User.objects.system(),
            as_of=as_of,
            reason=_("Something was posted after it was closed"),
        )
    audit.record_set("entry.posted", LedgerEntry, ids=entry_ids, actor=actor)
    entries_posted.send(
        sender=LedgerEntry,
        account_ids=account_ids,
        as_of=as_of,
        actor=actor,
        concerned=posting_sets.concerned(beside) if carried_from else posting_few.concerned_by(account_ids),
    )


@transaction.atomic
def post_entry_set(
    *,
    table: str,
    actor,
    as_of: date,
    permission: str = "accounts.post_entry",
    params: dict | None = None,
    beside: Sequence[str] = (),
) -> int:
    """Post the rows of a (temporary) table as one set; returns how many entries were made.

    The table has the columns of `NewEntry` plus `row_number` and `id`; ids are drawn here in row
    order and written back where the caller has not, so that he can tell which row became which entry
    (NULL stays where the amount was zero). With `params` it is a query in brackets instead, and they
    stand beside `row_number` and its columns `beside` in `posting_sets.TABLE`. Otherwise as
    `post_entries`; `table` is a trusted name or query.
    """
    require(actor, permission)
    with connection.cursor() as cursor:
        # to the end of the transaction: the sorts of a set stay in memory
        cursor.execute("SET LOCAL work_mem = '96MB'")
    ids = posting_sets.lock(table, params or {})
    look = posting_sets.gather(table, params or {}, beside)
    is_one_each = look.rows == len(ids)
    posting_sets.check(look)
    with_them = posting.tied(posting_sets.TABLE, {}) if look.has_reversals else []
    if with_them:
        extra, extra_params = posting.source_of(with_them)
        ids = sorted({*ids, *posting.lock_accounts(extra, extra_params)})
    reinstated = posting.recoveries(posting_sets.TABLE, {})
    beside = [*(entry for _row, entry in reinstated), *with_them]
    recovered = posting_few.insert_few(beside, posting_few.facts_of(beside), actor_id=actor.pk)
    entry_ids = posting_sets.insert(look, actor_id=actor.pk)
    made = len(entry_ids)
    if params is None:
        posting_sets.write_back(table)
    # without fresh statistics the standings below are planned for an empty table
    analyse_grown("accounts_ledgerentry", made)
    tie_recoveries(posting_sets.TABLE, reinstated, recovered)
    entry_ids += [entry.pk for entry in recovered]
    mark_late(entry_ids)
    _after_posting(
        ids,
        entry_ids,
        actor=actor,
        as_of=as_of,
        closed=_closed(ids) if look.has_closed or with_them else [],
        carried_from=posting_sets.TABLE,
        is_one_each=is_one_each,
        beside=[entry.account_id for entry in beside],
    )
    return made


def reversal_of(entry: LedgerEntry, *, value_date: date, reason: str, late_reason: str = "") -> NewEntry:
    """What takes an entry back. Raises EntryRefused for a day before the entry's own, and for a
    write-off of which something was recovered or reinstated already."""
    if entry.kind == EntryKind.WRITE_OFF:
        # a payment under way recovers part of it: what is left is looked at when it has come in
        locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.account_id)
        if locked.standing.written_off < entry.amount:
            raise EntryRefused(
                _("Part of this write-off was recovered or reinstated. Reinstate what is left of it instead.")
            )
    if value_date < entry.value_date:
        raise EntryRefused(_("A reversal can't be dated before what it reverses."), field="value_date")
    return NewEntry(
        account_id=entry.account_id,
        kind=EntryKind.REVERSAL,
        amount=entry.amount,
        value_date=value_date,
        reverses_id=entry.pk,
        reason=reason,
        reference=entry.reference,
        late_reason=late_reason,
    )


@transaction.atomic
def reverse_entry(
    *,
    entry: LedgerEntry,
    value_date: date,
    reason: str,
    actor,
    as_of: date,
    permission: str = "accounts.reverse_entry",
    late_reason: str = "",
) -> LedgerEntry:
    """Take an entry back on its own day; the entry itself stays. Raises EntryRefused, PeriodClosed."""
    [reversal] = post_entries(
        entries=[reversal_of(entry, value_date=value_date, reason=reason, late_reason=late_reason)],
        actor=actor,
        as_of=as_of,
        permission=permission,
    )
    audit.record("entry.reversed", entry, actor=actor, after={"reversal": reversal.pk}, reason=reason)
    return reversal


@transaction.atomic
def contest(
    *, entry: LedgerEntry, amount: Decimal, effective_date: date, actor, as_of: date
) -> ContestedAmount:
    """Say how much of a debit is in dispute from a day on (0 ends it); called by `disputes`.

    Raises AllocationRefused.
    """
    if amount < 0 or amount > entry.amount:
        raise AllocationRefused(
            _("The amount in dispute is between zero and %(amount)s.")
            % {"amount": format_amount(entry.amount, entry.currency, get_language() or "en")}
        )
    posting.share_ledger()
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.account_id)
    row = ContestedAmount.objects.create(
        entry=entry,
        account_id=entry.account_id,
        amount=quantise(amount, entry.currency),
        currency=entry.currency,
        effective_date=effective_date,
        actor=actor,
    )
    refresh_standing(as_of=as_of, account_ids=[entry.account_id])
    audit.record("entry.contested", entry, actor=actor, after={"amount": amount})
    return row
