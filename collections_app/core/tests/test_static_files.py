"""What is vendored is what was fetched, every icon named is in the sprite, and nothing is inline."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from collections_app.core.web import navigation

BASE = Path(settings.BASE_DIR)
STATIC = BASE / "static"
FOLDERS = ("collections_app", "accounts", "campaigns", "reports", "templates")
SUMS = [line.split() for line in (STATIC / "vendor" / "SHA256SUMS").read_text().splitlines()]
MAIL = BASE / "templates" / "campaigns" / "email.html"  # a mail carries its style, a page never
TEMPLATES = sorted(set((BASE / "templates").rglob("*.html")) - {MAIL})
NAMED = (
    re.compile(r"""\{%\s*icon\s+"([\w-]+)\""""),
    re.compile(r"""\bicon(?:_name)?=["']([\w-]+)["']"""),
    re.compile(r"""\bicon_html\(["']([\w-]+)["']"""),
    re.compile(r"""["']icon["']:\s*["']([\w-]+)["']"""),
    re.compile(r"""=\s*["'][\w-]+["'],\s*Tone\.\w+,\s*["']([\w-]+)["']"""),
)


@pytest.mark.parametrize(("digest", "name"), SUMS, ids=[name for _digest, name in SUMS])
def test_a_vendored_file_is_the_one_that_was_fetched(digest, name):
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_listed():
    listed = {name for _digest, name in SUMS}
    found = {
        str(path.relative_to(STATIC))
        for folder in ("vendor", "fonts")
        for path in (STATIC / folder).rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found <= listed


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    missing = {}
    for folder in FOLDERS:
        for path in (BASE / folder).rglob("*"):
            if path.suffix not in {".py", ".html"} or "tests" in path.parts:
                continue
            text = path.read_text()
            for name in {name for pattern in NAMED for name in pattern.findall(text)} - sprite:
                missing.setdefault(name, str(path.relative_to(BASE)))
    assert missing == {}
    assert {entry.icon for entry in navigation._entries.values()} <= sprite


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=[str(path.relative_to(BASE / "templates")) for path in TEMPLATES]
)
def test_a_page_holds_no_inline_style_or_script(path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son\w+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "<style" not in text or "pdf" in path.parts


def test_every_width_of_a_column_is_in_the_style_sheet():
    """A width that is not there leaves the column as wide as its neighbours, and cuts their text."""
    sheet = (settings.BASE_DIR / "static/css/app.css").read_text()
    known = set(re.findall(r"\.(w\d+)\b", sheet))
    named = {
        (path.relative_to(settings.BASE_DIR).as_posix(), width)
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for column in re.findall(r'<col class="([^"{]*)"', path.read_text())
        for width in re.findall(r"\bw\d+\b", column)
    }
    assert len(named) > 10
    assert {(path, width) for path, width in named if width not in known} == set()
