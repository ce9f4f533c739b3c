"""The fonts of papers: our own files first, and Debian's for names in letters that ours have not.

Latin, Greek, Cyrillic, Devanagari and Arabic letters are in `fonts/`. Chinese, Japanese, Korean, Thai
and further scripts come from small packages that script/bootstrap installs: they are read by the
first paper that needs one, so that all others cost nothing. What no font has is printed as the
numbers of its characters, and the paper says so: a box can't be read, looked up or posted to.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from collections_app.core.paper_frame import FRAME

OWN = Path(__file__).parent / "fonts"
# letters show how they are joined and marks stand over them by these; no font need draw them
UNDRAWN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
LANGUAGE = re.compile(r'<html lang="(\w+)')


@dataclass(frozen=True)
class Lent:
    """A font of a Debian package and what it is for; `sample` is a letter of it.

    Every font has a family of its own, which stands behind ours in the style sheets: of two fonts of
    one family the PDF would have the letters of one only.
    """

    package: str
    family: str
    path: Path
    scripts: str
    sample: str


LENT = (
    Lent(
        "fonts-droid-fallback",
        "Paper Han",
        Path("/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf"),
        "Chinese, Japanese, Korean",
        "张",
    ),
    Lent(
        "fonts-lohit-telu",
        "Paper Telugu",
        Path("/usr/share/fonts/truetype/lohit-telugu/Lohit-Telugu.ttf"),
        "Telugu",
        "త",
    ),
    Lent(
        "fonts-lohit-knda",
        "Paper Kannada",
        Path("/usr/share/fonts/truetype/lohit-kannada/Lohit-Kannada.ttf"),
        "Kannada",
        "ಕ",
    ),
    Lent(
        "fonts-freefont-ttf",
        "Paper Other",
        Path("/usr/share/fonts/truetype/freefont/FreeSerif.ttf"),
        "Thai, Hebrew, Bengali, Tamil, Armenian, Georgian and others",
        "ส",
    ),
)


def installed() -> tuple[Lent, ...]:
    return tuple(font for font in LENT if font.path.is_file())


def missing() -> tuple[Lent, ...]:
    """What script/bootstrap would install here and has not been able to."""
    return tuple(font for font in LENT if not font.path.is_file())


def path_of(name: str) -> Path | None:
    """Where a style sheet's `font:NAME` stands; None for a name that is no font of ours."""
    own = {path.name: path for path in OWN.glob("*.ttf")}
    return own.get(name) or {font.path.name: font.path for font in installed()}.get(name)


def face(font: Lent) -> str:
    """The style sheet that registers a font of a package."""
    return f'@font-face {{ font-family: "{font.family}"; src: url(font:{font.path.name}) }}'


@cache
def _letters(path: Path) -> frozenset[str]:
    with import_module("fontTools.ttLib").TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


@cache
def _own_letters() -> frozenset[str]:
    return frozenset().union(*map(_letters, OWN.glob("*-Regular.ttf")))


def strange(text: str) -> frozenset[str]:
    """The characters of a text that our own fonts can't draw."""
    if text.isascii():
        return frozenset()
    return frozenset(
        character
        for character in set(text) - _own_letters() - VARIATIONS
        if unicodedata.category(character) not in UNDRAWN
    )


def wanted(characters: Iterable[str]) -> tuple[Lent, ...]:
    """The fonts here that have some of these characters."""
    left = set(characters)
    found = []
    for font in installed() if left else ():
        if left & _letters(font.path):
            left -= _letters(font.path)
            found.append(font)
    return tuple(found)


def unprintable(characters: Iterable[str]) -> frozenset[str]:
    """Those that no font here has."""
    return frozenset(characters).difference(*(_letters(font.path) for font in installed()))


def spelt(html: str, characters: Iterable[str]) -> str:
    """A paper with these characters as their numbers, and its foot saying why."""
    run = re.compile(f"[{re.escape(''.join(sorted(characters)))}]+")
    language = LANGUAGE.search(html)
    said = FRAME.get(language[1] if language else "en", FRAME["en"])["spelt"]
    written = run.sub(lambda met: f"[{' '.join(f'U+{ord(letter):04X}' for letter in met[0])}]", html)
    return written.replace('data-foot="', f'data-foot="{said} ', 1)


def digest() -> str:
    """Of every font a paper may be drawn with: other fonts give other bytes."""
    fonts = hashlib.sha256()
    for path in (*sorted(OWN.glob("*.ttf")), *(font.path for font in installed())):
        fonts.update(path.name.encode() + path.read_bytes())
    return fonts.hexdigest()[:16]
