"""The Arabic letter as it looks, compared with a picture that a person has looked at.

The picture is small (50 dots an inch, grey). Text drawn with the product's own fonts by the same
libraries lands on the same dots; another release of them may shade the edge of a letter otherwise. So a
dot counts as another one when it differs by more than half of black, and one in a thousand may. A line
that moves, turns round or goes missing changes more than that, which the second test proves.

After a change that is meant: look at the picture that the failed test leaves, and put it in the
golden one's place.
"""

import unicodedata
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from campaigns.correspondence.letters import context
from campaigns.correspondence.placeholders import Figures, sample
from collections_app.core import barcodes, pdf
from collections_app.core.pdf_engine import has_font_subsetting
from collections_app.core.tests.test_barcodes import read

GOLDEN = Path(__file__).parent / "golden" / "letter-ar.png"
DOTS_AN_INCH = 50
HALF_OF_BLACK, MOST_OTHERS = 128, 0.001
BODY = (
    "ما زال مبلغ AED 740.00 على حسابكم غير مسدد بعد رسائلنا السابقة. يرجى السداد قبل 7 ديسمبر أو الاتصال"
    " على \u2066+971 4 555 0100\u2069؛ نفضل الاتفاق معكم على حل."
)


def figures() -> Figures:
    return replace(
        sample("ar"),
        debtor_name="نور للتجارة ذ.م.م",
        address=("12B Al Manara Tower", "14 Harbour Road", "ص.ب 4471", "دبي"),
        creditor_address="PO Box 77\nDubai",
    )


def letter(said: Figures) -> bytes:
    given = context(
        said, heading="يرجى السداد قبل 7 ديسمبر", body=BODY, our_reference="L104471", has_code=True
    )
    return pdf.render("pdf/letter.html", given | {"office": None}, language=said.language)


def picture(content: bytes) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    try:
        assert len(document) == 1
        drawn: Image.Image = document[0].render(scale=DOTS_AN_INCH / 72, grayscale=True).to_pil()
    finally:
        document.close()
    return drawn.convert("L")


def others(one: Image.Image, two: Image.Image) -> float:
    """The part of the dots that are others."""
    assert one.size == two.size
    marked = ImageChops.difference(one, two).point(lambda value: value > HALF_OF_BLACK and 255)
    return marked.histogram()[255] / (one.width * one.height)


@pytest.fixture(scope="module")
def drawn():
    return letter(figures())


def test_the_arabic_letter_looks_as_it_did(drawn, tmp_path):
    assert has_font_subsetting(), "libharfbuzz-subset0 is missing: script/bootstrap installs it"
    found = picture(drawn)
    found.save(tmp_path / "found.png")
    assert others(found, Image.open(GOLDEN)) <= MOST_OTHERS, f"Look at {tmp_path / 'found.png'}"


def test_a_letter_that_turns_round_or_loses_a_line_would_be_seen():
    golden = Image.open(GOLDEN)
    without = replace(figures(), address=figures().address[:-1])
    assert others(picture(letter(without)), golden) > 0
    assert others(picture(letter(replace(figures(), language="en"))), golden) > 10 * MOST_OTHERS
    moved = ImageChops.offset(golden, 0, 2)
    assert others(moved, golden) > 10 * MOST_OTHERS


def test_its_numbers_are_latin(drawn):
    said = PdfReader(BytesIO(drawn)).pages[0].extract_text()
    digits = {letter for letter in said if unicodedata.category(letter) == "Nd"}
    assert digits
    assert digits <= set("0123456789")


def test_a_scanner_reads_the_reference_on_the_page(drawn):
    """A line across the drawn bars, as a scanner takes it: its runs of black and white are the modules."""
    document = pypdfium2.PdfDocument(drawn)
    page = document[0].render(scale=600 / 72, grayscale=True).to_pil().convert("L")
    document.close()
    dots = 600 / 25.4  # a millimetre
    height, left, right = round(53.5 * dots), round(24 * dots), round(64 * dots)
    line = [page.getpixel((across, height)) < HALF_OF_BLACK for across in range(left, right)]
    runs = [(is_black, len(list(found))) for is_black, found in groupby(line)][1:-1]
    assert runs[0][0]
    assert runs[-1][0]
    module = sum(length for _is_black, length in runs) / sum(barcodes.widths("L104471"))
    assert read([round(length / module) for _is_black, length in runs]) == "L104471"
