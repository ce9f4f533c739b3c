"""Pages by the last row seen, so that page 1,000 costs what page 1 costs.

A cursor holds the sort values and the id of a row, and how many rows stand before it, as URL-safe
text. It names no secret: rows are scoped by the queryset it is applied to.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q, QuerySet


@dataclass
class KeysetPage:
    """The rows of one page, where it stands, and the cursors to its neighbours (None at an end)."""

    rows: list[Any]
    first: int
    after: str | None
    before: str | None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def keyset_page(
    queryset: QuerySet, order: Sequence[str], *, size: int, after: str = "", before: str = ""
) -> KeysetPage:
    """One page of the queryset in `order` (field paths, "-" for descending; the id is added).

    A cursor that does not fit the order (an old link) gives the first page.
    """
    terms = [(part.lstrip("-"), part.startswith("-")) for part in order]
    if not any(field in ("pk", "id") for field, _descending in terms):
        terms.append(("pk", bool(terms) and terms[-1][1]))
    cursor = _decode(after or before, len(terms))
    if cursor is not None:
        try:
            page = _page_at(queryset, terms, size, cursor, backwards=not after)
        except (ValueError, TypeError, ValidationError, FieldError):
            page = None
        if page is not None:
            return page
    found = _keys(queryset, terms, size + 1)
    return _page(queryset, found[:size], before_count=0, has_next=len(found) > size)


def _keys(queryset: QuerySet, terms, limit: int) -> list[tuple]:
    """(id, sort values) of the next rows: only what the order needs, so wide joins wait for 50 ids."""
    ordered = queryset.order_by(*(f"-{field}" if descending else field for field, descending in terms))
    return list(ordered.values_list("pk", *(field for field, _descending in terms))[:limit])


def _page_at(queryset, terms, size, cursor, *, backwards: bool) -> KeysetPage | None:
    values, count = cursor
    if not backwards:
        found = _keys(queryset.filter(_beyond(terms, values)), terms, size + 1)
        return _page(queryset, found[:size], before_count=count, has_next=len(found) > size)
    turned = [(field, not descending) for field, descending in terms]
    found = _keys(queryset.filter(_beyond(turned, values)), turned, size)
    found.reverse()
    if len(found) < size:
        return None  # the first page, whole
    return _page(queryset, found, before_count=max(count - len(found), 0), has_next=True)


def _page(queryset, found: list[tuple], *, before_count: int, has_next: bool) -> KeysetPage:
    by_id = (
        {row.pk: row for row in queryset.order_by().filter(pk__in=[key[0] for key in found])} if found else {}
    )
    rows = [by_id[key[0]] for key in found if key[0] in by_id]
    after = _encode(found[-1][1:], before_count + len(found)) if has_next and found else None
    before = _encode(found[0][1:], before_count) if before_count and found else None
    return KeysetPage(rows, before_count + 1 if found else 0, after, before)


def _beyond(terms, values) -> Q:
    """Rows after `values`: PostgreSQL puts NULL last when ascending and first when descending."""
    found, same = Q(pk__in=[]), Q()
    for (field, descending), value in zip(terms, values, strict=True):
        if value is None:
            further = Q(**{f"{field}__isnull": False}) if descending else Q(pk__in=[])
            equal = Q(**{f"{field}__isnull": True})
        else:
            further = Q(**{f"{field}__{'lt' if descending else 'gt'}": value})
            if not descending and field not in ("pk", "id"):
                further |= Q(**{f"{field}__isnull": True})
            equal = Q(**{field: value})
        found |= same & further
        same &= equal
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value


def _encode(values: Sequence[Any], count: int) -> str:
    text = json.dumps([*(_plain(value) for value in values), count])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str, length: int) -> tuple[list[Any], int] | None:
    if not text:
        return None
    try:
        decoded = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    if not isinstance(decoded, list) or len(decoded) != length + 1 or not isinstance(decoded[-1], int):
        return None
    return decoded[:-1], decoded[-1]
