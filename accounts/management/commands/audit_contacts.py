import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.compliance.replay import Finding, replay
from collections_app.core import clock

TITLES = {
    "disagreement": "does not agree",
    "breach": "breach",
    "learned_later": "protected, learned later",
}


class Command(BaseCommand):
    help = (
        "Decide every contact of a period again by the rules in force then, and say what does not"
        " agree. Exit status 1 when anything does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", required=True, help="first day, YYYY-MM-DD")
        parser.add_argument("--to", dest="last", help="last day, today if not given")
        parser.add_argument("--json", action="store_true", help="figures and rows as JSON")

    def handle(self, *args, **options):
        first = self._day(options["first"])
        last = self._day(options["last"]) if options["last"] else clock.today()
        if last < first:
            raise CommandError("The last day lies before the first.")
        found = replay(first=first, last=last)
        if options["json"]:
            self.stdout.write(json.dumps(found.as_data(), indent=2))
        else:
            self._tell(found)
        if not found.agrees:
            raise CommandError(f"{len(found.disagreements)} do not agree.", returncode=1)

    @staticmethod
    def _day(text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise CommandError(f"{text} is not a day like 2026-01-31.") from None

    def _tell(self, found) -> None:
        figures = found.figures()
        self.stdout.write(
            f"{found.first} to {found.last}: {figures['permits']} permits and {figures['contacts']} contacts"
            f" decided again, {figures['disagreements']} disagreements."
        )
        self.stdout.write(
            f"{figures['breaches']} breaches, {figures['learned_later']} made before we were told of a"
            " protection."
        )
        for row in (*found.disagreements, *found.breaches, *found.learned_later):
            self.stdout.write(self._line(row))

    @staticmethod
    def _line(row: Finding) -> str:
        return f"{TITLES[row.kind]}: {row.subject} {row.pk}, {row.channel} at {row.at}: {row.what}"
