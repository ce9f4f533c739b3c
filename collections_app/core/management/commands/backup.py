from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from collections_app.core import backups
from collections_app.core.models import User
from collections_app.core.postgres_programs import ProgramFailed, ProgramMissing
from collections_app.core.refusal import Refused


class Command(BaseCommand):
    help = "Write a verified backup of the whole database, documents included, into a new folder."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="a folder that doesn't exist yet")

    def handle(self, *args, **options):
        try:
            run = backups.write(options["path"], actor=User.objects.system())
        except (Refused, ProgramMissing, ProgramFailed, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{run.path}: {run.size:,} bytes, sha256 {run.sha256}")
