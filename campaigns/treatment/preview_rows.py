"""What a preview of a run is made of: which rows are wanted, one debtor's row, the sums, the page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.parties.enums import Channel
from accounts.parties.models import Creditor
from campaigns.correspondence.models import TemplateVersion
from campaigns.sending.enums import Spared
from campaigns.strategies.enums import stage_words

PAGE = 50


@dataclass(frozen=True)
class Wish:
    """Which rows of a preview are wanted. `state` is "", "gets" or "spared"; pages count from 1."""

    state: str = ""
    reason: str = ""
    channel: str = ""
    currency: str = ""
    text: str = ""
    page: int = 1

    def parameters(self) -> dict[str, object]:
        plain = self.text.replace("\\", "").replace("%", "").replace("_", r"\_")
        return {
            "state": self.state,
            "reason": self.reason,
            "channel": self.channel,
            "currency": self.currency,
            "text": self.text,
            "anywhere": f"%{plain}%",
            "beginning": f"{plain}%",
            "limit": PAGE,
            "offset": (self.page - 1) * PAGE,
        }


class Worded:
    """What a row or a sum says of its step, for the reader."""

    stage_name: str
    channel: str
    reason: str

    @property
    def stage_label(self) -> str:
        return stage_words(self.stage_name)

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)

    @property
    def why_spared(self) -> str:
        return str(Spared(self.reason).label) if self.reason else ""


@dataclass
class Would(Worded):
    """One debtor and what would become of accounts of his: a message, or spared for `reason`.

    `numbers` are the first accounts of `accounts`; `gate` says why the message would wait now, and
    `not_before` until when. `lacking` are those of several debtors who were not served a formal notice:
    they hold the step up, or the message goes to them alone.
    """

    debtor_id: int
    debtor: str
    reference: str
    reason: str
    channel: str
    stage_name: str
    text_id: int | None
    payer_type: str
    accounts: int
    numbers: list[str]
    lacking: list[str]
    totals: dict[str, Decimal]
    text: TemplateVersion | None = None
    gate: str = ""
    not_before: datetime | None = None

    @property
    def to(self) -> list[str]:
        """Who gets a notice that the debtor himself has had."""
        return [] if self.reason else self.lacking

    @property
    def why_spared(self) -> str:
        if not self.lacking:
            return super().why_spared
        return _("%(reason)s: %(names)s") % {"reason": super().why_spared, "names": ", ".join(self.lacking)}

    @property
    def more(self) -> int:
        """Accounts that are not named."""
        return self.accounts - len(self.numbers)

    @property
    def text_for(self) -> str:
        """The payer type the text was written for; empty for the general one."""
        return self.text.template.payer_type_label if self.text else ""


@dataclass(frozen=True)
class Sum(Worded):
    """All rows of one outcome: a stage and channel that would be sent, or a reason to spare."""

    reason: str
    stage: int
    stage_name: str
    channel: str
    debtors: int
    accounts: int
    totals: dict[str, Decimal]


@dataclass
class Preview:
    """A day's run that nothing came of. `rows` is one page of those that fit the wish; `kept` is the
    token by which other pages of the same judging are found, which was made at `judged_at`."""

    creditor: Creditor
    as_of: date
    wish: Wish
    steps: list[Sum] = field(default_factory=list)
    spared_sums: list[Sum] = field(default_factory=list)
    rows: list[Would] = field(default_factory=list)
    found: int = 0
    found_accounts: int = 0
    found_totals: dict[str, Decimal] = field(default_factory=dict)
    kept: str = ""
    judged_at: datetime | None = None

    @property
    def messages(self) -> int:
        return sum(row.debtors for row in self.steps)

    @property
    def accounts(self) -> int:
        return sum(row.accounts for row in self.steps)

    @property
    def spared(self) -> dict[str, int]:
        """Accounts by reason."""
        return {row.reason: row.accounts for row in self.spared_sums}

    @property
    def due(self) -> int:
        return self.accounts + sum(row.accounts for row in self.spared_sums)

    @property
    def totals(self) -> dict[str, Decimal]:
        return add_up(self.steps)

    @property
    def spared_totals(self) -> dict[str, Decimal]:
        return add_up(self.spared_sums)

    @property
    def currencies(self) -> list[str]:
        return sorted({*self.totals, *self.spared_totals})

    @property
    def first(self) -> int:
        return (self.wish.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def has_more(self) -> bool:
        return self.last < self.found


def add_up(sums: Sequence[Sum]) -> dict[str, Decimal]:
    """The sums of rows per currency."""
    found: dict[str, Decimal] = {}
    for row in sums:
        for currency, amount in row.totals.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return dict(sorted(found.items()))
