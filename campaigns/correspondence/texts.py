"""Liquid, closed: a few tags and filters, strict about names, bounded in time and size."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape

from django.utils.translation import gettext as _
from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError

from campaigns.correspondence.enums import (
    GSM_SEGMENT,
    GSM_SINGLE,
    HARD_WORDS,
    OUTPUT_LIMIT,
    REVEALING_WORDS,
    SMS_SEGMENTS,
    SOFT,
    SOURCE_LIMIT,
    SUBJECT_LIMIT,
    UCS2_SEGMENT,
    UCS2_SINGLE,
    TextTone,
)
from campaigns.correspondence.placeholders import (
    ACCOUNT_FIELDS,
    PLACEHOLDERS,
    SUBJECT_PLACEHOLDERS,
    Figures,
    sample,
    values,
)
from collections_app.core.refusal import Refused

TAGS = {"if", "unless", "case", "for", "break", "continue", "comment"}
PLUMBING = {"#", "content", "output", "illegal"}
FILTERS = {"default", "upcase", "downcase", "capitalize", "size", "first", "last", "join"}
GSM_ALPHABET = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("^{}\\[~]|€")
BLANK_LINES = re.compile(r"\n{3,}")


class TextNotAllowed(Refused):
    """The text cannot be used as it stands; the sentence says where and what to do."""


class TextDidNotRender(Exception):
    """An approved text failed on real figures: a fault of the text, never of the debtor."""


class ClosedEnvironment(Environment):
    """No includes, no assignments, no files; loops and output are bounded."""

    context_depth_limit = 8
    loop_iteration_limit = 2_000
    local_namespace_limit = 100_000
    output_stream_limit = OUTPUT_LIMIT


def first_line(error: Exception) -> str:
    """What is wrong, without the drawing of where that the library adds."""
    return str(error).partition("\n")[0]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = ClosedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.tags = {name: tag for name, tag in environment.tags.items() if name in TAGS | PLUMBING}
    environment.filters = {name: func for name, func in environment.filters.items() if name in FILTERS}
    return environment


@lru_cache(maxsize=512)
def _parsed(source: str):
    return _environment().from_string(source)


def _fill(source: str, context: dict) -> str:
    return BLANK_LINES.sub("\n\n", _parsed(source).render(**context)).strip()


# Whose account it is, when the message goes to somebody else.
CONCERNS = {"en": "This concerns %(name)s.", "ar": "بشأن: %(name)s."}


def _before(figures: Figures) -> list[str]:
    if not figures.about:
        return []
    return [CONCERNS.get(figures.language, CONCERNS["en"]) % {"name": figures.about}]


def render(subject: str, body: str, figures: Figures) -> tuple[str, str]:
    """Subject on one line and body, for these figures; TextDidNotRender when the text is at fault.

    Whose account it is and what a law wants said are in the body whatever the text says.
    """
    context = values(figures)
    try:
        head = " ".join(_fill(subject, context).split())
        return head, "\n\n".join([*_before(figures), _fill(body, context), *figures.wordings])
    except LiquidError as error:
        raise TextDidNotRender(str(error)) from error


def html_of(body: str, language: str) -> str:
    """The text as the paragraphs of an HTML e-mail; everything in it is escaped."""
    paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    return "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def segments(text: str) -> int:
    """How many segments a text message takes, by the alphabet it needs."""
    if set(text) <= GSM_ALPHABET | GSM_EXTENDED:
        length = len(text) + sum(1 for letter in text if letter in GSM_EXTENDED)
        return 1 if length <= GSM_SINGLE else -(-length // GSM_SEGMENT)
    length = len(text.encode("utf-16-be")) // 2
    return 1 if length <= UCS2_SINGLE else -(-length // UCS2_SEGMENT)


def names_in(source: str) -> set[str]:
    """The placeholders a text that parses uses."""
    return set(_parsed(source).analyze().globals)


# ---- checks before a text is saved ----


def _check_names(source: str, allowed: set[str], field: str) -> None:
    try:
        found = _parsed(source).analyze()
    except LiquidError as error:
        raise TextNotAllowed(
            _("The text is not closed or misspelt: %(error)s") % {"error": first_line(error)},
            field=field,
        ) from error
    unknown = sorted(set(found.globals) - allowed)
    if unknown:
        raise TextNotAllowed(
            _("%(name)s is not a placeholder. Choose one from the list.") % {"name": unknown[0]},
            field=field,
        )
    for uses in found.variables.values():
        for variable in uses:
            if variable.segments[0] not in found.globals and len(variable.segments) > 1:
                name = variable.segments[-1]
                if name not in ACCOUNT_FIELDS:
                    raise TextNotAllowed(
                        _("An account has %(fields)s, not %(name)s.")
                        % {"fields": ", ".join(sorted(ACCOUNT_FIELDS)), "name": name},
                        field=field,
                    )


def _first_of(words: Mapping[str, Sequence[str]], text: str) -> str:
    """The first of these words, in any of their languages, that stands in a text; else empty."""
    said = re.findall(r"[^\W\d_]+", text.lower())
    bare = {word.removeprefix("ال") for word in said} | set(said)
    line = f" {' '.join(said)} "
    for known in words.values():
        for word in known:
            if (" " in word and f" {word} " in line) or word in bare:
                return word
    return ""


def revealing_word(subject: str) -> str:
    """The first word of a subject line that would show a debt to whoever reads it; else empty."""
    return _first_of(REVEALING_WORDS, subject)


def check_tone(*, tone: str, subject: str, body: str) -> None:
    """Refuse a text that says it is soft and is not; TextNotAllowed."""
    if tone in SOFT and (word := _first_of(HARD_WORDS, f"{subject} {body}")):
        raise TextNotAllowed(
            _("The tone is %(tone)s, but the text says “%(word)s”. Say it softer, or choose a firmer tone.")
            % {"tone": str(TextTone(tone).label).lower(), "word": word},
            field="body",
        )


def check(*, channel: str, language: str, subject: str, body: str) -> None:
    """Refuse a text that could fail, cost too much or show a debt outside; TextNotAllowed."""
    if len(body) > SOURCE_LIMIT or len(subject) > SUBJECT_LIMIT:
        raise TextNotAllowed(
            _("The text is longer than %(limit)s characters.") % {"limit": SOURCE_LIMIT},
            field="body",
        )
    if not body.strip():
        raise TextNotAllowed(_("Write the text."), field="body")
    _check_names(body, set(PLACEHOLDERS), "body")
    if channel == "email":
        if not subject.strip():
            raise TextNotAllowed(_("An e-mail needs a subject."), field="subject")
        _check_names(subject, SUBJECT_PLACEHOLDERS, "subject")
        if word := revealing_word(subject):
            raise TextNotAllowed(
                _("The subject line says “%(word)s”. Nothing in it may show a debt.") % {"word": word},
                field="subject",
            )
    elif subject:
        _check_names(subject, set(PLACEHOLDERS), "subject")
    if channel != "letter" and "creditor_name" not in _parsed(body).analyze().globals:
        raise TextNotAllowed(_("Say who is writing: use creditor_name."), field="body")
    try:
        _head, text = render(subject, body, sample(language))
    except TextDidNotRender as error:
        raise TextNotAllowed(
            _("The text fails on an example: %(error)s") % {"error": first_line(error)},
            field="body",
        ) from error
    if channel == "sms" and (needed := segments(text)) > SMS_SEGMENTS:
        raise TextNotAllowed(
            _("The example takes %(needed)s text messages; %(limit)s is the most.")
            % {"needed": needed, "limit": SMS_SEGMENTS},
            field="body",
        )
