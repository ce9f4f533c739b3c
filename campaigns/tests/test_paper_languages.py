"""Papers given to debtors: whole in each language they are offered in, nothing of them left in English."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from accounts.arrangements import paper_words
from accounts.cashdesk import receipt_words
from campaigns.statements import wording
from collections_app.core.amount_words import AND, in_words
from collections_app.core.paper_frame import FRAME

PAPERS = {
    "statement": wording.WORDS,
    "parts": wording.PARTS,
    "kinds": wording.KINDS,
    "methods": wording.METHODS,
    "plan": paper_words.WORDS,
    "receipt": receipt_words.WORDS,
    "frame": FRAME,
}
LANGUAGES = {"en", "ar", "de", "el", "es", "fr", "pt", "ru"}
# Words that are the same in English, and sums of placeholders alone.
SAME = {
    ("de", "Name"), ("de", "Code"), ("es", "Control"), ("es", "cheque"), ("pt", "cheque"),
    ("fr", "Page"), ("fr", "Date"), ("fr", "Code"), ("fr", "Questions"), ("fr", "Net"),
}  # fmt: skip
TEMPLATES = ("cash_receipt", "receipt", "statement", "clearance", "plan", "plan_options", "paper")


@pytest.mark.parametrize("paper", PAPERS)
def test_no_text_of_a_paper_is_left_in_english(paper):
    table = PAPERS[paper]
    assert set(table) == LANGUAGES
    for language in LANGUAGES - {"en"}:
        assert table[language].keys() == table["en"].keys()
        left = {text for key, text in table[language].items() if text == table["en"][key]}
        assert {text for text in left if (language, text) not in SAME} == set(), language


def test_papers_take_their_words_from_these_tables_alone():
    folder = Path(settings.BASE_DIR) / "templates" / "pdf"
    texts = {name: (folder / f"{name}.html").read_text() for name in TEMPLATES}
    assert [name for name, text in texts.items() if "translate" in text] == []
    assert receipt_words.words_of("pt-BR")[0] == "pt"
    assert receipt_words.words_of("zh")[0] == "en"


def test_an_amount_is_in_words_of_every_language_a_paper_is_in():
    assert set(AND) == LANGUAGES
    said = {language: in_words(Decimal("201504.50"), "EUR", language) for language in LANGUAGES}
    assert len(set(said.values())) == len(LANGUAGES)
    assert [language for language, words in said.items() if " and " in words] == ["en"]
    assert said["el"] == "διακόσιες μία χιλιάδες πεντακόσια τέσσερα ευρώ και 50/100"
