"""What is logged of an error: where and what kind, never the values of a row.

PostgreSQL quotes the row that it refused and the statement it was given; names, numbers and texts of
debtors stand in both. Logs are read by more people than the book, and leave the machine.
"""

import logging
import re

QUOTED = re.compile(r"^(DETAIL|CONTEXT|HINT|QUERY|WHERE|STATEMENT|LINE \d+):.*$|^\s*\^\s*$")
LEFT_OUT = "(PostgreSQL's quotation is left out)"


class LineFormatter(logging.Formatter):
    """One line an event, and of an exception its traceback without what PostgreSQL quotes."""

    def formatException(self, ei) -> str:  # noqa: N802 the name that logging calls
        kept: list[str] = []
        for line in super().formatException(ei).splitlines():
            if not QUOTED.match(line):
                kept.append(line)
            elif kept[-1:] != [LEFT_OUT]:
                kept.append(LEFT_OUT)
        return "\n".join(kept)
