"""Names in letters that our own fonts have not: drawn by a font that has them, or said to be missing."""

import io
from pathlib import Path

import pikepdf
import pypdf
import pytest
from django.conf import settings
from fontTools.ttLib import TTFont

from collections_app.core import checks, pdf, pdf_fonts

NAME = "张伟"
PAGE = (
    '<html lang="{language}"><body class="letter" data-foot="City Power" data-title="" data-mark=""'
    ' data-page="Page" data-of="of"><div class="letter-body"><p>{text}</p></div></body></html>'
)


def paper(text: str, *, language: str = "en") -> bytes:
    return pdf.from_html(PAGE.format(language=language, text=text))


def words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def drawn(content: bytes, family: str) -> int:
    """Glyphs with an outline in the subset of a family: strokes of others count, .notdef does not."""
    with pikepdf.Pdf.open(io.BytesIO(content)) as document:
        fonts = document.pages[0].Resources.Font.values()
        (found,) = (font for font in fonts if family.replace(" ", "-") in str(font.BaseFont))
        file = found.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
    outlines = TTFont(io.BytesIO(file))["glyf"]
    names = outlines.keys() - {".notdef"}
    return sum(outlines[name].numberOfContours != 0 for name in names)


needs_fonts = pytest.mark.skipif(
    bool(pdf_fonts.missing()), reason="script/bootstrap could not install the fonts of other scripts"
)


@needs_fonts
@pytest.mark.parametrize("font", pdf_fonts.LENT, ids=lambda font: font.family)
def test_every_font_of_a_package_draws_its_own_letters(font):
    content = paper(f"Dear {font.sample}")
    assert f"Dear {font.sample}" in words(content)
    assert drawn(content, font.family) >= 1
    assert "U+" not in words(content)


@needs_fonts
def test_a_chinese_name_is_read_back_and_other_papers_keep_their_bytes():
    plain = paper("Dear Layla")
    content = paper(f"Dear {NAME}, 鈴木一郎, 김민수")
    told = words(content)
    assert all(name in told for name in (NAME, "鈴木一郎", "김민수"))
    assert drawn(content, "Paper Han") >= 9
    assert paper("Dear Layla") == plain


def test_a_name_that_no_font_has_is_spelt_and_the_paper_says_so(monkeypatch, caplog):
    monkeypatch.setattr(pdf_fonts, "LENT", ())
    told = words(paper(f"Dear {NAME} of Noor"))
    assert "Dear [U+5F20 U+4F1F] of Noor" in told
    assert "Letters that no font here has stand as their U+ numbers. City Power" in told
    assert "张 (U+5F20)" in caplog.text
    assert "U+-Nummern" in words(paper(NAME, language="de"))


def test_marks_that_join_letters_and_our_own_letters_are_never_spelt(caplog):
    text = (
        "Müller\u00a0GmbH, ليلى\u200f, शर्मा, Γιώργος, Соня, e\u0301, x\u2066y\u2069, 1\u202f000 € − – … ☐ ✓"
    )
    assert pdf_fonts.strange(text) <= {"☐", "✓"}
    assert not pdf_fonts.strange(text.rstrip(" ☐✓"))


def test_what_is_missing_is_said_by_the_checks_and_installed_by_bootstrap(monkeypatch):
    script = (settings.BASE_DIR / "script" / "bootstrap").read_text()
    for font in pdf_fonts.LENT:
        assert f"{font.path}:{font.package}" in script
    lost = pdf_fonts.Lent("fonts-x", "Paper X", Path("/nowhere/x.ttf"), "X and Y", "x")
    monkeypatch.setattr(pdf_fonts, "LENT", (lost,))
    (said,) = checks.papers_have_letters_for_names(None)
    assert "X and Y" in said.msg
    assert "fonts-x" in said.hint
    monkeypatch.setattr(pdf_fonts, "LENT", ())
    assert checks.papers_have_letters_for_names(None) == []
