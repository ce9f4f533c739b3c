"""The canonical form of a report: one JSON text, one hash, labels frozen in."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from collections_app.core.money import decimals

# Stands where an account has no team or officer, and where nobody but the system acted: the word for it
# is the reader's, and a builder's word would make another hash of the same facts.
NOBODY = ""


class Labels:
    """Names of creditors, portfolios, teams and officers as they were when the report was built.

    A rebuild is given the labels of the first build, so that a team renamed since does not change
    the hash.
    """

    def __init__(self, frozen: Mapping[str, str] | None = None) -> None:
        self.frozen = dict(frozen or {})

    def name(self, level: str, key: int | None, current: str) -> str:
        return self.frozen.setdefault(f"{level}:{key if key is not None else '-'}", current)


def amount_text(amount: Decimal | int | None, currency: str) -> str:
    """The amount with exactly the currency's decimals, as JSON holds it."""
    return f"{Decimal(amount or 0):.{decimals(currency)}f}"


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a dataset.")


def canonical(dataset: Mapping[str, Any]) -> str:
    """The one text of a dataset: sorted keys, no spaces, without its own hash."""
    bare = {key: value for key, value in dataset.items() if key != "content_sha256"}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def seal_dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    """The dataset as JSON would give it back, with `content_sha256` over its canonical text."""
    sealed: dict[str, Any] = json.loads(json.dumps(dataset, default=_plain))
    sealed["content_sha256"] = hashlib.sha256(canonical(dataset).encode()).hexdigest()
    return sealed
