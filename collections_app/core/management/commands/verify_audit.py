"""`manage.py verify_audit`: prove the seals, or name the row that is not as it was sealed."""

import sys

from django.core.management.base import BaseCommand

from collections_app.core import audit, documents


class Command(BaseCommand):
    help = "Proves the seals over audit records, entries and other tables; exits 1 where broken."

    def add_arguments(self, parser):
        parser.add_argument("--no-seal", action="store_true", help="only look; do not seal the tail first")

    def handle(self, *, no_seal: bool, **_options):
        if not no_seal:
            audit.seal()
        verdict = audit.verify()
        for tail in verdict.tails:
            if tail.rows:
                waited = f", oldest waits {tail.age}" if tail.age is not None else ""
                self.stdout.write(f"{tail.table}: {tail.rows} rows not sealed yet{waited}")
        faults = [*verdict.faults, *documents.verify()]
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            sys.exit(1)
        head = verdict.head or "none"
        self.stdout.write(f"{verdict.rows} rows under {verdict.seals} seals hold; head {head}")
