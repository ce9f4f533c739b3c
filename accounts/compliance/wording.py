"""Limits, rule books and clocks of a permit, as an officer reads them.

A permit keeps the keys that a profile gives its caps ("call+visit attempts 10/7d") and the name of
the rule book ("office 2026-03-01"); pages say neither.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.compliance.clauses import NOT_SURE
from accounts.compliance.enums import ClauseKind, Rule, Source, Sureness
from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.laws import STRICT
from accounts.compliance.rulebook import CONTACT_RULES, STRICTEST, office_source
from accounts.parties.enums import Channel
from accounts.policies.kinds import KINDS
from collections_app.core import clock
from collections_app.core.web.figures import day_text, full_day_text

CAP_KEY = re.compile(
    r"^(?P<channels>[a-z+]+) (?P<counts>attempts|contacts) (?P<limit>\d+)/"
    r"(?:(?P<days>\d+)d|(?P<calendar>week|month))(?: (?P<per>debt|account))?$"
)
PER = {"debt": gettext_lazy("about the debt"), "account": gettext_lazy("about the account")}
INSTALLED_BEFORE = date(2000, 1, 1)  # a policy "valid since ever" came with the installation
MANY = {
    Channel.CALL: gettext_lazy("calls"),
    Channel.EMAIL: gettext_lazy("e-mails"),
    Channel.SMS: gettext_lazy("text messages"),
    Channel.LETTER: gettext_lazy("letters"),
    Channel.VISIT: gettext_lazy("visits"),
}
BOOKS = {
    "office": (gettext_lazy("Company policy"), gettext_lazy("Company policy of %(day)s")),
    "creditor": (
        gettext_lazy("The creditor's policy"),
        gettext_lazy("The creditor's policy of %(day)s"),
    ),
    "portfolio": (
        gettext_lazy("The portfolio's policy"),
        gettext_lazy("The portfolio's policy of %(day)s"),
    ),
}


@dataclass(frozen=True)
class Limit:
    """One cap of a permit: what it counts, how much of it was used, and what it allows."""

    label: str
    used: int
    allows: str
    most: int | None = None

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.used >= self.most

    @property
    def words(self) -> str:
        if not self.allows:
            return str(self.used)
        return _("%(used)s used of %(allows)s") % {"used": self.used, "allows": self.allows}

    @property
    def sentence(self) -> str:
        return _("%(channels)s: %(words)s") % {"channels": self.label, "words": self.words}


def allows_words(counts: str, limit: int, days: int, calendar: str = "", per: str = "") -> str:
    """What a cap allows: "10 attempts in 7 days", "3 contacts a week about the account"."""
    number = (
        ngettext("%(n)s contact", "%(n)s contacts", limit)
        if counts == "contacts"
        else ngettext("%(n)s attempt", "%(n)s attempts", limit)
    ) % {"n": limit}
    if calendar == "week":
        words = _("%(number)s a week") % {"number": number}
    elif calendar == "month":
        words = _("%(number)s a month") % {"number": number}
    elif days == 1:
        words = _("%(number)s a day") % {"number": number}
    else:
        words = _("%(number)s in %(days)s days") % {"number": number, "days": days}
    return f"{words} {PER[per]}" if per else words


def channels_words(channels: str) -> str:
    """The channels of a cap's key in words, in the order people know them: "Calls, e-mails"."""
    named = set(channels.split("+"))
    found = [str(words) for channel, words in MANY.items() if channel.value in named]
    found += sorted(named - {channel.value for channel in MANY})
    said = ", ".join(found)
    return said[:1].upper() + said[1:]


def limit_of(key: str, used: int) -> Limit:
    """A cap of a permit's facts; a key of another shape is shown as it is."""
    found = CAP_KEY.match(key)
    if found is None:
        return Limit(key, used, "")
    return Limit(
        channels_words(found["channels"]),
        used,
        allows_words(
            found["counts"],
            int(found["limit"]),
            int(found["days"] or 0),
            found["calendar"] or "",
            found["per"] or "",
        ),
        int(found["limit"]),
    )


def limits_of(facts: Mapping[str, Any]) -> list[Limit]:
    """The caps a permit counted, by their words."""
    counts = facts.get("counts") or {}
    return sorted(
        (limit_of(key, used) for key, used in counts.items()), key=lambda row: (row.label, row.allows)
    )


