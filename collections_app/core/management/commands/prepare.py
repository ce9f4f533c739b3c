from django.core.management.base import BaseCommand

from collections_app.core import prepare


class Command(BaseCommand):
    help = "Make what every installation needs: the system user, default policies. Safe to run again."

    def handle(self, *args, **options):
        names = prepare.run()
        if options["verbosity"] > 0:
            self.stdout.write(f"prepared: {', '.join(names)}")
