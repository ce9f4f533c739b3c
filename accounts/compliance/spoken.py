"""The lines that a law wants said on the phone: which, at what point of the call, in which words; pure.

They are shown to be read out and ticked. Recording is never refused: what was not ticked stands on the
contact as not said.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.compliance.enums import SayWhen
from accounts.compliance.facts import Facts
from accounts.compliance.profiles import Profile
from accounts.compliance.wordings import wordings_of

WORDING = "wording:"  # begins the name of a line without which the law lets no demand pass
NAME = re.compile(r"^[a-z0-9_]{1,40}:[a-z0-9_]{1,40}$")
ENGLISH = "en"


@dataclass(frozen=True)
class Line:
    """`name` is profile and clause ("us_reg_f:who_calls"), `when` the point of the call."""

    name: str
    when: str
    text: str
    source: str

    @property
    def is_wording(self) -> bool:
        """Whether the debt may not be spoken of without it."""
        return self.name.startswith(WORDING)

    @property
    def wording(self) -> str:
        """What the gate is told that a call carries which reads it out."""
        return self.name.removeprefix(WORDING)


def lines_to_say(
    profile: Profile, facts: Facts, moment: datetime, language: str, **names: str
) -> tuple[Line, ...]:
    """What must be said in a call at this moment, in the debtor's language where the law's profile has
    it, else in English; first what is said at the start. `names` fill "{officer}" and "{creditor}"."""
    lines = [
        Line(f"{law.code}:{row.key}", row.when, _in(row.words, language), row.source)
        for law in profile.laws
        for row in law.said
    ]
    lines += [
        Line(f"{WORDING}{wording.name}", SayWhen.DEBT.value, _in(wording.words, language), wording.source)
        for wording in wordings_of(profile, facts, moment)
    ]
    for name, value in names.items():
        lines = [replace(line, text=line.text.replace(f"{{{name}}}", value)) for line in lines]
    once = {line.name: line for line in lines}
    return tuple(sorted(once.values(), key=lambda line: line.when != SayWhen.START))


def _in(words: tuple[tuple[str, str], ...], language: str) -> str:
    found = dict(words)
    return found.get(language.split("-")[0]) or found.get(ENGLISH, "")


def wordings_in(names: Iterable[str]) -> frozenset[str]:
    """What the gate is told that a contact carries in which these lines were said."""
    return frozenset(name.removeprefix(WORDING) for name in names if name.startswith(WORDING))


def due_in(lines: tuple[Line, ...], *, somebody_answered: bool, debt_was_spoken_of: bool) -> list[str]:
    """The names of the lines that had to be said in a call that went as far as this."""
    reached = {SayWhen.START} if somebody_answered else set()
    if debt_was_spoken_of:
        reached.add(SayWhen.DEBT)
    return [line.name for line in lines if line.when in reached]
