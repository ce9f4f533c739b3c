"""Amounts above one's authority: the button that asks, and what the one who decides is shown."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval
from accounts.ledger.authority import WRITE_OFF, BeyondAuthority, BoundedAmount, entries_of
from accounts.ledger.enums import KIND_DIRECTION, Direction, EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.posting import NewEntry
from accounts.ledger.proposals import KINDS, propose_entries
from accounts.ledger.write_off_sets import KIND as WRITE_OFF_SET
from accounts.policies.queries import limit_of
from collections_app.core.templatetags import ui
from collections_app.core.web.actions import ActionPage
from collections_app.core.web.parts import Fact, Section

ASK = "_ask"
SET_SHOWN = 300


class ApprovableVerb(ActionPage):
    """A posting form that offers to ask for approval where the amount is above one's authority.

    The page says what it would post (`proposed`), how it posts within the authority (`post_alone`),
    and what it says then (`get_posted_message`).
    """

    ask_permission = "accounts.post_entry"
    offers_to_ask = False

    def proposed(self, form) -> NewEntry:
        raise NotImplementedError

    def proposed_entries(self, form) -> list[NewEntry]:
        """All it would post; by default the one of `proposed`."""
        return [self.proposed(form)]

    def post_alone(self, form) -> Any:
        raise NotImplementedError

    def get_posted_message(self, result) -> str:
        raise NotImplementedError

    def get_posted_url(self, result) -> str:
        return super().get_success_url(result)

    def perform(self, form):
        if ASK in self.request.POST:
            return propose_entries(
                entries=self.proposed_entries(form),
                actor=self.request.user,
                as_of=self.today,
                permission=self.ask_permission,
            )
        try:
            return self.post_alone(form)
        except BeyondAuthority:
            self.offers_to_ask = True
            raise

    def get_success_message(self, result) -> str:
        if isinstance(result, Approval):
            return _("Approval is asked for. Nothing is posted until somebody else says yes.")
        return self.get_posted_message(result)

    def get_success_url(self, result) -> str:
        if isinstance(result, Approval):
            return reverse("accounts:approval_detail", args=[result.pk])
        return self.get_posted_url(result)

    def get_context_data(self, **kwargs):
        if self.offers_to_ask:
            kwargs["other_button"] = {"name": ASK, "label": _("Ask for approval")}
        return super().get_context_data(**kwargs)


def authority_fact(act: str, account: Account, user, as_of: date) -> Fact:
    """How much of an act the user may post alone on this account."""
    limit = limit_of(
        act,
        role=user.role,
        currency=account.currency,
        as_of=as_of,
        creditor_id=account.creditor_id,
        portfolio_id=account.portfolio_id,
    )
    if act == WRITE_OFF:
        most = BoundedAmount(act, Decimal(0), account).most_alone(as_of)
        limit = most if limit is None else min(limit, most)
    shown = _("any amount") if limit is None else ui.money_with_code(limit, account.currency)
    return Fact(_("You alone, up to"), shown)


@dataclass(frozen=True)
class ProposedRow:
    """One entry as it would be, or was, posted; `effect` is what it does to the balance."""

    label: str
    entry: NewEntry
    effect: Decimal
    currency: str
    url: str = ""


def _effect(entry: NewEntry, original: LedgerEntry | None) -> Decimal:
    if entry.kind == EntryKind.REVERSAL and original is not None:
        return -original.amount if original.direction == Direction.DEBIT else original.amount
    direction = KIND_DIRECTION[entry.kind] or entry.direction
    return entry.amount if direction == Direction.DEBIT else -entry.amount


def proposed_rows(approval: Approval) -> list[ProposedRow]:
    """What a request would post, or has posted, line by line."""
    entries = entries_of(approval.content)
    originals = LedgerEntry.objects.in_bulk([entry.reverses_id for entry in entries if entry.reverses_id])
    posted = dict(approval.entries.values_list("position", "entry"))
    rows = []
    for position, entry in enumerate(entries):
        original = originals.get(entry.reverses_id or 0)
        label = str(EntryKind(entry.kind).label)
        if original is not None:
            label = _("Reversal of «%(entry)s»") % {
                "entry": original.description or original.get_kind_display()
            }
        rows.append(
            ProposedRow(
                label,
                entry,
                _effect(entry, original),
                approval.currency,
                reverse("accounts:entry_detail", args=[posted[position]]) if position in posted else "",
            )
        )
    return rows


def write_off_set_section(approval: Approval) -> Section:
    """The accounts of a set of small balances, with what was asked for each and what it owes now."""
    asked = {int(pk): Decimal(amount) for pk, amount in approval.content["accounts"]}
    accounts = (
        Account.objects.filter(pk__in=asked).select_related("debtor", "standing").order_by("pk")[:SET_SHOWN]
    )
    rows = [
        {
            "account": account,
            "amount": asked[account.pk],
            "changed": approval.status == ApprovalStatus.WAITING
            and account.standing.balance != asked[account.pk],
        }
        for account in accounts
    ]
    return Section(
        _("What would be written off")
        if approval.status == ApprovalStatus.WAITING
        else _("What was asked to be written off"),
        template="accounts/write_off_set.html",
        context={"rows": rows, "more": len(asked) - len(rows)},
    )


def proposal_section(approval: Approval) -> Section | None:
    """The entries of a request for an amount, with the balance before and after; None for others."""
    if approval.kind == WRITE_OFF_SET:
        return write_off_set_section(approval)
    if approval.kind not in KINDS:
        return None
    account = (
        Account.objects.filter(pk=approval.subject_id).select_related("debtor", "creditor", "standing").get()
    )
    rows = proposed_rows(approval)
    facts = [
        Fact(
            _("Account"),
            f"{account.debtor.name} {account.number}",
            url=reverse("accounts:account_detail", args=[account.pk]),
            note=account.creditor.name,
        )
    ]
    waiting = approval.status == ApprovalStatus.WAITING
    warning = ""
    if waiting:
        balance = account.standing.balance
        after = balance + sum((row.effect for row in rows), Decimal(0))
        facts += [
            Fact(_("Balance now"), ui.money_with_code(balance, account.currency)),
            Fact(_("Balance after"), ui.money_with_code(after, account.currency)),
        ]
        if after < 0 and any(row.entry.kind == EntryKind.WRITE_OFF for row in rows):
            warning = _("The balance is lower than this write-off by now; approving it would let it lapse.")
    return Section(
        _("What would be posted") if waiting or not any(row.url for row in rows) else _("What was posted"),
        facts=facts,
        template="accounts/proposed_entries.html",
        context={"rows": rows, "warning": warning},
    )
