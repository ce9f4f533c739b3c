"""Papers that come back though no receipt was ever posted for them: cheques the bank has.

Whoever keeps such papers stands on a higher floor and says here how they are found and given back.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from accounts.returns.enums import Scheme
from accounts.returns.formats import FoundReturn
from accounts.returns.models import PaymentReturn


class Meant(NamedTuple):
    """The paper a row surely means. `is_back`: its return is on record already."""

    pk: int
    label: str
    is_back: bool = False


class Offered(NamedTuple):
    """A paper that a row may mean, with what speaks for it in words."""

    pk: int
    label: str
    evidence: list[str]


class Instruments(Protocol):
    noun: Any

    def meant_by(self, rows: Sequence[FoundReturn], actor) -> Mapping[int, Meant]:
        """The papers that rows mean surely, by the rows' places; no paper twice."""
        ...

    def offered(self, row: Any, actor) -> list[Offered]:
        """Papers in view that a row of a file may mean, the likeliest first."""
        ...

    def lock(self, ids: Iterable[int]) -> None:
        """Lock many papers and their accounts in the order of the ledger."""
        ...

    def give_back(
        self,
        pk: int,
        *,
        code: str,
        return_date: date,
        amount: Decimal,
        certificate: str,
        note: str,
        actor,
        as_of: date,
        permission: str,
    ) -> PaymentReturn | None:
        """Record that it came back, whole or in part; the receipt's return where there was a receipt.
        Raises Refused."""
        ...

    def url(self, pk: int) -> str: ...


_kept: dict[str, Instruments] = {}


def register(scheme: str, instruments: Instruments) -> None:
    _kept[scheme] = instruments


def of(scheme: str) -> Instruments | None:
    """Whoever keeps the papers of a scheme; None where it has none."""
    return _kept.get(Scheme(scheme))
