"""System checks: what a production installation may not have."""

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connections

from collections_app.core import pdf_fonts
from collections_app.core.models import User


@register(Tags.security, deploy=True)
def production_is_switched_on(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    return [Error("PRODUCTION is not set: this is a demonstration setting.", id="core.E001")]


@register(Tags.security)
def no_demonstration_user_in_production(app_configs, **kwargs) -> list[CheckMessage]:
    """The known password of the demonstration would open a firm's book."""
    if not settings.PRODUCTION:
        return []
    try:
        names = demonstration_users()
    except DatabaseError:
        return []  # no tables yet; the start asks again after it has migrated
    if not names:
        return []
    return [
        Error(
            f"Demonstration users exist: {', '.join(names)}.",
            hint="Production needs a database of its own; start it with --empty.",
            id="core.E002",
        )
    ]


# What a database must answer, and the sentence where it doesn't.
DATABASE_ASKED = (
    ("current_setting('server_version_num')::int >= 150000", "The server is older than PostgreSQL 15."),
    ("current_setting('server_encoding') = 'UTF8'", "The database isn't in UTF-8."),
    (r"lower(U&'\00C9') = U&'\00E9'", "The locale of the database knows the letters A to Z only."),
)


@register(Tags.security, deploy=True)
def database_reads_every_script(app_configs, **kwargs) -> list[CheckMessage]:
    """A server made without a locale gives databases that can't tell É from é."""
    try:
        with connections["default"].cursor() as cursor:
            # one by one: a server in another encoding can't even read the last question
            for question, said in DATABASE_ASKED:
                cursor.execute(f"SELECT {question}")
                if not cursor.fetchone()[0]:
                    hint = "createdb --template template0 --encoding UTF8 --locale C.UTF-8"
                    return [Error(said, hint=hint, id="core.E003")]
    except DatabaseError:
        pass  # not there yet
    return []


@register(deploy=True)
def papers_have_letters_for_names(app_configs, **kwargs) -> list[CheckMessage]:
    """Debtors are named in every script; a paper has the numbers of letters that no font here has."""
    if not (missing := pdf_fonts.missing()):
        return []
    return [
        Warning(
            f"Papers from this machine can't show letters of these scripts: "
            f"{'; '.join(font.scripts for font in missing)}.",
            hint=f"apt-get install {' '.join(font.package for font in missing)}",
            id="core.W001",
        )
    ]


def refuse_unready_web() -> None:
    """A machine whose static files were never compressed would answer every page with an error.

    Raises ImproperlyConfigured.
    """
    if not settings.COMPRESSED_STATIC:
        return
    known = getattr(staticfiles_storage, "hashed_files", {})
    wanted = (path for finder in get_finders() for path, _storage in finder.list([]))
    if missing := next((path for path in wanted if path not in known), ""):
        raise ImproperlyConfigured(
            f"{missing} isn't among this machine's compressed static files: run manage.py make_ready here."
        )


def demonstration_users() -> list[str]:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT username FROM {User._meta.db_table} WHERE is_demonstration ORDER BY id LIMIT 5"
        )
        return [username for (username,) in cursor.fetchall()]


def refuse_unsafe_production() -> None:
    """For web servers and workers, which run no checks of themselves. Raises ImproperlyConfigured."""
    for found in no_demonstration_user_in_production(None):
        raise ImproperlyConfigured(f"{found.msg} {found.hint}")
