"""Translations without gettext's binaries: collect the texts, compile the catalogues, in Python."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PACKAGES = ("collections_app", "accounts", "campaigns", "reports")
# keyword: which arguments are the text, its plural and its context ("c")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "translate": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def folders() -> list[Path]:
    """The LC_MESSAGES folders of every language the product offers besides English."""
    return [
        Path(root) / code.replace("-", "_") / "LC_MESSAGES"
        for root in settings.LOCALE_PATHS
        for code, _name in settings.LANGUAGES
        if code != "en"
    ]


def compile_all() -> list[Path]:
    """Write `django.mo` beside every `django.po` that is newer; returns those written."""
    written = []
    for folder in folders():
        source, target = folder / "django.po", folder / "django.mo"
        if not source.is_file():
            continue
        if target.is_file() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=folder.parent.name)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        # of its own for each process: several that start at once must not take it from each other
        half = target.with_suffix(f".mo.{os.getpid()}.half")
        half.write_bytes(compiled.getvalue())
        half.replace(target)
        written.append(target)
    return written


def sources() -> Iterator[tuple[Path, bytes]]:
    """Every module and template, templates turned into what an extractor for Python reads."""
    base = Path(settings.BASE_DIR)
    for package in PACKAGES:
        for path in sorted((base / package).rglob("*.py")):
            if not {"tests", "migrations", "testing"} & set(path.parts):
                yield path.relative_to(base), path.read_bytes()
    for path in sorted((base / "templates").rglob("*")):
        if path.suffix in (".html", ".txt", ".xml"):
            yield path.relative_to(base), templatize(path.read_text(encoding="utf-8")).encode()


def collect() -> Catalog:
    """Every text of the product that is marked for translation, with where it stands."""
    catalogue = Catalog(project="Collections", fuzzy=False)
    for path, content in sources():
        if b"gettext" not in content:
            continue  # whatever the function is called here, it is imported by that name
        options = {"encoding": "utf-8"}
        found = extract("python", io.BytesIO(content), KEYWORDS, ["Translators:"], options)
        for _line, message, comments, context in found:
            catalogue.add(message, None, [(str(path), None)], auto_comments=comments, context=context)
    return catalogue


def update_all() -> dict[str, int]:
    """Bring every `django.po` up to date; returns how many texts each still lacks."""
    template, missing = collect(), {}
    for folder in folders():
        language, source = folder.parent.name, folder / "django.po"
        catalogue = Catalog(locale=language, project="Collections", fuzzy=False)
        if source.is_file():
            with source.open("rb") as stream:
                catalogue = read_po(stream, locale=language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        # a file that changes only when its texts do
        catalogue.creation_date = catalogue.revision_date = EPOCH
        catalogue.header_comment = f"# {catalogue.locale.english_name} texts of Collections."
        catalogue.last_translator = catalogue.language_team = "Collections"
        catalogue.msgid_bugs_address = ""
        folder.mkdir(parents=True, exist_ok=True)
        out = io.BytesIO()
        write_po(out, catalogue, width=100, sort_output=True, no_location=True)
        source.write_bytes(out.getvalue())
        missing[language] = len(untranslated(catalogue))
    return missing


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts of a catalogue without a translation, or without one of its plural forms."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and not (all(message.string) if message.pluralizable else message.string)
    ]
