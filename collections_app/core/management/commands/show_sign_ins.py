from django.conf import settings
from django.core.management.base import BaseCommand

from collections_app.core import demonstration
from collections_app.core.models import User


class Command(BaseCommand):
    help = "Print the demonstration's sign-ins, or how the first administrator begins."

    def handle(self, *args, **options):
        if lines := demonstration.sign_in_lines():
            self.stdout.write("\n".join(lines))
        elif not User.objects.exclude(role="system").exists():
            self.stdout.write(f"  Nobody can sign in yet. Open {settings.PUBLIC_URL}/ to set the office up.")
