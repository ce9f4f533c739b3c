"""`manage.py build_report collection|registration|followup --month YYYY-MM --format ... --output ...`"""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.refusal import Refused
from reports.closing.services import build_report, compute, signed_build, take_cut_off
from reports.figures.month import Month
from reports.rendering.formats import FORMATS, render


class Command(BaseCommand):
    help = "Builds a monthly report; with --output writes it to a file, with --keep stores the build."

    def add_arguments(self, parser):
        parser.add_argument("report", choices=["collection", "registration", "followup"])
        parser.add_argument("--month", required=True, type=Month.parse)
        parser.add_argument("--known-at", default=None)
        parser.add_argument("--format", choices=FORMATS, default="json")
        parser.add_argument("--output", type=Path, default=None)
        parser.add_argument("--keep", action="store_true", help="store the build as the web does")

    def handle(self, **options):
        known_at = None
        if options["known_at"]:
            known_at = parse_datetime(options["known_at"])
            if known_at is None or known_at.tzinfo is None:
                raise CommandError("--known-at is a moment with its zone: 2026-04-01T06:00:00+00:00.")
        kind, month = options["report"], options["month"]
        if options["keep"]:
            try:
                build = build_report(kind=kind, month=month, known_at=known_at, actor=User.objects.system())
            except Refused as refused:
                raise CommandError(refused.message) from refused
            self.stdout.write(f"{kind} {month} {build.content_sha256}")
            return
        dataset = compute(
            kind=kind,
            month=month,
            known_at=known_at or take_cut_off(),
            previous=signed_build(kind, month.previous),
            is_closed=month.last_day < clock.today(),
        )
        content = render(dataset, options["format"])
        if options["output"] is None:
            if options["format"] in ("pdf", "xlsx"):
                raise CommandError("Say where to write it: --output PATH.")
            self.stdout.write(content.decode())
            return
        options["output"].write_bytes(content)
        failed = [check["name"] for check in dataset["checks"] if not check["holds"]]
        self.stdout.write(
            f"{kind} {month} as known at {dataset['known_at']}: {options['output']}"
            f" ({len(content)} bytes), content {dataset['content_sha256']}"
        )
        if failed:
            raise CommandError(f"It does not add up: {', '.join(failed)}.")
