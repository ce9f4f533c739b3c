"""The values in force: the most specific approved version on a day, or the default."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.policies.enums import FROM_THE_BEGINNING, PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from accounts.policies.tables import ANY_CURRENCY
from collections_app.core import prepared

NARROWNESS = Case(
    When(scope_type="portfolio", then=Value(2)),
    When(scope_type="creditor", then=Value(1)),
    default=Value(0),
    output_field=IntegerField(),
)


_kept: ContextVar[dict[Any, Any] | None] = ContextVar("policies_kept", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Inside, each policy is read once: for a batch of small transactions, such as a round of a
    hundred messages. An approval in the meantime holds from the next batch on."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def kept(key: Any, read: Callable[[], Any]) -> Any:
    """What `read` returns; inside `read_once` the first answer for this key."""
    memory = _kept.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return memory[key]


def _scopes(creditor_id: int | None, portfolio_id: int | None) -> Q:
    scopes = Q(scope_type="")
    if creditor_id is not None:
        scopes |= Q(scope_type="creditor", scope_id=creditor_id)
    if portfolio_id is not None:
        scopes |= Q(scope_type="portfolio", scope_id=portfolio_id)
    return scopes


def version_in_force(
    kind: str, *, as_of: date, creditor_id: int | None = None, portfolio_id: int | None = None
) -> PolicyVersion | None:
    """The approved version that holds on a day: a portfolio's before a creditor's before everyone's."""
    found = versions_in_force([kind], as_of=as_of, creditor_id=creditor_id, portfolio_id=portfolio_id)
    return found.get(kind)


def versions_in_force(
    kinds: Sequence[str], *, as_of: date, creditor_id: int | None = None, portfolio_id: int | None = None
) -> dict[str, PolicyVersion]:
    """As `version_in_force` for several kinds, in one statement; without those never approved."""
    own = {"creditor": creditor_id, "portfolio": portfolio_id}
    given = {scope: [pk] for scope, pk in own.items() if pk is not None}
    scopes = "".join(f" OR (scope_type = '{scope}' AND scope_id = ANY(%({scope})s))" for scope in given)
    columns = PolicyVersion._meta.concrete_fields
    # By hand, because every payment asks: the query builder took longer than the database.
    rows = prepared.select(
        f"""
        SELECT DISTINCT ON (kind) {", ".join(column.column for column in columns)}
        FROM accounts_policyversion
        WHERE kind = ANY(string_to_array(%(kinds)s, ',')) AND status = 'approved' AND valid_from <= %(as_of)s
          AND (scope_type = ''{scopes})
        ORDER BY kind, CASE scope_type WHEN 'portfolio' THEN 2 WHEN 'creditor' THEN 1 ELSE 0 END DESC,
                 valid_from DESC, id DESC
        """,
        {"kinds": ",".join(kinds), "as_of": as_of, **given},
    )
    names = [column.attname for column in columns]
    found = {}
    for values in rows:
        row = dict(zip(names, values, strict=True))
        row["values"] = json.loads(row["values"])
        found[row["kind"]] = PolicyVersion.from_db(connection.alias, list(row), list(row.values()))
    return found


def version_before(version: PolicyVersion, *, creditor_id: int | None = None) -> PolicyVersion | None:
    """What would hold on the version's first day without it: the last of its own scope, else the
    next wider one. `creditor_id` is the creditor of a portfolio's version."""
    if version.scope_type == "creditor":
        creditor_id = version.scope_id
    portfolio_id = version.scope_id if version.scope_type == "portfolio" else None
    return (
        PolicyVersion.objects.filter(
            _scopes(creditor_id, portfolio_id),
            kind=version.kind,
            status=PolicyStatus.APPROVED,
            valid_from__lte=version.valid_from,
        )
        .exclude(pk=version.pk)
        .order_by(NARROWNESS.desc(), "-valid_from", "-id")
        .first()
    )


def policy(
    kind: str, *, as_of: date, creditor_id: int | None = None, portfolio_id: int | None = None
) -> dict[str, Any]:
    """The values in force on a day, amounts as Decimal; defaults where nothing was approved.

    One statement, never cached outside `read_once`, so that an approval holds at once. An unknown
    kind is a KeyError. For many accounts ask `resolver`.
    """
    catalogued = KINDS[kind]
    version = kept(
        (kind, as_of, creditor_id, portfolio_id),
        lambda: version_in_force(kind, as_of=as_of, creditor_id=creditor_id, portfolio_id=portfolio_id),
    )
    return catalogued.python(version.values if version else catalogued.defaults())


def resolver(kind: str, *, as_of: date) -> Callable[[int | None, int | None], dict[str, Any]]:
    """A function (creditor_id, portfolio_id) -> values, from one statement, for work on sets."""
    catalogued = KINDS[kind]
    newest: dict[tuple[str, int | None], dict] = {}
    rows = (
        PolicyVersion.objects.filter(kind=kind, status=PolicyStatus.APPROVED, valid_from__lte=as_of)
        .order_by("valid_from", "id")
        .values_list("scope_type", "scope_id", "values")
    )
    for scope_type, scope_id, values in rows:
        newest[scope_type, scope_id] = values
    ready = {scope: catalogued.python(values) for scope, values in newest.items()}
    everyone = ready.get(("", None)) or catalogued.python(catalogued.defaults())

    def resolve(creditor_id: int | None, portfolio_id: int | None = None) -> dict[str, Any]:
        return ready.get(("portfolio", portfolio_id)) or ready.get(("creditor", creditor_id)) or everyone

    return resolve


def named_rules(kind: str, *, as_of: date) -> tuple[Any, dict[str, Any]]:
    """The office's rule set of a kind on a day: how a page names it, and its values."""
    return rule_sets([kind], as_of=as_of)[kind]


def rule_sets(kinds: Sequence[str], *, as_of: date) -> dict[str, tuple[Any, dict[str, Any]]]:
    """As `named_rules` for several kinds, in one statement."""
    versions = versions_in_force(kinds, as_of=as_of)
    found = {}
    for kind in kinds:
        version, catalogued, name = versions.get(kind), KINDS[kind], _("Standard")
        if version is not None and version.valid_from != FROM_THE_BEGINNING:
            name = _("Approved %(day)s") % {"day": version.valid_from}
        found[kind] = name, catalogued.python(version.values if version else catalogued.defaults())
    return found


def amount_in(table: dict[str, Decimal | None], currency: str) -> Decimal:
    """The amount of a table by currency: its own row, the row of any other, or zero."""
    amount = table.get(currency, table.get(ANY_CURRENCY))
    return Decimal(0) if amount is None else amount


def limit_of(
    act: str,
    *,
    role: str,
    currency: str,
    as_of: date,
    creditor_id: int | None = None,
    portfolio_id: int | None = None,
) -> Decimal | None:
    """Up to how much a role may decide this act alone; None is without limit, zero is not at all."""
    table = policy("authority", as_of=as_of, creditor_id=creditor_id, portfolio_id=portfolio_id)[act]
    limits = table.get(role) or {}
    return limits.get(currency, limits.get(ANY_CURRENCY, Decimal(0)))


def reaches(limits: dict[str, Decimal | None] | None, amount: Decimal, currency: str) -> bool:
    """Whether one role's limits by currency reach an amount; None of them, or no row, never does."""
    if not limits:
        return False
    row = currency if currency in limits else ANY_CURRENCY
    if row not in limits:
        return False
    limit = limits[row]
    return limit is None or amount <= limit
