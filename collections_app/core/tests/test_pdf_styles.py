"""A faster reader, our own sheet of elements, styles kept: the bytes stay the same."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from weasyprint import HTML

from collections_app.core import pdf, pdf_engine, pdf_styles

PDF_STYLES = Path(settings.BASE_DIR, "static", "pdf")
TEMPLATES = Path(settings.BASE_DIR, "templates", "pdf")
INLINE = {"bdi", "span", "a", "b", "br", "em", "i", "img", "small", "strong", "sub", "sup", "svg"}
PAGE = (
    '<html lang="{lang}" dir="{dir}"><title>n</title><body class="letter"><div class="letter-body">'
    "<h1>One</h1><h2>Two</h2><h3>Three</h3><h4>4</h4><h5>5</h5><h6>6</h6>"
    "<p>Text <b>b</b> <strong>s</strong> <small>small</small> <em>e</em><br>x<sup>2</sup><sub>1</sub> "
    '<bdi>12</bdi> <a href="#end" class="muted">link</a></p><ul><li>one</li><li>two</li></ul>'
    '<ol><li>one</li><li dir="ltr">two</li></ol><dl><dt>t</dt><dd>d</dd></dl>'
    '<table class="items"><caption>c</caption><colgroup><col></colgroup><thead><tr><th>h</th></tr></thead>'
    '<tbody><tr class="sum"><td class="end" dir="ltr">{number}</td></tr></tbody>'
    '<tfoot><tr><td>f</td></tr></tfoot></table><div class="letter-head"><span>a</span><span>b</span></div>'
    '<table class="letter-facts"><tr><th>Bare &amp; open</th><td>a\r\nb &#x27;c&#x27;\u00a0d</td></tr>'
    "<tr><th></th><td>\u2066x\u2069</td></tr><tfoot><tr><td>f</td></tr></tfoot></table><!-- unsaid -->"
    '<div class="ways"><div><h2>w</h2><p>p</p></div></div><figure>f</figure><section id="end">s</section>'
    "{more}</div></body></html>"
)


def as_the_library_writes(html: str) -> bytes:
    return HTML(string=html, base_url=pdf_engine.BASE_URL, url_fetcher=pdf_engine.OwnFilesOnly()).write_pdf(
        stylesheets=[pdf_engine._stylesheet("base.css")],
        font_config=pdf_engine._fonts(),
        pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
        pdf_tags=True,
    )


@pytest.mark.parametrize("language", [("en", "ltr"), ("ar", "rtl")])
def test_the_bytes_are_those_of_the_library(language):
    lang, direction = language
    long = "<p>row</p>" * 90
    pages = [
        PAGE.format(lang=lang, dir=direction, number=number, more=more)
        for number, more in ((1, ""), (22, long), (333, ""))
    ]
    assert [pdf.from_html(html) for html in pages] == [as_the_library_writes(html) for html in pages]


def test_another_text_makes_no_further_styles():
    known = [PAGE.format(lang="en", dir="ltr", number=number, more="") for number in range(3)]
    pdf.from_html(known[0])
    before = len(pdf_styles._known)
    for html in known[1:]:
        pdf.from_html(html)
    assert len(pdf_styles._known) == before


def test_every_element_of_a_paper_is_in_the_sheet_of_elements():
    said = {
        name
        for selectors in re.findall(r"^([a-z][^{@]*)\{", (PDF_STYLES / "elements.css").read_text(), re.M)
        for name in re.findall(r"[a-z][a-z0-9]*", selectors)
    }
    used = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"<([a-z][a-z0-9]*)", path.read_text())
    }
    assert {"table", "td", "h1", "div"} <= used
    assert used <= said | INLINE


def test_no_sheet_measures_by_the_page():
    for path in PDF_STYLES.glob("*.css"):
        assert not re.search(r"\d(?:[sdl]?v|p)(?:w|h|min|max|i|b)\b", path.read_text()), path
