"""Stating what the creditor's books show, and holding ours against it."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.control.lists import read_balances
from accounts.control.models import ControlCheck, ControlLine, ControlTotal
from accounts.control.queries import count_differing, ledger_total
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from collections_app.core import audit, documents
from collections_app.core.bulk import copy_rows, draw_keys
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class ControlRefused(Refused):
    """What was stated can't be compared."""


@transaction.atomic
def state_control_total(
    *,
    creditor: Creditor,
    currency: str,
    day: date,
    actor,
    as_of: date,
    stated_balance: Decimal | None = None,
    filename: str = "",
    content: bytes = b"",
    number_column: str = "",
    balance_column: str = "",
    note: str = "",
) -> ControlTotal:
    """Keep what the creditor's books show at the end of a day, and compare at once.

    `stated_balance` is debit less credit. A list (CSV or workbook, two columns) may come with it or
    stand for it: then its sum is the balance, and both must agree if both are given. Raises
    ControlRefused, ListRefused, FileNotReadable; nothing is kept then.
    """
    require(actor, "accounts.state_control_total")
    if day > as_of:
        raise ControlRefused(_("Their books can't show a day that is still to come."), field="day")
    if not creditor.accounts.filter(currency=currency).exists():
        raise ControlRefused(
            _("%(creditor)s has no account in %(currency)s.")
            % {"creditor": creditor.name, "currency": currency},
            field="currency",
        )
    lines = (
        read_balances(
            filename=filename,
            content=content,
            currency=currency,
            number_column=number_column,
            balance_column=balance_column,
        )
        if content
        else {}
    )
    if stated_balance is None:
        if not lines:
            raise ControlRefused(_("Give their balance, or a list of it by account."), field="stated_balance")
        stated_balance = sum(lines.values(), Decimal(0))
    elif lines and sum(lines.values(), Decimal(0)) != stated_balance:
        raise ControlRefused(
            _("The list sums to %(sum)s, which is not the balance given. Ask which of the two is right.")
            % {"sum": sum(lines.values(), Decimal(0))},
            field="stated_balance",
        )
    total = ControlTotal(
        creditor=creditor,
        currency=currency,
        as_of=day,
        stated_balance=quantise(stated_balance, currency),
        has_list=bool(lines),
        note=note,
        actor=actor,
    )
    total.save()
    if content:
        # what was compared is kept as it came
        documents.store(content=content, filename=filename, kind="control_list", owner=actor, subject=total)
    if lines:
        known = dict(
            Account.objects.filter(creditor=creditor, currency=currency, number__in=list(lines)).values_list(
                "number", "pk"
            )
        )
        keys = draw_keys(ControlLine, len(lines))
        copy_rows(
            ControlLine,
            ["id", "total_id", "number", "account_id", "stated_balance", "currency"],
            [
                (key, total.pk, number, known.get(number), balance, currency)
                for key, (number, balance) in zip(keys, lines.items(), strict=True)
            ],
        )
    audit.record(
        "control_total.stated",
        total,
        actor=actor,
        after={"creditor": creditor.pk, "currency": currency, "day": day, "balance": total.stated_balance},
    )
    check_control_total(total=total, actor=actor, permission="accounts.state_control_total")
    return total


@transaction.atomic
def check_control_total(
    *, total: ControlTotal, actor, permission: str = "accounts.view_control_total"
) -> ControlCheck:
    """Compare again, with what the ledger knows now; earlier comparisons stay."""
    require(actor, permission)
    check = ControlCheck.objects.create(
        total=total,
        ledger_balance=ledger_total(
            creditor_id=total.creditor_id, currency=total.currency, as_of=total.as_of
        ),
        currency=total.currency,
        differing_accounts=count_differing(total) if total.has_list else None,
        actor=actor,
    )
    audit.record(
        "control_total.checked",
        total,
        actor=actor,
        after={"ledger": check.ledger_balance, "differing": check.differing_accounts},
    )
    return check
