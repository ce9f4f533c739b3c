"""The bases of all pages, under one name: `from collections_app.core.web.views import ListPage`."""

from collections_app.core.web.actions import (
    ActionPage,
    BulkActionPage,
    ConfirmPage,
    ReasonPage,
    VerbView,
)
from collections_app.core.web.any_day_lists import AnyDayList
from collections_app.core.web.details import DetailPage
from collections_app.core.web.lists import ListPage
from collections_app.core.web.pages import PUBLIC, SIGNED_IN, PageView
from collections_app.core.web.parts import Action, BulkAction, Crumb, Fact, Figure, Section, Tab

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "Action",
    "ActionPage",
    "AnyDayList",
    "BulkAction",
    "BulkActionPage",
    "ConfirmPage",
    "Crumb",
    "DetailPage",
    "Fact",
    "Figure",
    "ListPage",
    "PageView",
    "ReasonPage",
    "Section",
    "Tab",
    "VerbView",
]
