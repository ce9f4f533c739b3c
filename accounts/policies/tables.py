"""Values of a policy that are tables, typed in one row a line: `lines` and `from_lines` are each
other's opposite. Checked, stored and read as `values` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.policies.values import Field, Whole
from collections_app.core import money
from collections_app.core.enums import Role

ANY_CURRENCY = "*"
UNLIMITED = "unlimited"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Table(Field):
    """Rows of a key (several words) and a value, typed as `word word value`."""

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
        return [tuple(star if cell == ANY_CURRENCY else in_words(cell) for cell in row) for row in rows]

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


def in_words(cell: str) -> str:
    """A role and the word for no limit, as people say them."""
    if cell in Role.values:
        return str(Role(cell).label)
    return _("unlimited") if cell == UNLIMITED else cell


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


@dataclass(frozen=True)
class Hours(Table):
    """Times of day a channel and weekday: `call mon 08:00-20:00`, `call sun closed`.

    Stored as a pair of texts or None (closed), reckoned with as a pair of `time` or None.
    """

    words = 2
    channels: tuple[str, ...] = ()
    days: tuple[str, ...] = WEEKDAYS

    def check_key(self, key):
        known = self.channels if len(key) == 1 else self.days
        if key[-1].lower() not in known:
            raise self.wrong(
                _("%(word)s is none of: %(words)s.") % {"word": key[-1], "words": ", ".join(known)}
            )
        return (*key[:-1], key[-1].lower())

    def check_value(self, key, value):
        if value is None or str(value).strip().lower() == "closed":
            return None
        if isinstance(value, str):
            value = [part.strip() for part in value.split("-")]
        try:
            first, last = (time.fromisoformat(str(part)) for part in value)
        except (TypeError, ValueError):
            raise self.wrong(_("«%(value)s» is not a span like 08:00-20:00.") % {"value": value}) from None
        if first >= last:
            raise self.wrong(_("the span of «%(row)s» ends before it begins.") % {"row": " ".join(key)})
        return [f"{first:%H:%M}", f"{last:%H:%M}"]

    def value_to_python(self, stored):
        return None if stored is None else tuple(time.fromisoformat(part) for part in stored)

    def lines(self, stored):
        """A line for each run of days with the same hours: `call mon-fri 08:00-20:00`."""
        written = []
        for channel in sorted(stored, key=self.channels.index):
            runs: list[tuple[list[str], Any]] = []
            for day in self.days:
                if day not in stored[channel]:
                    continue
                span = stored[channel][day]
                if runs and runs[-1][1] == span and self._follows(runs[-1][0][-1], day):
                    runs[-1][0].append(day)
                else:
                    runs.append(([day], span))
            for days, span in runs:
                run = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"
                written.append(f"{channel} {run} {'closed' if span is None else '-'.join(span)}")
        return written

    def _follows(self, before: str, day: str) -> bool:
        return self.days.index(day) == self.days.index(before) + 1

    def from_lines(self, lines):
        single = []
        for line in lines:
            channel, run, *span = (*line.split(), "", "")[: max(len(line.split()), 2)]
            first, _dash, last = run.lower().partition("-")
            if last and first in self.days and last in self.days:
                days = self.days[self.days.index(first) : self.days.index(last) + 1]
            else:
                days = (run,)
            single += [" ".join((channel, day, *span)) for day in days]
        return super().from_lines(single)


@dataclass(frozen=True)
class Caps(Field):
    """How often one may try: a line each, `call,sms attempts 7 in 7 days`.

    Stored as `{"channels": [...], "count": "attempts"|"contacts", "limit": 7, "days": 7}`; the
    window rolls.
    """

    channels: tuple[str, ...] = ()
    is_table = True
    COUNTS = ("attempts", "contacts")

    def clean(self, value):
        caps = []
        for cap in value:
            if not isinstance(cap, Mapping) or set(cap) != {"channels", "count", "limit", "days"}:
                raise self.wrong(_("a cap names channels, what counts, a limit and days."))
            channels = [str(channel).lower() for channel in cap["channels"]]
            unknown = [channel for channel in channels if channel not in self.channels]
            if unknown or not channels:
                raise self.wrong(_("channels are: %(words)s.") % {"words": ", ".join(self.channels)})
            if cap["count"] not in self.COUNTS:
                raise self.wrong(_("a cap counts attempts or contacts."))
            whole = Whole(self.key, self.label, minimum=1, maximum=366)
            caps.append(
                {
                    "channels": channels,
                    "count": cap["count"],
                    "limit": whole.clean(cap["limit"]),
                    "days": whole.clean(cap["days"]),
                }
            )
        return caps

    def lines(self, stored):
        return [
            f"{','.join(cap['channels'])} {cap['count']} {cap['limit']} in {cap['days']} days"
            for cap in stored
        ]

    def shown(self, stored):
        def words(cap) -> str:
            limit = cap["limit"]
            if cap["count"] == "attempts":
                said = ngettext(
                    "%(limit)s attempt in %(days)s days", "%(limit)s attempts in %(days)s days", limit
                )
            else:
                said = ngettext(
                    "%(limit)s contact in %(days)s days", "%(limit)s contacts in %(days)s days", limit
                )
            return said % cap

        return [(", ".join(cap["channels"]), words(cap)) for cap in stored]

    def from_lines(self, lines):
        caps = []
        for line in lines:
            parts = line.split()
            if not parts:
                continue
            if len(parts) != 6 or parts[3] != "in" or parts[5] != "days":
                raise self.wrong(
                    _("«%(row)s» does not read like: call,sms attempts 7 in 7 days.") % {"row": line}
                )
            caps.append(
                {
                    "channels": parts[0].split(","),
                    "count": parts[1],
                    "limit": parts[2],
                    "days": parts[4],
                }
            )
        return caps
