"""The mapping language: how the columns of one firm's file become the standard format.

A mapping is JSON (docs/import-format.md has it in full with examples):

    {"settings": {"date_order": "mdy", "references": "document"},
     "records": [{"kind": "entries",
                  "when": [{"column": "type", "in": ["FINE"]}],
                  "fields": {"account_number": "case_id",
                             "kind": {"column": "type", "values": {"FINE": "charge"}},
                             "amount": {"debit": "debit", "credit": "credit"},
                             "due_date": {"column": "date", "add_days": 60},
                             "currency": {"constant": "EUR"}}}]}

This module checks a mapping and says in words what is wrong with it; `records` applies it.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.imports.enums import ImportKind
from accounts.imports.formats import AMOUNT, DAY, FORMATS, MOMENT, ORDER, Field, field_of
from accounts.imports.reading.header import normalised
from accounts.imports.trailers import Trailer, parse_trailer
from collections_app.core.refusal import Refused

SETTINGS = {
    "date_order": ("dmy", "mdy", "ymd"),
    "decimal": (".", ","),
    "references": ("document", "text"),
    "amounts": ("whole", "open"),
}
READING = ("encoding", "delimiter", "quote", "sheet", "header_row", "header_rows")
FIELD_KEYS = {
    "column", "constant", "values", "default", "blank", "prefix", "join", "separator", "add_days",
    "after_opened_days", "debit", "credit", "negative", "date_order", "decimal",
}  # fmt: skip
TESTS = ("in", "not_in", "is")


class MappingRefused(Refused):
    """The mapping cannot be used; the message names the place and what belongs there."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="mapping")


@dataclass(frozen=True)
class FieldRule:
    """Where one standard column comes from. `columns` are the file's names it reads."""

    name: str
    spec: dict
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordRule:
    """One record made of a row: its kind, its columns, and the tests a row must pass."""

    kind: str
    fields: dict[str, FieldRule]
    when: tuple[dict, ...] = ()


@dataclass(frozen=True)
class Mapping:
    records: list[RecordRule]
    settings: dict = field(default_factory=dict)
    reading: dict = field(default_factory=dict)
    trailer: Trailer | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds of record this mapping makes, in the order they are posted."""
        made = {record.kind for record in self.records}
        return [kind for kind in ORDER if kind in made]

    def columns_of_type(self, *types: str) -> dict[str, list[FieldRule]]:
        """The file's columns that feed days or amounts, with the rules that read them."""
        found: dict[str, list[FieldRule]] = {}
        for record in self.records:
            for rule in record.fields.values():
                standard = field_of(record.kind, rule.name)
                if standard.type in types:
                    for column in rule.columns:
                        found.setdefault(column, []).append(rule)
        return found


def standard_mapping(kind: str, header: list[str] | tuple[str, ...]) -> dict:
    """Columns that carry a standard name (whatever its case and spaces) map to themselves."""
    names = {standard.name for standard in FORMATS[kind]}
    fields = {}
    for column in header:
        name = normalised(column)
        if name in names and name not in fields:
            fields[name] = column
    return {"records": [{"kind": kind, "fields": fields}]}


def parse_mapping(data: dict, header: tuple[str, ...], *, kind: str | None = None) -> Mapping:
    """A checked mapping for a file with this header. Raises MappingRefused."""
    if not isinstance(data, dict) or not isinstance(data.get("records"), list) or not data["records"]:
        raise MappingRefused(_("A mapping needs a list called «records» with at least one record."))
    settings = data.get("settings") or {}
    if not isinstance(settings, dict):
        raise MappingRefused(_("«settings» must be an object."))
    for name, value in settings.items():
        if name in SETTINGS and value not in SETTINGS[name]:
            raise MappingRefused(
                _("«%(name)s» is one of %(values)s, not «%(value)s».")
                % {"name": name, "values": ", ".join(SETTINGS[name]), "value": value}
            )
        if name not in SETTINGS and name not in READING:
            raise MappingRefused(_("There is no setting called «%(name)s».") % {"name": name})
    constants = data.get("constants") or {}
    records = [_record(record, constants, header) for record in data["records"]]
    if kind and kind not in {record.kind for record in records}:
        raise MappingRefused(_("This mapping makes no %(kind)s.") % {"kind": kind})
    try:
        trailer = parse_trailer(data.get("trailer"))
    except ValueError as error:
        raise MappingRefused(str(error)) from error
    return Mapping(
        records,
        {name: value for name, value in settings.items() if name in SETTINGS},
        {name: value for name, value in settings.items() if name in READING},
        trailer,
    )


