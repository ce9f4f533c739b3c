from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from collections_app.core import backups
from collections_app.core.postgres_programs import ProgramFailed, ProgramMissing
from collections_app.core.refusal import Refused


class Command(BaseCommand):
    help = "Restore a backup, prove it, and put it in the place of the present database."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the folder of a backup")
        parser.add_argument(
            "--replace", action="store_true", help="although users stand in the present database"
        )
        parser.add_argument(
            "--check-only", action="store_true", help="prove the backup and put nothing in its place"
        )

    def handle(self, *args, **options):
        try:
            if options["check_only"]:
                backups.prove(options["path"])
                self.stdout.write("The backup is whole: restored aside, counted, verified, removed.")
                return
            old = backups.restore(options["path"], replace=options["replace"])
        except (Refused, ProgramMissing, ProgramFailed, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored and verified. The former database stays as {old}.")
