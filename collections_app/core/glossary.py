"""The words of the trade as this product uses them: one word for one thing, everywhere.

The page "Glossary", the explanation behind a word on a screen (`{% term "promise" %}`) and
docs/glossary.md all come from here; a test holds the file in docs against it.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import translation

from collections_app.core.glossary_words import GROUPS, WORDS


@dataclass(frozen=True)
class Term:
    """A word and what it means here; `group` is the heading it stands under."""

    code: str
    name: Any
    meaning: Any
    group: str


TERMS: dict[str, Term] = {
    code: Term(code, name, meaning, group) for group, words in WORDS.items() for code, name, meaning in words
}


def term(code: str) -> Term:
    """The word of that code; an unknown one is a KeyError."""
    return TERMS[code]


def grouped() -> list[tuple[Any, list[Term]]]:
    """The words under their headings, in the order of this file."""
    return [
        (title, [entry for entry in TERMS.values() if entry.group == group])
        for group, title in GROUPS.items()
    ]


def as_markdown() -> str:
    """docs/glossary.md, in English."""
    with translation.override("en"):
        lines = ["# Glossary", "", "One word for one thing: on screens, in reports, in code.", ""]
        for title, words in grouped():
            lines += [f"## {title}", ""]
            lines += [f"- **{entry.name}**: {entry.meaning}" for entry in words]
            lines.append("")
    return "\n".join(lines)
