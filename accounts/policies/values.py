"""Types of the values of a policy: how they are checked, stored as JSON, typed in and read.

`clean` takes what a form or a file gave and returns what is stored (JSON: amounts as text);
`python` turns the stored value into what the code reckons with (amounts as Decimal). Values of many
rows are in `tables`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from collections_app.core.refusal import Refused


class PolicyValueWrong(Refused):
    """A value is not one its field may have; `field` names the field."""


@dataclass(frozen=True)
class Field:
    """One value of a policy. `unit` stands beside it, `source` is where the default comes from."""

    key: str
    label: Any
    default: Any = None
    unit: Any = ""
    help: Any = ""
    is_table = False

    def wrong(self, sentence: str) -> PolicyValueWrong:
        return PolicyValueWrong(f"{self.label}: {sentence}", field=self.key)

    def clean(self, value: Any) -> Any:
        raise NotImplementedError

    def python(self, stored: Any) -> Any:
        return stored

    def lines(self, stored: Any) -> list[str]:
        """The stored value as text, a line for each row of a table."""
        return [str(stored)]

    def shown(self, stored: Any) -> list[tuple[str, ...]]:
        """The stored value as it is read: rows of cells, in words where it is typed in codes."""
        return [(line,) for line in self.lines(stored)]

    def from_lines(self, lines: Sequence[str]) -> Any:
        """What `clean` takes, from what was typed."""
        return lines[0] if lines else ""


@dataclass(frozen=True)
class Whole(Field):
    """A whole number, of days for instance."""

    minimum: int = 0
    maximum: int = 3650

    def clean(self, value):
        try:
            number = int(str(value).strip())
        except ValueError:
            raise self.wrong(_("write a whole number.")) from None
        if isinstance(value, bool) or not self.minimum <= number <= self.maximum:
            raise self.wrong(
                _("it must be from %(least)s to %(most)s.") % {"least": self.minimum, "most": self.maximum}
            )
        return number


@dataclass(frozen=True)
class Choice(Field):
    """One of a few words."""

    choices: Mapping[str, Any] = field(default_factory=dict)

    def clean(self, value):
        word = str(value).strip().lower()
        if word not in self.choices:
            raise self.wrong(_("choose one of: %(words)s.") % {"words": ", ".join(self.choices)})
        return word

    def shown(self, stored):
        return [(str(self.choices[stored]),)]


@dataclass(frozen=True)
class Switch(Field):
    """Yes or no."""

    def clean(self, value):
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in {"yes", "true", "on", "1"}:
            return True
        if word in {"no", "false", "off", "0", ""}:
            return False
        raise self.wrong(_("write yes or no."))

    def lines(self, stored):
        return ["yes" if stored else "no"]

    def shown(self, stored):
        return [(_("yes") if stored else _("no"),)]


@dataclass(frozen=True)
class Several(Field):
    """Any of a few words, in their own order."""

    choices: Mapping[str, Any] = field(default_factory=dict)
    is_table = True

    def clean(self, value):
        words = [str(word).strip().lower() for word in value]
        unknown = [word for word in words if word not in self.choices]
        if unknown:
            raise self.wrong(
                _("%(word)s is none of: %(words)s.") % {"word": unknown[0], "words": ", ".join(self.choices)}
            )
        return [word for word in self.choices if word in words]

    def lines(self, stored):
        return list(stored)

    def shown(self, stored):
        return [(str(self.choices[word]),) for word in stored]

    def from_lines(self, lines):
        return [word for line in lines for word in line.replace(",", " ").split()]


@dataclass(frozen=True)
class Order(Field):
    """All of a few words in an order of one's own, or none of them: one word a line, first comes first."""

    choices: Mapping[str, Any] = field(default_factory=dict)
    is_table = True

    def clean(self, value):
        words = [str(word).strip().lower() for word in value]
        if words and sorted(words) != sorted(self.choices):
            raise self.wrong(
                _("name each of these once, or none: %(words)s.") % {"words": ", ".join(self.choices)}
            )
        return words

    def lines(self, stored):
        return list(stored)

    def shown(self, stored):
        return [(str(self.choices[word]),) for word in stored]

    def from_lines(self, lines):
        return [word for line in lines for word in line.replace(",", " ").split()]
