"""Where the header stands, and names for columns that have none or share one."""

import re
from collections import Counter

from django.utils.translation import gettext as _

LOOKED_AT = 40
NUMBERLIKE = re.compile(r"^[\s\d.,:/+%€$£()-]*$")


def find_header(rows: list[tuple[int, list[str]]], known: frozenset[str] = frozenset()) -> int:
    """The row number of the header among the first rows, or 0 when all rows are blank.

    A row that names columns we know wins; else the first row of words that is about as wide as
    the rows under it, so that titles and notes above the table are passed over.
    """
    filled = [(number, cells) for number, cells in rows[:LOOKED_AT] if any(map(str.strip, cells))]
    if not filled:
        return 0
    best, hits = 0, 1
    for number, cells in filled:
        count = len({normalised(cell) for cell in cells} & known)
        if count > hits:
            best, hits = number, count
    if best:
        return best
    widths = Counter(_width(cells) for _number, cells in filled)
    width = max(widths, key=lambda wide: (widths[wide] * (wide > 1), wide))
    for number, cells in filled:
        if _width(cells) >= max(1, width - 1) and _is_words(cells):
            return number
    for number, cells in filled:
        if _width(cells) >= width and len([cell for cell in cells if cell.strip()]) > 1:
            return number
    return filled[0][0]


def _width(cells: list[str]) -> int:
    """The place of the last cell that is not blank."""
    return max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _is_words(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    words = [cell for cell in filled if not NUMBERLIKE.match(cell)]
    return len(words) > len(filled) / 2 and len(filled) >= len(cells) / 3


def normalised(name: str) -> str:
    """`Account Number` and `account_number` are one name."""
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def distinct_names(*header_rows: list[str], width: int) -> list[str]:
    """One name a column: lines of a header of several rows joined, blanks and doubles told apart."""
    names: list[str] = []
    for place in range(width):
        parts = [cells[place].strip() for cells in header_rows if place < len(cells)]
        name = " ".join(" ".join(part.split()) for part in parts if part)
        if not name:
            name = _("(column %(place)s)") % {"place": place + 1}
        elif name in names:
            name = _("%(name)s (column %(place)s)") % {"name": name, "place": place + 1}
        names.append(name)
    return names
