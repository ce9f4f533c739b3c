"""Numbers without gaps: drawn by an UPDATE in the transaction that uses them.

The row stays locked until that transaction ends, so the next one waits and a number whose receipt
was refused or rolled back is drawn again. Draw it last of all locks, just before it is used.
"""

from django.db import connection

from accounts.cashdesk.models import NumberSeries
from collections_app.core.models import User

OFFICE = "R"
DEPOSITS = "D"


def series_of(cashier: User) -> NumberSeries:
    """The cashier's own series; made with his first receipt."""
    known = NumberSeries.objects.filter(cashier=cashier).first()
    if known is not None:
        return known
    made, _is_new = NumberSeries.objects.get_or_create(
        cashier=cashier, defaults={"code": f"C{cashier.pk:03d}"}
    )
    return made


def series_named(code: str) -> NumberSeries:
    """A series of the office; made when it is first asked for."""
    made, _is_new = NumberSeries.objects.get_or_create(code=code)
    return made


def draw(series: NumberSeries) -> tuple[int, str]:
    """The next number of a series, and as it is written. Call inside the using transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {NumberSeries._meta.db_table} SET last_number = last_number + 1 WHERE id = %s"
            " RETURNING last_number",
            [series.pk],
        )
        number = cursor.fetchone()[0]
    return number, f"{series.code}-{number:06d}"
