"""Chance that is the same in Python and in SQL, so that a plan and its statements agree.

A throw depends on the seed, on what it is thrown for and on a number; nothing else. Both sides
compute in whole numbers below 2^63, so no rounding and no library decides.
"""

import re
import zlib

# Two primes: squaring under one after a step under the other leaves no pattern between two throws.
FIRST, SECOND = 2_147_483_647, 2_147_483_629
BITS = 31

# In the statements: pg_temp.dice('what', number, sides); the name becomes its two numbers.
NAMED = re.compile(r"pg_temp\.dice\('([a-z ]+)',")
# Written so that PostgreSQL inlines both: a call costs no more than its arithmetic.
FUNCTION = f"""
    CREATE FUNCTION pg_temp.squared(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
        $$ SELECT (x * x) % {SECOND} $$;
    CREATE FUNCTION pg_temp.dice(factor bigint, shift bigint, number bigint, sides int) RETURNS int
        LANGUAGE sql IMMUTABLE AS
        $$ SELECT ((pg_temp.squared((number * factor + shift) % {FIRST}) * sides) >> {BITS})::int $$;
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
        x = (number * factor + shift) % FIRST
        return (x * x % SECOND * sides) >> BITS

    def in_statement(self, sql: str) -> str:
        """The statement with every named throw spelled in numbers."""

        def spell(match: re.Match[str]) -> str:
            factor, shift = self.constants(match[1])
            return f"pg_temp.dice({factor}, {shift},"

        return NAMED.sub(spell, sql)
