"""How figures, days and icons are written on screen: one place for table cells and template tags."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from html import escape
from uuid import uuid4

from babel import Locale
from django.conf.locale import LANG_INFO
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.translation import get_language, get_language_info, pgettext
from django.utils.translation import gettext as _

from collections_app.core import money

DASH = '<span class="m">–</span>'
# Upper ends of the ageing ramp, in days past due; see the legend of every ageing table.
AGE_STEPS = (0, 30, 60, 90, 180)


@lru_cache(maxsize=8)
def _sprite(_language: str = "") -> str:
    return static("icons.svg")


def icon_html(name: str, css: str = "", label: str = "") -> str:
    """An icon of the sprite; `label` names it for a screen reader, else it is decoration."""
    described = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    turned = " flip" if name in {"arrow-left", "arrow-right", "chevron-left", "chevron-right"} else ""
    return (
        f'<svg class="i{turned}{" " + css if css else ""}" {described}>'
        f'<use href="{_sprite()}#{escape(name)}"></use></svg>'
    )


def amount_text(amount: Decimal, currency: str, language: str = "") -> str:
    """The amount with its currency's decimals, grouped as the language does, with a true minus."""
    return money.format_amount(amount, currency, language or get_language() or "en")


def amount_html(
    amount: Decimal | None, currency: str, *, language: str = "", credit: bool = False, with_code=False
) -> str:
    """A figure: a zero is a muted dash, with `credit` a negative one says the word before it."""
    if amount is None:
        return DASH
    if not amount:
        figure = DASH
    elif credit and amount < 0:
        text = amount_text(amount, currency, language)
        figure = f'<span class="crw">{escape(_("credit"))}</span> <bdi class="n cr">{text}</bdi>'
    else:
        figure = f'<bdi class="n">{amount_text(amount, currency, language)}</bdi>'
    if not with_code:
        return figure
    return f'<bdi class="pair" dir="ltr"><span class="cur">{escape(currency)}</span> {figure}</bdi>'


def age_step(days: int) -> int:
    """Which of the six steps of the ramp an age in days stands on."""
    for step, upper in enumerate(AGE_STEPS):
        if days <= upper:
            return step
    return len(AGE_STEPS)


def age_text(days: int) -> str:
    return _age_words(days, get_language() or "en")


@lru_cache(maxsize=4096)
def _age_words(days: int, language: str) -> str:
    """A list says the same few ages over and over; `language` is the one that is active."""
    if days < 0:
        return _("in %(days)s d") % {"days": f"<bdi>{-days}</bdi>"}
    if days == 0:
        return escape(_("today"))
    return _("%(days)s d") % {"days": f"<bdi>{days}</bdi>"}


def age_html(days: int | None, *, fit: bool = False) -> str:
    """The ageing pill: colour and the number, never colour alone; not yet due is "in 14 d"."""
    if days is None:
        return DASH
    return f'<span class="age a{age_step(days)}{" fit" if fit else ""}">{age_text(days)}</span>'


@lru_cache(maxsize=4096)
def _day_words(day: date, with_year: bool, language: str) -> str:
    """A page says the same few days over and over; `language` is the one that is active."""
    return formats.date_format(day, "j M Y" if with_year else "j M")


def day_text(day: date, today: date | None = None) -> str:
    """The day as people write it; the year only when it is not this one."""
    with_year = today is None or day.year != today.year
    # A moment is no key: its clock would have to be told apart too.
    plain = day if type(day) is date else date(day.year, day.month, day.day)
    return _day_words(plain, with_year, get_language() or "en")


def full_day_text(day: date) -> str:
    """The day with the whole name of its month and the year, for a sentence: "1 March 2026"."""
    return formats.date_format(day, "j F Y")


def language_text(code: str) -> str:
    """A language by its name in the reader's own; an unknown code as it is."""
    return str(get_language_info(code)["name_translated"]) if code in LANG_INFO else code


def country_text(code: str) -> str:
    """A country by its name in the reader's language; an unknown code as it is."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    return str(names.get(code, code))


def day_html(day: date | None, today: date | None = None) -> str:
    if day is None:
        return DASH
    return f'<time class="n" datetime="{day.isoformat()}">{escape(day_text(day, today))}</time>'


def day_and_time_text(moment: datetime, today: date | None = None) -> str:
    """A moment in the active time zone: "22 Nov, 17:59", in a sentence or a cell."""
    local = timezone.localtime(moment)
    return _("%(day)s, %(time)s") % {"day": day_text(local.date(), today), "time": f"{local:%H:%M}"}


def moment_html(moment: datetime | None, today: date | None = None, *, with_day: bool = True) -> str:
    """A moment in the active time zone: day and time, or the time alone when it is today."""
    if moment is None:
        return DASH
    text = day_and_time_text(moment, today) if with_day else f"{timezone.localtime(moment):%H:%M}"
    return f'<time class="n" datetime="{moment.isoformat()}">{escape(text)}</time>'


def status_html(label, tone: str, icon: str, *, quiet: bool = False) -> str:
    """A status as icon and word; quiet (in tables) colours the icon only."""
    classes = f"st {tone}" + (" q" if quiet else "")
    return f'<span class="{classes}">{icon_html(icon)}{escape(str(label))}</span>'


def tag_html(label: str, tone: str = "none", icon: str = "") -> str:
    """A tinted tag: a word that may be filled, at most once a row."""
    return f'<span class="tag {tone}">{icon_html(icon) if icon else ""}{escape(label)}</span>'


def days_ago_text(day: date, today: date) -> str:
    """ "today", "3 d", "in 2 d": the age that stands beside an exact date."""
    days = (today - day).days
    if days == 0:
        return _("today")
    if days < 0:
        return _("in %(days)s d") % {"days": -days}
    return _("%(days)s d") % {"days": days}


def count_text(number: int) -> str:
    """A count with the language's grouping."""
    return money.format_amount(Decimal(number), "JPY", get_language() or "en")


def long_day_text(day: date, today: date | None = None) -> str:
    """ "Mon 23 Nov" in the reader's language; the year only when it is not this one."""
    is_this_year = today is not None and day.year == today.year
    return formats.date_format(
        day, pgettext("date format", "D j M") if is_this_year else pgettext("date format", "D j M Y")
    )


def new_key() -> str:
    """A key that makes a form's second sending harmless."""
    return str(uuid4())
