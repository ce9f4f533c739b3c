"""What a planned book must come to, added up from the plan alone.

No query is asked: the arithmetic of `sql/money.sql` is told a second time here, one account after
the other, so that a report over the ledger can be held against it. Amounts are per currency and
line of the Collection Report, by month of the value date; days after the last one are left out.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from reports.demonstration.dice import Dice
from reports.demonstration.plan import AccountPlan, BookPlan

MONTHS_BACK = 18
LATE_FEES = {"KWD": 5, "AED": 50}
OTHER_FEE = 15

Movement = tuple[str, Decimal, date]  # line of the report, amount, value date


def late_fee(currency: str) -> Decimal:
    return Decimal(LATE_FEES.get(currency, OTHER_FEE))


def month_before(day: date, months: int) -> date:
    """The first day of the month so many months before the day's own."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def movements(account: AccountPlan, dice: Dice, last_day: date) -> Iterator[Movement]:
    """Every movement of one account until the last day."""
    unpaid, last_bill = Decimal(0), None
    for months_ago in range(MONTHS_BACK + 1):
        day = month_before(last_day, months_ago) + timedelta(days=account.bill_day - 1)
        if not account.opened_date <= day <= last_day:
            continue
        if account.behaviour == "closed" and months_ago < account.months:
            continue
        if account.behaviour == "written_off" and months_ago < account.months - 3:
            continue
        number = account.number * 20 + months_ago
        bill = part(Decimal(account.base) * (70 + dice("bill", number, 60)), 100, account)
        yield "charges", bill, day
        yield from after_bill(account, dice, last_day, bill, day, months_ago)
        if account.behaviour == "written_off" and months_ago < account.months:
            unpaid += bill
            last_bill = max(last_bill or day, day)
    if last_bill is not None:
        yield "written_off", unpaid, last_bill + timedelta(days=120)
    yield from of_the_story(account, dice, last_day)


def part(amount: Decimal, of: int, account: AccountPlan) -> Decimal:
    """An amount divided and rounded as money of the account's currency is."""
    return (amount / of).quantize(Decimal(1).scaleb(-account.decimals), ROUND_HALF_UP)


def after_bill(account, dice, last_day, bill, day, months_ago) -> Iterator[Movement]:
    """What a bill led to: payment, return and fee, credit note."""
    number = account.number * 20 + months_ago
    due = day + timedelta(days=30)
    turn = months_ago == account.months
    is_unpaid = account.behaviour == "never" or (
        account.behaviour in ("stopped", "written_off") and months_ago < account.months
    )
    if account.behaviour == "stopped" and months_ago == account.months - 1:
        yield "fees", late_fee(account.currency), due + timedelta(days=15)
    paid = bill
    if account.behaviour == "partial":
        paid = part(bill * 6, 10, account)
    if account.behaviour == "upheld" and turn:
        credited = part(bill * 4, 10, account)
        yield "credit_notes", credited, day + timedelta(days=20)
        paid = bill - credited
    if account.behaviour == "late":
        lag = 8 + dice("lag", account.number, 28) + dice("wobble", number, 4)
    elif account.behaviour == "partial":
        lag = 8 + dice("lag", account.number, 12)
    elif account.behaviour == "worsening":
        lag = (18 - months_ago) * 2 - 8
    else:
        lag = -3 - dice("lag", number, 8)
    paid_on = due + timedelta(days=lag)
    if account.behaviour == "first_time" and due >= last_day - timedelta(days=30):
        is_unpaid = True
    if is_unpaid or paid_on > last_day:
        return
    yield "collected", paid, paid_on
    if account.behaviour == "overpaid" and months_ago == 2:
        yield "collected", paid, last_day - timedelta(days=12)
    if account.behaviour == "returned" and turn:
        back = paid_on + timedelta(days=4)
        yield "payments_returned", paid, back
        yield "fees", late_fee(account.currency), back
        yield "collected", paid + late_fee(account.currency), paid_on + timedelta(days=11)


def of_the_story(account: AccountPlan, dice: Dice, last_day: date) -> Iterator[Movement]:
    """The money of the last days that the account's situation rests on."""
    base = Decimal(account.base)
    if account.story == "partly":
        yield "collected", part(base * 25, 100, account), last_day - timedelta(days=10)
    if account.story == "returned_now":
        amount = part(base, 2, account)
        yield "collected", amount, last_day - timedelta(days=9)
        back = last_day - timedelta(days=1 + dice("returned", account.number, 4))
        yield "payments_returned", amount, back


CREDIT_LINES = {"collected", "credit_notes", "written_off"}


def month_totals(plan: BookPlan) -> dict[str, dict[str, dict[str, str]]]:
    """{month: {currency: {line: amount, opening, closing}}} for every month of the book."""
    dice = Dice(plan.seed)
    lines: dict[tuple[str, str], dict[str, Decimal]] = {}
    for account in plan.accounts:
        for line, amount, day in movements(account, dice, plan.last_day):
            found = lines.setdefault((account.currency, f"{day:%Y-%m}"), {})
            found[line] = found.get(line, Decimal(0)) + amount
    totals: dict[str, dict[str, dict[str, str]]] = {}
    months = sorted({month for _currency, month in lines})
    for currency in sorted({currency for currency, _month in lines}):
        balance = Decimal(0)
        for month in months:
            found = lines.get((currency, month), {})
            closing = balance + sum(
                (-amount if line in CREDIT_LINES else amount for line, amount in found.items()), Decimal(0)
            )
            totals.setdefault(month, {})[currency] = {
                "opening": str(balance),
                **{line: str(amount) for line, amount in sorted(found.items())},
                "closing": str(closing),
            }
            balance = closing
    return totals
