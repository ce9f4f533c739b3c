"""What notes and coins come to, and the count of a till: expected = counted + difference."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.cashdesk.models import CashCount, CashDay, CountedPieces
from accounts.cashdesk.queries import Till, denominations, tills
from collections_app.core.money import format_amount, quantise
from collections_app.core.refusal import Refused

Pieces = Mapping[Decimal, int]


class DayRefused(Refused):
    """The day can't be opened, counted or closed so."""


def sum_of(pieces: Pieces, currency: str) -> Decimal:
    """What notes and coins are worth together."""
    return quantise(sum((value * number for value, number in pieces.items()), Decimal(0)), currency)


def check_pieces(pieces: Pieces, currency: str, *, as_of: date) -> None:
    """Raise DayRefused for a negative number or a value that is no note or coin of the currency."""
    known = set(denominations(currency, as_of=as_of))
    for value, number in pieces.items():
        if number < 0:
            raise DayRefused(_("A number of notes can't be negative."))
        if value not in known:
            raise DayRefused(
                _("%(currency)s has no note or coin of %(value)s.")
                % {"currency": currency, "value": format_amount(value, currency)}
            )


def write_counts(
    cash_day: CashDay, counted: Mapping[str, Pieces], kept: Mapping[str, Decimal]
) -> list[CashCount]:
    """Write the count of each currency that was given, taken or counted; an older count gives way.

    `kept` says where it was asked how much change money was put aside. Raises DayRefused.
    """
    CashCount.objects.filter(cash_day=cash_day).delete()
    expected = {till.currency: till for till in tills(cash_day)}
    made = []
    for currency in sorted(expected.keys() | counted.keys()):
        pieces = counted.get(currency, {})
        check_pieces(pieces, currency, as_of=cash_day.day)
        till = expected.get(currency)
        total, zero = sum_of(pieces, currency), Decimal(0)
        should = till.expected_amount if till else zero
        if till is None and not total:
            continue
        count = CashCount.objects.create(
            cash_day=cash_day,
            currency=currency,
            float_amount=till.float_amount if till else zero,
            taken_amount=till.taken_amount if till else zero,
            deposited_amount=till.deposited_amount if till else zero,
            expected_amount=should,
            counted_amount=total,
            difference_amount=should - total,
            kept_amount=_put_aside(till, total, currency, kept.get(currency)),
        )
        CountedPieces.objects.bulk_create(
            CountedPieces(count=count, value=value, pieces=number, currency=currency)
            for value, number in sorted(pieces.items(), reverse=True)
            if number
        )
        made.append(count)
    return made


def _put_aside(till: Till | None, total: Decimal, currency: str, said: Decimal | None) -> Decimal:
    """How much of a count is change money for the next day.

    All of it where no receipt's cash is in the till. Else what the day began with, less what of
    the missing cash the change money bears: what was said, or what the receipts can't bear.
    """
    zero = Decimal(0)
    takings = till.taken_amount - till.deposited_amount if till else zero
    if till is None or not takings:
        return total
    missing = max(till.expected_amount - total, zero)
    least, most = till.float_amount - missing, till.float_amount - max(missing - takings, zero)
    if said is None:
        return most
    if not max(least, zero) <= said <= most:
        raise DayRefused(
            _("Put between %(least)s and %(most)s of change money aside.")
            % {
                "least": format_amount(max(least, zero), currency, with_currency=True),
                "most": format_amount(most, currency, with_currency=True),
            },
            field=f"kept_{currency}",
        )
    return said
