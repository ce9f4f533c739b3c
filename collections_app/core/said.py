"""Sentences that are kept, and said in the language of whoever reads them.

The text and what fills it are kept apart, as JSON, so that who raises a task and who reads it each
have it in their own words. A text is marked where it stands, by `gettext_noop` or lazily.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language_bidi, gettext, override

from collections_app.core import clock
from collections_app.core.money import format_amount

FIRST_STRONG, POP = "\u2068", "\u2069"


@dataclass(frozen=True)
class Amount:
    """Money inside a sentence."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return format_amount(self.amount, self.currency, with_currency=True)


@dataclass(frozen=True)
class Said:
    """A sentence with named gaps; str() says it in the language that is active."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        words = gettext(self.text)
        return words % {name: _spoken(value) for name, value in self.values.items()} if self.values else words

    def kept(self) -> dict[str, Any]:
        """For a JSON column; `read` takes it back."""
        return {"text": self.text, "values": {name: _kept(value) for name, value in self.values.items()}}


def said(text: str | Promise, **values: Any) -> Said:
    """A sentence to be kept. Values are texts, numbers, days, moments, `Amount`, marked texts or other
    sentences."""
    return Said(_source(text), {name: _plain(value) for name, value in values.items()})


def read(kept: Mapping[str, Any]) -> Said:
    """What `Said.kept` gave."""
    return Said(kept["text"], {name: _read(value) for name, value in kept["values"].items()})


def retold(text: str) -> str:
    """A plain sentence that was kept as it stands in the source (`gettext_noop`), in the reader's
    language; what people wrote themselves is in no catalogue and stays."""
    return gettext(text) if text else ""


def _source(text: str | Promise) -> str:
    """A lazily marked text as it stands in the source."""
    with override(None):
        return str(text)


def _plain(value: Any) -> Any:
    return Said(_source(value)) if isinstance(value, Promise) else value


def _spoken(value: Any) -> Any:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value, clock.zone()), "j M, H:i")
    if isinstance(value, date):
        return clock.written(value)
    if isinstance(value, str | Amount) and get_language_bidi():
        # a name or number of the other script stays whole within the sentence
        return f"{FIRST_STRONG}{value}{POP}"
    return value


def _kept(value: Any) -> Any:
    if isinstance(value, Said):
        return value.kept()
    if isinstance(value, Amount):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int) else str(value)


def _read(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "text" in value:
        return read(value)
    if "amount" in value:
        return Amount(Decimal(value["amount"]), value["currency"])
    if "moment" in value:
        return datetime.fromisoformat(value["moment"])
    return date.fromisoformat(value["day"])
