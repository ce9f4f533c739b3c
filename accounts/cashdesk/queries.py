"""Reads about a cashier's day, receipts and paper books."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Min, Q, QuerySet, Sum

from accounts.cashdesk.books import PaperSlip, ReceiptBook
from accounts.cashdesk.change_models import ChangeMoney
from accounts.cashdesk.enums import CASH_DAY, DayStatus, DepositedBy, SlipStatus
from accounts.cashdesk.models import CashDay, CashReceipt
from accounts.policies.queries import policy
from accounts.policies.tables import ANY_CURRENCY
from accounts.teams.models import TeamMembership
from accounts.teams.queries import members_of
from collections_app.core.enums import Role
from collections_app.core.models import Transition, User
from collections_app.core.money import unit


@dataclass(frozen=True)
class Till:
    """What should be in a day's till, in one currency."""

    currency: str
    float_amount: Decimal
    taken_amount: Decimal
    deposited_amount: Decimal
    receipts: int

    @property
    def expected_amount(self) -> Decimal:
        return self.float_amount + self.taken_amount - self.deposited_amount


def day_of(cashier: User) -> CashDay | None:
    """The cashier's day that is not yet closed; there is one at most."""
    return CashDay.objects.unfinished().filter(cashier=cashier).select_related("receiver", "cashier").first()


def tills(cash_day: CashDay) -> list[Till]:
    """What should be in the till now, by currency: float + taken - brought to the bank."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT currency, sum(float_amount), sum(taken), sum(banked), sum(receipts)::int FROM (
                SELECT currency, amount AS float_amount, 0::numeric AS taken, 0::numeric AS banked,
                       0 AS receipts
                FROM accounts_cashfloat WHERE cash_day_id = %(day)s
                UNION ALL
                SELECT currency, 0, amount, CASE WHEN banked_on IS NULL THEN 0 ELSE amount END, 1
                FROM accounts_cashreceipt WHERE cash_day_id = %(day)s AND status = 'issued'
            ) rows GROUP BY currency ORDER BY currency
            """,
            {"day": cash_day.pk},
        )
        return [Till(*row) for row in cursor.fetchall()]


def change_held_by(user: User) -> dict[str, Decimal]:
    """The change money somebody holds in no till, by currency."""
    held = ChangeMoney.objects.held().filter(holder=user).order_by().values_list("currency")
    return dict(held.annotate(total=Sum("amount")).order_by("currency"))


def change_by_person(user: User) -> list[dict]:
    """Change money in no till of the people in view: holder, currency, sum and since when."""
    return list(
        ChangeMoney.objects.visible_to(user)
        .held()
        .order_by()
        .values("holder", "holder__full_name", "currency")
        .annotate(held_amount=Sum("amount"), oldest=Min("held_from"))
        .order_by("holder__full_name", "holder", "currency")
    )


def denominations(currency: str, *, as_of: date) -> list[Decimal]:
    """Notes and coins of a currency, biggest first, as the policy in force says."""
    table: Mapping[str, list[Decimal]] = policy("denominations", as_of=as_of)
    known = table.get(currency) or [value for value in table.get(ANY_CURRENCY, []) if value >= unit(currency)]
    return known or [unit(currency)]


def supervisor_of(user: User, *, as_of: date) -> User | None:
    """Who looks after a collector's differences: a supervisor of his teams, else a manager."""
    teams = TeamMembership.objects.on(as_of).filter(user=user).values_list("team_id", flat=True)
    found = members_of(teams, as_of=as_of, role=Role.SUPERVISOR).exclude(pk=user.pk).first()
    if found is not None:
        return found
    return User.objects.filter(role=Role.MANAGER, is_active=True).exclude(pk=user.pk).order_by("id").first()


def may_receive(cash_day: CashDay, *, as_of: date):
    """Who may sign for a day's cash: seniors and supervisors of the cashier's teams, and managers."""
    teams = (
        TeamMembership.objects.on(as_of).filter(user=cash_day.cashier_id).values_list("team_id", flat=True)
    )
    seniors = members_of(teams, as_of=as_of).filter(role__in=[Role.SENIOR_OFFICER, Role.SUPERVISOR])
    managers = User.objects.filter(role=Role.MANAGER, is_active=True)
    return (
        User.objects.filter(
            pk__in=[*seniors.values_list("pk", flat=True), *managers.values_list("pk", flat=True)]
        )
        .exclude(pk=cash_day.cashier_id)
        .order_by("full_name", "id")
    )


def must_be_handed_over(cash_day: CashDay) -> bool:
    """Whether an instruction says that another brings some of this day's cash to the bank."""
    return (
        CashReceipt.objects.held()
        .filter(cash_day=cash_day, instruction__deposited_by=DepositedBy.RECEIVER)
        .exists()
    )


def books_of(user: User) -> QuerySet[ReceiptBook]:
    """Books whose leaves a user enters: his own; a senior those of his team, for who is away."""
    books = ReceiptBook.objects.all()
    return books.visible_to(user) if user.role == Role.SENIOR_OFFICER else books.filter(holder=user)


@dataclass(frozen=True)
class BookUse:
    """How the leaves of a book are accounted for; the four sum to its size.

    `gaps` are blank leaves below the highest one used: whoever holds the book owes an answer.
    """

    used: int
    spoilt: int
    missing: int
    blank: int
    gaps: tuple[int, ...]


def use_of(book: ReceiptBook) -> BookUse:
    """How far a book is used."""
    told: dict[int, str] = dict(PaperSlip.objects.filter(book=book).values_list("number", "status"))
    statuses = list(told.values())
    highest = max((number for number, status in told.items() if status == SlipStatus.USED), default=0)
    gaps = tuple(number for number in range(book.first_number, highest) if number not in told)
    return BookUse(
        used=statuses.count(SlipStatus.USED),
        spoilt=statuses.count(SlipStatus.VOID),
        missing=statuses.count(SlipStatus.MISSING),
        blank=book.size - len(told),
        gaps=gaps,
    )


@dataclass(frozen=True)
class Gap:
    """A series whose numbers are not all there: something wrote past the product."""

    series: str
    last_number: int
    receipts: int


def series_with_gaps() -> list[Gap]:
    """Series of receipts whose count is not their last number; always empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.code, s.last_number, count(r.id)::int
            FROM accounts_numberseries s LEFT JOIN accounts_cashreceipt r ON r.series_id = s.id
            WHERE s.cashier_id IS NOT NULL OR s.code = 'R'
            GROUP BY s.id HAVING count(r.id) <> s.last_number ORDER BY s.code
            """
        )
        return [Gap(*row) for row in cursor.fetchall()]


def receipt_for_page(pk: int) -> CashReceipt:
    """A receipt with what its page and its print show."""
    return (
        CashReceipt.objects.select_related(
            "cash_day", "cashier", "debtor", "creditor", "holder", "slip__book", "instruction__bank_account"
        )
        .prefetch_related("lines__account", "lines__entry", "prints")
        .get(pk=pk)
    )


def opened_again(day_ids: Iterable[int], *, as_of: date, known_at: datetime) -> set[int]:
    """Cash days of which a count was taken back after a day, or after a moment of knowledge."""
    later = Q(recorded_at__gt=known_at) | Q(effective_date__gt=as_of)
    steps = Transition.objects.filter(
        later,
        subject_type=CASH_DAY.name,
        subject_id__in=list(day_ids),
        from_status=DayStatus.COUNTED,
        to_status=DayStatus.OPEN,
    )
    return set(steps.values_list("subject_id", flat=True))
