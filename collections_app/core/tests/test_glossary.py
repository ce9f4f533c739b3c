"""One word for one thing, explained on screen and in docs alike."""

import pytest
from django.conf import settings
from django.template import Context, Template

from collections_app.core import glossary
from collections_app.core.enums import Role
from collections_app.core.lifecycle import all_lifecycles
from collections_app.testing import makers

NOUNS = (
    "debtor creditor account ledger_entry charge payment allocation promise hold dispute hardship_case"
    " contact_attempt follow_up permit strategy stage days_past_due worklist campaign approval notice"
)
# what a lifecycle's table holds, where its name is not the trade's word itself
PARTS_OF = {
    "strategyversion": "strategy",
    "templateversion": "strategy",
    "policyversion": "policy",
    "message": "reminder",
    "reportbuild": "closing",
    "importbatch": "import",
    "returnrow": "return_file",
    "paperslip": "receipt_book",
    "bankfile": "bank_line",
    "changemoney": "float",
}


def test_the_words_of_the_trade_are_explained():
    assert [noun for noun in NOUNS.split() if noun not in glossary.TERMS] == []
    for entry in glossary.TERMS.values():
        assert str(entry.meaning).endswith("."), entry.code
        assert entry.group in glossary.GROUPS


def test_what_has_a_lifecycle_has_a_word():
    words = {str(entry.name).replace(" ", "").replace("-", "") for entry in glossary.TERMS.values()}
    words |= {entry.code.replace("_", "") for entry in glossary.TERMS.values()}
    nameless = []
    for table in all_lifecycles():
        model = table.model._meta.model_name
        if PARTS_OF.get(model, "") not in glossary.TERMS and model not in words:
            nameless.append(table.name)
    assert nameless == []


def test_the_page_in_docs_says_the_same():
    written = (settings.BASE_DIR / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert written == glossary.as_markdown(), "run manage.py write_glossary"


@pytest.mark.django_db
def test_the_page_explains_every_word(client):
    client.force_login(makers.user(role=Role.FIELD_OFFICER))
    page = client.get("/glossary/").content.decode()
    for code in glossary.TERMS:
        assert f'id="{code}"' in page


def test_a_word_on_a_page_leads_to_its_meaning():
    shown = Template('{% term "promise" %}').render(Context())
    assert 'href="/glossary/#promise"' in shown
    assert ">promise</a>" in shown
    with pytest.raises(KeyError):
        Template('{% term "promisse" %}').render(Context())
