"""WeasyPrint itself, with what is kept between documents; `pdf.py` is the door.

Apart, because importing it takes half a second and 40 MB that most processes never need.
"""

import ctypes
import gc
import hashlib
import logging
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles import finders

# The stamp that font subsets carry; fontTools reads it when WeasyPrint writes.
os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")

from weasyprint import CSS, DEFAULT_OPTIONS  # noqa: E402 after the stamp is set
from weasyprint.html import UA_COUNTER_STYLE  # noqa: E402
from weasyprint.text.ffi import pango  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse  # noqa: E402

from collections_app.core import pdf_fonts  # noqa: E402
from collections_app.core.pdf_reading import ReadHTML  # noqa: E402
from collections_app.core.pdf_styles import Paper  # noqa: E402

logger = logging.getLogger(__name__)
BASE_URL = "static:pdf/"
ELEMENTS = "elements.css"
CONTENT_TYPES = {
    ".ttf": "font/ttf",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
# the fonts kept between documents are not made for threads, and a web server has several
_one_at_a_time = Lock()
DATA_IMAGES = ("data:image/png;", "data:image/jpeg;", "data:image/webp;", "data:image/svg+xml;")


class ForeignAddress(FatalURLFetchingError):
    """A document asked for something that is not ours; it is not rendered at all."""


class OwnFilesOnly(URLFetcher):
    """Serves `font:NAME`, `static:PATH` and images that stand in the document itself."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if url.startswith(DATA_IMAGES):
            return super().fetch(url)
        scheme, _colon, name = url.partition(":")
        path = None
        if scheme == "font":
            path = pdf_fonts.path_of(name)
        elif scheme == "static" and ".." not in name:
            found = finders.find(name.lstrip("/"))
            path = Path(found) if found else None
        if path is None or path.suffix not in CONTENT_TYPES or not path.is_file():
            raise ForeignAddress(f"A PDF may not load {url[:200]}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": CONTENT_TYPES[path.suffix]})


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def _fetcher() -> OwnFilesOnly:
    return OwnFilesOnly()


@cache
def _stylesheet(name: str) -> CSS:
    """A parsed stylesheet of `static/pdf/`; its fonts are registered once."""
    path = finders.find(f"pdf/{name}")
    if not path:
        raise FileNotFoundError(f"No stylesheet static/pdf/{name}")
    return CSS(filename=path, font_config=_fonts(), url_fetcher=_fetcher(), base_url=BASE_URL)


@cache
def _lend(font: pdf_fonts.Lent) -> None:
    """Register a font of a package beside our own, for the life of the process."""
    sheet = pdf_fonts.face(font)
    CSS(string=sheet, font_config=_fonts(), url_fetcher=_fetcher(), base_url=BASE_URL)


def _with_fonts_for(html: str) -> str:
    """Make every character of a paper printable: by a font that has it, else by its number."""
    strange = pdf_fonts.strange(html)
    if not strange:
        return html
    for font in pdf_fonts.wanted(strange):
        _lend(font)
    if not (missing := pdf_fonts.unprintable(strange)):
        return html
    logger.warning(
        "No font here has %s; a paper has the numbers of these characters instead. Install: %s",
        " ".join(f"{letter} (U+{ord(letter):04X})" for letter in sorted(missing)),
        " ".join(font.package for font in pdf_fonts.missing()) or "a font that has them",
    )
    return pdf_fonts.spelt(html, missing)


@cache
def _settle() -> None:
    """Take what stays for the life of the process out of every later look for garbage: a page makes so
    many objects that looking through the program's own again and again was a tenth of its time."""
    gc.collect()
    gc.freeze()


@contextmanager
def _no_looks_for_garbage() -> Iterator[None]:
    """A page is built of objects that all live until it is written: looking among them is in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write(html: str, *, stylesheets: Sequence[str]) -> bytes:
    """Finished HTML as PDF; its identifier follows from its content."""
    _settle()
    with _one_at_a_time, _no_looks_for_garbage():
        return _write(_with_fonts_for(html), stylesheets=stylesheets)


def _write(html: str, *, stylesheets: Sequence[str]) -> bytes:
    """A function of its own, so that its objects are gone before anybody looks for garbage."""
    options = DEFAULT_OPTIONS | {
        "stylesheets": [_stylesheet(name) for name in (ELEMENTS, *stylesheets)],
        "pdf_identifier": hashlib.sha256(html.encode()).digest()[:16],
        "pdf_tags": True,
    }
    paper = Paper.of(
        ReadHTML(html, base_url=BASE_URL, url_fetcher=_fetcher()),
        font_config=_fonts(),
        counter_style=UA_COUNTER_STYLE.copy(),
        options=options,
    )
    written: bytes = paper.write_pdf(**options)
    return written


def _library_version(library: str, function: str, kind: Any = ctypes.c_char_p) -> str:
    """What a native library says of itself; empty where it is not installed."""
    try:
        ask = getattr(ctypes.CDLL(library), function)
    except (OSError, AttributeError):
        return ""
    ask.restype = kind
    said = ask()
    return said.decode() if isinstance(said, bytes) else str(said)


def has_font_subsetting() -> bool:
    """Whether libharfbuzz-subset0 is installed: without it PDFs take four times as long and their
    bytes differ."""
    try:
        ctypes.CDLL("libharfbuzz-subset.so.0")
    except OSError:
        return False
    return True


@cache
def renderer() -> dict[str, str]:
    """All that can change a PDF's bytes besides its content: versions, native libraries, fonts."""
    number = pango.pango_version()
    return {
        "python": platform.python_version(),
        "weasyprint": version("weasyprint"),
        "pydyf": version("pydyf"),
        "fonttools": version("fonttools"),
        "pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}",
        "harfbuzz": _library_version("libharfbuzz.so.0", "hb_version_string"),
        "harfbuzz_subset": "yes" if has_font_subsetting() else "no",
        "fontconfig": _library_version("libfontconfig.so.1", "FcGetVersion", ctypes.c_int),
        "fonts": pdf_fonts.digest(),
    }
