"""The contact chip in words: may he be contacted now, by what, until when; or why not, and from when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.compliance.decision import CapCount, Verdict
from accounts.compliance.enums import Rule
from accounts.compliance.wording import limit_of
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
        return formats.date_format(local, pgettext("date format", "D H:i"))
    return formats.date_format(local, "j M")


def short_words(moment: datetime, now: datetime) -> str:
    """As `moment_words` without the time of another day, for a title of one line."""
    words, local = moment_words(moment, now), timezone.localtime(moment)
    if words == formats.date_format(local, pgettext("date format", "D H:i")):
        return formats.date_format(local, pgettext("date format", "D"))
    return words


def chip(verdicts: Mapping[str, Verdict], now: datetime) -> Chip:
    """The chip of one account from its verdicts by channel."""
    call = verdicts[Channel.CALL]
    channels = tuple(_channel(channel, verdicts[channel]) for channel in SHOWN)
    return Chip(call.allowed, call_title(call, now), " ".join(_sub(verdicts, now)), channels)


def call_title(call: Verdict, now: datetime) -> str:
    """Until when, or before when not, somebody may be called."""
    if call.allowed and call.until:
        return _("May call until %(time)s") % {"time": moment_words(call.until, now)}
    if call.allowed:
        return _("May call now")
    if call.next_moment:
        return _("No call before %(time)s") % {"time": short_words(call.next_moment, now)}
    return _("No call")


def _channel(channel: str, verdict: Verdict) -> ChipChannel:
    icon, label = SHOWN[Channel(channel)]
    if verdict.allowed:
        return ChipChannel(icon, _("%(channel)s allowed") % {"channel": label}, True)
    words = _("%(channel)s not allowed: %(reason)s") % {"channel": label, "reason": verdict.sentence}
    return ChipChannel(icon, words, False)


def _sub(verdicts: Mapping[str, Verdict], now: datetime) -> list[str]:
    call = verdicts[Channel.CALL]
    parts: list[Any] = []
    if not call.allowed and call.next_moment:
        words = _("%(reason)s, until %(time)s.")
        parts.append(words % {"reason": call.sentence, "time": moment_words(call.next_moment, now)})
    elif not call.allowed:
        parts.append(_("%(reason)s.") % {"reason": call.sentence})
    if call.counts and (call.allowed or call.rule == Rule.CAP):
        parts.append(count_words(call.counts))
    if call.allowed and (stopped := [channel for channel in SHOWN if not verdicts[channel].allowed]):
        opens = verdicts[stopped[0]].next_moment
        label = SHOWN[Channel(stopped[0])][1]
        if opens:
            words = _("No %(channel)s before %(time)s.")
            parts.append(words % {"channel": label, "time": moment_words(opens, now)})
        else:
            parts.append(_("No %(channel)s.") % {"channel": label})
    return [str(part) for part in parts]


def count_words(counts: tuple[CapCount, ...]) -> str:
    """The cap that is used up the most, tries first, in the words of every other page: "3 used of 7
    attempts in 7 days." """
    cap = max(counts, key=lambda cap: (cap.used / max(cap.limit, 1), cap.counts == "attempts", cap.limit))
    return _("%(reason)s.") % {"reason": limit_of(cap.name, cap.used).words}
