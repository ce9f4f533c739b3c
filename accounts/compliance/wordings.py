"""The sentences a law wants in a demand before it lets the demand pass; pure.

The gate only asks whether a text carries them. Whoever writes the text prints what it finds here, from
the same facts and profile.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.compliance.enums import ContactFactKind
from accounts.compliance.facts import Facts
from accounts.compliance.lawful import TIME_BARRED_WORDING
from accounts.compliance.profiles import Profile
from collections_app.core import clock


@dataclass(frozen=True)
class Wording:
    """`name` is what a request carries, `words` the sentence by language, `source` who asks for it."""

    name: str
    words: tuple[tuple[str, str], ...]
    source: str

    def text(self, language: str) -> str:
        """Empty where the profile has no words in that language."""
        return dict(self.words).get(language, "")


def wordings_of(profile: Profile, facts: Facts, moment: datetime) -> tuple[Wording, ...]:
    """What a demand must say for these facts: each sentence once, in the order of the laws.

    A law that lets no demand pass asks for no words.
    """
    if not facts.terms:
        return ()
    day = clock.local_date(moment, facts.business_zone)
    is_barred = any(
        term.kind == ContactFactKind.TIME_BARRED
        and term.account_id in facts.account_ids
        and term.holds_on(day)
        for term in facts.terms
    )
    if not is_barred:
        return ()
    limits = [limit for law in profile.laws for limit in law.time_bars if "wording" in limit.about]
    sources: dict[tuple[tuple[str, str], ...], str] = {}
    for limit in limits:
        sources.setdefault(limit.words, limit.source)
    return tuple(Wording(TIME_BARRED_WORDING, words, source) for words, source in sources.items())


def carried(wordings: tuple[Wording, ...], language: str) -> frozenset[str]:
    """What a text carries that prints them in its language: all of them, or nothing."""
    if not all(wording.text(language) for wording in wordings):
        return frozenset()
    return frozenset(wording.name for wording in wordings)
