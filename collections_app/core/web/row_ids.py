"""The number of a row as an address or a form says it: text of whoever sends it."""

MOST = 2**63 - 1  # a bigint of the database


def row_id(text: str) -> int | None:
    """The id that the text is; None for what can't be one: a name, a sign, "²", a thousand digits."""
    if len(text) > len(str(MOST)) or not text.isdecimal():
        return None
    return number if (number := int(text)) <= MOST else None


def row_ids(texts) -> list[int]:
    """Those of the texts that can be ids, in their order."""
    return [number for text in texts if (number := row_id(text)) is not None]
