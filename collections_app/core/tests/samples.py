"""What the view contract opens the kernel's URLs with."""

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from collections_app.core import audit, documents
from collections_app.core.models import Job
from collections_app.testing import makers
from collections_app.testing.view_contract import World, register_sample


def _job(world: World) -> dict:
    job = Job.objects.create(runner="core.tidy_up", scope=str(makers.number()), actor=world.officer)
    return {"pk": job.pk}


def _file(world: World) -> dict:
    stored = documents.store(
        content=b"a plain text", filename="note.txt", kind="evidence", owner=world.officer
    )
    return {"token": stored.token}


def _history(world: World) -> dict:
    return {"subject_type": "accounts.account", "pk": world.account.pk}


def _guide(world: World) -> dict:
    return {"name": "officers"}


def _record(world: World) -> dict:
    return {"pk": audit.record("sample.made", world.account, actor=world.officer).pk}


def _reset_link(world: World) -> dict:
    user = world.officer
    return {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }


register_sample("core:job_detail", _job, user=lambda world: world.officer)
register_sample("core:job_cancel", _job, user=lambda world: world.officer)
register_sample("core:file_download", _file, user=lambda world: world.officer)
register_sample("core:history", _history, user=lambda world: world.officer)
register_sample("core:guide", _guide, scoped=False)
register_sample("core:audit_detail", _record, scoped=False)
register_sample("core:password_new", _reset_link, scoped=False)
