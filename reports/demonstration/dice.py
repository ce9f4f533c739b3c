"""Chance that is the same in Python and in SQL, so that a plan and its statements agree.

A throw depends on the seed, on what it is thrown for and on a number; nothing else. Both sides
compute in whole numbers below 2^63, so no rounding and no library decides.
"""

import re
import zlib

FIRST, SECOND, SPREAD = 2_147_483_647, 2_147_483_629, 1_103_515_245
BITS = 31

# In the statements: pg_temp.dice('what', number, sides); the name becomes its two numbers.
NAMED = re.compile(r"pg_temp\.dice\('([a-z ]+)',")
FUNCTION = f"""
    CREATE FUNCTION pg_temp.dice(factor bigint, shift bigint, number bigint, sides int) RETURNS int
        LANGUAGE sql IMMUTABLE AS $$
        SELECT (((((number * factor + shift) % {FIRST}) * {SPREAD}) % {SECOND} * sides) >> {BITS})::int
        $$;
"""


class Dice:
    """`dice("what", number, sides)` throws 0 to sides - 1."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._known: dict[str, tuple[int, int]] = {}

    def constants(self, what: str) -> tuple[int, int]:
        """Factor and shift of one kind of throw."""
        found = self._known.get(what)
        if found is None:
            found = (
                1 + zlib.crc32(f"factor {what} {self._seed}".encode()) % (FIRST - 1),
                zlib.crc32(f"shift {what} {self._seed}".encode()) % FIRST,
            )
            self._known[what] = found
        return found

    def __call__(self, what: str, number: int, sides: int) -> int:
        factor, shift = self.constants(what)
        return (((number * factor + shift) % FIRST) * SPREAD % SECOND * sides) >> BITS

    def in_statement(self, sql: str) -> str:
        """The statement with every named throw spelled in numbers."""

        def spell(match: re.Match[str]) -> str:
            factor, shift = self.constants(match[1])
            return f"pg_temp.dice({factor}, {shift},"

        return NAMED.sub(spell, sql)
