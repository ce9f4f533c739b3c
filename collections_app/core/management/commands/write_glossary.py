"""`manage.py write_glossary`: docs/glossary.md from the words the screens explain."""

from django.conf import settings
from django.core.management.base import BaseCommand

from collections_app.core import glossary


class Command(BaseCommand):
    help = "Writes docs/glossary.md from collections_app/core/glossary_words.py."
    requires_system_checks: list[str] = []

    def handle(self, *args, **options):
        path = settings.BASE_DIR / "docs" / "glossary.md"
        path.write_text(glossary.as_markdown(), encoding="utf-8")
        self.stdout.write(f"{len(glossary.TERMS)} words written to {path.name}")
