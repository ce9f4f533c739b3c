"""A list page is a declaration: queryset, filterset, table, permission; then stop."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse, QueryDict
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from collections_app.core import panels
from collections_app.core.models import SavedView
from collections_app.core.permissions import has_permission
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figure_columns import MoneyColumn
from collections_app.core.web.figures import count_text
from collections_app.core.web.filters import Chip, FilterSet, filter_query
from collections_app.core.web.keyset import KeysetPage, keyset_page
from collections_app.core.web.list_verbs import ListVerbs
from collections_app.core.web.pages import PageView
from collections_app.core.web.parts import BulkAction, Crumb, Tab
from collections_app.core.web.row_ids import row_ids
from collections_app.core.web.tables import DrawnTable, Table

COUNT_SECONDS = 60
ROW_LABEL = ngettext_lazy("%(n)s row", "%(n)s rows", "n")


class BoldCount(int):
    """A number that writes itself grouped and bold, while plural rules still see a number."""

    def __str__(self) -> str:
        return f'<b class="n">{count_text(int(self))}</b>'


class PlainCount(int):
    def __str__(self) -> str:
        return count_text(int(self))


class ListPage(ListVerbs, PageView):
    """Rows of one kind, with search, filters as chips, saved views, columns, totals and export.

    `queryset` (or `get_queryset()`), scoped by `visible_to` where the manager has it;
    `filterset_class`, `table_class`, `list_name` (unique; preferences and saved views hang on it),
    `url_name` (of the list itself), `count_label` (an `ngettext_lazy` with `n`), `empty_text` and
    `empty_link`, `default_views` ((label, query) tabs for everyone), `bulk_actions`,
    `list_slot` ("accounts": columns and filters of higher floors join by `list.accounts.*`).
    """

    template_name = "generic/list.html"
    queryset: Any = None
    filterset_class: type[FilterSet] | None = None
    table_class: type[Table]
    list_name = ""
    url_name = ""
    count_label: Any = ROW_LABEL
    empty_text: Any = gettext_lazy("Nothing here yet.")
    empty_link: Crumb | None = None
    default_views: Sequence[tuple[Any, str]] = ()
    bulk_actions: Sequence[BulkAction] = ()
    list_slot = ""
    exportable = True
    totals_template = "components/list_totals.html"
    has_proof = False  # whether the totals say how they compare with their source
    export_permission = "core.export_list"
    page_size = 50

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        if not self.list_name:
            raise ImproperlyConfigured(f"{type(self).__qualname__} needs a list_name.")

    # ---- rows ----

    def get_queryset(self) -> QuerySet:
        """Every row the user may see; related rows the table reads already selected."""
        queryset = self.queryset.all()
        visible = getattr(queryset, "visible_to", None)
        return visible(self.request.user) if visible is not None else queryset

    def get_filterset_class(self) -> type[FilterSet] | None:
        """The slice's filterset, with the filters that higher floors put into the slot."""
        if not self.list_slot or self.filterset_class is None:
            return self.filterset_class
        extra: dict[str, Any] = {}
        for panel in panels.collect(f"list.{self.list_slot}.filters", [], self.request.user, self.as_of):
            extra |= panel.data
        return (
            type(self.filterset_class.__name__, (self.filterset_class,), extra)
            if extra
            else self.filterset_class
        )

    def filterset_for(self, parameters: QueryDict) -> FilterSet | None:
        filterset_class = self.get_filterset_class()
        if filterset_class is None:
            return None
        return filterset_class(data=parameters, queryset=self.get_queryset(), request=self.request)

    @cached_property
    def filterset(self) -> FilterSet | None:
        return self.filterset_for(self.request.GET)

    def filtered(self, parameters: QueryDict | None = None) -> QuerySet:
        filterset_class = self.get_filterset_class()
        chosen = filter_query(self.request.GET if parameters is None else parameters)
        if not chosen and not (filterset_class and filterset_class.narrows_by_default):
            return self.get_queryset()
        filterset = self.filterset if parameters is None else self.filterset_for(parameters)
        return self.get_queryset() if filterset is None else filterset.qs

    def select(self, *, ids: Sequence[str], everything: bool, query: str) -> QuerySet:
        """The rows a bulk verb is about: the ticked ones, or all that the list's filters select."""
        if everything:
            return self.filtered(QueryDict(query))
        numbers = row_ids(ids)
        return self.get_queryset().filter(pk__in=numbers) if numbers else self.get_queryset().none()

    # ---- order and page ----

    @cached_property
    def sort(self) -> str:
        wanted = self.request.GET.get("sort", "")
        column = self.table_class.declared().get(wanted.lstrip("-"))
        if column is None or not column.can_sort(wanted.lstrip("-")):
            return self.table_class.default_order()
        return wanted

    def order(self) -> list[str]:
        """The field paths behind the sorted column."""
        name, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if not name:
            return ["-pk"]
        column = self.table_class.declared().get(name)
        fields = column.sort_fields(name) if column is not None else [name]
        if not descending:
            return fields
        return [field[1:] if field.startswith("-") else f"-{field}" for field in fields]

    @cached_property
    def page(self) -> KeysetPage:
        page = keyset_page(
            self.filtered(),
            self.order(),
            size=self.page_size,
            after=self.request.GET.get("after", ""),
            before=self.request.GET.get("before", ""),
        )
        self.complete(page.rows)
        return page

    def complete(self, rows: Sequence[Any]) -> None:
        """Put on rows what the query can't give; called with a page, and with pieces of a file."""

    # ---- how this user likes it ----

    @cached_property
    def preferences(self) -> dict[str, Any]:
        kept = (self.request.user.preferences or {}).get("lists", {})
        return kept.get(self.list_name, {})

    def column_names(self) -> list[str]:
        declared = self.table_class.declared()
        chosen = [name for name in self.preferences.get("columns", []) if name in declared]
        return chosen or self.table_class.standard_names()

    def panel_columns(self, rows: Sequence[Any]) -> dict[str, RowColumn]:
        """Columns of higher floors: each panel gives `title`, `values` by id and maybe `width`."""
        if not self.list_slot or not rows:
            return {}
        slot, ids = f"list.{self.list_slot}.columns", [row.pk for row in rows]
        columns = {}
        for panel in panels.collect(slot, ids, self.request.user, self.as_of):
            values = panel.data["values"]
            columns[panel.name] = RowColumn(
                lambda row, context, values=values: values.get(row.pk, ""),
                verbose_name=panel.data["title"],
                width=panel.data.get("width"),
            )
        return columns

    def draw_table(self) -> DrawnTable:
        extra = self.panel_columns(self.page.rows)
        return self.table_class.draw(
            self.page.rows,
            request=self.request,
            names=[*self.column_names(), *extra],
            extra=extra,
            selectable=bool(self.shown_bulk_actions()),
            sort=self.sort,
            sort_url=self.sort_url,
            tight=self.preferences.get("tight", self.table_class.tight),
            empty_text=_("No row fits these filters.") if self.is_filtered else self.empty_text,
            empty_link=Crumb(_("Show all rows"), self.url_of("")) if self.is_filtered else self.empty_link,
            caption=self.get_title(),
            as_of=self.as_of,
            day_query=self.day_query,
        )

    def sort_url(self, name: str) -> str:
        return self.url_with(sort=name)

    def url_of(self, query: str) -> str:
        """The list's address with these filters, on the day that is looked at."""
        return "?" + "&".join(part for part in (query, self.day_query) if part)

    def url_with(self, **changes: str | None) -> str:
        """The list's address with some keys changed; the place in the pages is left."""
        parameters = self.request.GET.copy()
        for key in ("after", "before", "fragment"):
            parameters.pop(key, None)
        for key, value in changes.items():
            parameters.pop(key, None)
            if value is not None:
                parameters[key] = value
        return "?" + parameters.urlencode()

    def shown_bulk_actions(self) -> list[BulkAction]:
        if self.is_past:
            return []
        return [item for item in self.bulk_actions if item.shown_to(self.request.user)]

    # ---- filters and views ----

    @property
    def query(self) -> str:
        return filter_query(self.request.GET)

    @property
    def is_filtered(self) -> bool:
        return bool(self.query)

    def chips(self) -> list[Chip]:
        if self.filterset is None or not self.is_filtered:
            return []
        return self.filterset.chips(self.request.GET)

    @cached_property
    def saved_views(self) -> list[SavedView]:
        user = self.request.user
        views = SavedView.objects.filter(list_name=self.list_name).order_by("position", "pk")
        return [view for view in views if view.user_id == user.pk or view.is_shared]

    def tabs(self) -> list[Tab]:
        """All, the views everyone has, one's own, and those of others that are shared."""
        current = self.query
        found = [Tab(_("All"), self.url_of(""), current == "")]
        found += [
            Tab(label, self.url_of(query), filter_query(QueryDict(query)) == current)
            for label, query in self.default_views
        ]
        for view in self.saved_views:
            is_mine = view.user_id == self.request.user.pk
            found.append(
                Tab(
                    view.name,
                    self.url_of(view.query),
                    filter_query(QueryDict(view.query)) == current,
                    icon="" if is_mine else "users",
                )
            )
        return found

    # ---- counts and sums, asked for after the page ----

    def total_column(self) -> tuple[str, MoneyColumn] | None:
        for name, column in self.table_class.declared().items():
            if isinstance(column, MoneyColumn) and column.total:
                return name, column
        return None

    def totals(self, queryset: QuerySet) -> tuple[int, list[tuple[str, Any]]]:
        """(count, [(currency, sum)]) of all rows that the filters select."""
        found = self.total_column()
        plain = queryset.order_by()
        if found is None:
            return plain.count(), []
        name, column = found
        currency = column.currency.replace(".", "__")
        groups = list(
            plain.values(currency)
            .annotate(_rows=Count("pk"), _sum=Sum(column.sort_fields(name)[0].lstrip("-")))
            .values_list(currency, "_rows", "_sum")
        )
        count = sum(rows for _currency, rows, _sum in groups)
        return count, sorted((code, total) for code, _rows, total in groups if total)

    def tab_counts(self, present: int) -> list[str | None]:
        """How many rows stand behind each tab; kept for a minute, or until the present tab's number
        (`present`, just counted) shows that the list has changed."""
        tabs = self.tabs()
        keys = {tab.url: self._tab_key(tab) for tab in tabs}
        for tab in tabs:
            if tab.current:
                if cache.get(keys[tab.url]) not in (None, present):
                    cache.delete_many(keys.values())
                cache.set(keys[tab.url], present, COUNT_SECONDS)
        counts = []
        for tab in tabs:
            number = cache.get(keys[tab.url])
            if number is None:
                number = self.filtered(QueryDict(tab.url.removeprefix("?"))).order_by().count()
                cache.set(keys[tab.url], number, COUNT_SECONDS)
            counts.append(count_text(number))
        return counts

    def _tab_key(self, tab: Tab) -> str:
        query = tab.url.removeprefix("?")
        return f"list.count.{self.request.user.pk}.{self.list_name}.{hash(query)}"

    def totals_context(self) -> dict[str, Any]:
        count, sums = self.totals(self.filtered())
        return {
            "count": count,
            "count_words": mark_safe(self.count_label % {"n": BoldCount(count)}),
            "export_words": str(self.count_label % {"n": PlainCount(count)}),
            "sums": sums,
            "tab_counts": self.tab_counts(count),
            "can_export": self.can_export,
            "has_bulk": bool(self.shown_bulk_actions()),
        }

    # ---- answering ----

    @property
    def can_export(self) -> bool:
        return self.exportable and has_permission(self.request.user, self.export_permission)

    def get(self, request, *args, **kwargs):
        fragment = request.GET.get("fragment")
        if fragment == "totals":
            return self.respond_with(self.totals_template, self.totals_context())
        if fragment == "filters" and self.filterset is not None:
            return self.respond_with("components/filters.html", self.filters_context())
        return self.render_to_response(self.get_context_data())

    def respond_with(self, template: str, context: dict[str, Any]) -> HttpResponse:
        return self.response_class(
            request=self.request, template=template, context=context, using=self.template_engine
        )

    def filters_context(self) -> dict[str, Any]:
        """The drawer is drawn when it is opened: its choices cost more than the rows of the page."""
        asked = self.request.GET
        wanted = self.filterset is not None and "filters" in (asked.get("fragment"), asked.get("show"))
        return {
            "filter_form": self.filterset.form if wanted else None,
            "list_search": self.request.GET.get("q", ""),
            "sort": self.request.GET.get("sort", ""),
            "clear_url": self.url_of(""),
            "kept": QueryDict(self.day_query),
        }

    def rows_context(self) -> dict[str, Any]:
        return {
            "drawn": self.draw_table(),
            "rows_page": self.page,
            "next_url": self.url_with(after=self.page.after) if self.page.after else "",
            "previous_url": self.url_with(before=self.page.before) if self.page.before else "",
        }

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        chosen = self.column_names()
        filterset_class = self.get_filterset_class()
        filters = filterset_class.base_filters if filterset_class is not None else {}
        mine = (view for view in self.saved_views if view.user_id == self.request.user.pk)
        current_view = next((v for v in mine if filter_query(QueryDict(v.query)) == self.query), None)
        return super().get_context_data(
            **self.rows_context(),
            totals_url=self.url_with(fragment="totals"),
            has_proof=self.has_proof,
            tabs=self.tabs(),
            chips=self.chips(),
            has_filters=bool(set(filters) - {"q"}),
            has_search="q" in filters,
            filters_url=self.url_with(fragment="filters"),
            filters_page_url=self.url_with(show="filters"),
            filter_errors=self.filterset.errors_in_words() if self.is_filtered and filters else [],
            is_filtered=self.is_filtered,
            query=self.query,
            **self.filters_context(),
            bulk_actions=self.shown_bulk_actions(),
            can_export=self.can_export,
            can_share=has_permission(self.request.user, "core.share_view"),
            current_view=current_view,
            column_choices=[
                (name, column.verbose_name, name in chosen)
                for name, column in self.table_class.declared().items()
            ],
            is_tight=self.preferences.get("tight", self.table_class.tight),
            **kwargs,
        )
