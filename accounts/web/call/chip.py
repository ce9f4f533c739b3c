"""The contact chip in words: may he be contacted now, by what, until when; or why not, and from when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.decision import CapCount, Verdict
from accounts.parties.enums import Channel

SHOWN = {
    Channel.CALL: ("phone", gettext_lazy("call")),
    Channel.SMS: ("message", gettext_lazy("text")),
    Channel.EMAIL: ("mail", gettext_lazy("e-mail")),
    Channel.VISIT: ("walk", gettext_lazy("visit")),
}


@dataclass(frozen=True)
class ChipChannel:
    icon: str
    label: str
    is_allowed: bool


@dataclass(frozen=True)
class Chip:
    """`title` is the sentence, `sub` the line below it."""

    is_allowed: bool
    title: str
    sub: str
    channels: tuple[ChipChannel, ...]


def moment_words(moment: datetime, now: datetime) -> str:
    """A time today, a weekday and time within a week, else the day: in the reader's zone."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() <= today + timedelta(days=6):
        return formats.date_format(local, "D H:i")
    return formats.date_format(local, "j M")


def chip(verdicts: Mapping[str, Verdict], now: datetime) -> Chip:
    """The chip of one account from its verdicts by channel."""
    call = verdicts[Channel.CALL]
    channels = tuple(_channel(channel, verdicts[channel]) for channel in SHOWN)
    if call.allowed:
        title = _("May call now")
        if call.until:
            title = _("May call until %(time)s") % {"time": moment_words(call.until, now)}
    elif call.next_moment:
        title = _("No call before %(time)s") % {"time": moment_words(call.next_moment, now)}
    else:
        title = _("No call")
    return Chip(call.allowed, title, " ".join(_sub(verdicts, now)), channels)


def _channel(channel: str, verdict: Verdict) -> ChipChannel:
    icon, label = SHOWN[Channel(channel)]
    words = _("%(channel)s allowed") if verdict.allowed else _("%(channel)s not allowed")
    return ChipChannel(icon, words % {"channel": label}, verdict.allowed)


def _sub(verdicts: Mapping[str, Verdict], now: datetime) -> list[str]:
    call = verdicts[Channel.CALL]
    parts: list[Any] = []
    if not call.allowed:
        parts.append(_("%(reason)s.") % {"reason": call.sentence})
    if call.counts:
        parts.append(count_words(call.counts))
    if call.allowed:
        stopped = [channel for channel in SHOWN if not verdicts[channel].allowed]
        if stopped:
            verdict = verdicts[stopped[0]]
            label = SHOWN[Channel(stopped[0])][1]
            if verdict.next_moment:
                parts.append(
                    _("No %(channel)s before %(time)s.")
                    % {"channel": label, "time": moment_words(verdict.next_moment, now)}
                )
            else:
                parts.append(
                    _("No %(channel)s: %(reason)s.") % {"channel": label, "reason": verdict.sentence.lower()}
                )
    return [str(part) for part in parts]


def count_words(counts: tuple[CapCount, ...]) -> str:
    """The cap that is used up the most: "3 of 7 tries this week." """
    cap = max(counts, key=lambda count: (count.used / count.limit, -count.limit))
    if cap.counts == "attempts":
        words = _("%(used)s of %(limit)s tries in %(days)s days.")
    else:
        words = _("%(used)s of %(limit)s contacts in %(days)s days.")
    return words % {"used": cap.used, "limit": cap.limit, "days": cap.days}
