"""The plan of a book: one row per debtor and account, before anything is written.

It decides who owes whom, how each account pays (`behaviour`), in which situation it is today
(`story`), who works it and who did before. The statements under `sql/` spread it into rows;
`totals.py` adds up what they must come to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from reports.demonstration.dice import Dice
from reports.demonstration.office import CREDITORS, FIELD, SENIOR

DEBTOR_SHARE = (4, 5)  # so many debtors to so many accounts

# creditor, up to (of 100)
CREDITOR_SHARES = (("CITYPOWER", 42), ("BLUEREEF", 52), ("HARBOUR", 66), ("PORTO", 86), ("LAKESIDE", 100))
POOLS = {"PORTO": (3, 3, 3, 4, 7), "LAKESIDE": (4, 4, 4, 6, 2)}
GULF_POOLS = (0, 0, 0, 0, 1, 2, 2, 4, 5)
BASES = {"AED": (250, 900), "KWD": (20, 90), "EUR": (25, 70), "USD": (80, 300)}

# behaviour, up to (of 100)
BEHAVIOURS = (
    ("prompt", 30), ("late", 46), ("partial", 53), ("worsening", 58), ("returned", 61), ("overpaid", 63),
    ("closed", 69), ("written_off", 70), ("upheld", 73), ("first_time", 78), ("stopped", 96), ("never", 100),
)  # fmt: skip

# So many of an officer's accounts have news today, whatever the size of the book: a day has hours.
NEWS = (
    ("broken", 2), ("call_back", 3), ("returned_now", 2), ("partly", 2), ("rejected", 2),
    ("follow_late", 2), ("follow_today", 3), ("untouched", 3), ("reminded", 2), ("no_answer", 2),
)  # fmt: skip
# One of each first, then the second ones: a small list has its share of everything too.
NEWS_STORIES = tuple(
    story for turn in range(max(count for _story, count in NEWS)) for story, count in NEWS if turn < count
)
# The rest, up to (of 100).
STORIES = (
    ("promised", 12), ("disputed", 20), ("held", 27), ("hardship", 30), ("opted_out", 34),
    ("deceased", 35), ("no_answer", 55), ("reminded", 78), ("untouched", 90), ("broken_old", 100),
)  # fmt: skip
OF_THE_DEBTOR = {"hardship", "opted_out", "deceased"}


@dataclass(slots=True)
class DebtorPlan:
    """`person` is the number of the debtor whose name and birth date this record bears: another's
    where one person is known to two creditors."""

    number: int
    code: str
    is_firm: bool
    pool: int
    person: int


@dataclass(slots=True)
class AccountPlan:
    """One account. `months` is when its turn comes (stops, closes, is returned...), months ago."""

    number: int
    debtor: int
    code: str
    currency: str
    decimals: int
    is_firm: bool
    behaviour: str
    bill_day: int
    months: int
    base: int
    opened_date: date
    team: str
    officer: str
    past_officer: str
    moved_on: date | None
    story: str = ""


def pick(shares, throw: int) -> str:
    """The first whose share reaches beyond the throw."""
    return next(name for name, up_to in shares if throw < up_to)


@dataclass(frozen=True)
class BookPlan:
    """The whole book in memory: about 1 kB an account."""

    size: int
    seed: int
    last_day: date
    debtors: list[DebtorPlan]
    accounts: list[AccountPlan]


def make_plan(*, accounts: int, seed: int, last_day: date, officers: dict[str, list[str]]) -> BookPlan:
    """Plan a book; `officers` are the sign-in names of the officers of each team."""
    dice = Dice(seed)
    debtors = list(_debtors(dice, max(1, accounts * DEBTOR_SHARE[0] // DEBTOR_SHARE[1])))
    planned = [_account(dice, i, debtors, last_day, officers) for i in range(1, accounts + 1)]
    _tell_stories(dice, planned, debtors)
    return BookPlan(accounts, seed, last_day, debtors, planned)


def _debtors(dice: Dice, count: int) -> Iterator[DebtorPlan]:
    persons: list[int] = []
    for i in range(1, count + 1):
        code = pick(CREDITOR_SHARES, dice("creditor", i, 100))
        is_firm = dice("firm", i, 100) < 22
        pools = POOLS.get(code, GULF_POOLS)
        pool, person = pools[dice("pool", i, len(pools))], i
        if code == "CITYPOWER" and not is_firm:
            persons.append(i)
        if code == "BLUEREEF" and not is_firm and persons and dice("known to two", i, 3) == 0:
            # a customer of the power company banks there too, once
            person = persons.pop()
            pool = GULF_POOLS[dice("pool", person, len(GULF_POOLS))]
        yield DebtorPlan(i, code, is_firm, pool, person)


CURRENCIES = {row[0]: row[4] for row in CREDITORS}


def team_of(code: str, is_firm: bool) -> str:
    if code in ("PORTO", "LAKESIDE"):
        return "Abroad"
    return "Commercial" if is_firm else "Residential"


def _account(dice: Dice, i: int, debtors: list[DebtorPlan], last_day: date, officers) -> AccountPlan:
    debtor = debtors[(i - 1) % len(debtors)]
    behaviour = pick(BEHAVIOURS, dice("behaviour", i, 100))
    currency = CURRENCIES[debtor.code]
    low, spread = BASES[currency]
    base = low + dice("base", i, spread)
    if debtor.is_firm:
        base *= 4 + dice("firm size", i, 12)
    months = {
        "stopped": 3 + dice("months", i, 7),
        "closed": 3 + dice("months", i, 10),
        "written_off": 10 + dice("months", i, 4),
    }.get(behaviour, 3 + dice("months", i, 8))
    if behaviour == "never":
        opened = last_day - timedelta(days=90 + dice("opened", i, 200))
    else:
        opened = last_day - timedelta(days=430 + dice("opened", i, 1200))
    team = team_of(debtor.code, debtor.is_firm)
    officer, past, moved_on = _owners(dice, i, team, officers[team], last_day)
    if moved_on is not None and moved_on <= opened:
        past, moved_on = "", None
    return AccountPlan(
        number=i, debtor=debtor.number, code=debtor.code, currency=currency,
        decimals=3 if currency == "KWD" else 2, is_firm=debtor.is_firm, behaviour=behaviour,
        bill_day=1 + dice("bill day", i, 28), months=months, base=base, opened_date=opened, team=team,
        officer=officer, past_officer=past, moved_on=moved_on,
    )  # fmt: skip


def _owners(dice: Dice, i: int, team: str, names: list[str], last_day: date) -> tuple[str, str, date | None]:
    """Who works the account, who did before, and since when it is another's."""
    throw = dice("owner", i, 100)
    if throw < 2:
        return "", "", None
    if throw < 8 and team != "Abroad":
        officer = FIELD
    elif throw < 14:
        officer = SENIOR
    else:
        officer = names[dice("officer", i, len(names))]
    past = names[dice("past officer", i, len(names))]
    if past == officer or dice("moved", i, 12) > 0:
        return officer, "", None
    return officer, past, last_day - timedelta(days=20 + dice("moved on", i, 300))


def _tell_stories(dice: Dice, accounts: list[AccountPlan], debtors: list[DebtorPlan]) -> None:
    """Give every account that owes for long its situation; the first ones of each officer the news."""
    turns: dict[str, int] = {}
    owing = [account for account in accounts if account.behaviour in ("stopped", "never")]
    owing.sort(key=lambda account: (dice("turn", account.number, 1_000_000), account.number))
    second = len(accounts) - len(debtors)  # so many debtors, the first, have a second account
    shared = {number for d in debtors if d.person != d.number for number in (d.person, d.number)}
    shared.update(range(1, second + 1))
    for account in owing:
        turn = turns.get(account.officer, 0)
        turns[account.officer] = turn + 1
        if turn < len(NEWS_STORIES) and account.officer:
            account.story = NEWS_STORIES[turn]
            continue
        story = pick(STORIES, dice("story", account.number, 100))
        if story in OF_THE_DEBTOR and account.debtor in shared:
            story = "untouched"
        account.story = story
