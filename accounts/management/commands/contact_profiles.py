from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.compliance.tables import document

PAGE = Path(settings.BASE_DIR) / "docs" / "contact-profiles.md"


class Command(BaseCommand):
    help = "Write docs/contact-profiles.md from the contact profiles as shipped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is current")

    def handle(self, *args, **options):
        text = document()
        if options["check"]:
            if not PAGE.exists() or PAGE.read_text() != text:
                raise CommandError("docs/contact-profiles.md is not what the data says.", returncode=1)
            self.stdout.write("docs/contact-profiles.md is current.")
            return
        PAGE.write_text(text)
        self.stdout.write(f"{PAGE.name}: {len(text.splitlines())} lines")
