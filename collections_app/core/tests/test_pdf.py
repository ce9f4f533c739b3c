"""PDF: the same bytes again, our own files only, pages that say what they must."""

import io
import subprocess
import sys

import pikepdf
import pypdf
import pytest
from django.template import Context, Template

from collections_app.core import pdf, pdf_engine
from collections_app.core.models import Organisation
from collections_app.core.pdf_writers import NotWritten, Writers

LETTER = (
    '{% extends "pdf/base.html" %}{% block title %}Reminder{% endblock %}'
    "{% block kind %}letter{% endblock %}{% block running_foot %}City Power{% endblock %}"
    '{% block content %}<div class="letter-body"><h1>{{ heading }}</h1>'
    "{% for row in rows %}<p>row {{ row }}</p>{% endfor %}</div>{% endblock %}"
)


@pytest.fixture
def letter(monkeypatch):
    """Render the letter above as `pdf.render` would render a file of templates/pdf/."""
    template = Template(LETTER)
    monkeypatch.setattr(
        pdf, "render_to_string", lambda _name, context: template.render(Context(dict(context)))
    )

    def make(language="en", **context) -> bytes:
        return pdf.render("letter", {"heading": "Please pay", "rows": [], **context}, language=language)

    return make


def words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_the_same_content_has_the_same_bytes_and_other_content_has_not(letter, db):
    assert letter() == letter()
    assert letter() != letter(heading="Please pay now")


def test_pages_are_numbered_in_words_and_carry_their_foot(letter, db):
    told = words(letter(rows=range(80)))
    assert "Page 1 of 3" in told
    assert "Page 3 of 3" in told
    assert told.count("City Power") == 3


def test_a_demonstration_says_so_on_every_page_and_a_real_book_does_not(letter, db):
    Organisation.objects.all().delete()
    office = Organisation.objects.create(name="O", country="AE", currency="AED", is_demonstration=True)
    assert words(letter(rows=range(80))).count("Demonstration") == 3
    office.is_demonstration = False
    office.save()
    assert "Demonstration" not in words(letter())


def test_arabic_is_set_from_right_to_left_in_the_bundled_font(letter, db):
    content = letter("ar", heading="تذكير ثان")
    with pikepdf.Pdf.open(io.BytesIO(content)) as document:
        assert str(document.Root.Lang) == "ar"
        fonts = {str(font.BaseFont) for font in document.pages[0].Resources.Font.values()}
    assert any("Naskh" in name for name in fonts)
    assert all("Noto" in name for name in fonts)


def test_bytes_are_tagged_and_titled(letter, db):
    with pikepdf.Pdf.open(io.BytesIO(letter())) as document:
        assert "/StructTreeRoot" in document.Root
        assert str(document.docinfo["/Title"]) == "Reminder"
        assert "/CreationDate" not in document.docinfo


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.png",
        "https://example.org/x.png",
        "file:///etc/passwd",
        "static:../manage.py",
        "static:pdf/../../manage.py",
        "font:../pdf.py",
        "font:OFL-NotoSans.txt",
        "data:text/html,<b>x</b>",
    ],
)
def test_a_document_loads_nothing_but_our_own_files(address):
    with pytest.raises(pdf_engine.ForeignAddress):
        pdf.from_html(f'<html><body><img src="{address}">x</body></html>')


def test_our_own_pictures_and_pictures_in_the_document_are_shown():
    dot = "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    assert pdf.page_count(pdf.from_html(f'<img src="static:favicon.svg"><img src="{dot}">')) == 1


def test_merging_keeps_order_and_bytes():
    documents = [pdf.from_html(f"<title>n</title><p>letter {number}</p>") for number in range(3)]
    merged = pdf.merge(documents)
    assert merged == pdf.merge(documents)
    assert pdf.page_count(merged) == 3
    assert [words(merged).index(f"letter {number}") for number in range(3)] == sorted(
        words(merged).index(f"letter {number}") for number in range(3)
    )
    with pytest.raises(ValueError, match="nothing"):
        pdf.merge([])


def test_the_fingerprint_names_what_could_change_the_bytes():
    assert pdf_engine.has_font_subsetting(), "libharfbuzz-subset0 is required"
    assert {"weasyprint", "pango", "harfbuzz", "fonts"} <= set(pdf.renderer())
    assert all(pdf.renderer().values())
    assert len(pdf.fingerprint()) == 32


def test_the_engine_is_loaded_by_the_first_document_only():
    """Half a second and 40 MB that a web server need not spend."""
    code = "import django, sys; django.setup(); print({'weasyprint', 'pikepdf'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_papers_are_written_side_by_side_to_the_same_bytes_in_order():
    pages = [f"<title>n</title><p>letter {number}</p>" for number in range(5)]
    with Writers(count=2) as writers:
        written = list(writers.write(pages, stylesheets=pdf.STYLESHEETS))
        assert written == [pdf.from_html(html) for html in pages]
        with pytest.raises(NotWritten, match="ForeignAddress"):
            list(writers.write(['<img src="http://example.com/x.png">'], stylesheets=pdf.STYLESHEETS))
    assert all(helper.process.poll() is not None for helper in writers._started)
