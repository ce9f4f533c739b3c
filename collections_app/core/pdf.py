"""The one writer of PDF: a Django template, our own stylesheets and fonts, the same bytes again.

Parsed stylesheets and fonts are kept for the life of the process (a page then takes a fifth of the
time and memory stays flat). A document can load nothing but this product's own files: no address
in a template, or in text a debtor wrote, is ever fetched.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
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


def merge(documents: Sequence[bytes]) -> bytes:
    """One PDF of all pages in order; the same input gives the same bytes. ValueError for none."""
    if not documents:
        raise ValueError("There is nothing to merge.")
    if len(documents) > MERGED_AT_ONCE:
        # A source carries its tags, a merged part only its pages: by parts a tenth of the memory.
        starts = range(0, len(documents), MERGED_AT_ONCE)
        return merge([_merge(documents[start : start + MERGED_AT_ONCE]) for start in starts])
    return _merge(documents)


def _merge(documents: Sequence[bytes]) -> bytes:
    pikepdf = import_module("pikepdf")
    with pikepdf.Pdf.new() as merged:
        sources = [pikepdf.Pdf.open(io.BytesIO(content)) for content in documents]
        try:
            for source in sources:
                merged.pages.extend(source.pages)
            merged.save(out := io.BytesIO(), deterministic_id=True)
        finally:
            for source in sources:
                source.close()
    return out.getvalue()


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
