"""Translations are collected and compiled without gettext's binaries."""

import gettext
from io import StringIO

import pytest
from babel.messages.pofile import read_po
from django.core.management import call_command
from django.utils import translation

from collections_app.core import catalogues


@pytest.fixture
def arabic(settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    return tmp_path / "ar" / "LC_MESSAGES"


@pytest.mark.long
def test_catalogues_are_collected_updated_kept_and_compiled(arabic, monkeypatch):
    found = catalogues.collect()
    assert "Collection officer" in found
    assert "Skip to the page" in found
    assert "Page" in found
    assert found.get("of", context="page 1 of 2") is not None

    # No source changes meanwhile: nobody reads all of them thrice.
    monkeypatch.setattr(catalogues, "collect", lambda: found)
    call_command("collect_translations", stdout=(told := StringIO()))
    assert "ar: " in told.getvalue()
    source = arabic / "django.po"
    text = source.read_text(encoding="utf-8")
    marked = text.replace('msgid "Manager"\nmsgstr ""', 'msgid "Manager"\nmsgstr "مدير"')
    assert marked != text
    source.write_text(marked, encoding="utf-8")
    call_command("collect_translations", stdout=StringIO())
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


def test_translations_keep_the_places_of_their_texts():
    """A lost %(name)s would break a page in that language only, where nobody looks."""
    for folder in catalogues.folders():
        with (folder / "django.po").open("rb") as stream:
            catalogue = read_po(stream, locale=folder.parent.name)
        translated = [message for message in catalogue if message.id and message.string]
        assert translated
        assert [message.id for message in translated if list(message.check())] == []


def test_the_officers_screen_speaks_arabic():
    catalogues.compile_all()
    with translation.override("ar"):
        assert translation.gettext("Overdue") == "المتأخر"
        assert translation.pgettext("page 1 of 2", "of") == "من"
