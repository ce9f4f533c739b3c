"""What a day's messages ask the gate, and what becomes of them and of the work it gives."""

import io
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from campaigns.simulation import day_sql
from campaigns.simulation.shared_gate import Question


@dataclass(frozen=True)
class Text:
    """What the text of a message decides: why there is none, what it prints for the law, and which
    formal notice it is."""

    lack: str
    prints: str
    notice: str


class Asked(NamedTuple):
    """A message the gate is asked about: its text, about whose due steps it is, and about which accounts
    where not all of them (None: all). `is_had`: a formal notice that he had already, so not asked;
    `beside`: the joint debtors' own of it."""

    text: Text
    question: Question
    lead_id: int
    accounts: tuple[int, ...] | None = None
    is_had: bool = False
    beside: "tuple[Asked, ...]" = ()


class Answers:
    """What becomes of each message and work of a day, as lines for the table `answer`."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.notices: set[tuple[str, str, date]] = set()

    def refused(
        self, lead_id: int, accounts: tuple[int, ...] | None, debtor_id: int, contact: int | None,
        reason: str, rule: str, channel: str, *, records: bool = True,
    ) -> None:  # fmt: skip
        """A message that does not go; without a contact where it has no text."""
        number = "\\N" if contact is None else contact
        for about in accounts or ("\\N",):
            self._lines.append(
                f"message\t{lead_id}\t{about}\t{debtor_id}\t{number}\tspared\t{reason}\t{rule}"
                f"\t{channel}\t\\N\t\\N\t\t{'t' if records else 'f'}\n"
            )

    def taken(
        self, kind: str, lead_id: int, contact: int, channel: str, day: date, *,
        accounts: tuple[int, ...] | None = None, debtor_id: int | None = None,
        officer_id: int | None = None, notice: str = "", records: bool = True,
    ) -> None:  # fmt: skip
        """A message that goes on a day, or work that is given."""
        officer = "\\N" if officer_id is None else officer_id
        for about in accounts or ("\\N",):
            self._lines.append(
                f"{kind}\t{lead_id}\t{about}\t{debtor_id or lead_id}\t{contact}\tqueued\t\t\t{channel}"
                f"\t{day}\t{officer}\t{notice}\t{'t' if records else 'f'}\n"
            )
        if notice:
            self.notices.add((notice, channel, day))

    def write(self, cursor) -> None:
        cursor.execute(day_sql.ANSWER)
        cursor.copy_expert("COPY answer FROM STDIN", io.StringIO("".join(self._lines)))
        cursor.execute("ANALYZE answer")