def reading_choices(data: dict) -> dict:
    """What a mapping says of the way to read the file (encoding, delimiter, sheet, header)."""
    settings = data.get("settings") if isinstance(data, dict) else None
    return {name: value for name, value in (settings or {}).items() if name in READING}


def _record(data: dict, constants: dict, header: tuple[str, ...]) -> RecordRule:
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in FORMATS:
        raise MappingRefused(
            _("Every record names its kind: %(kinds)s.") % {"kinds": ", ".join(map(str, ORDER))}
        )
    if not isinstance(data.get("fields"), dict):
        raise MappingRefused(_("The record for %(kind)s needs «fields».") % {"kind": kind})
    given = {
        **{name: {"constant": value} for name, value in constants.items() if field_of(kind, name)},
        **data["fields"],
    }
    rules = {name: _field_rule(kind, name, spec, header) for name, spec in given.items()}
    missing = missing_columns(kind, rules)
    if missing:
        raise MappingRefused(
            _("No column of the file is chosen for %(names)s, which %(kind)s need. The file has: %(header)s.")
            % {
                "kind": ImportKind(kind).label.lower(),
                "names": ", ".join(f"{standard.label} («{standard.name}»)" for standard in missing),
                "header": header_in_words(header),
            }
        )
    tests = tuple(_test(test, header) for test in data.get("when") or ())
    return RecordRule(str(kind), rules, tests)


def missing_columns(kind: str, fields) -> list[Field]:
    """The columns of the standard format that this kind needs and `fields` do not give."""
    return [standard for standard in FORMATS[kind] if standard.is_required and standard.name not in fields]


def header_in_words(header: tuple[str, ...] | list[str]) -> str:
    """The columns of a file, as many as a person reads in a message."""
    names = ", ".join(header[:30])
    left = len(header) - 30
    return names if left <= 0 else _("%(names)s and %(n)s more") % {"names": names, "n": left}


def _field_rule(kind: str, name: str, spec, header: tuple[str, ...]) -> FieldRule:
    standard = field_of(kind, name)
    if standard is None:
        raise MappingRefused(
            _("The format for %(kind)s has no column «%(name)s».") % {"kind": kind, "name": name}
        )
    if isinstance(spec, str):
        spec = {"column": spec}
    if not isinstance(spec, dict) or not spec:
        raise MappingRefused(_("«%(name)s» needs the name of a column.") % {"name": name})
    unknown = set(spec) - FIELD_KEYS
    if unknown:
        raise MappingRefused(
            _("«%(name)s»: there is no «%(key)s» in the mapping language.")
            % {"name": name, "key": sorted(unknown)[0]}
        )
    _check_arithmetic(name, standard, spec)
    columns = [spec[key] for key in ("column", "debit", "credit") if key in spec]
    columns += spec.get("join", [])
    if not columns and "constant" not in spec and "after_opened_days" not in spec:
        raise MappingRefused(_("«%(name)s» needs the name of a column.") % {"name": name})
    return FieldRule(name, spec, tuple(_column(column, header) for column in columns))


def _check_arithmetic(name: str, standard, spec: dict) -> None:
    for key in ("add_days", "after_opened_days"):
        if key in spec and (standard.type != DAY or not isinstance(spec[key], int)):
            raise MappingRefused(
                _("«%(name)s»: %(key)s takes a number of days and belongs to a date.")
                % {"name": name, "key": key}
            )
    if ("debit" in spec or "credit" in spec) and (standard.type != AMOUNT or name != "amount"):
        raise MappingRefused(_("Only «amount» has a debit and a credit column."))
    if "values" in spec and not isinstance(spec["values"], dict):
        raise MappingRefused(_("«%(name)s»: «values» pairs the file's words with ours.") % {"name": name})
    if "join" in spec and standard.type in (DAY, MOMENT, AMOUNT):
        raise MappingRefused(_("«%(name)s» cannot be joined of several columns.") % {"name": name})


def _column(name: str, header: tuple[str, ...]) -> str:
    """The file's own spelling of a column; letter case and spaces are forgiven."""
    if name in header:
        return name
    for column in header:
        if normalised(column) == normalised(str(name)) and normalised(column):
            return column
    raise MappingRefused(
        _("The file has no column «%(name)s». It has: %(header)s.")
        % {"name": name, "header": header_in_words(header)}
    )


def _test(test: dict, header: tuple[str, ...]) -> dict:
    if not isinstance(test, dict) or "column" not in test or not any(key in test for key in TESTS):
        raise MappingRefused(_("A test under «when» names a column and one of: in, not_in, is."))
    if "is" in test and test["is"] not in ("blank", "not blank"):
        raise MappingRefused(_("«is» is «blank» or «not blank»."))
    return {**test, "column": _column(test["column"], header)}
