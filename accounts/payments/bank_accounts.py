"""Setting up the accounts on which money arrives."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.parties.models import Creditor
from accounts.payments.enums import NumberKind
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

SHORTEST_IBAN, LONGEST_IBAN = 15, 34


class BankAccountRefused(Refused):
    """The account can't be kept as given."""


def compact(number: str) -> str:
    """A number as bank files write it: no spaces, dashes or dots, capitals."""
    return re.sub(r"[\s.\-]", "", number).upper()


def is_iban(number: str) -> bool:
    """Whether the check digits of a compact IBAN hold (ISO 13616, ISO 7064 modulo 97-10)."""
    if not SHORTEST_IBAN <= len(number) <= LONGEST_IBAN:
        return False
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", number):
        return False
    digits = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
    return int(digits) % 97 == 1


@transaction.atomic
def save_bank_account(
    *,
    name: str,
    bank_name: str,
    number_kind: str,
    number: str,
    currency: str,
    actor,
    bic: str = "",
    creditor: Creditor | None = None,
    is_active: bool = True,
    bank_account: OwnBankAccount | None = None,
) -> OwnBankAccount:
    """Set up or change an account at a bank; the currency of an existing one never changes.

    Raises BankAccountRefused for an IBAN whose check digits are wrong and for a name or number
    that is taken.
    """
    require(actor, "accounts.manage_bank_account")
    number = compact(number)
    if number_kind == NumberKind.IBAN and not is_iban(number):
        raise BankAccountRefused(
            _("The check digits of this IBAN are wrong: look for a mistyped figure."), field="number"
        )
    others = OwnBankAccount.objects.exclude(pk=bank_account.pk if bank_account else None)
    if others.filter(name__iexact=name).exists():
        raise BankAccountRefused(_("There is a bank account of that name."), field="name")
    if bank_account is not None:
        currency = bank_account.currency
    if others.filter(number=number, currency=currency).exists():
        raise BankAccountRefused(_("There is a bank account with that number."), field="number")
    if (
        creditor is not None
        and creditor.accounts.exclude(currency=currency).exists()
        and not (creditor.accounts.filter(currency=currency).exists())
    ):
        raise BankAccountRefused(
            _("%(creditor)s has no account in %(currency)s.")
            % {"creditor": creditor.name, "currency": currency},
            field="currency",
        )
    saved = bank_account or OwnBankAccount()
    fields = {
        "name": name,
        "bank_name": bank_name,
        "number_kind": number_kind,
        "number": number,
        "bic": compact(bic),
        "currency": currency,
        "creditor": creditor,
        "is_active": is_active,
    }
    before = {key: str(getattr(saved, key) or "") for key in fields} if bank_account else {}
    for key, value in fields.items():
        setattr(saved, key, value)
    saved.save()
    after = {key: str(value or "") for key, value in fields.items()}
    audit.record("bank_account.saved", saved, actor=actor, before=before, after=after)
    return saved
