"""Short ways to bring a file in within a test."""

from datetime import date

from accounts.imports.reading.source import Source
from accounts.imports.services import Options, check_import, post_import, upload
from collections_app.testing import makers

DAY = date(2026, 11, 23)


def table(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def bring(kind, content: bytes, *, mapping=None, creditor=None, name="file.csv", day=DAY, **fields):
    """Upload a file without checking it."""
    chosen = fields.pop("chosen", {})
    code = fields.pop("creditor_code", "")
    return upload(
        kind=kind,
        source=Source.from_bytes(name, content),
        creditor=creditor,
        creditor_code=code,
        mapping=mapping,
        options=Options(**fields),
        chosen=chosen,
        actor=makers.system(),
        as_of=day,
    )


def post(kind, content: bytes, *, day=DAY, **fields):
    """Upload and post; the batch with its control sheet."""
    batch = bring(kind, content, day=day, **fields)
    return post_import(batch=batch, actor=makers.system(), as_of=day)


def check(kind, content: bytes, *, day=DAY, **fields):
    batch = bring(kind, content, day=day, **fields)
    return check_import(batch=batch, actor=makers.system(), as_of=day)


ACCOUNTS = (
    "account_number,creditor,debtor_reference,debtor_name,email,phone,country,currency,opened_date",
    "0001,POWER,D1,Layla Rahman,Layla@Example.com,050 123 4567,AE,AED,2026-01-05",
    "0002,POWER,D1,Layla Rahman,,,AE,AED,2026-02-05",
    "0003,POWER,D2,Noor Trading LLC,,not a phone,AE,AED,2026-03-05",
)
ENTRIES = (
    "account_number,entry_reference,kind,amount,value_date,due_date",
    "0001,INV-1,charge,100.00,2026-01-05,2026-02-05",
    "0001,,payment,40.00,2026-03-01,",
    "0001,,payment,40.00,2026-03-01,",
    "0002,INV-2,charge,200.00,2026-02-05,2026-03-05",
    "0003,INV-3,charge,0.00,2026-03-05,2026-04-05",
)
