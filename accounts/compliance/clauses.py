"""One rule of a contact profile as data: what it says, its number and unit, its source, how sure.

A clause is what a person reads, proposes and approves; `laws.Law` is what the decision reckons
with. The number of a clause is typed and shown as one line of text (`line_of`, `with_line`); what
it is about (channels, counted per what) belongs to the clause and does not change with the number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.compliance.enums import ClauseKind, SayWhen, Sureness
from accounts.policies.contact_tables import WEEKDAYS
from collections_app.core.refusal import Refused

# In what is cited, whoever asks: a replay holds it against what was kept, and `laws` looks for it.
NOT_SURE = {Sureness.UNVERIFIED.value: "unverified", Sureness.TO_CHECK.value: "to be checked"}
LEVELS = {
    "national": gettext_lazy("national public holidays"),
    "state": gettext_lazy("public holidays of the country and the state"),
    "open": gettext_lazy("no holiday is kept"),
}
TIME_BAR = {
    "wording": gettext_lazy("only with the wording the law wants"),
    "refuse": gettext_lazy("never"),
}
# What a demand for a time-barred debt says where its profile has no words of its own: that nobody will
# sue, after the notice of Cal. Civ. Code 1788.14(d)(2) without its line on credit reports, which
# nobody here writes. True wherever a law asks for wording and forbids suit and the threat of one.
TIME_BARRED_WORDS = {
    "en": "The law limits how long you can be sued on a debt. Because of the age of this debt, we will "
    "not sue you for it.",
    "ar": "يحدد القانون المدة التي يجوز خلالها رفع دعوى بشأن دين. ونظراً لقدم هذا الدين فلن نقاضيكم بشأنه.",
}
CAP_LINE = re.compile(
    r"^(?P<limit>\d{1,3}) (?P<counts>attempts|contacts) in "
    r"(?:(?P<days>\d{1,3}) days?|a calendar (?P<calendar>week|month))$"
)
DAYS_LINE = re.compile(r"^(\d{1,4}) days?$")
TIMES_LINE = re.compile(r"^(\d{1,3}) tries in (\d{1,3}) days?$")
SPAN = re.compile(r"^(\d\d):(\d\d)-(\d\d):(\d\d)$")
LONGEST_DAYS = 366


class ClauseWrong(Refused):
    """A number is not one its clause may have; `field` is the clause's key."""


@dataclass(frozen=True)
class Clause:
    """`value` holds the number with its unit and what it is about; `source` where it stands."""

    key: str
    kind: str
    says: str
    value: Mapping[str, Any]
    source: str
    sure: str

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Clause":
        return cls(*(data[name] for name in ("key", "kind", "says", "value", "source", "sure")))

    def as_data(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "kind": self.kind,
            "says": self.says,
            "value": dict(self.value),
            "source": self.source,
            "sure": self.sure,
        }

    @property
    def cited(self) -> str:
        """The source as a verdict names it, with how sure it is where it is not sure: in one language, as
        permits keep it (`wording.source_words` says it in the reader's)."""
        if self.sure in NOT_SURE:
            return f"{self.source} ({NOT_SURE[self.sure]})"
        return self.source

    @property
    def has_number(self) -> bool:
        return self.kind in _LINES


def line_of(clause: Clause) -> str:
    """The number of a clause as it is typed: "7 attempts in 7 days"; empty where it has none."""
    return _LINES[clause.kind][0](clause.value) if clause.has_number else ""


def with_line(clause: Clause, line: str, *, source: str | None = None, sure: str | None = None) -> Clause:
    """The clause with another number, source or sureness. Raises ClauseWrong."""
    value = dict(clause.value)
    if clause.has_number:
        try:
            value |= _LINES[clause.kind][1](" ".join(line.split()).lower())
        except ValueError:
            raise ClauseWrong(
                _("«%(line)s» cannot be read. Write it like this: %(like)s")
                % {"line": line, "like": line_of(clause)},
                field=clause.key,
            ) from None
    return replace(
        clause,
        value=value,
        source=clause.source if source is None else source.strip(),
        sure=clause.sure if sure is None else Sureness(sure),
    )


def says_text(clause: Clause) -> str:
    """What a clause says, with the words it wants in a text."""
    if clause.kind != ClauseKind.TIME_BAR or clause.value["demand"] != "wording":
        return clause.says
    words = clause.value.get("words", TIME_BARRED_WORDS)["en"]
    return _("%(says)s The words: “%(words)s”") % {"says": clause.says, "words": words}


