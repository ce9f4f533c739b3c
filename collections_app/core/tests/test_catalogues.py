"""Translations are collected and compiled without gettext's binaries."""

import gettext
import re
from io import StringIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.core.management import call_command
from django.utils import translation

from collections_app.core import catalogues

# What a sentence leaves open for a value, and what it marks.
PLACES = re.compile(r"%\(\w+\)[\d.]*[sdf]|%[sd]|\{\w*\}|</?[a-z]+[^>]*>")
ONE_VALUE = 3  # Arabic's first three forms each stand for one number, which they may say in words


@pytest.fixture(scope="module")
def kept() -> dict[str, Catalog]:
    catalogued = {}
    for folder in catalogues.folders():
        with (folder / "django.po").open("rb") as stream:
            catalogued[folder.parent.name] = read_po(stream, locale=folder.parent.name)
    return catalogued


@pytest.fixture
def arabic(settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    return tmp_path / "ar" / "LC_MESSAGES"


@pytest.mark.long
def test_every_text_is_collected_and_translated(kept):
    """`manage.py collect_translations` brings a new text into django.po, to be filled in there."""
    found = catalogues.collect()
    assert "Collection officer" in found
    assert "Skip to the page" in found
    assert "Page" in found
    assert found.get("of", context="page 1 of 2") is not None
    assert kept
    wanted = {(message.id, message.context) for message in found if message.id}
    for catalogue in kept.values():
        there = {(message.id, message.context) for message in catalogue if message.id}
        assert wanted - there == set(), "run manage.py collect_translations"
        assert there - wanted == set(), "run manage.py collect_translations"
        assert catalogues.untranslated(catalogue) == []
        assert [message.id for message in catalogue if message.fuzzy] == []


def test_catalogues_are_updated_kept_and_compiled(arabic, monkeypatch):
    found = Catalog(project="Collections", fuzzy=False)
    found.add("Manager")
    found.add(("%(n)s task", "%(n)s tasks"))
    monkeypatch.setattr(catalogues, "collect", lambda: found)
    call_command("collect_translations", stdout=(told := StringIO()))
    assert "ar: 2 texts" in told.getvalue()
    source = arabic / "django.po"
    text = source.read_text(encoding="utf-8")
    marked = text.replace('msgid "Manager"\nmsgstr ""', 'msgid "Manager"\nmsgstr "مدير"')
    assert marked != text
    source.write_text(marked, encoding="utf-8")
    call_command("collect_translations", stdout=(told := StringIO()))
    assert "ar: 1 text" in told.getvalue()
    assert 'msgstr "مدير"' in source.read_text(encoding="utf-8")
    call_command("compile_translations", stdout=StringIO())
    with (arabic / "django.mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Manager") == "مدير"
    assert catalogues.compile_all() == [], "nothing has changed"


def test_processes_that_compile_at_once_do_not_take_each_others_half(tmp_path, monkeypatch):
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "Yes"\nmsgstr "نعم"\n', encoding="utf-8")
    monkeypatch.setattr(catalogues, "folders", lambda: [folder])
    replace = type(folder).replace

    def while_another_finishes(half, target):
        monkeypatch.setattr(type(folder), "replace", replace)
        monkeypatch.setattr(catalogues.os, "getpid", lambda: 1)
        catalogues.compile_all()
        return replace(half, target)

    monkeypatch.setattr(type(folder), "replace", while_another_finishes)
    assert catalogues.compile_all() == [folder / "django.mo"]
    assert [path.name for path in folder.iterdir() if path.suffix == ".half"] == []
    with (folder / "django.mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Yes") == "نعم"


def test_no_text_hides_behind_another_name_of_gettext():
    names = {
        name
        for _path, content in catalogues.sources()
        for name in re.findall(r"gettext\w* as (\w+)", content.decode())
    }
    assert "_" in names
    assert names - set(catalogues.KEYWORDS) == set()


def test_translations_keep_the_places_of_their_texts(kept):
    """A lost %(name)s would break a page in that language only, where nobody looks."""
    for catalogue in kept.values():
        texts = [message for message in catalogue if message.id]
        assert texts
        assert [message.id for message in texts if list(message.check())] == []
        assert [message.id for message in texts if not _same_places(message)] == []


def _same_places(message) -> bool:
    if not message.pluralizable:
        return sorted(PLACES.findall(message.id)) == sorted(PLACES.findall(message.string))
    known, wanted = set(PLACES.findall("".join(message.id))), set(PLACES.findall(message.id[1]))
    made = [set(PLACES.findall(form)) for form in message.string]
    return all(places <= known for places in made) and all(places == wanted for places in made[ONE_VALUE:])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "حساب واحد"),
        (2, "حسابان"),
        (3, "3 حسابات"),
        (11, "11 حساباً"),
        (100, "100 حساب"),
        (103, "103 حسابات"),
    ],
)
def test_arabic_counts_in_its_own_forms(number, words):
    catalogues.compile_all()
    with translation.override("ar"):
        said = translation.ngettext("%(n)s account", "%(n)s accounts", number) % {"n": number}
    assert said == words


def test_the_officers_screen_speaks_arabic():
    catalogues.compile_all()
    with translation.override("ar"):
        assert translation.gettext("Overdue") == "المتأخر"
        assert translation.pgettext("page 1 of 2", "of") == "من"
