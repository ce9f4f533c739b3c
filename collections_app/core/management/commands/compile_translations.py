"""`manage.py compile_translations`: what gettext's msgfmt does, in Python."""

from django.core.management.base import BaseCommand

from collections_app.core import catalogues


class Command(BaseCommand):
    help = "Compiles the translation catalogues that have changed. Safe to run again."
    requires_system_checks: list[str] = []

    def handle(self, *args, **options):
        for path in catalogues.compile_all():
            if options["verbosity"] > 0:
                self.stdout.write(f"compiled {path.parent.parent.name}")