def about_words(clause: Clause) -> str:
    """What the number is about: channels, counted per what, in which states."""
    value = clause.value
    parts = []
    if channels := value.get("channels"):
        parts.append(", ".join(str(_CHANNELS[channel]) for channel in channels))
    if value.get("place"):
        parts.append(_("at his place of work"))
    if per := value.get("per"):
        parts.append(str(_PER[per]))
    if states := value.get("states"):
        parts.append(", ".join(states))
    if reasons := value.get("reasons"):
        parts.append(", ".join(reason.replace("_", " ") for reason in reasons))
    if clause.kind == ClauseKind.OVERSHADOW:
        parts.append(
            _("after receipt, %(days)s business days after sending; texts of tone %(tones)s")
            % {"days": value["receipt_days"], "tones": ", ".join(value["tones"])}
        )
    if clause.kind == ClauseKind.SAY:
        when = SayWhen(value["when"]).label
        parts.append(_("“%(words)s”, %(when)s") % {"words": value["words"]["en"], "when": when})
    if roles := value.get("roles"):
        parts.append(", ".join(role.replace("_", " ") for role in roles))
    return "; ".join(parts)


_CHANNELS = {
    "call": gettext_lazy("calls"),
    "sms": gettext_lazy("text messages"),
    "email": gettext_lazy("e-mails"),
    "letter": gettext_lazy("letters"),
    "visit": gettext_lazy("visits"),
}
_PER = {
    "person": gettext_lazy("per person"),
    "debt": gettext_lazy("per person and debt"),
    "account": gettext_lazy("per account"),
}


# --- numbers as lines ---


def _week_line(value: Mapping[str, Any]) -> str:
    """Days with equal hours after one another are said once: "mon-fri 08:00-21:00; sat closed"."""
    week = value["week"]
    groups: list[list[str]] = []
    for day in WEEKDAYS:
        span = week.get(day, "closed")
        if groups and groups[-1][2] == span:
            groups[-1][1] = day
        else:
            groups.append([day, day, span])
    return "; ".join(
        f"{first if first == last else f'{first}-{last}'} {span}" for first, last, span in groups
    )


def _week_value(line: str) -> dict[str, Any]:
    week: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in line.split(";"))):
        days, span = part.split(" ")
        first, _dash, last = days.partition("-")
        reach = WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]
        if not reach or any(day in week for day in reach):
            raise ValueError(part)
        if span != "closed":
            minutes_of(span)
            week |= dict.fromkeys(reach, span)
    if not week:
        raise ValueError(line)
    return {"week": week}


def minutes_of(span: str) -> tuple[int, int]:
    """ "08:00-21:00" in minutes after midnight; a ValueError for what is no span of a day."""
    found = SPAN.match(span)
    if found is None:
        raise ValueError(span)
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or not start < end <= 24 * 60:
        raise ValueError(span)
    return start, end


def _cap_line(value: Mapping[str, Any]) -> str:
    within = f"a calendar {value['calendar']}" if value.get("calendar") else _days_text(value["days"])
    return f"{value['limit']} {value['counts']} in {within}"


def _cap_value(line: str) -> dict[str, Any]:
    found = CAP_LINE.match(line)
    if found is None or not 1 <= int(found["days"] or 1) <= LONGEST_DAYS:
        raise ValueError(line)
    return {
        "limit": int(found["limit"]),
        "counts": found["counts"],
        "days": int(found["days"] or (7 if found["calendar"] == "week" else 31)),
        "calendar": found["calendar"] or "",
    }


def _days_text(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _days_value(line: str) -> dict[str, Any]:
    found = DAYS_LINE.match(line)
    if found is None:
        raise ValueError(line)
    return {"days": int(found[1])}


def _times_value(line: str) -> dict[str, Any]:
    found = TIMES_LINE.match(line)
    if found is None:
        raise ValueError(line)
    return {"after": int(found[1]), "days": int(found[2])}


def _word_of(words: Mapping[str, Any], name: str):
    def read(line: str) -> dict[str, Any]:
        if line not in words:
            raise ValueError(line)
        return {name: line}

    return read


_DAYS = (lambda value: _days_text(value["days"]), _days_value)
_LINES: dict[str, tuple] = {
    ClauseKind.HOURS: (_week_line, _week_value),
    ClauseKind.HOLIDAYS: (lambda value: value["level"], _word_of(LEVELS, "level")),
    ClauseKind.CAP: (_cap_line, _cap_value),
    ClauseKind.PAUSE: _DAYS,
    ClauseKind.NUMBER_CHECK: _DAYS,
    ClauseKind.VALIDATION: _DAYS,
    ClauseKind.OVERSHADOW: _DAYS,
    ClauseKind.NOTICES: (
        lambda value: str(value["most"]),
        lambda line: {"most": int(line)},
    ),
    ClauseKind.LAST_RESORT: (
        lambda value: f"{value['after']} tries in {_days_text(value['days'])}",
        _times_value,
    ),
    ClauseKind.TIME_BAR: (lambda value: value["demand"], _word_of(TIME_BAR, "demand")),
}


def number_words(clause: Clause) -> str:
    """The number of a clause for a reader; empty where it has none."""
    if clause.kind == ClauseKind.HOLIDAYS:
        return str(LEVELS[clause.value["level"]])
    if clause.kind == ClauseKind.TIME_BAR:
        return str(TIME_BAR[clause.value["demand"]])
    if clause.kind == ClauseKind.NOTICES:
        most = clause.value["most"]
        return ngettext("%(n)s notice", "%(n)s notices", most) % {"n": most}
    return line_of(clause)
