"""Days kept for a measurement, and payments that come after them."""

from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.ledger.keeping import bring_up, keep_day
from accounts.ledger.models import DayEnd
from accounts.ledger.posting import NewEntry
from accounts.ledger.services import post_entry_set
from collections_app.core.models import User


def kept_fresh(day: date, *, with_balances: bool) -> DayEnd:
    """The kept end of a day, brought up to now; kept first where it is not."""
    found = DayEnd.objects.filter(day=day).first()
    if found is not None and found.has_balances >= with_balances and bring_up(found):
        return DayEnd.objects.get(day=day)
    return keep_day(day, with_balances=with_balances)


def pay_some(*, number: int, value_date: date, as_of: date) -> None:
    """Post a payment on so many accounts, spread over the book, through the door for sets."""
    columns = [column for column in NewEntry.__dataclass_fields__ if column not in ("late_reason", "belongs")]
    given = {
        "kind": "'payment'", "amount": "%(amount)s::numeric", "value_date": "%(day)s::date",
        "due_date": "NULL::date", "direction": "NULL::text", "tax_amount": "0::numeric",
        "method": "'transfer'", "receiver": "'office'", "source": "'import'", "reverses_id": "NULL::bigint",
        "import_batch_id": "NULL::bigint", "line": "NULL::text", "account_id": "a.id",
    }  # fmt: skip
    chosen = ", ".join(f"{given.get(column, chr(39) * 2)} AS {column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.late_payment")
        cursor.execute(
            "CREATE TEMP TABLE late_payment AS"
            f" SELECT row_number() OVER (ORDER BY a.id) AS row_number, NULL::bigint AS id, {chosen}"
            " FROM accounts_account a WHERE a.id %% greatest((SELECT count(*) FROM accounts_account)"
            " / %(number)s, 1) = 3 LIMIT %(number)s",
            {"amount": Decimal("10"), "day": value_date, "number": number},
        )
        cursor.execute("ANALYZE late_payment")
    post_entry_set(table="late_payment", actor=User.objects.system(), as_of=as_of)
