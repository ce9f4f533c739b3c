"""What a list of all open items no longer names: kept when the list is posted, and decided on.

A document that is not on the creditor's list was paid, credited, or forgotten by whoever made the
list; a guess would be wrong for somebody. So each waits for a person, unless the policy "feed" says
what it means for this creditor.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.imports.checks.context import Context, run, touched_creditors
from accounts.imports.enums import MISSING_ITEM, MissingStatus
from accounts.imports.models import ImportBatch, MissingItem
from accounts.ledger.enums import EntryKind, EntrySource, PaymentMethod, Receiver
from accounts.ledger.naming_sets import name_allocation_set
from accounts.ledger.queries import items_sql, open_items
from accounts.ledger.services import NewEntry, post_entries
from accounts.policies.queries import policy
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

DECIDE = "accounts.decide_missing_item"
# What stands in the creditor's books already: it came from there, so no journal hands it back.
POSTS = {MissingStatus.PAID: EntryKind.PAYMENT, MissingStatus.CREDITED: EntryKind.CREDIT_NOTE}


class DecisionRefused(Refused):
    """The decision does not fit what is missing."""


def missing_sql() -> str:
    """SELECT of the open documents a staged snapshot does not name. Parameters: ids, as_of.

    The creditor's documents alone: fees, interest and penalties that were born here are not in its
    books before they have read the journal, so no list of theirs can be expected to name them.
    """
    scope = (
        "e.account_id IN (SELECT a.id FROM accounts_account a WHERE a.creditor_id = ANY(%(ids)s)"
        " AND a.status <> 'void') AND"
    )
    return f"""
        WITH {items_sql(scope=scope)}
        SELECT i.account_id, i.entry_id, i.currency, e.reference, i.amount - i.paid AS open, a.number
        FROM items i
        JOIN accounts_ledgerentry e ON e.id = i.entry_id
        JOIN accounts_account a ON a.id = i.account_id
        WHERE i.amount > i.paid AND e.reference <> ''
          AND (e.source = '{EntrySource.IMPORT}'
               OR e.source <> '{EntrySource.RULE}'
                  AND e.kind IN ('{EntryKind.CHARGE}', '{EntryKind.OPENING_BALANCE}'))
          AND NOT EXISTS (
            SELECT 1 FROM imp_entry s WHERE s.account_id = i.account_id AND s.reference = e.reference)
    """


@transaction.atomic
def keep_missing(batch: ImportBatch, context: Context, *, actor, as_of: date) -> int:
    """Keep what the snapshot does not name and, where the policy says so, decide at once; how many.

    Runs inside the posting of the list, while its rows are staged. Items of an earlier list that
    still wait are superseded: the newest list is the one to decide on.
    """
    if not context.is_snapshot or "entries" not in context.kinds:
        return 0
    creditors = touched_creditors(context)
    older = MissingItem.objects.filter(
        status=MissingStatus.WAITING, account__creditor_id__in=creditors
    ).exclude(batch=batch)
    MISSING_ITEM.advance_many(older, to=MissingStatus.SUPERSEDED, actor=actor, as_of=as_of)
    run(
        "INSERT INTO accounts_missingitem (batch_id, account_id, entry_id, currency, open_amount, status,"
        " snapshot_date, note)"
        f" SELECT %(batch)s, account_id, entry_id, currency, open, 'waiting', %(as_of)s, ''"
        f" FROM ({missing_sql()}) missing ORDER BY account_id, entry_id",
        {"ids": creditors, "as_of": as_of, "batch": batch.pk},
    )
    kept = list(MissingItem.objects.filter(batch=batch).values_list("pk", "account__creditor_id"))
    MISSING_ITEM.start_many([pk for pk, _creditor in kept], actor=actor, as_of=as_of)
    for creditor_id in creditors:
        said = policy("feed", as_of=as_of, creditor_id=creditor_id)["missing"]
        ids = [pk for pk, of_creditor in kept if of_creditor == creditor_id]
        if said in POSTS and ids:
            decide_missing(
                ids=ids, to=said, value_date=as_of, note=_("By the policy of the daily feed"),
                actor=User.objects.system(), as_of=as_of,
            )  # fmt: skip
    return len(kept)


@transaction.atomic
def decide_missing(*, ids: Iterable[int], to: str, value_date: date, note: str, actor, as_of: date) -> int:
    """Say what became of missing documents; how many were decided.

    PAID posts a payment the creditor received, CREDITED a credit note, each of what is open of the
    document now and naming it; KEPT changes nothing. What was decided meanwhile stays as it is.
    Raises DecisionRefused.
    """
    require(actor, DECIDE)
    if to not in (*POSTS, MissingStatus.KEPT):
        raise DecisionRefused(_("Say whether it was paid, credited, or is still open."), field="to")
    if value_date > as_of:
        raise DecisionRefused(_("Choose today or an earlier day."), field="value_date")
    waiting = list(
        MissingItem.objects.select_for_update(of=("self",))
        .filter(pk__in=list(ids), status=MissingStatus.WAITING)
        .order_by("account_id", "entry_id")
    )
    if to in POSTS:
        _post(waiting, POSTS[MissingStatus(to)], value_date=value_date, note=note, actor=actor, as_of=as_of)
    moved = MISSING_ITEM.advance_many(
        [item.pk for item in waiting], to=to, actor=actor, as_of=as_of, reason=note, note=note
    )
    return len(moved)


def _post(waiting, kind: str, *, value_date: date, note: str, actor, as_of: date) -> None:
    accounts = {item.account_id for item in waiting}
    still_open = {
        found.entry_id: (account_id, found)
        for account_id, items in open_items(accounts, as_of=as_of).items()
        for found in items
    }
    due = [still_open[item.entry_id] for item in waiting if item.entry_id in still_open]
    posted = post_entries(
        entries=[
            NewEntry(
                account_id=account_id,
                kind=kind,
                amount=found.open,
                value_date=max(value_date, found.value_date),
                reference=found.reference,
                description=_("Not on the list of open items"),
                method=PaymentMethod.OTHER if kind == EntryKind.PAYMENT else "",
                receiver=Receiver.CREDITOR if kind == EntryKind.PAYMENT else "",
                source=EntrySource.IMPORT,
                reason=note,
            )
            for account_id, found in due
        ],
        actor=actor,
        as_of=as_of,
        permission=DECIDE,
    )
    name_allocation_set(
        pairs=[
            (credit, found.entry_id, found.open)
            for credit, (_account, found) in zip(posted, due, strict=True)
        ],
        reason=_("Not on the list of open items"),
        actor=actor,
        as_of=as_of,
    )
    audit.record_set("missing_item.posted", MissingItem, ids=[item.pk for item in waiting], actor=actor)
