"""manage.py read_bank_file FILE: what a bank's file says, without keeping anything.

Exit status: 0 the file was read (whether it reconciles is in what is printed), 1 it must be refused,
with the reason.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

from django.core.management.base import BaseCommand

from accounts.bank.formats.detect import read_statements
from accounts.bank.formats.found import Statement, plain
from collections_app.core.refusal import Refused


class Command(BaseCommand):
    help = "Read a bank statement (camt, MT940, BAI2, CODA, OFX, QIF, CSV, XLSX) and say what is in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), default="")
        parser.add_argument("--mapping", type=Path, help="JSON, for CSV and XLSX")
        parser.add_argument("--account", default="", help="for formats that name no account")
        parser.add_argument("--currency", default="", help="for formats that name no currency")

    def handle(self, *args, **options) -> None:
        try:
            mapping = json.loads(options["mapping"].read_text()) if options["mapping"] else None
            found = read_statements(
                options["file"].read_bytes(),
                options["file"].name,
                date_order=options["date_order"],
                mapping=mapping,
                account=options["account"],
                currency=options["currency"],
            )
        except Refused as refusal:
            self._refuse(refusal.message, options["json"])
        except (OSError, json.JSONDecodeError) as error:
            self._refuse(str(error), options["json"])
        else:
            if options["json"]:
                told = {"format": found.format, "statements": [_told(one) for one in found.statements]}
                self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            else:
                self._print(found)

    def _refuse(self, reason: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"format": None, "statements": [], "refused": reason}))
        self.stderr.write(reason)
        sys.exit(1)

    def _print(self, found) -> None:
        self.stdout.write(f"{found.format}, {len(found.statements)} statements")
        for one in found.statements:
            told = _told(one)
            words = ", ".join(f"{key} {value}" for key, value in told.items() if value not in (None, ""))
            self.stdout.write(words)


def _stated(balance: Decimal | None) -> str | None:
    """A balance as text; None where the bank states none."""
    return None if balance is None else plain(balance)


def _told(statement: Statement) -> dict:
    """A statement as JSON: amounts as text, None where the bank states no balance."""
    return {
        "reference": statement.reference,
        "number": statement.number,
        "account": statement.account,
        "currency": statement.currency,
        "opening": _stated(statement.opening),
        "opening_date": statement.opening_date and statement.opening_date.isoformat(),
        "lines": len(statement.bookings),
        "payments": sum(len(booking.payments) for booking in statement.bookings),
        "pending": sum(1 for booking in statement.bookings if booking.is_pending),
        "reversals": sum(1 for booking in statement.bookings if booking.is_reversal),
        "credits": plain(statement.credits),
        "debits": plain(statement.debits),
        "closing": _stated(statement.closing),
        "closing_date": statement.closing_date and statement.closing_date.isoformat(),
        "reconciles": statement.reconciles,
        "held": statement.why_held(),
    }
