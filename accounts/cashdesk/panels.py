"""Cash among an account's verbs, and what of it waits for somebody on Today."""

from datetime import date
from typing import Any

from django.db.models import Min, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cashdesk.books import DepositInstruction
from accounts.cashdesk.enums import DayStatus, InstructionStatus
from accounts.cashdesk.models import CashDay, CashReceipt
from accounts.cashdesk.rules import APPROVE_INSTRUCTION, RECEIVE_CASH, TAKE_CASH
from accounts.ledger.queries import account_of_page
from collections_app.core import panels
from collections_app.core.models import User
from collections_app.core.money import format_amount
from collections_app.core.web.parts import Action

MOST = 10


def cash_verbs(ids, user, as_of) -> list[Action]:
    """Taking cash for the account one looks at."""
    account = account_of_page(ids)
    if account is None:
        return []
    return [
        Action(
            _("Take cash"),
            reverse("accounts:cash_take", args=[account.pk]),
            icon="cash",
            permission=TAKE_CASH,
        )
    ]


def days_to_sign(ids, user, as_of: date) -> list[dict[str, Any]]:
    """Counted tills that name the user as their receiver."""
    days = CashDay.objects.filter(receiver=user, status=DayStatus.COUNTED).select_related("cashier")
    return [
        {
            "text": _("Sign for the cash of %(day)s") % {"day": day.day.isoformat()},
            "by": day.cashier,
            "at": day.opened_at,
            "url": reverse("accounts:cash_day_detail", args=[day.pk]),
        }
        for day in days.order_by("pk")[:MOST]
    ]


def late_cash(ids, user, as_of: date) -> list[dict[str, Any]]:
    """Cash that should be at the bank by now, by who holds it; other people's."""
    late = (
        CashReceipt.objects.visible_to(user)
        .late(as_of)
        .exclude(holder=user)
        .order_by()
        .values("holder", "currency")
        .annotate(late_amount=Sum("amount"), since=Min("issued_at"))
        .order_by("since")[:MOST]
    )
    rows = list(late)
    holders = User.objects.in_bulk({row["holder"] for row in rows}) if rows else {}
    return [
        {
            "text": _("Late at the bank: %(amount)s")
            % {"amount": format_amount(row["late_amount"], row["currency"], with_currency=True)},
            "by": holders[row["holder"]],
            "at": row["since"],
            "url": f"{reverse('accounts:held_cash')}?late=true&holder={row['holder']}",
        }
        for row in rows
    ]


def instructions(ids, user, as_of: date) -> list[dict[str, Any]]:
    """Proposals of where cash goes that somebody else made."""
    waiting = (
        DepositInstruction.objects.filter(status=InstructionStatus.WAITING)
        .exclude(made_by=user)
        .select_related("made_by", "bank_account")
    )
    return [
        {
            "text": _("Where cash goes: %(currency)s to %(account)s")
            % {"currency": row.currency, "account": row.bank_account.name},
            "by": row.made_by,
            "at": row.made_at,
            "url": reverse("accounts:deposit_instruction_detail", args=[row.pk]),
        }
        for row in waiting.order_by("pk")[:MOST]
    ]


panels.register("account.verbs", order=45, provider=cash_verbs, name="cashdesk.verbs")
for order, provider, permission, name in (
    (50, days_to_sign, RECEIVE_CASH, "cashdesk.to_sign"),
    (52, late_cash, RECEIVE_CASH, "cashdesk.late"),
    (54, instructions, APPROVE_INSTRUCTION, "cashdesk.instructions"),
):
    panels.register("today.waiting", order=order, provider=provider, permission=permission, name=name)
