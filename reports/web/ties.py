"""The last comparison of a report with the ledger, as its page shows it: one line, and figure by figure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from reports.rendering.identity import Strip
from reports.rendering.labels import figure_label
from reports.rendering.ties import plain, source_label


def shown_ties(
    ties: Mapping[str, Any],
    strips: Sequence[Strip],
    *,
    url: str = "#ties",
    title: str = "",
    is_live: bool = False,
    is_whole: bool = True,
) -> dict[str, Any] | None:
    """What the page says of a kept comparison; None where there is none yet.

    The strips are those that this very page draws: what they show is held against the ledger's
    figures of the comparison once more, so a page can't be green about figures it does not show. Where
    they may move on by themselves (`is_live`), a comparison of others says nothing of these. What the
    page is drawn from may have been changed since it was stored (not `is_whole`).
    """
    if not ties.get("at"):
        return None
    by_name = {
        (strip.key, name): (strip, amount) for strip in strips for name, _head, amount in strip.figures
    }
    keys = {strip.key for strip in strips}
    lines, page_agrees = [], True
    for row in ties["rows"]:
        if row["key"] not in keys:
            continue
        strip, amount = by_name.get((row["key"], row["name"]), (None, None))
        drawn = plain(strip, amount) if strip is not None else _("missing")
        # what was found wrong on the page then is told as such; this asks whether it is the same page
        page_agrees = page_agrees and (
            not strip or drawn == row["ledger"] or row.get("screen") != row["ledger"]
        )
        cells = []
        for source in ties["sources"]:
            text = row.get(source)
            if source == "screen" and text is not None:
                text = drawn if text == row["ledger"] else text
            agrees = None if text is None else text == row["ledger"]
            cells.append((_written(strip, text) if strip and text else text, agrees))
        ledger = strip.text(Decimal(row["ledger"])) if strip is not None else row["ledger"]
        lines.append({"head": row["head"], "ledger": ledger, "cells": cells})
    if is_live and not page_agrees and ties["holds"]:
        return None
    faults = [{**fault, "label": source_label(fault["source"])} for fault in ties["faults"]]
    for is_right, words in (
        (page_agrees, _("does not show the figures that were compared")),
        (is_whole, _("is drawn from data that were changed after they were stored")),
    ):
        if not is_right:
            faults.insert(0, {"label": "", "where": _("This page"), "reads": words, "ledger": ""})
    differing = shown_accounts(ties["differing"])
    return {
        "at": datetime.fromisoformat(ties["at"]),
        "holds": ties["holds"] and page_agrees and is_whole,
        "sentence": _sentence(ties["sources"]),
        "accounts": ties["accounts"],
        "sources": [(source, source_label(source)) for source in ties["sources"]],
        "lines": lines,
        "faults": faults,
        "differing": differing,
        "more_accounts": max(ties["differing_count"] - len(differing), 0),
        "rebuilt": _rebuilt(ties.get("rebuilt")),
        "url": url,
        "title": title or _("Figure"),
    }


def of_currency(ties: Mapping[str, Any], code: str, others: Collection[str]) -> dict[str, Any]:
    """A comparison of several currencies as it stands for one: what differs in the others is left out."""
    if not ties or ties["holds"]:
        return dict(ties)
    differing = [row for row in ties["differing"] if row["currency"] == code]
    faults = [fault for fault in ties["faults"] if fault["where"].partition(",")[0] not in others]
    is_whole_list = ties["differing_count"] == len(ties["differing"])
    return {
        **ties,
        "differing": differing,
        "differing_count": len(differing) if is_whole_list else ties["differing_count"],
        "faults": faults,
        "holds": not (differing or faults) and is_whole_list,
    }


def shown_accounts(differing: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Accounts that differ, with the figure's name in the reader's words."""
    return [{**row, "label": _figure(row["figure"])} for row in differing]


def _written(strip: Strip, text: str) -> str:
    """A number as it was read, in the reader's own way of writing; anything else as it is."""
    try:
        return strip.text(Decimal(text))
    except InvalidOperation:
        return text


def _figure(name: str) -> str:
    if name == "open":
        return _("Open items")
    return figure_label(name) if name else ""


def _sentence(sources: Sequence[str]) -> str:
    words = {"screen": _("screen"), "xlsx": _("Excel"), "pdf": _("PDF")}
    names = [_("Ledger"), *(words[source] for source in sources)]
    return _("%(names)s say the same.") % {"names": get_text_list(names, _("and"))}


def _rebuilt(rebuilt: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not rebuilt:
        return None
    labels = {"xlsx": _("Excel"), "pdf": _("PDF"), "csv": _("CSV"), "json": "JSON"}
    parts = [_("the same hash") if rebuilt["same_hash"] else _("another hash")]
    for agrees, phrase in (
        (True, _("the same bytes (%(files)s)")),
        (False, _("other bytes (%(files)s)")),
        (None, _("not comparable, drawn by another renderer (%(files)s)")),
    ):
        files = [labels[form] for form, found in sorted(rebuilt["files"].items()) if found is agrees]
        if files:
            parts.append(phrase % {"files": ", ".join(files)})
    return {
        "at": datetime.fromisoformat(rebuilt["at"]),
        "sentence": ", ".join(parts) + ".",
    }
