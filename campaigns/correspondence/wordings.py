"""The sentences a law wants in a demand: which texts print them, and what they are.

`texts.render` prints what `sentences` gives, so what a permit says the message carries stands in it.
A text message has no room for them; a text before legal steps threatens what they promise not to do.
"""

from collections.abc import Sequence

from accounts.compliance.gathering import Asked
from accounts.compliance.lawful import TIME_BARRED_WORDING, TONE
from accounts.compliance.models import Permit
from accounts.compliance.queries import known_for
from accounts.compliance.wordings import wordings_of
from accounts.parties.enums import Channel
from campaigns.correspondence.enums import TextTone
from campaigns.correspondence.models import TemplateVersion

WITH_ROOM = frozenset({Channel.LETTER.value, Channel.EMAIL.value})


def prints_in(channel: str, text: TemplateVersion | None) -> str:
    """The language in which a message prints what a law wants said; empty where it prints nothing of
    it, as a paper made before (no text) does."""
    if text is None or channel not in WITH_ROOM or text.template.tone == TextTone.LEGAL:
        return ""
    return text.template.language


def carries_of(text: TemplateVersion | None) -> frozenset[str]:
    """What the gate must know of a text's tone: that it presses, and how hard."""
    if text is None or text.template.is_soft:
        return frozenset()
    return frozenset({f"{TONE}{text.template.tone}"})


def sentences(asked: Sequence[Asked], permits: Sequence[Permit]) -> list[tuple[str, ...]]:
    """What each message prints, by what its permit says it carries; asks nothing where none does."""
    concerned = [
        request
        for request, permit in zip(asked, permits, strict=True)
        if permit.is_allowed and TIME_BARRED_WORDING in permit.carries
    ]
    found = {
        known.asked: tuple(
            wording.text(known.asked.prints)
            for wording in wordings_of(known.profile, known.facts, known.asked.moment)
        )
        for known in known_for(concerned)
    }
    return [found.get(request, ()) for request in asked]
