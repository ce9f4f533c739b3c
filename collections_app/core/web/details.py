"""The page of one row: what it is, what it costs, what may be done, what happened."""

from typing import Any

from django.db.models import Model
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.web.pages import PageView
from collections_app.core.web.parts import Action, Crumb, Figure, Section, Tab


def may_see_history(user, model: type[Model]) -> bool:
    """Of rows that say who may see them, whoever does; of others, who checks the audit record."""
    return hasattr(model._default_manager.all(), "visible_to") or has_permission(user, "core.view_audit")


class DetailPage(PageView):
    """One row. `queryset` is scoped by `visible_to`; another team's row is a 404.

    Fill `figures()` (the strip), `sections()` (the main column), `side()` (the rail), `tabs()`,
    `get_head_actions()`. `panel_noun` ("debtor") adds the panels of higher floors to the slots
    `debtor.main`, `debtor.strip`, ... `list_url_name` makes the way back.
    """

    template_name = "generic/detail.html"
    queryset = None
    context_object_name = "object"
    status_field = ""
    panel_noun = ""
    list_url_name = ""
    list_title: Any = ""
    has_history = True

    def get_queryset(self):
        queryset = self.queryset.all()
        visible = getattr(queryset, "visible_to", None)
        return visible(self.request.user) if visible is not None else queryset

    def get_object(self) -> Model:
        found = self.get_queryset().filter(**self.kwargs).first()
        if found is None:
            raise Http404(_("There is no such row, or it belongs to another team."))
        return found

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.render_to_response(self.get_context_data())

    # ---- what the page shows ----

    def get_title(self) -> Any:
        return str(self.object)

    def figures(self) -> list[Figure]:
        return []

    def sections(self) -> list[Section]:
        return []

    def side(self) -> list[Section]:
        return []

    def tabs(self) -> list[Tab]:
        return []

    def get_crumbs(self) -> list[Crumb]:
        if not self.list_url_name:
            return []
        return [Crumb(self.list_title, reverse(self.list_url_name))]

    def history_action(self) -> Action | None:
        if not self.has_history or not may_see_history(self.request.user, type(self.object)):
            return None
        return Action(
            _("History"),
            reverse("core:history", args=[self.object._meta.label_lower, self.object.pk]),
            icon="history",
        )

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        user, ids = self.request.user, [self.object.pk]
        collected = {}
        if self.panel_noun:
            for place in ("strip", "who", "main", "now"):
                collected[place] = panels.collect(f"{self.panel_noun}.{place}", ids, user, self.as_of)
        context = super().get_context_data(
            object=self.object,
            figures=self.figures(),
            sections=self.sections(),
            side=self.side(),
            tabs=self.tabs(),
            panels=collected,
            status_field=self.status_field,
            **kwargs,
        )
        context[self.context_object_name] = self.object
        history = self.history_action()
        if history is not None:
            context["head_actions"] = [history, *context["head_actions"]]
        return context
