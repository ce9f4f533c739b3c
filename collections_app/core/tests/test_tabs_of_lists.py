"""The tabs of every list choose by filters that the list has: another name would choose nothing, and the
tab show every row."""

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver

from collections_app.core.enums import Role
from collections_app.core.web.views import ListPage
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def lists(patterns):
    for pattern in patterns:
        if not isinstance(pattern, URLPattern):
            yield from lists(pattern.url_patterns)
        elif issubclass(getattr(pattern.callback, "view_class", object), ListPage):
            yield pattern.callback.view_class


def parameters(filterset) -> set[str]:
    """The names in an address that the filters read."""
    found = set()
    for name, field in filterset.form.fields.items():
        parts = getattr(field.widget, "suffixes", None)
        found |= {f"{name}_{part}" for part in parts} if parts else {name}
    return found


def test_every_tab_of_a_list_chooses_by_a_filter_of_that_list():
    request = RequestFactory().get("/")
    request.user = makers.user(role=Role.MANAGER)
    unknown, seen = [], 0
    for page_class in set(lists(get_resolver().url_patterns)):
        page = page_class()
        page.request = request
        filterset_class = page_class.filterset_class
        if filterset_class is None:
            continue
        model = filterset_class._meta.model
        known = parameters(filterset_class(data={}, queryset=model.objects.none(), request=request))
        for _label, query in page.default_views:
            seen += 1
            unknown += [(page_class.__name__, key) for key in QueryDict(query) if key not in known]
    assert unknown == []
    assert seen > 50
