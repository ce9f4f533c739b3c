from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from collections_app.core import catalogues, prepare
from collections_app.core.models import Organisation, User

LOCK = 7_215_011  # several machines may be made ready at once; one migrates, the others wait
SEED = 1  # every installation shows the same demonstration book


class Command(BaseCommand):
    help = (
        "Bring the database and this machine's files up to date; at the first start fill it with the"
        " demonstration book."
    )

    def add_arguments(self, parser):
        parser.add_argument("--empty", action="store_true", help="no demonstration book")
        parser.add_argument("--accounts", type=int, default=3000, help="size of the demonstration book")
        parser.add_argument("--sign-ins", type=Path, help="write to this file what show_sign_ins says")

    def handle(self, *args, **options):
        with self._alone():
            self._bring_database_up(options)
        if settings.COMPRESSED_STATIC:
            self._say("Compressing the static files ...")
            call_command("collectstatic", verbosity=0, interactive=False)
        catalogues.compile_all()
        if options["sign_ins"]:
            # Here, because a command of its own would load the whole product once more. It may hold the
            # code of the first administrator.
            options["sign_ins"].touch(mode=0o600)
            with options["sign_ins"].open("w", encoding="utf-8") as stream:
                call_command("show_sign_ins", stdout=stream)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One machine after the other; the lock goes with the connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def _bring_database_up(self, options) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self._say(f"Making the tables ({len(plan)} steps) ...")
            call_command("migrate", verbosity=0, interactive=False)
        prepare.run()
        if self._wants_demonstration(options["empty"]):
            self._say(f"Filling the demonstration book with {options['accounts']} accounts ...")
            call_command("seed_book", accounts=options["accounts"], seed=SEED, signed_months=2, verbosity=0)

    def _wants_demonstration(self, empty: bool) -> bool:
        """Only into a database that nobody has begun to use, and never in production."""
        if empty or settings.PRODUCTION or Organisation.objects.exists():
            return False
        if User.objects.exclude(role="system").exists():
            return False
        if "seed_book" not in get_commands():
            self._say("This copy has no demonstration book; starting empty.")
            return False
        return True

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
