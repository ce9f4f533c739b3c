"""What a kind of policy is: a rule of the office with its fields, their defaults and its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.policies.values import Field, PolicyValueWrong

TABLE = "table"


@dataclass(frozen=True)
class Kind:
    """One rule of the office. `lead` says in one line what it decides."""

    code: str
    label: Any
    lead: Any
    fields: tuple[Field, ...]
    source: Any = ""

    @property
    def is_table(self) -> bool:
        return len(self.fields) == 1 and self.fields[0].key == TABLE

    def defaults(self) -> dict[str, Any]:
        """The values before anything was approved, as they are stored."""
        return {field.key: field.clean(field.default) for field in self.fields}

    def clean(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are stored; missing ones take their default.

        Raises PolicyValueWrong for a value its field may not have or a field nobody knows.
        """
        known = {field.key for field in self.fields}
        if strange := sorted(set(values) - known):
            raise PolicyValueWrong(f"{self.label}: {strange[0]}", field=strange[0])
        return {field.key: field.clean(values.get(field.key, field.default)) for field in self.fields}

    def python(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What the code reckons with. A field added since the version was stored has its default."""
        values = {
            # a default is cleaned only where it is needed: every payment asks for a policy
            field.key: field.python(
                stored[field.key] if field.key in stored else field.clean(field.default)
            )
            for field in self.fields
        }
        return values[TABLE] if self.is_table else values
