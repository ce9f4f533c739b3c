"""Whole columns at once: each distinct cell is read a single time, every other one is looked up."""

import re
from collections.abc import Callable, Iterable
from itertools import repeat

from accounts.imports.reading.values import Misread

MEMO_LIMIT = 200_000
# What stands for a cell that cannot be read; no line of COPY's text format can hold a bare NUL.
UNREAD = "\0"
UNSAFE = re.compile(r"[\\\t\n\r\0]").search
# A cell without one of these is read as it stands: nothing to strip, to escape, or a workbook's error.
ODD = re.compile(r"[\s\\\0#]").search
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def copy_text(values: Iterable) -> str:
    """Values in PostgreSQL's text format, without the end of the line; None is NULL."""
    return "\t".join(
        [
            "\\N"
            if value is None
            else text.translate(ESCAPES)
            if UNSAFE(text := value if value.__class__ is str else str(value))
            else text
            for value in values
        ]
    )


class _Read(dict):
    """{cell or cells: text for COPY}, filled as cells are met while the memory stays small."""

    def __init__(self, read: Callable[[object], str]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key) -> str:
        text = self._read(key)
        if len(self) < MEMO_LIMIT:
            self[key] = text
        return text


class ColumnReader:
    """A field's reader of one row, made to read a whole column. `places` are the cells it looks at.

    The reader gives one value or, for amounts, a tuple of several. `of_cell` reads the only cell
    without remembering it: that is done here. `as_is` is the longest text that is taken as it stands
    where no cell of the column has anything odd; 0 where cells are to be understood.
    """

    def __init__(
        self,
        reader: Callable[[list[str]], object],
        places: Iterable[int] = (),
        of_cell: Callable[[str], object] | None = None,
        as_is: int = 0,
    ) -> None:
        self._reader, self._places, self._of_cell = reader, tuple(places), of_cell
        self._as_is = as_is
        self._memory = _Read(self._one if len(self._places) == 1 else self._several)

    def read(self, columns: list[tuple[str, ...]], count: int) -> list[str] | tuple[str, ...]:
        """The column's texts for COPY; UNREAD where the reader raises Misread."""
        if not self._places:
            return list(repeat(self._memory[()], count))
        keys = [columns[place] for place in self._places]
        if self._as_is and self._is_plain(keys[0]):
            return keys[0]
        return list(map(self._memory.__getitem__, keys[0] if len(keys) == 1 else zip(*keys, strict=True)))

    def _is_plain(self, cells: tuple[str, ...]) -> bool:
        return (
            "" not in cells
            and set(map(type, cells)) == {str}
            and not ODD("".join(cells))
            and max(map(len, cells)) <= self._as_is
        )

    def _one(self, cell: str) -> str:
        if self._of_cell is None:
            return self._several((cell,))
        try:
            value = self._of_cell(cell)
        except Misread:
            return UNREAD
        if value.__class__ is str and not UNSAFE(value):
            return value
        return copy_text(value if value.__class__ is tuple else (value,))

    def _several(self, cells: tuple[str, ...]) -> str:
        try:
            value = self._reader(dict(zip(self._places, cells, strict=True)))
        except Misread:
            return UNREAD
        return copy_text(value if isinstance(value, tuple) else (value,))