def profile_words(profile: str) -> str:
    """The rule book a permit was decided by: "Company policy of 1 March 2026"."""
    scope, _space, since = profile.partition(" ")
    if scope not in BOOKS:
        return _("The built-in contact rules") if profile == "default" else profile
    plain, dated = BOOKS[scope]
    try:
        day = date.fromisoformat(since)
    except ValueError:
        return str(plain)
    if day < INSTALLED_BEFORE:
        return str(plain)
    return str(dated) % {"day": full_day_text(day)}


def laws_words(facts: Mapping[str, Any]) -> str:
    """The laws a permit was decided by, beside the office's rules: "Australia, RG 96 (WA)"."""
    return ", ".join(_law_words(law) for law in facts.get("laws") or ())


def _law_words(law: str) -> str:
    code, _space, rest = law.partition(" ")
    since, _space, state = rest.partition(" ")
    if code == STRICT:
        return _("the strictest of all contact profiles")
    titles = {(row.code, row.valid_from.isoformat()): _(row.title) for row in SHIPPED}
    of_code = {row.code: _(row.title) for row in SHIPPED}
    title = titles.get((code, since)) or of_code.get(code, code)
    return f"{title} ({state})" if state else title


def line_words(names: Iterable[str]) -> str:
    """Lines said on the phone as people read them: their English words, by `spoken.Line.name`."""
    words = {
        f"{row.code}:{clause.key}": clause.value["words"]["en"]
        for row in SHIPPED
        for clause in row.clauses
        if clause.kind == ClauseKind.SAY
    }
    return " ".join(f"“{words[name]}”" if name in words else name for name in names)


def source_words(source: str) -> str:
    """Where a rule comes from: the law or policy as it is cited, a fact of this office in words."""
    if source in Source.values:
        return str(Source(source).label)
    if source == office_source():
        return str(KINDS[CONTACT_RULES].source)
    for sure, cited in NOT_SURE.items():
        source = source.replace(f"({cited})", f"({Sureness(sure).label})")
    if source.startswith(STRICTEST):
        sources = source.replace(STRICTEST, "")
        return _("%(sources)s, as the strictest of all contact profiles") % {"sources": sources}
    return _own_default(source)


def _own_default(source: str) -> str:
    """The firm's own number beside the duty behind it, in the reader's words; a law is cited as it is."""
    for prefix, words in (
        ("Firm default; duty: ", _("Firm default; duty: %(law)s")),
        ("Firm default after ", _("Firm default after %(law)s")),
        ("Firm default; ", _("Firm default; %(law)s")),
    ):
        if source.startswith(prefix):
            return words % {"law": source.removeprefix(prefix)}
    return source


def rule_words(code: str) -> str:
    """The sentence of a rule's code; empty when the code is none of the gate's."""
    return str(Rule(code).label) if code in Rule.values else ""


def place_of(zone: str) -> str:
    """A time zone as people call it: "Asia/Dubai" is "Dubai"."""
    return zone.rpartition("/")[2].replace("_", " ")


def clocks_words(moment: datetime, *, zones: Sequence[str], today: date) -> list[str]:
    """A moment on the debtor's clocks and then on the office's; equal readings are said once.

    "23 Nov, 08:00 in Dubai", "23 Nov, 05:00 here". The office's zone is the active one.
    """
    found: dict[str, str] = {}
    for zone in dict.fromkeys(zones):
        found.setdefault(_reading(moment, zone, today), place_of(zone))
    here = _reading(moment, None, today)
    if here in found:
        theirs = [
            _("%(time)s in %(place)s") % {"time": time, "place": place}
            for time, place in found.items()
            if time != here
        ]
        return [*theirs, _("%(time)s there and here") % {"time": here}]
    theirs = [_("%(time)s in %(place)s") % {"time": time, "place": place} for time, place in found.items()]
    return [*theirs, _("%(time)s here") % {"time": here}]


def _reading(moment: datetime, zone: str | None, today: date) -> str:
    local = moment.astimezone(clock.zone(zone))
    return f"{day_text(local.date(), today)}, {local:%H:%M}"
