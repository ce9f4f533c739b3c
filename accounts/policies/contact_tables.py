"""Values of the policy on contacts that are tables: hours by channel and weekday, and caps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.policies import wording
from accounts.policies.tables import Table
from accounts.policies.values import Field, Whole

WEEKDAYS = tuple(wording.DAYS)


@dataclass(frozen=True)
class Hours(Table):
    """Times of day a channel and weekday: `call mon 08:00-20:00`, `call sun closed`.

    Stored as a pair of texts or None (closed), reckoned with as a pair of `time` or None.
    """

    words = 2
    channels: tuple[str, ...] = ()
    days: tuple[str, ...] = WEEKDAYS

    def check_key(self, key):
        known = self.channels if len(key) == 1 else self.days
        if key[-1].lower() not in known:
            raise self.wrong(
                _("%(word)s is none of: %(words)s.") % {"word": key[-1], "words": ", ".join(known)}
            )
        return (*key[:-1], key[-1].lower())

    def check_value(self, key, value):
        if value is None or str(value).strip().lower() == "closed":
            return None
        if isinstance(value, str):
            value = [part.strip() for part in value.split("-")]
        try:
            first, last = (time.fromisoformat(str(part)) for part in value)
        except (TypeError, ValueError):
            raise self.wrong(_("«%(value)s» is not a span like 08:00-20:00.") % {"value": value}) from None
        if first >= last:
            raise self.wrong(_("the span of «%(row)s» ends before it begins.") % {"row": " ".join(key)})
        return [f"{first:%H:%M}", f"{last:%H:%M}"]

    def value_to_python(self, stored):
        return None if stored is None else tuple(time.fromisoformat(part) for part in stored)

    def lines(self, stored):
        """A line for each run of days with the same hours: `call mon-fri 08:00-20:00`."""
        return [
            f"{channel} {'-'.join(days)} {'closed' if span is None else '-'.join(span)}"
            for channel, days, span in self._runs(stored)
        ]

    def shown(self, stored):
        return [
            (
                self.in_words(channel),
                "–".join(str(wording.DAYS[day]) for day in days),
                _("closed") if span is None else "–".join(span),
            )
            for channel, days, span in self._runs(stored)
        ]

    def _runs(self, stored):
        """Channel, first and last day, or the only one, and span of each run of days alike."""
        for channel in sorted(stored, key=self.channels.index):
            runs: list[tuple[list[str], Any]] = []
            for day in self.days:
                if day not in stored[channel]:
                    continue
                span = stored[channel][day]
                if runs and runs[-1][1] == span and self._follows(runs[-1][0][-1], day):
                    runs[-1][0].append(day)
                else:
                    runs.append(([day], span))
            for days, span in runs:
                yield channel, days if len(days) == 1 else [days[0], days[-1]], span

    def _follows(self, before: str, day: str) -> bool:
        return self.days.index(day) == self.days.index(before) + 1

    def from_lines(self, lines):
        single = []
        for line in lines:
            channel, run, *span = (*line.split(), "", "")[: max(len(line.split()), 2)]
            first, _dash, last = run.lower().partition("-")
            if last and first in self.days and last in self.days:
                days = self.days[self.days.index(first) : self.days.index(last) + 1]
            else:
                days = (run,)
            single += [" ".join((channel, day, *span)) for day in days]
        return super().from_lines(single)


@dataclass(frozen=True)
class Caps(Field):
    """How often one may try: a line each, `call,sms attempts 7 in 7 days`.

    Stored as `{"channels": [...], "count": "attempts"|"contacts", "limit": 7, "days": 7}`; the
    window rolls.
    """

    channels: tuple[str, ...] = ()
    names: Mapping[str, Any] = field(default_factory=dict)
    is_table = True
    COUNTS = ("attempts", "contacts")

    def clean(self, value):
        caps = []
        for cap in value:
            if not isinstance(cap, Mapping) or set(cap) != {"channels", "count", "limit", "days"}:
                raise self.wrong(_("a cap names channels, what counts, a limit and days."))
            channels = [str(channel).lower() for channel in cap["channels"]]
            unknown = [channel for channel in channels if channel not in self.channels]
            if unknown or not channels:
                raise self.wrong(_("channels are: %(words)s.") % {"words": ", ".join(self.channels)})
            if cap["count"] not in self.COUNTS:
                raise self.wrong(_("a cap counts attempts or contacts."))
            whole = Whole(self.key, self.label, minimum=1, maximum=366)
            caps.append(
                {
                    "channels": channels,
                    "count": cap["count"],
                    "limit": whole.clean(cap["limit"]),
                    "days": whole.clean(cap["days"]),
                }
            )
        return caps

    def lines(self, stored):
        return [
            f"{','.join(cap['channels'])} {cap['count']} {cap['limit']} in {cap['days']} days"
            for cap in stored
        ]

    def shown(self, stored):
        def words(cap) -> str:
            limit = cap["limit"]
            if cap["count"] == "attempts":
                said = ngettext(
                    "%(limit)s attempt in %(days)s days", "%(limit)s attempts in %(days)s days", limit
                )
            else:
                said = ngettext(
                    "%(limit)s contact in %(days)s days", "%(limit)s contacts in %(days)s days", limit
                )
            return said % cap

        return [(", ".join(str(self.names[name]) for name in cap["channels"]), words(cap)) for cap in stored]

    def from_lines(self, lines):
        caps = []
        for line in lines:
            parts = line.split()
            if not parts:
                continue
            if len(parts) != 6 or parts[3] != "in" or parts[5] != "days":
                raise self.wrong(
                    _("«%(row)s» does not read like: call,sms attempts 7 in 7 days.") % {"row": line}
                )
            caps.append(
                {
                    "channels": parts[0].split(","),
                    "count": parts[1],
                    "limit": parts[2],
                    "days": parts[4],
                }
            )
        return caps
