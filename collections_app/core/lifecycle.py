"""Statuses: every one walks an edge of its table, and only through this module.

A slice writes its table once, in `enums.py`:

    PROMISE = Lifecycle("accounts.promise", initial="open", edges=[
        Edge("open", "kept", verb=_("Mark kept"), permission="accounts.judge_promise",
             audit="promise.kept"),
    ])

The Transition row is the truth, the status column its cache. Buttons are drawn from the table
(`next`), so screen and rule agree.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from collections_app.core import audit
from collections_app.core.bulk import id_array
from collections_app.core.models import Transition
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import Refused


class StatusHasMoved(Refused):
    """The status is no longer one from which this can be done; somebody else was quicker."""


@dataclass(frozen=True)
class Edge:
    """One step. `source` may be several statuses.

    `permission` None means that the calling service has its own rule (and that no button is drawn).
    `guard(obj, actor=, as_of=)` raises a Refused when this row may not take the step.
    `audit` is the code of the audit record (`promise.kept`).
    """

    source: str | Sequence[str]
    target: str
    verb: Any = ""
    permission: str | None = None
    audit: str = ""
    guard: Callable[..., None] | None = None
    tone: str = ""
    url_name: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        if isinstance(self.source, str):
            return (str(self.source),)
        return tuple(str(status) for status in self.source)


_lifecycles: dict[tuple[str, str], "Lifecycle"] = {}


def all_lifecycles() -> list["Lifecycle"]:
    """Every table, for the tests and for the page that draws them."""
    return [_lifecycles[key] for key in sorted(_lifecycles)]


class Lifecycle:
    """The table of one status column. `name` is the model's `app.model` label."""

    def __init__(self, name: str, *, edges: Sequence[Edge], field: str = "status", initial: str = "") -> None:
        self.name = name.lower()
        self.field = field
        self.initial = str(initial)
        self.edges = tuple(edges)
        self._by_step: dict[tuple[str, str], Edge] = {}
        for edge in self.edges:
            for source in edge.sources:
                step = (source, str(edge.target))
                if step in self._by_step:
                    raise ImproperlyConfigured(f"{name} has the step {step} twice.")
                self._by_step[step] = edge
        _lifecycles[self.name, field] = self

    def __repr__(self) -> str:
        return f"<Lifecycle {self.name}.{self.field}>"

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.name)

    def statuses(self) -> list[str]:
        """Every status the table knows, in the order it names them."""
        names = [self.initial] if self.initial else []
        for source, target in self._by_step:
            names += [source, target]
        return list(dict.fromkeys(names))

    def label(self, status: str) -> str:
        """The status in the reader's words."""
        choices = dict(self.model._meta.get_field(self.field).flatchoices)
        return str(choices.get(status, status))

    def edge(self, source: str, target: str) -> Edge:
        """The edge of that step; StatusHasMoved, in words, when the table has none."""
        edge = self._by_step.get((str(source), str(target)))
        if edge is None:
            raise StatusHasMoved(
                _(
                    "This is «%(status)s» now, so it cannot become «%(target)s». "
                    "Open it again to see what can be done."
                )
                % {"status": self.label(str(source)), "target": self.label(str(target))}
            )
        return edge

    def next(self, obj: models.Model, user) -> list[Edge]:
        """The steps from here that this user may take: the buttons of the page.

        An edge without a verb or a permission is taken by services, never by a button.
        """
        status = str(getattr(obj, self.field))
        return [
            edge
            for (source, _target), edge in self._by_step.items()
            if source == status and edge.verb and edge.permission and has_permission(user, edge.permission)
        ]

    def status_on(self, *, as_of: date, known_at: datetime) -> Coalesce:
        """An expression: each row's status at the end of a day, by the steps known at a moment."""
        steps = Transition.objects.filter(
            subject_type=self.name,
            subject_id=OuterRef("pk"),
            effective_date__lte=as_of,
            recorded_at__lte=known_at,
        ).order_by("-id")
        told = Subquery(steps.values("to_status")[:1])
        return Coalesce(told, Value(self.initial), output_field=models.CharField())

    def history(self, obj: models.Model):
        """The transitions of a row, oldest first."""
        return (
            Transition.objects.filter(subject_type=self.name, subject_id=obj.pk)
            .select_related("actor")
            .order_by("id")
        )

    def since(self, ids: Iterable[int]) -> dict[int, datetime]:
        """When each of these rows came into the status it has."""
        last = Transition.objects.filter(subject_type=self.name, subject_id__in=list(ids))
        return dict(last.values_list("subject_id").annotate(at=models.Max("recorded_at")))

    def start(self, obj: models.Model, *, actor, as_of: date, reason: str = "") -> None:
        """Write the first transition of a row that was just made, into the status it has.

        The audit record of its making is the calling service's own.
        """
        Transition.objects.create(
            subject_type=self.name,
            subject_id=obj.pk,
            from_status="",
            to_status=str(getattr(obj, self.field)),
            effective_date=as_of,
            actor=actor,
            reason=reason,
        )

    def start_many(self, ids: Iterable[int], *, actor, as_of: date, reason: str = "") -> None:
        """`start` for a set of new rows, in one statement."""
        table, column, key = self._names()
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Transition._meta.db_table} (subject_type, subject_id, from_status,"
                " to_status, effective_date, actor_id, reason)"
                f" SELECT %s, {key}, '', {column}, %s, %s, %s FROM {table}"
                f" WHERE {key} = ANY(%s::bigint[]) ORDER BY {key}",
                [self.name, as_of, actor.pk, reason, id_array(ids)],
            )

    def advance(
        self,
        obj: models.Model,
        *,
        to: str,
        actor,
        as_of: date,
        reason: str = "",
        is_locked: bool = False,
        beside: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> models.Model:
        """Take one step: lock the row, check edge, permission and guard, write, audit.

        `as_of` is the day from which the new status holds. `is_locked`: the caller read `obj` under
        a lock in this very transaction, so it is not read again. `fields` are written in the same
        statement and set on `obj`, which is returned; `beside` are columns written with them that
        are no part of the record (leases, texts), expressions allowed. Raises StatusHasMoved when
        the row's status in the database has no such edge, NotAllowed, or what the guard raises.
        """
        with transaction.atomic(savepoint=not is_locked):
            rows = self.model._base_manager
            locked = obj if is_locked else rows.select_for_update(of=("self",)).get(pk=obj.pk)
            old, new = str(getattr(locked, self.field)), str(to)
            edge = self.edge(old, new)
            if edge.permission:
                require(actor, edge.permission)
            if edge.guard is not None:
                edge.guard(locked, actor=actor, as_of=as_of)
            changed = rows.filter(pk=obj.pk, **{self.field: old}).update(
                **{self.field: new}, **fields, **(beside or {})
            )
            if changed != 1:
                raise StatusHasMoved(_("Somebody else changed this a moment ago. Open it again."))
            Transition.objects.create(
                subject_type=self.name,
                subject_id=obj.pk,
                from_status=old,
                to_status=new,
                effective_date=as_of,
                actor=actor,
                reason=reason,
            )
            audit.record(
                edge.audit or f"{self.model._meta.model_name}.{new}",
                obj,
                actor=actor,
                before={self.field: old, **{name: getattr(locked, name) for name in fields}},
                after={self.field: new, **fields},
                reason=reason,
            )
        for name, value in {self.field: new, **fields}.items():
            setattr(obj, name, value)
        return obj

    def _names(self) -> tuple[str, str, str]:
        """Quoted table, status column and key column."""
        meta, quote = self.model._meta, connection.ops.quote_name
        return quote(meta.db_table), quote(meta.get_field(self.field).column), quote(meta.pk.column)

    def _permitted_edges(self, to: str, actor) -> dict[str, Edge]:
        """The edges into a status by their source. A guard looks at one row, so it has no place here."""
        edges = {source: edge for (source, target), edge in self._by_step.items() if target == to}
        if not edges:
            raise ImproperlyConfigured(f"{self.name} has no edge to {to!r}.")
        for edge in edges.values():
            if edge.guard is not None:
                raise ImproperlyConfigured(f"{self.name} to {to!r} has a guard: advance row by row.")
        permitted = {
            source: edge
            for source, edge in edges.items()
            if not edge.permission or has_permission(actor, edge.permission)
        }
        if not permitted:
            require(actor, next(iter(edges.values())).permission or "")
        return permitted

    def _given(
        self, ids: Sequence[int], each: Mapping[str, Mapping[int, Any]], settings: list[str]
    ) -> tuple[str, list]:
        """A join with the values of single rows and its parameters; adds what it sets to `settings`."""
        if not each:
            return "", []
        names, types, lists = ["given_key"], ["bigint[]"], [list(ids)]
        for name, values in each.items():
            model_field = self.model._meta.get_field(name)
            own = f"given_{len(names)}"
            names.append(own)
            types.append(f"{model_field.db_type(connection)}[]")
            lists.append([model_field.get_db_prep_save(values[pk], connection) for pk in ids])
            settings.append(f"{connection.ops.quote_name(model_field.column)} = given.{own}")
        arrays = ", ".join(f"%s::{kind}" for kind in types)
        return f" JOIN unnest({arrays}) AS given({', '.join(names)}) ON given.given_key = old.key", lists

    def advance_many(
        self,
        queryset_or_ids: models.QuerySet | Iterable[int],
        *,
        to: str,
        actor,
        as_of: date,
        reason: str = "",
        beside: Mapping[str, Any] | None = None,
        each: Mapping[str, Mapping[int, Any]] | None = None,
        **fields: Any,
    ) -> list[int]:
        """Take the step for a set, in one statement; returns the ids that moved.

        Rows whose status has no edge to `to` (any more) stay as they are. `fields` are constants
        written to all of them, `beside` constants that are no part of the record, `each` columns
        with a value of its own for every id (the record does not name them either). One audit
        record per edge names the number and the digest of ids.
        """
        new = str(to)
        edges = self._permitted_edges(new, actor)
        if isinstance(queryset_or_ids, models.QuerySet):
            ids = list(queryset_or_ids.order_by().values_list("pk", flat=True))
        else:
            ids = list(queryset_or_ids)
        if not ids:
            return []
        table, column, key = self._names()
        settings, values = [f"{column} = %s"], [new]
        for name, value in {**fields, **(beside or {})}.items():
            model_field = self.model._meta.get_field(name)
            settings.append(f"{connection.ops.quote_name(model_field.column)} = %s")
            value = value.pk if isinstance(value, models.Model) else value
            values.append(model_field.get_db_prep_save(value, connection))
        given, lists = self._given(ids, each or {}, settings)
        # part of whatever transaction the caller is in: a failure takes back the whole act
        with transaction.atomic(savepoint=False):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH old AS (SELECT {key} AS key, {column} AS status FROM {table}"
                    f" WHERE {key} = ANY(%s) AND {column} = ANY(%s) ORDER BY {key} FOR UPDATE),"
                    f" moved AS (UPDATE {table} AS rows SET {', '.join(settings)} FROM old{given}"
                    f" WHERE rows.{key} = old.key AND rows.{column} = old.status"
                    " RETURNING old.key, old.status),"
                    f" told AS (INSERT INTO {Transition._meta.db_table} (subject_type, subject_id,"
                    " from_status, to_status, effective_date, actor_id, reason)"
                    " SELECT %s, key, status, %s, %s, %s, %s FROM moved ORDER BY key)"
                    " SELECT key, status FROM moved ORDER BY key",
                    [ids, list(edges), *values, *lists, self.name, new, as_of, actor.pk, reason],
                )
                moved = cursor.fetchall()
            by_code: dict[str, list[int]] = {}
            for pk, old in moved:
                code = edges[old].audit or f"{self.model._meta.model_name}.{new}"
                by_code.setdefault(code, []).append(pk)
            for code, touched in by_code.items():
                after = {self.field: new, **fields}
                audit.record_set(code, self.model, ids=touched, actor=actor, after=after, reason=reason)
        return [pk for pk, _old in moved]
