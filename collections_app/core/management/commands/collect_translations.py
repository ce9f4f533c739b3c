"""`manage.py collect_translations`: bring the catalogues up to date with the texts of the product."""

from django.core.management.base import BaseCommand

from collections_app.core import catalogues


class Command(BaseCommand):
    help = "Collects every text marked for translation into collections_app/locale/*/LC_MESSAGES/django.po."

    def handle(self, *args, **options):
        for language, missing in catalogues.update_all().items():
            self.stdout.write(f"{language}: {missing} texts without a translation")
