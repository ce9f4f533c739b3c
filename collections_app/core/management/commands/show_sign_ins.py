from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from collections_app.core import demonstration, setup


class Command(BaseCommand):
    help = "Print the demonstration's sign-ins, or how the first administrator begins."

    def handle(self, *args, **options):
        if lines := demonstration.sign_in_lines():
            self.stdout.write("\n".join(lines))
        elif setup.is_needed():
            address = f"{settings.PUBLIC_URL}{reverse('core:setup')}"
            if settings.PRODUCTION:
                address += f"?code={setup.code()}"
            self.stdout.write(f"  Nobody can sign in yet. Open {address} to set the office up.")
