"""Code 128 (ISO/IEC 15417), code set B: a reference as bars that every scanner reads.

Small enough to keep here: none of the libraries we have draws bars, and one more for a table of 107
patterns would be more to look after than the table.
"""

import base64

START_B, STOP, MODULO = 104, 106, 103
# Widths of bar, space, bar, space, bar, space of every symbol; the stop has a seventh, a bar.
_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132"
    " 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212"
    " 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311"
    " 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321"
    " 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214"
    " 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212"
    " 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113"
    " 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
PATTERNS = tuple(_TABLE.split())


def widths(text: str) -> list[int]:
    """Bar, space, bar, space ... in modules. Raises ValueError for what code set B cannot say."""
    values = [ord(letter) - 32 for letter in text]
    if not text or not all(0 <= value < 95 for value in values):
        raise ValueError(f"Code 128 B cannot say {text!r}")
    check = (START_B + sum(place * value for place, value in enumerate(values, 1))) % MODULO
    symbols = [START_B, *values, check, STOP]
    return [int(width) for symbol in symbols for width in PATTERNS[symbol]]


def svg(text: str) -> str:
    """The bars as an image of its own address, one unit a module and as high as it is asked to be."""
    path, at = [], 0
    for place, width in enumerate(widths(text)):
        if place % 2 == 0:
            path.append(f"M{at} 0h{width}v1h-{width}z")
        at += width
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at} 1" preserveAspectRatio="none">'
        f'<path d="{"".join(path)}"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()
