"""The rows of a worklist, drawn by one function: leaner than a table declaration, and much used."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from campaigns.strategies.enums import stage_words
from campaigns.web.may_call import chip_html
from campaigns.worklists.enums import QUIET_LOOK, REASON_LOOK, RankReason
from campaigns.worklists.queries import QueueRow
from campaigns.worklists.wording import last_contact_text, reason_text
from collections_app.core import money
from collections_app.core.web.figures import age_html, icon_html

# Their words name no day.
DAYLESS = {
    RankReason.HIGH_WORSENING,
    RankReason.PAYING_LATER,
    RankReason.HIGH_NO_CONTACT,
    RankReason.FIRST_TIME,
}


@lru_cache(maxsize=1)
def _looks() -> dict[str, tuple[str, str]]:
    """Tone and drawn icon of every reason; no language is in them."""
    return {
        reason: (tone, icon_html(icon)) for reason, (tone, icon) in [*REASON_LOOK.items(), ("", QUIET_LOOK)]
    }


def stage_text(stage: int | None, name: str) -> str:
    return f"{stage} {stage_words(name)}" if stage else "–"


@lru_cache(maxsize=256)
def _stage_html(stage: int | None, name: str, language: str) -> str:
    return escape(stage_text(stage, name))


def _last_contacts(today: date) -> Callable[[QueueRow], str]:
    """Most rows of a page say what another one says: each wording is looked up once."""
    known: dict[tuple, str] = {}

    def say(row: QueueRow) -> str:
        at = row.last_contact_at
        # A quarter of an hour lies on one day in every time zone.
        quarter = at and at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        key = (quarter, row.last_outcome, row.last_channel)
        text = known.get(key)
        if text is None:
            text = escape(last_contact_text(at, row.last_outcome, row.last_channel, today=today))
            known[key] = text
        return text

    return say


def _reasons(today: date) -> Callable[[QueueRow], str]:
    """As above; amounts don't show in a row, so they don't tell two reasons apart."""
    known: dict[tuple, str] = {}

    def say(row: QueueRow) -> str:
        values = row.reason_values
        key = (
            row.reason, None if row.reason in DAYLESS else values.get("day"), values.get("time"),
            values.get("note"), "promised" in values, "instalment" in values, "asked" in values,
        )  # fmt: skip
        text = known.get(key)
        if text is None:
            text = known[key] = escape(reason_text(row.reason, values, today=today))
        return text

    return say


def _chips(now: datetime) -> Callable[[QueueRow], str]:
    """As above; most of those who may not be called now may be from the same moment on."""
    known: dict[tuple, str] = {}

    def draw(row: QueueRow) -> str:
        verdict = row.verdict
        key = () if verdict is None else (verdict.allowed, verdict.next_moment, verdict.rule)
        chip = known.get(key)
        if chip is None:
            chip = known[key] = chip_html(verdict, now)
        return chip

    return draw


def rows_html(rows: Sequence[QueueRow], *, today: date, now: datetime, first_place: int = 1) -> SafeString:
    """The `<tr>`s of the queue; the first row of the whole list is the current one."""
    language = get_language() or "en"
    before, after = reverse("accounts:account_detail", args=[0]).split("0")
    mixed = len({money.decimals(row.currency) for row in rows}) > 1
    looks = _looks()
    ages: dict[int, str] = {}
    say_last, say_reason, chip = _last_contacts(today), _reasons(today), _chips(now)
    out = []
    for place, row in enumerate(rows, first_place):
        tone, icon = looks.get(row.reason) or looks[""]
        figure = money.format_amount(row.overdue, row.currency, language)
        pad = ' class="d2"' if mixed and money.decimals(row.currency) == 2 else ""
        days = (today - row.oldest_due_date).days
        if days not in ages:
            ages[days] = age_html(days)
        out.append(
            f'<tr{" class=on" if place == 1 else ""}><td class="num m"><bdi>{place}</bdi></td>'
            f'<td><span class="st q {tone}">{icon}'
            f"<span>{say_reason(row)}</span></span></td>"
            f'<td><a class="lk" href="{before}{row.account_id}{after}?from=today">'
            f"<bdi>{escape(row.debtor_name)}</bdi></a> "
            f'<bdi class="m n">{escape(row.number)}</bdi></td>'
            f'<td class="code"><bdi class="cur">{row.currency}</bdi></td>'
            f'<td class="num"><span{pad}><bdi class="n">{figure}</bdi></span></td>'
            f'<td class="num">{ages[days]}</td>'
            f'<td class="xp">{_stage_html(row.stage, row.stage_name, language)}</td>'
            f'<td class="m xp">{say_last(row)}</td>'
            f'<td class="xp">{chip(row)}</td></tr>'
        )
    return mark_safe("".join(out))
