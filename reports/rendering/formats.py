"""The formats a report comes in."""

import json
from collections.abc import Callable, Sequence

from reports.rendering.document import Signature, report_pdf
from reports.rendering.workbook import report_csv, report_workbook


def report_json(dataset: dict) -> bytes:
    """The published JSON: stable keys, amounts as text, readable."""
    return json.dumps(dataset, indent=1, ensure_ascii=False).encode()


RENDERERS: dict[str, Callable[[dict], bytes]] = {
    "xlsx": report_workbook,
    "pdf": report_pdf,
    "csv": report_csv,
    "json": report_json,
}
FORMATS = tuple(RENDERERS)


def render(dataset: dict, form: str, signatures: Sequence[Signature] = ()) -> bytes:
    """The file of a sealed dataset in one format; the same dataset gives the same bytes.

    The PDF names who prepared and signed it, where that is known.
    """
    if form == "pdf":
        return report_pdf(dataset, signatures)
    return RENDERERS[form](dataset)
