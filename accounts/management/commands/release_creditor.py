"""manage.py release_creditor CODE: let reminders and campaigns reach a creditor's debtors."""

from django.core.management.base import BaseCommand, CommandError

from accounts.imports.queries import release_preview
from accounts.imports.services import release_creditor
from accounts.parties.models import Creditor
from collections_app.core import clock, panels
from collections_app.core.models import User
from collections_app.core.money import format_amount
from collections_app.core.refusal import Refused


class Command(BaseCommand):
    help = "Release a creditor for contact after its books were brought in."

    def add_arguments(self, parser) -> None:
        parser.add_argument("code")
        parser.add_argument("--user", default="system", help="in whose name")
        parser.add_argument("--reason", default="", help="stands in the history")
        parser.add_argument("--dry-run", action="store_true", help="only show who could be reached")

    def handle(self, *args, **options) -> None:
        creditor = Creditor.objects.filter(code__iexact=options["code"]).first()
        actor = User.objects.filter(username__iexact=options["user"]).first()
        if creditor is None or actor is None:
            raise CommandError("There is no such creditor, or no such user.", returncode=2)
        preview = release_preview(creditor, as_of=clock.today())
        for line in preview.sums:
            amount = format_amount(line.overdue, line.currency, "en")
            self.stdout.write(f"{line.debtors:,} debtors, {line.accounts:,} accounts, overdue {amount}")
        for name, count in preview.reach.items():
            self.stdout.write(f"  {name}: {count:,}")
        # What higher floors know: who would get which message, and whom the run would spare.
        for panel in panels.collect("release.facts", [creditor.pk], actor, clock.today()):
            for fact in panel.data:
                note = f" ({fact.note})" if fact.note else ""
                self.stdout.write(f"{fact.label}: {fact.value}{note}")
        if options["dry_run"]:
            return
        try:
            release_creditor(
                creditor=creditor,
                actor=actor,
                as_of=clock.today(),
                reason=options["reason"],
            )
        except Refused as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        self.stdout.write(f"{creditor.name} is released for contact.")
