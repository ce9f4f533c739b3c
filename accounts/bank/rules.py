"""Who sees and works bank lines; and, pure, which candidate for a line is sure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts.bank.enums import Rule
from accounts.bank.models import FACTS, BankLine, BankStatement
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import declare

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW_BANK_LINE = declare(
    "accounts.view_bank_line",
    _("See bank statements and what their lines were for"),
    {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, *SENIORS},
)
VIEW_BANK_FILE = declare("accounts.view_bank_file", _("See the files that banks sent"), SENIORS)
LOAD_BANK_FILE = declare("accounts.load_bank_file", _("Bring in bank statements"), SENIORS)
MATCH_BANK_LINE = declare(
    "accounts.match_bank_line", _("Say what a line of a bank statement was for, and take it back"), SENIORS
)

# the facts of a line; its status and owner move
COLUMNS = [f"{name}_id" if name in ("bank_account", "statement") else name for name in FACTS]
sealed(BankStatement)
sealed(BankLine, columns=COLUMNS)

ORDER = [Rule.STRUCTURED, Rule.END_TO_END, Rule.TEXT, Rule.PAYER, Rule.AMOUNT_NAME]
NAMING = {Rule.STRUCTURED, Rule.END_TO_END, Rule.TEXT}
TOKEN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z/_.\-]*[0-9A-Za-z])?")
SHORTEST_TOKEN = 4
# Figures alone are years and house numbers too.
SHORTEST_FIGURES = 5
# A short row of figures that a payer wrote is an account of ours by chance too: something else must
# speak for it before money is posted by it.
SURE_FIGURES = 7
MOST_TOKENS = 40


@dataclass(frozen=True)
class Candidate:
    """An account that a line may mean, by one rule. `owed` is its balance today; `is_weak` that the
    number is so short that it may stand there by chance, and neither name nor amount agrees."""

    account_id: int
    rule: str
    evidence: str
    owed: Decimal = Decimal(0)
    is_weak: bool = False


@dataclass(frozen=True)
class Verdict:
    """`account_id` where one account is sure; else None and `why` somebody must look."""

    account_id: int | None
    rule: str = ""
    why: str = ""


def judge(amount: Decimal, candidates: Iterable[Candidate], sure: Collection[str]) -> Verdict:
    """Which account a credit goes to by itself, if any.

    The strongest rule that found anything speaks. It is sure when it found exactly one account, the
    office holds that rule to be sure, no other naming rule points elsewhere, it is more than a short
    number (or another rule finds the account too), and no more comes in than is owed.
    Source: the order of 6.6 in the office's requirements.
    """
    by_rule: dict[str, set[int]] = {}
    owed: dict[int, Decimal] = {}
    spoken: dict[int, set[str]] = {}
    weak: set[tuple[str, int]] = set()
    for candidate in candidates:
        spoken.setdefault(candidate.account_id, set()).add(candidate.rule)
        if candidate.is_weak:
            weak.add((candidate.rule, candidate.account_id))
        by_rule.setdefault(candidate.rule, set()).add(candidate.account_id)
        owed[candidate.account_id] = candidate.owed
    rule = next((rule for rule in ORDER if by_rule.get(rule)), None)
    if rule is None:
        return Verdict(None, why="nobody")
    found = by_rule[rule]
    if len(found) > 1:
        return Verdict(None, rule, "several")
    [account_id] = found
    named = set().union(*(by_rule.get(other, set()) for other in NAMING))
    if named - {account_id}:
        return Verdict(None, rule, "contradiction")
    if rule not in sure:
        return Verdict(None, rule, "ask")
    if (rule, account_id) in weak and not spoken[account_id] - NAMING:
        return Verdict(None, rule, "short_number")
    if amount > owed[account_id]:
        return Verdict(None, rule, "more_than_owed")
    return Verdict(account_id, rule)


def is_short(rule: str, key: str) -> bool:
    """Whether a number that a payer wrote is too short to speak alone."""
    return rule in (Rule.END_TO_END, Rule.TEXT) and key.isdigit() and len(key) < SURE_FIGURES


def bare_reference(reference: str) -> list[str]:
    """How a structured reference may stand in the books: as given, without an RF head (ISO 11649),
    without the marks and noughts that banks put around it."""
    given = re.sub(r"[\s+*]", "", reference).upper()
    forms = [given, given.replace("/", "")]
    if re.match(r"^RF\d{2}", given):
        forms.append(given[4:])
    forms += [form.lstrip("0") for form in forms]
    return [form for form in dict.fromkeys(forms) if len(form) >= SHORTEST_TOKEN]


def tokens_of(text: str) -> list[str]:
    """What in a text may be a number of ours: words with a figure in them, whole and in their parts."""
    found: list[str] = []
    for word in TOKEN.findall(text)[:MOST_TOKENS]:
        found.append(word)
        if "/" in word:
            found += word.split("/")
    marked = [
        word
        for word in found
        if len(word) >= (SHORTEST_FIGURES if word.isdigit() else SHORTEST_TOKEN)
        and any(map(str.isdigit, word))
    ]
    return list(dict.fromkeys([*marked, *(word.upper() for word in marked)]))


def same_name(one: str, other: str) -> bool:
    """Whether two names share at least two words, or all there are of the shorter."""
    first = {word for word in re.findall(r"\w+", one.lower()) if len(word) > 1}
    second = {word for word in re.findall(r"\w+", other.lower()) if len(word) > 1}
    if not first or not second:
        return False
    return len(first & second) >= min(2, len(first), len(second))
