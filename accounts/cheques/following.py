"""What follows from a cheque that the bank did not pay: the reason's fee, hold and task."""

from datetime import date, datetime, time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.cheques.models import Cheque, ChequeReturn, ChequeShare
from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.queries import held
from accounts.holds.services import place_hold
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.parties.queries import day_after
from accounts.policies.queries import amount_in, policy
from accounts.returns.enums import ActionClass, Scheme, TaskFor
from accounts.returns.following import DECEASED_STOPS
from accounts.returns.models import ReturnReason
from accounts.tasks.services import raise_task
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.money import quantise
from collections_app.core.said import Amount, Said, said


def first_account(cheque: Cheque) -> Account:
    """The account its first share pays, with whoever looks after it."""
    share = (
        ChequeShare.objects.filter(cheque=cheque)
        .select_related("account__creditor", "account__officer", "account__team", "account__debtor")
        .order_by("id")[0]
    )
    return share.account


def charge_fee(
    cheque: Cheque, reason: ReturnReason, day: date, *, actor, as_of: date, permission: str
) -> LedgerEntry | None:
    """What the debtor is charged, on the first account; nothing where fees are on hold."""
    if not reason.charges_fee:
        return None
    account = first_account(cheque)
    values = policy(
        "return_fee", as_of=day, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
    )
    amount = quantise(amount_in(values[Scheme.CHEQUE], account.currency), account.currency)
    if not amount or HoldScope.FEE in held([account.pk], as_of).get(account.pk, set()):
        return None
    [fee] = post_entries(
        entries=[
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.FEE,
                amount=amount,
                value_date=day,
                reference=cheque.number,
                description=_("Fee for a returned cheque"),
                source=EntrySource.RULE,
                reason=str(reason)[:300],
            )
        ],
        actor=actor,
        as_of=as_of,
        permission=permission,
        day_is_given=True,
    )
    return fee


def hold_for_deceased(cheque: Cheque, reason: ReturnReason, *, actor, as_of: date, permission: str) -> None:
    """On a bank's word that the drawer died nobody asks the debtor, if he is the drawer, until checked."""
    if cheque.is_third_party:
        return
    waiting = Hold.objects.in_force(as_of).filter(debtor=cheque.debtor, reason=HoldReason.DECEASED)
    if waiting.filter(scopes__contains=DECEASED_STOPS).exists():
        return
    place_hold(
        scopes=DECEASED_STOPS,
        reason=HoldReason.DECEASED,
        first_day=as_of,
        debtor=cheque.debtor,
        note=_("The bank returned a cheque: %(reason)s") % {"reason": reason},
        source="return",
        actor=actor,
        as_of=as_of,
        permission=permission,
    )


def _title(action: str, cheque: Cheque) -> Said:
    titles = {
        ActionClass.RETRY: gettext_noop("Cheque %(number)s came back: present it again, or call"),
        ActionClass.CALL: gettext_noop("Cheque %(number)s was not paid, or not whole: call the debtor"),
        ActionClass.REPLACE: gettext_noop("Cheque %(number)s came back: ask for another"),
        ActionClass.LEGAL: gettext_noop("Cheque %(number)s was stopped: decide on a legal step"),
        ActionClass.FRAUD: gettext_noop("Cheque %(number)s was altered: look for fraud"),
        ActionClass.DECEASED: gettext_noop("Cheque %(number)s: the bank says the drawer died, check it"),
        ActionClass.OWN_FAULT: gettext_noop("Cheque %(number)s came back through our fault: correct it"),
    }
    words = titles.get(ActionClass(action), gettext_noop("Cheque %(number)s came back"))
    return said(words, number=cheque.number)


def ask_what_it_asks(returned: ChequeReturn, cheque: Cheque, *, actor, as_of: date) -> None:
    """Raise the task the reason asks for, with whoever it names."""
    reason = returned.reason
    if not reason.task_kind:
        return
    account = first_account(cheque)
    whom: dict = {"team": account.team}
    if reason.task_for == TaskFor.OFFICER and account.officer is not None:
        whom = {"assignee": account.officer}
    elif reason.task_for == TaskFor.SUPERVISOR:
        whom["role"] = Role.SUPERVISOR
    elif reason.task_for == TaskFor.SENIOR or account.team is None:
        whom["role"] = Role.SENIOR_OFFICER
    due = day_after(as_of, reason.task_days, "business", account.creditor)
    raise_task(
        kind=reason.task_kind,
        title=_title(reason.action_class, cheque),
        detail=said(
            gettext_noop("%(amount)s not paid on %(day)s: %(reason)s."),
            amount=Amount(returned.amount, returned.currency),
            day=returned.return_date,
            reason=reason.said(),
        ),
        subject=cheque,
        due_at=datetime.combine(due, time(23, 59), tzinfo=clock.zone(account.creditor.time_zone)),
        actor=actor,
        **whom,
    )
