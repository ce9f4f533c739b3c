"""Taking cheques in: one form may bring several, each for one or several accounts of a debtor."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.cheques.custody_models import CustodyStep
from accounts.cheques.enums import CHEQUE, ChequeStatus, CustodyKind, Missing
from accounts.cheques.models import Cheque, ChequePlan, ChequeShare
from accounts.cheques.rules import LODGE_CHEQUE
from accounts.cheques.steps import ChequeRefused, keep_paper
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Debtor
from accounts.parties.queries import calendar_of
from accounts.payments.bank_details import refuse_changer
from accounts.payments.models import OwnBankAccount
from accounts.policies.queries import policy
from collections_app.core import audit
from collections_app.core.clock import BusinessCalendar, business_day_on_or_after
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

MOST_AT_ONCE = 60


class ChequeKnown(Refused):
    """A cheque of this bank, number and drawer is in the register."""


class ChequeStale(Refused):
    """The bank takes it no more."""


@dataclass(frozen=True)
class NewCheque:
    """What a paper says. `shares` name what it pays: (account, amount, item of it or None).

    `images` are (file name, content). An empty `drawer` is the debtor himself.
    """

    number: str
    bank: str
    amount: Decimal
    cheque_date: date | None
    shares: Sequence[tuple[Account, Decimal, LedgerEntry | None]]
    drawer: str = ""
    is_security: bool = False
    missing: Sequence[str] = ()
    note: str = ""
    images: Sequence[tuple[str, bytes]] = ()


def folded(text: str) -> str:
    """Words as they are compared: case and spaces don't count."""
    return " ".join(text.casefold().split())


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def planned_from(cheque_date: date, day: date, calendar: BusinessCalendar) -> date:
    """When a cheque that is there since a day goes to the bank: on the first business day from its date
    on; never before it was there, for that would be late without anybody's fault."""
    return business_day_on_or_after(max(cheque_date, day), calendar)


def _family(debtor: Debtor) -> set[int]:
    """The debtor's own record and those merged with it: one person to whom a cheque is as good."""
    root = debtor.merged_into_id or debtor.pk
    own = Debtor.objects.filter(Q(pk=root) | Q(merged_into=root), creditor=debtor.creditor_id)
    return set(own.values_list("pk", flat=True))


def _check(new: NewCheque, row: int, family: set[int], received_on: date, as_of: date, months: int) -> None:
    where = {"row": row, "number": new.number or "?"}
    if not new.number.strip() or not new.bank.strip():
        raise ChequeRefused(_("Cheque %(row)s: enter its number and bank.") % where)
    if new.amount <= 0:
        raise ChequeRefused(_("Cheque %(number)s: enter an amount above zero.") % where)
    if not new.shares:
        raise ChequeRefused(_("Cheque %(number)s: say which account it pays.") % where)
    currencies = {account.currency for account, _amount, _charge in new.shares}
    if len(currencies) > 1:
        raise ChequeRefused(_("Cheque %(number)s: its accounts are in different currencies.") % where)
    for account, amount, charge in new.shares:
        if account.debtor_id not in family:
            raise ChequeRefused(_("Cheque %(number)s pays accounts of one debtor only.") % where)
        if amount <= 0:
            raise ChequeRefused(_("Cheque %(number)s: each share is above zero.") % where)
        if charge is not None and charge.account_id != account.pk:
            raise ChequeRefused(_("Cheque %(number)s: the item is on another account.") % where)
    currency = currencies.pop()
    if quantise(new.amount, currency) != sum(
        (quantise(amount, currency) for _account, amount, _charge in new.shares), Decimal(0)
    ):
        raise ChequeRefused(_("Cheque %(number)s: its shares don't add up to its amount.") % where)
    if received_on > as_of:
        raise ChequeRefused(_("This day is still to come; choose today or earlier."), field="received_on")
    if new.cheque_date is not None and months_after(new.cheque_date, months) < received_on:
        raise ChequeStale(
            _("Cheque %(number)s is older than %(months)s months; no bank takes it. Ask for another.")
            % (where | {"months": months})
        )


