"""The files of a build: drawn in its own language and time zone, with its signers, the same bytes again."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from collections_app.core import pdf
from reports.closing.models import ReportBuild
from reports.rendering.document import Signature
from reports.rendering.formats import render


def drawn_now(builder: str, built_at: datetime) -> dict:
    """What a build's files depend on besides its dataset; kept with the build."""
    return {
        "language": translation.get_language() or "en",
        "time_zone": timezone.get_current_timezone_name(),
        "prepared": [builder, built_at.isoformat()],
    }


def signatures(drawn: dict) -> tuple[Signature, Signature]:
    def of(verb: str, name: str = "", at: str = "") -> Signature:
        return Signature(verb, name, datetime.fromisoformat(at) if at else None)

    return of(_("Prepared"), *drawn.get("prepared", [])), of(_("Signed"), *drawn.get("signed", []))


def draw(dataset: dict, drawn: dict, formats: Iterable[str]) -> dict[str, bytes]:
    """The files of a dataset by format."""
    language, zone = drawn.get("language", "en"), drawn.get("time_zone", "UTC")
    with translation.override(language), timezone.override(zone):
        return {form: render(dataset, form, signatures(drawn)) for form in formats}


def same_bytes(build: ReportBuild, fresh: dict) -> dict[str, bool | None]:
    """Whether each stored file comes out of a fresh dataset byte by byte; None where another renderer
    (versions, fonts) made the PDF, or the build is older than what its files depend on."""
    stored = {row.format: row.file for row in build.report_files.select_related("file")}
    if not build.drawn:
        return dict.fromkeys(stored)
    is_same_renderer = build.renderer == pdf.fingerprint()
    wanted = [form for form in stored if form != "pdf" or is_same_renderer]
    found: dict[str, bool | None] = dict.fromkeys(stored)
    for form, content in draw(fresh, build.drawn, wanted).items():
        found[form] = hashlib.sha256(content).hexdigest() == stored[form].sha256
    return found
