"""manage.py import_file KIND FILE: bring a file in from the command line.

Exit status: 0 all rows good (or nothing new), 1 posted but some rows are held back, 2 nothing done
(the file or its mapping cannot be read, a question is open, or `--all-or-nothing`).
"""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.imports.control_text import control_lines
from accounts.imports.enums import ImportKind, ImportMode
from accounts.imports.mapping import SETTINGS
from accounts.imports.reading.source import Source
from accounts.imports.services import Options, check_import, post_import, upload
from accounts.parties.models import Creditor
from collections_app.core import clock, documents
from collections_app.core.models import User
from collections_app.core.refusal import Refused

# Settings of the mapping that may be given without one.
STATED = ("date_order", "decimal", "amounts")


class Command(BaseCommand):
    help = "Import accounts, entries, contacts or protections from a CSV file or a workbook."

    def add_arguments(self, parser) -> None:
        parser.add_argument("kind", choices=ImportKind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, help="JSON, see docs/import-format.md")
        parser.add_argument("--creditor", default="", metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="check everything, post nothing")
        parser.add_argument("--date-order", choices=SETTINGS["date_order"])
        parser.add_argument("--decimal", choices=SETTINGS["decimal"])
        parser.add_argument(
            "--amounts", choices=SETTINGS["amounts"], help="what a list of open items states of a document"
        )
        parser.add_argument("--encoding")
        parser.add_argument("--delimiter")
        parser.add_argument("--sheet")
        parser.add_argument("--header-row", type=int)
        parser.add_argument("--mode", choices=ImportMode.values, default=ImportMode.COMPLETE)
        parser.add_argument("--cut-over", action="store_true", help="the opening book, not new charges")
        parser.add_argument("--accept-amended", action="store_true", help="post documents that changed")
        parser.add_argument("--all-or-nothing", action="store_true")
        parser.add_argument("--rejects", type=Path, help="write the rows held back to this file")
        parser.add_argument("--user", default="system", help="in whose name")
        parser.add_argument("--json", action="store_true", help="print the control sheet as JSON")

    def handle(self, *args, **options) -> None:
        try:
            held_back = self._import(options)
        except Refused as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        if held_back:
            sys.exit(1)

    def _import(self, options: dict) -> int:
        actor = User.objects.filter(username__iexact=options["user"]).first()
        if actor is None:
            raise CommandError(f"There is no user {options['user']}.", returncode=2)
        mapping = self._mapping(options)
        source = Source.from_path(options["file"])
        self._show_progress = sys.stderr.isatty() and not options["json"]
        day = clock.today()
        with transaction.atomic():
            batch = upload(
                kind=options["kind"],
                source=source,
                creditor=self._creditor(options),
                mapping=mapping,
                options=Options(options["mode"], options["cut_over"], options["accept_amended"]),
                chosen={name: options[name] for name in ("encoding", "delimiter", "sheet", "header_row")},
                actor=actor,
                as_of=day,
                creditor_code=options["creditor"],
            )
            stated = {name: options[name] for name in STATED if options[name]}
            if stated:
                batch.mapping["settings"] = {**batch.mapping.get("settings", {}), **stated}
                batch.save(update_fields=["mapping"])
            if options["dry_run"]:
                batch = check_import(batch=batch, actor=actor, as_of=day, report=self._report)
            else:
                batch = post_import(
                    batch=batch,
                    actor=actor,
                    as_of=day,
                    all_or_nothing=options["all_or_nothing"],
                    report=self._report,
                )
            if options["rejects"] and batch.rejected_file:
                options["rejects"].write_bytes(documents.read(batch.rejected_file))
            self._print(batch, options)
            held_back = batch.rows_rejected
            if options["dry_run"]:
                transaction.set_rollback(True)
        return held_back

    def _mapping(self, options: dict) -> dict | None:
        if not options["mapping"]:
            return None
        try:
            return json.loads(options["mapping"].read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"The mapping cannot be read: {error}", returncode=2) from error

    def _creditor(self, options: dict) -> Creditor | None:
        return Creditor.objects.filter(code__iexact=options["creditor"]).first()

    def _report(self, rows: int) -> None:
        if self._show_progress:
            self.stderr.write(f"\r{rows:,} rows read", ending="")

    def _print(self, batch, options: dict) -> None:
        if self._show_progress:
            self.stderr.write("")
        if options["json"]:
            facts = {**batch.control, "import": batch.pk, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
            return
        for line in control_lines(batch, is_dry_run=options["dry_run"]):
            self.stdout.write(line)
