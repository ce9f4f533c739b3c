"""Lines from right to left laid out once: WeasyPrint lays each out twice, a tenth of an Arabic letter.

After a line is laid out, WeasyPrint asks whether something that floats pushes it aside, and lays it out
again if its place is another one. From right to left it compares the place of the line's right edge,
plus the line's width, with that edge: never the same, though nothing floats. So the edge given here,
where nothing floats, is the same whatever is added to it. The bytes stay the same; a test compares them.
"""

from typing import Any

from weasyprint.formatting_structure.boxes import LineBox
from weasyprint.layout import inline

_avoid_collisions = inline.avoid_collisions


class _Edge(float):
    def __add__(self, _width: float) -> float:
        return float(self)  # not money: a width on paper


def _avoid_collisions_once(
    context: Any, box: Any, containing_block: Any, outer: bool = True
) -> tuple[float, float, float]:
    across, down, available = _avoid_collisions(context, box, containing_block, outer=outer)
    if (
        box.width  # laid out already: before that, it is where the line begins
        and isinstance(box, LineBox)
        and containing_block.style["direction"] == "rtl"
        and not context.excluded_shapes
    ):
        across = _Edge(across)
    return across, down, available


def lay_out_once() -> None:
    """From now on in this process."""
    inline.avoid_collisions = _avoid_collisions_once
