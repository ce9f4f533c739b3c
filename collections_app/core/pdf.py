"""The one writer of PDF: a Django template, our own stylesheets and fonts, the same bytes again.

Parsed stylesheets and fonts are kept for the life of the process (a page then takes a fifth of the
time and memory stays flat). A document can load nothing but this product's own files: no address
in a template, or in text a debtor wrote, is ever fetched.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from collections_app.core.models import Organisation

MERGED_AT_ONCE = 25
STYLESHEETS = ("base.css",)


def _engine() -> Any:
    """WeasyPrint, loaded by the first document of a process."""
    return import_module("collections_app.core.pdf_engine")


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    language: str,
    stylesheets: Sequence[str] = STYLESHEETS,
) -> bytes:
    """Render a template of `templates/pdf/` in a language; the same input gives the same bytes.

    The template gets `language`, `direction` (ltr or rtl) and `office` (the Organisation, whose
    demonstration mark every page carries). Raises ForeignAddress.
    """
    return from_html(html_of(template, context, language=language), stylesheets=stylesheets)


def html_of(template: str, context: Mapping[str, Any], *, language: str) -> str:
    """What `render` draws, before it is drawn: for many papers at once, see `pdf_writers`."""
    with translation.override(language):
        html: str = render_to_string(
            template,
            {
                "language": language,
                "direction": "rtl" if translation.get_language_bidi() else "ltr",
                **({} if "office" in context else {"office": Organisation.objects.first()}),
                **context,
            },
        )
    return html


def from_html(html: str, *, stylesheets: Sequence[str] = STYLESHEETS) -> bytes:
    """Render finished HTML with our stylesheets. Raises `pdf_engine.ForeignAddress`."""
    written: bytes = _engine().write(html, stylesheets=stylesheets)
    return written


def merge(documents: Iterable[bytes]) -> bytes:
    """One PDF of all pages in order; the same input gives the same bytes. ValueError for none.

    The documents are asked for one after the other and merged by parts on disk, so that memory holds
    a part of them and the result, however many they are.
    """
    with TemporaryDirectory(prefix="merged-") as folder:
        places = (Path(folder) / f"{number}.pdf" for number in count())
        waiting = iter(documents)
        # A source carries its tags, a merged part only its pages: by parts a tenth of the memory.
        parts: list[Path] = []
        while some := [io.BytesIO(content) for content in islice(waiting, MERGED_AT_ONCE)]:
            parts.append(_merge(some, next(places)))
        if not parts:
            raise ValueError("There is nothing to merge.")
        while len(parts) > 1:
            starts = range(0, len(parts), MERGED_AT_ONCE)
            parts = [_merge(parts[start : start + MERGED_AT_ONCE], next(places)) for start in starts]
        return parts[0].read_bytes()


def _merge(documents: Sequence[Path | io.BytesIO], place: Path) -> Path:
    """Write the documents one after the other to a file; parts that were files are deleted."""
    pikepdf = import_module("pikepdf")
    with pikepdf.Pdf.new() as merged:
        sources = [pikepdf.Pdf.open(document) for document in documents]
        try:
            for source in sources:
                merged.pages.extend(source.pages)
            merged.save(place, deterministic_id=True)
        finally:
            for source in sources:
                source.close()
    for document in documents:
        if isinstance(document, Path):
            document.unlink()
    return place


def page_count(content: bytes) -> int:
    with import_module("pikepdf").Pdf.open(io.BytesIO(content)) as document:
        return len(document.pages)


def renderer() -> dict[str, str]:
    """All that can change a PDF's bytes besides its content: versions, native libraries, fonts."""
    versions: dict[str, str] = _engine().renderer()
    return versions


def fingerprint() -> str:
    """A short digest of `renderer()`, kept beside a built file to tell whether bytes must match."""
    return hashlib.sha256(json.dumps(renderer(), sort_keys=True).encode()).hexdigest()[:32]
