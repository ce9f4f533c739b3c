"""Large files of lists, written by a job with a progress bar: the list is asked again where it stands.

The job keeps the list's address and columns, no rows: whoever ordered it gets what he may see when it
is made, or nothing if he may not any more.
"""

import json
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, QueryDict
from django.urls import resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core import documents
from collections_app.core.enums import Retention
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job
from collections_app.core.refusal import NotAllowed
from collections_app.core.web import exports

if TYPE_CHECKING:
    from collections_app.core.web.lists import ListPage

# Written and read back within two seconds in a request, also where another day is reckoned anew;
# docs/benchmarks.md has the figures.
IN_REQUEST_ROWS = 5_000
PAST_ROWS = 1_500
SIZE_LIMIT = 200 * documents.MEGABYTE


def order(page: "ListPage", wanted: exports.ListFile) -> Job:
    """Queue the file of a list; the same order twice is one job while it lives."""
    params = {
        "address": page.request.get_full_path(),
        "columns": list(wanted.names),
        "format": wanted.kind,
    }
    user = page.request.user
    mark = blake2s(json.dumps([user.pk, params]).encode(), digest_size=4).hexdigest()
    return MakeListFile.enqueue_once(scope=f"{wanted.title[:100]}, {mark}", params=params, actor=user)


def page_at(address: str, user: Any) -> "ListPage":
    """The list at an address of ours, as the user sees it; nothing of it is drawn."""
    path, _mark, query = address.partition("?")
    match = resolve(path)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET, request.user = QueryDict(query), user
    page = match.func.view_class(**match.func.view_initkwargs)
    page.setup(request, *match.args, **match.kwargs)
    return page


class MakeListFile(JobRunner):
    """The file of a list that is too long to wait for."""

    name = "core.make_list_file"
    title = gettext_lazy("File of a list")
    words = {"rows": gettext_lazy("Rows")}

    def run(self, job, progress):
        page = page_at(job.params["address"], job.actor)
        if not (job.actor.is_active and page.may(job.actor) and page.can_export):
            raise NotAllowed(_("Your role may not take lists out as files."))
        wanted = page.list_file(job.params["format"], job.params["columns"])
        count = exports.checked_count(wanted, job.actor)
        progress.total(2 * count)
        exports.note(wanted, job.actor, count)
        words = _("rows written, then read back")
        with exports.written(wanted, job.actor, lambda rows: progress.advance(rows, words)) as stream:
            content = stream.read()
        file = documents.store(
            content=content,
            filename=wanted.filename,
            kind="export",
            owner=job.actor,
            retention=Retention.WORKING,
            size_limit=SIZE_LIMIT,
        )
        progress.attach(file)
        return {"rows": count}
