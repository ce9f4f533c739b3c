"""The tax within an amount: stated with the entry, or by the dated rule for its kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from accounts.ledger.enums import EntrySource
from accounts.ledger.models import Account
from accounts.ledger.posting import NewEntry
from accounts.policies.money_kinds import TAXABLE
from accounts.policies.queries import resolver
from collections_app.core.money import quantise

BY_RULE = {EntrySource.MANUAL, EntrySource.RULE, EntrySource.DISPUTE}


@dataclass(frozen=True)
class Parts:
    """An amount as an invoice shows it; `gross` is what moves the balance."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    code: str = ""


def parts_of(entry) -> Parts:
    """Net, tax and gross of an entry or a NewEntry, in its currency."""
    return Parts(entry.amount - entry.tax_amount, entry.tax_amount, entry.amount, entry.tax_code)


def tax_within(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The tax that is within an amount: amount x rate / (100 + rate), rounded half up."""
    return quantise(amount * rate / (100 + rate), currency)


def with_tax(entries: Sequence[NewEntry]) -> list[NewEntry]:
    """The entries with the tax of the rule in force on their value date, where they state none.

    What is imported, opening or money keeps what it says.
    """
    open_to_rule = [entry for entry in entries if _is_open_to_rule(entry)]
    if not open_to_rule:
        return list(entries)
    rules = {day: resolver("tax", as_of=day) for day in {entry.value_date for entry in open_to_rule}}
    ids = {entry.account_id for entry in open_to_rule}
    scopes = {
        pk: (creditor_id, portfolio_id, currency)
        for pk, creditor_id, portfolio_id, currency in Account.objects.filter(pk__in=ids).values_list(
            "pk", "creditor_id", "portfolio_id", "currency"
        )
    }
    taxed = []
    for entry in entries:
        scope = scopes.get(entry.account_id)
        if scope is not None and _is_open_to_rule(entry):
            creditor_id, portfolio_id, currency = scope
            rule = rules[entry.value_date](creditor_id, portfolio_id).get(entry.kind)
            if rule is not None:
                code, rate = rule
                entry = replace(entry, tax_code=code, tax_amount=tax_within(entry.amount, rate, currency))
        taxed.append(entry)
    return taxed


def _is_open_to_rule(entry: NewEntry) -> bool:
    return (
        entry.kind in TAXABLE
        and entry.source in BY_RULE
        and not entry.tax_amount
        and not entry.tax_code
        and entry.value_date is not None
    )
