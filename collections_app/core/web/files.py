"""Files leave the product here: stored ones, each time written down, and papers made for a request."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from collections_app.core import documents
from collections_app.core.models import StoredFile
from collections_app.core.web.pages import SIGNED_IN, PageView

# Shown in the browser's own viewer when asked for; everything else is saved.
SHOWN_INLINE = {"application/pdf", "image/png", "image/jpeg", "image/webp"}


class FileDownload(PageView):
    """The bytes of a stored file, by its token, for who may read what it hangs on.

    `?show=1` opens a PDF or picture in the browser. A file one may not read does not exist.
    """

    permission = SIGNED_IN

    def get(self, request, *args, **kwargs):
        file = get_object_or_404(StoredFile, token=kwargs["token"])
        try:
            content = documents.open_for(request.user, file)
        except documents.FileNotYours:
            raise Http404(_("There is no such document, or it is not for you.")) from None
        response = HttpResponse(content, content_type=file.content_type)
        inline = request.GET.get("show") == "1" and file.content_type in SHOWN_INLINE
        name = iri_to_uri(file.filename).replace('"', "%22")
        kind = "inline" if inline else "attachment"
        response["Content-Disposition"] = f"{kind}; filename*=UTF-8''{name}"
        return _kept_apart(response)


def pdf_response(content: bytes, name: str, *, inline: bool = True) -> HttpResponse:
    """A paper made for this request, shown in the browser's own viewer or saved; `name` without
    its ending."""
    response = HttpResponse(content, content_type="application/pdf")
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{kind}; filename="{name}.pdf"'
    return _kept_apart(response)


def _kept_apart(response: HttpResponse) -> HttpResponse:
    """A file runs nothing, loads nothing and stays in no cache: it tells of debts."""
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
