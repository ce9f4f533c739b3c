"""Money out that is a payment which came back: tied to a return on record, or recorded as one."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Sum

from accounts.bank.enums import LINE, LineStatus, Rule
from accounts.bank.models import BankLine
from accounts.ledger.enums import EntryKind, GroupKind
from accounts.ledger.models import GroupedEntry, LedgerEntry
from accounts.returns.enums import Scheme
from accounts.returns.models import PaymentReturn
from accounts.returns.services import record_return
from collections_app.core.refusal import Refused

# How far the day of a return on record may lie from the bank's.
NEAR = timedelta(days=7)


def scheme_of(code: str) -> str:
    """Of which scheme a return code is."""
    return Scheme.ACH if re.fullmatch(r"R\d{2}", code) else Scheme.SEPA


def receipts_of(lines: Iterable[BankLine]) -> dict[int, list[LedgerEntry]]:
    """The standing payments whose reference and amount a line of money out repeats."""
    wanted = [line for line in lines if line.amount < 0 and line.end_to_end_id]
    entries: Mapping[str, list[LedgerEntry]] = defaultdict(list)
    for entry in (
        LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            reference__in={line.end_to_end_id for line in wanted},
            reversed_by__isnull=True,
        )
        .select_related("account__debtor")
        .order_by("id")
    ):
        entries[entry.reference].append(entry)
    return {
        line.pk: [
            entry
            for entry in entries.get(line.end_to_end_id, [])
            if entry.amount == -line.amount
            and entry.currency == line.currency
            and entry.value_date <= line.booking_date
            and line.bank_account.creditor_id in (None, entry.account.creditor_id)
        ]
        for line in wanted
    }


@dataclass(frozen=True)
class OnRecord:
    """A return on record as the bank tells it: of one receipt, or of all `parts` of a payment over
    several accounts, whose first return stands for them."""

    returned: PaymentReturn
    amount: Decimal
    parts: tuple[PaymentReturn, ...] = ()

    @property
    def account_ids(self) -> set[int]:
        return {part.account_id for part in self.parts} or {self.returned.account_id}


def recorded_returns(lines: Iterable[BankLine]) -> dict[int, list[OnRecord]]:
    """Returns on record that lines of money out may be: of the same amount, told within a few days,
    and no other line's. A return file, a cheque's answer or a person may have been first."""
    wanted = [line for line in lines if line.amount < 0]
    if not wanted:
        return {}
    days = [line.booking_date for line in wanted]
    amounts = {-line.amount for line in wanted}
    near = PaymentReturn.objects.filter(return_date__range=(min(days) - NEAR, max(days) + NEAR))
    split = GroupedEntry.objects.filter(group__kind=GroupKind.SPLIT)
    alone = (
        near.filter(amount__in=amounts, bank_line__isnull=True)
        .exclude(entry__in=split.filter(entry__amount__in=amounts).values("entry"))
        .select_related("account__debtor", "account__creditor", "entry", "reason")
    )
    found = [OnRecord(one, one.amount) for one in alone] + _whole_payments(near, split, amounts)
    found.sort(key=lambda one: (one.returned.return_date, one.returned.pk))
    return {
        line.pk: [
            one
            for one in found
            if (one.amount, one.returned.currency) == (-line.amount, line.currency)
            and abs(one.returned.return_date - line.booking_date) <= NEAR
            and line.bank_account.creditor_id in (None, one.returned.account.creditor_id)
        ]
        for line in wanted
    }


def _whole_payments(near, split, amounts: Collection[Decimal]) -> list[OnRecord]:
    """Payments over several accounts that came back with one of these amounts, and are no line's."""
    told = (
        split.filter(entry__payment_return__in=near)
        .order_by()
        .values("group")
        .annotate(made=Sum("entry__payment_return__amount"), lines=Count("entry__payment_return__bank_line"))
        .filter(made__in=amounts, lines=0)
    )
    whole = {row["group"]: row["made"] for row in told}
    parts: dict[int, list[PaymentReturn]] = defaultdict(list)
    members = split.filter(group__in=whole, entry__payment_return__in=near).select_related(
        "entry__payment_return__account__debtor",
        "entry__payment_return__account__creditor",
        "entry__payment_return__entry",
        "entry__payment_return__reason",
    )
    for member in members.order_by("group", "position", "id"):
        parts[member.group_id].append(member.entry.payment_return)
    return [OnRecord(rows[0], whole[group], tuple(rows)) for group, rows in parts.items()]


def _same_payment(line: BankLine, returned: PaymentReturn) -> bool:
    """Whether the bank names the very payment that is on record as returned."""
    given = returned.entry.reference
    return bool(given) and given in (line.end_to_end_id, line.structured_reference, line.bank_reference)


def match_returns(lines: list[BankLine], actor, as_of: date) -> int:
    """Tie what is on record as returned, and record the returns that name one receipt of ours and a
    reason we know. What a return file told first is not a second return of an equal payment."""
    told = [line for line in lines if line.return_code or line.is_reversal]
    receipts = receipts_of(told)
    recorded = recorded_returns(told)
    taken: set[int] = set()
    tied: set[int] = set()
    count = 0
    for line in told:
        same = [
            one.returned
            for one in recorded.get(line.pk, [])
            if one.returned.pk not in tied and _same_payment(line, one.returned)
        ]
        if same:
            # equal ones are alike: the oldest on record is the one the bank told first
            tied.add(same[0].pk)
            LINE.advance(
                line,
                to=LineStatus.RETURNED,
                actor=actor,
                as_of=as_of,
                rule=Rule.LEDGER,
                payment_return=same[0],
            )
            count += 1
            continue
        fits = [entry for entry in receipts.get(line.pk, []) if entry.pk not in taken]
        if len(fits) != 1 or not line.return_code or line.booking_date > as_of:
            continue
        try:
            with transaction.atomic():
                returned = record_return(
                    entry=fits[0],
                    scheme=scheme_of(line.return_code),
                    code=line.return_code,
                    return_date=line.booking_date,
                    note=line.text[:300],
                    actor=actor,
                    as_of=as_of,
                )
                LINE.advance(
                    line,
                    to=LineStatus.RETURNED,
                    actor=actor,
                    as_of=as_of,
                    rule=Rule.END_TO_END,
                    payment_return=returned,
                )
        except Refused:
            continue
        taken.add(fits[0].pk)
        count += 1
    return count
