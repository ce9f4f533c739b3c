"""The guides of docs/ as pages of the product: the little Markdown that they are written in, as HTML.

Headings, paragraphs, lists, tables, code, bold, emphasis and links between the guides; everything
else is shown as it stands. All text is escaped before a mark is read.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

GUIDES = {
    "first-day": _("The first day"),
    "officers": _("An officer's day"),
    "supervisors": _("A supervisor's day"),
    "managers": _("A manager's month"),
    "import-format": _("The format of imports"),
}
FENCE = "```"
_LINK = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.md\)")
_BULLET = re.compile(r"^(-|\d+\.) ")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])"), r"<em>\1</em>"),
)


@cache
def html_of(name: str) -> str:
    """The guide as HTML below its title; a name that is none of GUIDES is a KeyError."""
    if name not in GUIDES:
        raise KeyError(name)
    text = (Path(settings.BASE_DIR) / "docs" / f"{name}.md").read_text(encoding="utf-8")
    return "\n".join(_blocks(text.splitlines()))


def _inline(text: str) -> str:
    """Marks inside a line; a link to a page that is no guide of ours stays text."""
    shown = escape(text, quote=False)
    for pattern, replacement in _INLINE:
        shown = pattern.sub(replacement, shown)
    return _LINK.sub(_link, shown)


def _link(found: re.Match[str]) -> str:
    words, name = found.groups()
    if name == "glossary":
        return f'<a class="u" href="{reverse("core:glossary")}">{words}</a>'
    if name not in GUIDES:
        return words
    return f'<a class="u" href="{reverse("core:guide", args=[name])}">{words}</a>'


def _kind(line: str) -> str:
    if line.startswith("|"):
        return "table"
    if re.match(r"\s*- ", line):
        return "ul"
    if re.match(r"\d+\. ", line):
        return "ol"
    if line.startswith("#"):
        return "heading"
    return "text" if line.strip() else ""


def _blocks(lines: list[str]) -> Iterator[str]:
    """Each block of the text as HTML; code first, so that nothing in it is read as a mark."""
    rest: list[str] = []
    code: list[str] | None = None
    for line in lines:
        if line.startswith(FENCE):
            if code is None:
                yield from _plain_blocks(rest)
                rest, code = [], []
            else:
                shown = escape("\n".join(code), quote=False)
                yield f'<pre tabindex="0">{shown}</pre>'
                code = None
        elif code is not None:
            code.append(line)
        else:
            rest.append(line)
    yield from _plain_blocks(rest)


def _plain_blocks(lines: list[str]) -> Iterator[str]:
    joined: list[tuple[str, str]] = []
    for line in lines:
        kind = _kind(line)
        if kind == "text" and joined and joined[-1][0] in ("text", "ul", "ol"):
            joined[-1] = (joined[-1][0], f"{joined[-1][1]} {line.strip()}")
        else:
            joined.append((kind, line.strip()))
    for kind, found in groupby(joined, key=lambda block: block[0]):
        texts = [text for _kind, text in found]
        if kind == "table":
            yield _table(texts)
        elif kind in ("ul", "ol"):
            first = texts[0].partition(".")[0]
            start = f' start="{first}"' if kind == "ol" and first != "1" else ""
            items = "".join(f"<li>{_inline(_BULLET.sub('', text))}</li>" for text in texts)
            yield f"<{kind}{start}>{items}</{kind}>"
        elif kind == "heading":
            yield from (f"<h2>{_inline(text.lstrip('# '))}</h2>" for text in texts if text.startswith("##"))
        elif kind == "text":
            yield from (f"<p>{_inline(text)}</p>" for text in texts)


def _table(lines: list[str]) -> str:
    rows = [[_inline(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
    head = "".join(f'<th scope="col">{cell}</th>' for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f'<td class="wrap">{cell}</td>' for cell in row) + "</tr>" for row in rows[2:]
    )
    return f'<table class="t"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