@transaction.atomic
def lodge_cheques(
    *,
    debtor: Debtor,
    cheques: Iterable[NewCheque],
    received_on: date,
    bank_account: OwnBankAccount | None = None,
    replaces: Cheque | None = None,
    actor,
    as_of: date,
    permission: str = LODGE_CHEQUE,
) -> list[Cheque]:
    """Enter cheques that a debtor gave; all of them or none. The debt stays as it is.

    A paper that lacks something or bears no date is kept, flagged, and covers nothing until it is
    completed. The planned submission is the first business day of the creditor from its date on, or
    from the day it was received.
    Raises ChequeKnown, ChequeStale, ChequeRefused, NotAllowed and what `documents.store` raises.
    """
    require(actor, permission)
    wanted = list(cheques)
    if not wanted:
        raise ChequeRefused(_("Enter at least one cheque."))
    if len(wanted) > MOST_AT_ONCE:
        raise ChequeRefused(_("At most %(most)s cheques at once.") % {"most": MOST_AT_ONCE})
    creditor = debtor.creditor
    months = policy("cheques", as_of=received_on, creditor_id=creditor.pk)["stale_months"]
    account_ids = {account.pk for new in wanted for account, _amount, _charge in new.shares}
    list(
        Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=account_ids).order_by("id")
    )
    refuse_changer(actor, account_ids, as_of)
    calendar, family = calendar_of(creditor), _family(debtor)
    made: list[Cheque] = []
    for row, new in enumerate(wanted, start=1):
        _check(new, row, family, received_on, as_of, months)
        made.append(
            _paper(
                new,
                debtor=debtor,
                received_on=received_on,
                bank_account=bank_account,
                replaces=replaces,
                months=months,
                calendar=calendar,
                actor=actor,
            )
        )
    _check_new(made)
    Cheque.objects.bulk_create(made)
    _write_facts(list(zip(made, wanted, strict=True)), received_on, actor)
    ids = [cheque.pk for cheque in made]
    CHEQUE.start_many(ids, actor=actor, as_of=received_on)
    audit.record_set("cheque.lodged", Cheque, ids=ids, actor=actor, after={"received_on": received_on})
    return made


def _check_new(papers: list[Cheque]) -> None:
    """Refuse a paper that is in the register, or twice in the same form."""
    known = set(
        Cheque.objects.filter(creditor=papers[0].creditor_id, number__in=[one.number for one in papers])
        .exclude(status=ChequeStatus.VOID)
        .values_list("number", "bank_key", "drawer_key")
    )
    here: set[tuple[str, str, str]] = set()
    for paper in papers:
        key = (paper.number, paper.bank_key, paper.drawer_key)
        named = {"number": paper.number, "bank": paper.bank, "drawer": paper.drawer}
        if key in known:
            raise ChequeKnown(
                _("Cheque %(number)s of %(bank)s by %(drawer)s is in the register already.") % named
            )
        if key in here:
            raise ChequeKnown(
                _("Cheque %(number)s of %(bank)s by %(drawer)s stands here twice. Leave one out.") % named
            )
        here.add(key)


def _paper(
    new: NewCheque, *, debtor, received_on, bank_account, replaces, months: int, calendar, actor
) -> Cheque:
    """The row of a paper, not written yet."""
    drawer = new.drawer.strip() or debtor.name
    bank = " ".join(new.bank.split())
    missing = [part.value for part in Missing if part.value in set(new.missing)]
    if new.cheque_date is None and Missing.DATE not in missing:
        missing.insert(0, Missing.DATE.value)
    currency = new.shares[0][0].currency
    if bank_account is not None and bank_account.currency != currency:
        raise ChequeRefused(
            _("The bank account is kept in %(currency)s.") % {"currency": bank_account.currency},
            field="bank_account",
        )
    return Cheque(
        creditor_id=debtor.creditor_id,
        debtor=debtor,
        number=new.number.strip(),
        bank=bank,
        bank_key=folded(bank),
        drawer=drawer,
        drawer_key=folded(drawer),
        is_third_party=folded(drawer) != folded(debtor.name),
        amount=quantise(new.amount, currency),
        currency=currency,
        cheque_date=new.cheque_date,
        is_security=new.is_security,
        missing=missing,
        complete_since=None if missing else received_on,
        received_on=received_on,
        planned_on=planned_from(new.cheque_date, received_on, calendar) if new.cheque_date else None,
        valid_until=months_after(new.cheque_date, months) if new.cheque_date else None,
        bank_account=bank_account,
        moved_on=received_on,
        holder=actor,
        replaces=replaces,
        bounces_before=replaces.all_bounces if replaces is not None else 0,
        note=new.note[:300],
        lodged_by=actor,
    )


def _write_facts(papers: list[tuple[Cheque, NewCheque]], received_on: date, actor) -> None:
    """What each paper pays, when it shall go, that it was taken, and its images."""
    ChequeShare.objects.bulk_create(
        ChequeShare(
            cheque=cheque,
            account=account,
            amount=quantise(amount, cheque.currency),
            currency=cheque.currency,
            charge=charge,
        )
        for cheque, new in papers
        for account, amount, charge in new.shares
    )
    ChequePlan.objects.bulk_create(
        ChequePlan(cheque=cheque, planned_on=cheque.planned_on, effective_date=received_on, actor=actor)
        for cheque, _new in papers
        if cheque.planned_on is not None
    )
    CustodyStep.objects.bulk_create(
        CustodyStep(cheque=cheque, kind=CustodyKind.LODGED, taker=actor, on=received_on, actor=actor)
        for cheque, _new in papers
    )
    for cheque, new in papers:
        for image in new.images:
            keep_paper(cheque, image, kind="cheque", actor=actor)
