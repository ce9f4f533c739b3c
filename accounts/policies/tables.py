"""Values of a policy that are tables, typed in one row a line: `lines` and `from_lines` are each
other's opposite. Checked, stored and read as `values` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from accounts.policies.values import Field, Whole
from collections_app.core import money
from collections_app.core.enums import Role

ANY_CURRENCY = "*"
UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Table(Field):
    """Rows of a key (several words) and a value, typed as `word word value`; read with the `names` of
    its words."""

    names: Mapping[str, Any] = field(default_factory=dict)
    is_table = True
    words = 1

    def check_key(self, key: tuple[str, ...]) -> tuple[str, ...]:
        raise NotImplementedError

    def check_value(self, key: tuple[str, ...], value: Any) -> Any:
        raise NotImplementedError

    def value_to_python(self, stored: Any) -> Any:
        return stored

    def clean(self, value):
        if not isinstance(value, Mapping):
            raise self.wrong(_("it must be a table."))
        return self._clean(value, ())

    def _clean(self, value, key):
        if len(key) == self.words:
            return self.check_value(key, value)
        if not isinstance(value, Mapping):
            raise self.wrong(_("«%(row)s» has too few words.") % {"row": " ".join(key)})
        cleaned = {}
        for word in value:
            *_before, last = self.check_key((*key, str(word).strip()))
            cleaned[last] = self._clean(value[word], (*key, last))
        return cleaned

    def python(self, stored):
        return self._python(stored, self.words)

    def _python(self, stored, depth):
        if depth == 0:
            return self.value_to_python(stored)
        return {key: self._python(inner, depth - 1) for key, inner in stored.items()}

    def lines(self, stored):
        """In the order of the keys: a stored table keeps none."""
        return list(self._lines(stored, ()))

    def _lines(self, stored, key):
        if len(key) == self.words:
            yield " ".join((*key, self.value_line(stored)))
            return
        for word, inner in sorted(stored.items()):
            yield from self._lines(inner, (*key, word))

    def value_line(self, stored: Any) -> str:
        return str(stored)

    def shown(self, stored):
        """A cell for each word of the key, the last one for the value."""
        rows = [line.split(maxsplit=self.words) for line in self.lines(stored)]
        star = _("any currency")
        if any(money.is_known(word) for row in rows for word in row[: self.words]):
            star = _("any other currency")
        return [tuple(star if cell == ANY_CURRENCY else self.in_words(cell) for cell in row) for row in rows]

    def in_words(self, cell: str) -> str:
        """A word as people say it: its name, a role, or that there is no limit."""
        if cell in self.names:
            return str(self.names[cell])
        if cell in Role.values:
            return str(Role(cell).label)
        return _("unlimited") if cell == UNLIMITED else cell

    def from_lines(self, lines):
        table: dict = {}
        for line in lines:
            parts = line.split()
            if not parts:
                continue
            if len(parts) <= self.words:
                raise self.wrong(_("«%(row)s» has too few words.") % {"row": line})
            level = table
            for word in parts[: self.words - 1]:
                level = level.setdefault(word, {})
            last = parts[self.words - 1]
            if last in level:
                raise self.wrong(_("«%(row)s» stands there twice.") % {"row": " ".join(parts[: self.words])})
            level[last] = " ".join(parts[self.words :])
        return table


def checked_currency(table: Field, word: str) -> str:
    code = word.upper()
    if code != ANY_CURRENCY and not money.is_known(code):
        raise table.wrong(_("%(code)s is not a currency.") % {"code": word})
    return code


def checked_amount(table: Field, value: Any, currency: str) -> str:
    if isinstance(value, float):
        raise table.wrong(_("write the amount as text."))
    try:
        amount = Decimal(str(value).replace(",", "").strip())
        if not amount.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise table.wrong(_("%(value)s is not an amount.") % {"value": value}) from None
    if amount < 0:
        raise table.wrong(_("an amount cannot be below zero."))
    if currency != ANY_CURRENCY and amount != money.quantise(amount, currency):
        raise table.wrong(
            _("%(value)s has more decimals than %(code)s.") % {"value": value, "code": currency}
        )
    return f"{amount:f}"


@dataclass(frozen=True)
class Amounts(Table):
    """An amount a currency: `EUR 5.00`; `*` is any other currency."""

    def check_key(self, key):
        return (checked_currency(self, key[0]),)

    def check_value(self, key, value):
        return checked_amount(self, value, key[0])

    def value_to_python(self, stored):
        return Decimal(stored)


@dataclass(frozen=True)
class Taxes(Table):
    """The tax within an amount, by kind of entry: `fee VAT20 20`, code and percent. `known` are the kinds.

    Reckoned with as (code, rate in percent).
    """

    known: tuple[str, ...] = ()

    def check_key(self, key):
        word = key[0].lower()
        if word not in self.known:
            raise self.wrong(
                _("%(word)s is none of: %(words)s.") % {"word": word, "words": ", ".join(self.known)}
            )
        return (word,)

    def check_value(self, key, value):
        parts = value.split() if isinstance(value, str) else list(value)
        if len(parts) != 2 or len(str(parts[0])) > 20:
            raise self.wrong(_("write a code of at most 20 letters and a percentage, like VAT20 20."))
        code, rate = str(parts[0]), checked_amount(self, str(parts[1]), ANY_CURRENCY)
        if Decimal(rate) >= 100:
            raise self.wrong(_("a rate is below 100 percent."))
        return [code, rate]

    def value_to_python(self, stored):
        return stored[0], Decimal(stored[1])

    def value_line(self, stored):
        return " ".join(stored)


@dataclass(frozen=True)
class Pieces(Table):
    """The notes and coins of a currency, biggest first: `EUR 50 20 10 5 2 1 0.50`."""

    def check_key(self, key):
        return (checked_currency(self, key[0]),)

    def check_value(self, key, value):
        texts = value.split() if isinstance(value, str) else value
        amounts = sorted({Decimal(checked_amount(self, text, key[0])) for text in texts}, reverse=True)
        if not amounts or amounts[-1] <= 0:
            raise self.wrong(_("a note or coin is worth more than nothing."))
        return [f"{amount:f}" for amount in amounts]

    def value_to_python(self, stored):
        return [Decimal(amount) for amount in stored]

    def value_line(self, stored):
        return " ".join(stored)


@dataclass(frozen=True)
class Authority(Table):
    """An amount a role and currency: `manager EUR 5000`; `unlimited` sets no limit (None)."""

    words = 2

    def check_key(self, key):
        if len(key) == 1:
            if key[0] not in Role.values:
                raise self.wrong(_("%(word)s is not a role.") % {"word": key[0]})
            return key
        return (key[0], checked_currency(self, key[1]))

    def check_value(self, key, value):
        if str(value).strip().lower() == UNLIMITED:
            return UNLIMITED
        return checked_amount(self, value, key[1])

    def value_to_python(self, stored):
        return None if stored == UNLIMITED else Decimal(stored)


@dataclass(frozen=True)
class Numbers(Table):
    """A whole number a word: `manager 100000`. `known` are the words allowed; empty is any."""

    known: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 10_000_000

    def check_key(self, key):
        if self.known and key[0] not in self.known:
            raise self.wrong(
                _("%(word)s is none of: %(words)s.") % {"word": key[0], "words": ", ".join(self.known)}
            )
        return key

    def check_value(self, key, value):
        return Whole(self.key, self.label, minimum=self.minimum, maximum=self.maximum).clean(value)
