"""Pages by the last row seen: every row once, in order, forwards and backwards."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.keyset import keyset_page

pytestmark = pytest.mark.django_db
ORDERS = [
    ["full_name"],
    ["-full_name"],
    ["deactivated_at"],
    ["-deactivated_at"],
    ["full_name", "-email"],
    ["-pk"],
]


@pytest.fixture
def people() -> list[User]:
    made = []
    for number in range(11):
        made.append(
            User.objects.create_user(
                f"user{number}",
                role=Role.COLLECTION_OFFICER,
                full_name="ABC"[number % 3],
                email=f"{number % 2}@office.example",
                deactivated_at=None if number % 4 == 0 else f"2026-01-{number + 1:02}T10:00:00.123456Z",
            )
        )
    return made


def expected(order: list[str]) -> list[int]:
    last = order[-1]
    tie = [] if last.endswith("pk") else ["-pk" if last.startswith("-") else "pk"]
    return list(
        User.objects.filter(username__startswith="user").order_by(*order, *tie).values_list("pk", flat=True)
    )


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("size", [1, 4, 11, 20])
def test_following_the_pages_sees_every_row_once_in_order(people, order, size):
    queryset = User.objects.filter(username__startswith="user")
    seen, after, first = [], "", 1
    while True:
        page = keyset_page(queryset, order, size=size, after=after)
        assert page.first == first
        seen += [row.pk for row in page.rows]
        first += len(page.rows)
        if not page.after:
            break
        after = page.after
    assert seen == expected(order)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_going_back_shows_the_same_pages(people, order):
    queryset = User.objects.filter(username__startswith="user")
    first = keyset_page(queryset, order, size=4)
    second = keyset_page(queryset, order, size=4, after=first.after)
    third = keyset_page(queryset, order, size=4, after=second.after)
    assert [row.pk for row in third.rows] == expected(order)[8:]
    back = keyset_page(queryset, order, size=4, before=third.before)
    assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
    assert (back.first, back.last) == (5, 8)
    start = keyset_page(queryset, order, size=4, before=back.before)
    assert [row.pk for row in start.rows] == [row.pk for row in first.rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(text=st.text(max_size=60))
def test_a_damaged_cursor_gives_the_first_page(people, text):
    queryset = User.objects.filter(username__startswith="user")
    page = keyset_page(queryset, ["full_name"], size=4, after=text)
    assert page.first == 1
    assert [row.pk for row in page.rows] == expected(["full_name"])[:4]
