"""The rows of a worklist, drawn by one function: leaner than a table declaration, and much used."""

from collections.abc import Sequence
from datetime import date, datetime
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from campaigns.web.may_call import chip_html
from campaigns.worklists.enums import QUIET_LOOK, REASON_LOOK
from campaigns.worklists.queries import QueueRow
from campaigns.worklists.wording import last_contact_text, reason_text
from collections_app.core import money
from collections_app.core.web.figures import age_html, icon_html


def stage_text(stage: int | None, name: str) -> str:
    return f"{stage} {name}" if stage else "–"


def rows_html(rows: Sequence[QueueRow], *, today: date, now: datetime, first_place: int = 1) -> SafeString:
    """The `<tr>`s of the queue; the first row of the whole list is the current one."""
    language = get_language() or "en"
    before, after = reverse("accounts:account_detail", args=[0]).split("0")
    mixed = len({money.decimals(row.currency) for row in rows}) > 1
    looks = {
        reason: (tone, icon_html(icon)) for reason, (tone, icon) in [*REASON_LOOK.items(), ("", QUIET_LOOK)]
    }
    out = []
    for place, row in enumerate(rows, first_place):
        tone, icon = looks.get(row.reason) or looks[""]
        figure = money.format_amount(row.overdue, row.currency, language)
        pad = ' class="d2"' if mixed and money.decimals(row.currency) == 2 else ""
        last = last_contact_text(row.last_contact_at, row.last_outcome, row.last_channel, today=today)
        out.append(
            f'<tr{" class=on" if place == 1 else ""}><td class="num m"><bdi>{place}</bdi></td>'
            f'<td><span class="st q {tone}">{icon}'
            f"<span>{escape(reason_text(row.reason, row.reason_values, today=today))}</span></span></td>"
            f'<td><a class="lk" href="{before}{row.account_id}{after}?from=today">'
            f"<bdi>{escape(row.debtor_name)}</bdi></a> "
            f'<bdi class="m n">{escape(row.number)}</bdi></td>'
            f'<td class="code"><bdi class="cur">{row.currency}</bdi></td>'
            f'<td class="num"><span{pad}><bdi class="n">{figure}</bdi></span></td>'
            f'<td class="num">{age_html((today - row.oldest_due_date).days)}</td>'
            f'<td class="xp">{escape(stage_text(row.stage, row.stage_name))}</td>'
            f'<td class="m xp">{escape(last)}</td>'
            f'<td class="xp">{chip_html(row.verdict, now)}</td></tr>'
        )
    return mark_safe("".join(out))
