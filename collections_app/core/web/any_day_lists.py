"""Lists that can be looked at as of another day and as known at another moment.

A list of things with a status asks their steps (`Lifecycle`); a list of dated rows leaves the later
ones out. What only the present can answer (filters, tabs, verbs) goes away meanwhile.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict

from collections_app.core.lifecycle import Lifecycle

if TYPE_CHECKING:
    from collections_app.core.web.lists import ListPage as Page
else:
    Page = object


class AnyDayList(Page):
    """Put before ListPage. `day_field` is a row's first day; `lifecycle` the table of its status.

    `only_now` names the filters that speak of the present, `outcomes` the fields that its present
    status brought with what they said before, `columns_now` what no past is kept of. `as_then` is for
    a page that makes its queryset itself.
    """

    offers_as_of = True
    offers_known_at = True
    day_field = ""
    recorded_field = "recorded_at"
    lifecycle: Lifecycle | None = None
    only_now: tuple[str, ...] = ()
    outcomes: Mapping[str, Any] = {}
    columns_now: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet:
        return self.as_then(super().get_queryset())

    def as_then(self, rows: QuerySet) -> QuerySet:
        """The rows that there were on the day, by what was known, with their status then."""
        if not self.is_past:
            return rows
        rows = rows.filter(
            **{f"{self.day_field}__lte": self.as_of, f"{self.recorded_field}__lte": self.known_until}
        )
        if self.lifecycle is None:
            return rows
        return rows.annotate(
            status_then=self.lifecycle.status_on(as_of=self.as_of, known_at=self.known_until)
        )

    def complete(self, rows) -> None:
        super().complete(rows)
        if self.is_past:
            self.complete_then(rows)

    def complete_then(self, rows) -> None:
        """Make the rows in memory say what they said then; nothing of it is saved."""
        if self.lifecycle is None:
            return
        for row in rows:
            if getattr(row, self.lifecycle.field) != row.status_then:
                for name, value in self.outcomes.items():
                    setattr(row, name, value)
            setattr(row, self.lifecycle.field, row.status_then)

    def get_filterset_class(self):
        found = super().get_filterset_class()
        if not self.is_past or found is None:
            return found
        changed: dict[str, Any] = dict.fromkeys(self.only_now)
        field = self.lifecycle.field if self.lifecycle is not None else ""
        if field in found.base_filters:
            now = found.base_filters[field]
            changed[field] = django_filters.MultipleChoiceFilter(
                label=now.label, choices=now.extra["choices"], field_name="status_then"
            )
        return type(found.__name__, (found,), changed)

    def column_names(self):
        found = super().column_names()
        return [name for name in found if not self.is_past or name not in self.columns_now]

    def tabs(self):
        found = super().tabs()
        if not self.is_past:
            return found
        return [tab for tab in found if not set(QueryDict(tab.url[1:])) & set(self.only_now)]
