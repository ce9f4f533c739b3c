"""The last row of a file that says how many rows it has and what they sum to.

A mapping names it: `"trailer": {"marker": "TOTAL", "rows": 2, "sum": 3}`: the row whose first cell is
the marker, and the cells (counted from 1) in which the number of rows and the sum of amounts stand. A
file that does not hold what its trailer says, or ends before it, is not posted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from accounts.imports.reading.understand import Block, Row
from accounts.imports.reading.values import Misread, read_amount
from collections_app.core.refusal import Refused

KEYS = {"marker", "rows", "sum"}


class TrailerDiffers(Refused):
    """The file does not hold what its last row says."""


@dataclass(frozen=True)
class Trailer:
    """`rows_at` and `sum_at` are places of cells, from 0; None where the file says none."""

    marker: str
    rows_at: int | None = None
    sum_at: int | None = None


def parse_trailer(data: object) -> Trailer | None:
    """What a mapping says of the trailer. Raises ValueError with a sentence."""
    if not data:
        return None
    if not isinstance(data, dict) or set(data) - KEYS or not str(data.get("marker") or "").strip():
        raise ValueError(_("«trailer» names a «marker» and the places of «rows» and «sum»."))
    places = {}
    for name in ("rows", "sum"):
        place = data.get(name)
        if place is not None and (isinstance(place, bool) or not isinstance(place, int) or place < 1):
            raise ValueError(_("«trailer»: «%(name)s» is the number of a cell, from 1.") % {"name": name})
        places[name] = place
    if not any(places.values()):
        raise ValueError(_("«trailer» names the cell of «rows», of «sum», or both."))
    return Trailer(
        str(data["marker"]).strip().casefold(),
        places["rows"] - 1 if places["rows"] else None,
        places["sum"] - 1 if places["sum"] else None,
    )


def set_apart(table: Iterable[Block], trailer: Trailer | None, found: list[Row]) -> Iterable[Block]:
    """The blocks without the trailer, which goes to `found`."""
    if trailer is None:
        return table
    return _without(table, trailer, found)


def _without(table: Iterable[Block], trailer: Trailer, found: list[Row]) -> Iterator[Block]:
    found.clear()
    for block in table:
        if block.plain is not None and not any(_is_it(cells, trailer) for cells in block.plain):
            yield block
            continue
        left = []
        for row in block:
            if _is_it(row.cells, trailer):
                found.append(row)
            else:
                left.append(row)
        yield Block(block.first, rows=tuple(left))


def _is_it(cells: list[str], trailer: Trailer) -> bool:
    return bool(cells) and str(cells[0]).strip().casefold() == trailer.marker


def judge(trailer: Trailer | None, found: list[Row], *, rows_read: int, has_entries: bool, mark: str) -> dict:
    """What the trailer says beside what the file holds; empty where no trailer is expected.

    Several trailers (files put one after the other) add up. Where amounts stand in two columns or
    bear signs, the sum may be of all amounts or of debits less credits.
    """
    if trailer is None:
        return {}
    if not found:
        return {"holds": False, "is_missing": True}
    said: dict = {"row": found[-1].number, "holds": True}
    if trailer.rows_at is not None:
        stated = _stated(found, trailer.rows_at, ".")
        said["rows"] = {
            "stated": f"{stated.normalize():f}" if stated is not None else "",
            "read": str(rows_read),
        }
        said["holds"] &= stated == rows_read
    if trailer.sum_at is not None and has_entries:
        stated = _stated(found, trailer.sum_at, mark)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(amount), 0), coalesce(sum(CASE side WHEN 'credit' THEN -amount"
                " ELSE amount END), 0) FROM imp_entries"
            )
            every, net = cursor.fetchone()
        said["sum"] = {"stated": str(stated) if stated is not None else "", "read": str(every)}
        said["holds"] &= stated is not None and stated in (every, net, -net)
    return said


def _stated(found: list[Row], place: int, mark: str) -> Decimal | None:
    total = Decimal(0)
    for row in found:
        text = str(row.cells[place]).strip() if place < len(row.cells) else ""
        try:
            total += read_amount(text, mark or ".").value
        except Misread:
            return None
    return total


def sentence(said: dict) -> str:
    """What is wrong, for the page and the refusal; empty where the trailer holds."""
    if not said or said["holds"]:
        return ""
    if said.get("is_missing"):
        return _("The file ends without the trailer its mapping expects: it may be cut off.")
    parts = [
        _("%(what)s: the trailer says %(stated)s, the file has %(read)s")
        % {"what": what, "stated": said[name]["stated"] or "–", "read": said[name]["read"]}
        for name, what in (("rows", _("Rows")), ("sum", _("Sum of amounts")))
        if name in said
    ]
    return _("The file does not hold what its trailer in row %(row)s says. %(parts)s.") % {
        "row": said["row"],
        "parts": "; ".join(parts),
    }


def require_trailer(control: dict) -> None:
    """Raises TrailerDiffers where the file does not hold what its trailer says."""
    if words := sentence(control.get("trailer") or {}):
        raise TrailerDiffers(_("%(words)s Ask for the whole file; nothing was posted.") % {"words": words})
