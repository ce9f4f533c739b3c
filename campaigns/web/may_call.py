"""The small contact chip of a worklist row: green "now", or grey with the moment from which."""

from datetime import datetime, timedelta
from html import escape
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def from_text(moment: datetime | None, now: datetime) -> str:
    """From when a refused call is allowed: a time today, a weekday this week, else the day."""
    if moment is None:
        return _("not by call")
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    if local.date() == today:
        return _("from %(time)s") % {"time": f"{local:%H:%M}"}
    if local.date() <= today + timedelta(days=6):
        return _("from %(day)s") % {"day": formats.date_format(local, pgettext("date format", "D"))}
    return _("from %(day)s") % {"day": formats.date_format(local, "j M")}


def chip_html(verdict: Any, now: datetime) -> str:
    """The chip of one row; a dash where nothing is known."""
    if verdict is None:
        return '<span class="m">–</span>'
    if verdict.allowed:
        return f'<span class="st q good"><span class="dot"></span>{escape(_("now"))}</span>'
    words = escape(from_text(verdict.next_moment, now))
    why = escape(verdict.sentence)
    return f'<span class="st q none" title="{why}"><span class="ring"></span>{words}</span>'
