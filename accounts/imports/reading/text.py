"""CSV and its cousins: encoding, delimiter, quote, rows with the numbers a clerk sees."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from accounts.imports.reading.source import FileNotReadable, Source

BOMS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# What a firm's export is written in when it is not Unicode, by how often it is met.
OFFERED = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp874",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
]
DELIMITERS = [",", ";", "\t", "|"]
FIELD_LIMIT = 1_000_000
# Rows are handed on in blocks: few at first, because a look at a file wants no more.
FIRST_BLOCK, BLOCK = 100, 4_000


@dataclass(frozen=True)
class Encoding:
    """`is_certain` is False where bytes alone cannot tell; then `candidates` are offered."""

    name: str
    is_certain: bool
    confidence: int
    candidates: tuple[str, ...] = ()


def detect_encoding(source: Source) -> Encoding:
    """By byte order mark, by proof (valid UTF-8), or a guess that a person must confirm."""
    head = source.head(65536)
    for mark, name in BOMS:
        if head.startswith(mark):
            return Encoding(name, True, 100)
    if _is_utf8(source):
        return Encoding("utf-8", True, 100)
    matches = list(from_bytes(head, cp_isolation=OFFERED))
    by_coherence = sorted(
        (match for match in matches if match.encoding in OFFERED),
        key=lambda match: (match.chaos, -match.coherence, OFFERED.index(match.encoding)),
    )
    guessed = [match.encoding for match in by_coherence]
    usual = OFFERED[0]
    if guessed and _decodes(head, usual) and head.decode(guessed[0], "replace") == head.decode(usual):
        guessed.insert(0, usual)
    candidates = tuple(dict.fromkeys([*guessed, *OFFERED]))
    readable = tuple(name for name in candidates if _decodes(head, name))
    if not readable:
        raise FileNotReadable(
            "encoding",
            _("No way of writing letters fits this file. Save it as UTF-8 and bring it again."),
        )
    best = by_coherence[0] if by_coherence else None
    confidence = round(max(best.coherence, 0.1) * 80) if best else 10
    return Encoding(readable[0], False, confidence, readable)


def _is_utf8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open() as stream:
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _decodes(data: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def detect_delimiter(sample: str) -> str:
    """The delimiter under which most lines have the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = Counter(len(row) for row in _sample_rows(sample, delimiter) if len(row) > 1)
        if not counts:
            continue
        width, agreeing = counts.most_common(1)[0]
        score = agreeing + min(width, 50) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(FIELD_LIMIT)
    try:
        return list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:200]
    except csv.Error:
        return []


def detect_quote(sample: str, delimiter: str) -> str:
    """The double quote, unless cells are clearly wrapped in single ones."""
    double = sample.count(f'"{delimiter}') + sample.count(f'{delimiter}"')
    single = sample.count(f"'{delimiter}") + sample.count(f"{delimiter}'")
    return "'" if not double and single > 3 else '"'


def sample_of(source: Source, encoding: str) -> str:
    """The first 64 KB as text, cut at the end of a line where there is one."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(source.head(65536))
    end = text.rfind("\n")
    return text[: end + 1] if end > 0 else text


def _may_hold_nul(source: Source, encoding: str) -> bool:
    """Looked for in the bytes, which takes no time; where letters are wider than one, NULs are half of
    them and say nothing."""
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return True
    with source.open() as stream:
        return any(b"\0" in chunk for chunk in iter(lambda: stream.read(1 << 20), b""))


def csv_blocks(
    source: Source, *, encoding: str, delimiter: str, quote: str
) -> Iterator[tuple[int, list[list[str]]]]:
    """The rows in blocks, each with the number of its first row (as a spreadsheet program counts).

    NULs are taken out. Blank rows come too: the caller skips them, the numbers stay the file's.
    """
    csv.field_size_limit(FIELD_LIMIT)
    may_hold_nul = _may_hold_nul(source, encoding)
    with source.open() as raw:
        buffered = io.BufferedReader(raw, 1 << 18) if isinstance(raw, io.RawIOBase) else raw
        text = io.TextIOWrapper(buffered, encoding=encoding, newline="")
        reader = csv.reader(text, delimiter=delimiter, quotechar=quote)
        try:
            number, size = 1, FIRST_BLOCK
            while block := list(islice(reader, size)):
                if may_hold_nul and any("\0" in letters for letters in map("".join, block)):
                    block = [[cell.replace("\0", "") for cell in cells] for cells in block]
                yield number, block
                number, size = number + len(block), BLOCK
        except UnicodeDecodeError as error:
            raise FileNotReadable(
                "encoding",
                _("The file is not written in %(encoding)s. Choose another encoding.")
                % {"encoding": encoding},
            ) from error
        except csv.Error as error:
            raise FileNotReadable(
                "damaged",
                _("Row %(row)s has a quote that never ends, or a cell longer than a million letters.")
                % {"row": reader.line_num},
            ) from error
        except (OSError, EOFError) as error:
            raise FileNotReadable(
                "damaged", _("The packed file is damaged. Pack it again, or bring it unpacked.")
            ) from error
        finally:
            text.detach()
