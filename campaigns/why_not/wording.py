"""Each answer in words: what it looks like, until when it holds, whose move it is and what would help."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.enums import Rule
from accounts.holds.enums import PROTECTING
from accounts.parties.enums import LegalFactKind
from campaigns.why_not.enums import GATE, HELD, WAY, DayReason, reason_label
from collections_app.core.web.figures import day_text

NOBODY = gettext_lazy("nobody")
OFFICER = gettext_lazy("officer")
SENIOR = gettext_lazy("senior officer")
SUPERVISOR = gettext_lazy("supervisor")
MANAGER = gettext_lazy("manager")
BY_ITSELF = gettext_lazy("by itself")


@dataclass(frozen=True)
class Meaning:
    """How a reason is shown. `page` is the URL name at which `helps` is done, with its query."""

    icon: str
    tone: str
    mover: Any = NOBODY
    helps: Any = BY_ITSELF
    page: str = ""
    query: str = ""


MEANINGS = {
    DayReason.CONTACTED: Meaning("circle-check", "good"),
    DayReason.WORKLIST: Meaning("list-check", "wait", OFFICER, gettext_lazy("Call"), "campaigns:today"),
    DayReason.MESSAGE: Meaning("send", "wait"),
    DayReason.NOT_RELEASED: Meaning(
        "hand-stop", "stop", MANAGER, gettext_lazy("Release the creditor"), "accounts:creditor_list"
    ),
    DayReason.FEED: Meaning(
        "clock-exclamation",
        "stop",
        MANAGER,
        gettext_lazy("See the feeds"),
        "campaigns:feed_list",
        "state=late",
    ),
    DayReason.PLAN: Meaning("calendar-dollar", "good"),
    DayReason.PROMISE: Meaning("calendar-dollar", "good"),
    DayReason.DISPUTED: Meaning(
        "clock",
        "wait",
        gettext_lazy("department"),
        gettext_lazy("See the questions"),
        "accounts:dispute_list",
        "status=open",
    ),
    DayReason.ANSWERED: Meaning("clock", "wait"),
    DayReason.SMALL: Meaning("point", "none", NOBODY, gettext_lazy("when it grows")),
    DayReason.UNKNOWN: Meaning(
        "alert-triangle",
        "attn",
        SENIOR,
        gettext_lazy("Say what became of it"),
        "campaigns:message_list",
        "status=unknown",
    ),
    DayReason.PAUSED: Meaning(
        "player-pause", "attn", SUPERVISOR, gettext_lazy("Resume sending"), "campaigns:reminder_run_list"
    ),
    DayReason.MESSAGE_LATER: Meaning("clock", "wait"),
    DayReason.NEXT_STEP_LATER: Meaning("clock", "wait"),
    DayReason.NOBODY: Meaning("alert-triangle", "attn", SUPERVISOR, gettext_lazy("Assign an officer")),
    DayReason.NO_RULE: Meaning("alert-triangle", "attn", SUPERVISOR, gettext_lazy("Assign an officer")),
}
BY_CLOCK = Meaning("clock", "wait")
FOR_GOOD = Meaning("hand-stop", "stop", NOBODY, gettext_lazy("nothing: it is protected"))
HOLD_MEANINGS = {
    "hardship": Meaning(
        "hand-stop", "stop", SENIOR, gettext_lazy("See the clocks"), "accounts:hardship_list"
    ),
    "dispute": Meaning(
        "hand-stop", "stop", OFFICER, gettext_lazy("See the disputes"), "accounts:dispute_list", "status=open"
    ),
    # it ends by itself
    "breathing_space": Meaning(
        "hand-stop", "stop", NOBODY, gettext_lazy("See the breathing spaces"), "accounts:breathing_space_list"
    ),
}
# What protects a person is lifted by somebody senior, an ordinary hold by any officer.
HELD_MEANING = Meaning("hand-stop", "stop", SENIOR, gettext_lazy("See the holds"), "accounts:hold_list")
ORDINARY_HOLD = Meaning("hand-stop", "stop", OFFICER, gettext_lazy("See the holds"), "accounts:hold_list")
# True of the person, and no hold: it ends on the debtor's page, when it is no longer so.
LEGAL_FACT = Meaning("hand-stop", "stop", SUPERVISOR, gettext_lazy("Look at the debtor's page"))
TRACE = Meaning("alert-triangle", "attn", OFFICER, gettext_lazy("Trace the debtor"))
OTHER_WAY = Meaning("mail", "attn", OFFICER, gettext_lazy("Use another way"))
# What the gate's rules that no clock ends ask for; the others end by themselves.
RULE_MEANINGS = {
    Rule.NO_POINT: TRACE,
    Rule.POINT_BAD: TRACE,
    Rule.WRONG_PARTY: TRACE,
    Rule.OPTED_OUT: OTHER_WAY,
    Rule.CHANNEL_NOT_WANTED: OTHER_WAY,
    Rule.CHANNEL_NOT_LAWFUL: OTHER_WAY,
    Rule.MEDIUM_REFUSED: OTHER_WAY,
    Rule.EMPLOYER_FORBIDS: OTHER_WAY,
    Rule.WORKPLACE: OTHER_WAY,
    Rule.LAST_RESORT: OTHER_WAY,
    Rule.NOT_CHECKED: Meaning(
        "alert-triangle", "attn", OFFICER, gettext_lazy("Check the number and note it as a contact fact")
    ),
    Rule.VALIDATION_DUE: Meaning(
        "alert-triangle", "attn", OFFICER, gettext_lazy("Give the validation notice and end the contact fact")
    ),
    Rule.OVERSHADOWS: Meaning("alert-triangle", "attn", OFFICER, gettext_lazy("Use a softer text")),
    Rule.TIME_BARRED: Meaning(
        "hand-stop", "stop", OFFICER, gettext_lazy("Say the words the law wants, where it lets a demand pass")
    ),
    Rule.THIRD_PARTY: Meaning(
        "alert-triangle", "attn", SUPERVISOR, gettext_lazy("Look at the parties of the account")
    ),
    Rule.REPRESENTED: HELD_MEANING,
    Rule.HARDSHIP: HELD_MEANING,
    Rule.CLAIMS_PAID: ORDINARY_HOLD,
    Rule.DISPUTE: ORDINARY_HOLD,
    Rule.HOLD: ORDINARY_HOLD,
    Rule.DECEASED: LEGAL_FACT,
    Rule.INSOLVENT: LEGAL_FACT,
    Rule.MINOR: LEGAL_FACT,
    Rule.BREATHING_SPACE: FOR_GOOD,
    Rule.CEASED: FOR_GOOD,
    Rule.NOT_RELEASED: MEANINGS[DayReason.NOT_RELEASED],
}


def meaning_of(reason: str) -> Meaning:
    """What is shown beside a reason, whichever slice it is from."""
    if reason.startswith(HELD):
        code = reason.removeprefix(HELD)
        if code in LegalFactKind.values:
            return LEGAL_FACT
        return HOLD_MEANINGS.get(code, HELD_MEANING if code in PROTECTING else ORDINARY_HOLD)
    if reason.startswith((GATE, WAY)):
        return RULE_MEANINGS.get(Rule(rule_of(reason)), BY_CLOCK)
    return MEANINGS[DayReason(reason)]


def rule_of(reason: str) -> str:
    """The gate's rule in a reason that has one, else empty."""
    for kind in (GATE, WAY):
        if reason.startswith(kind):
            return reason.removeprefix(kind)
    return ""


def until_text(reason: str, day: date | None, moment: datetime | None, today: date) -> str:
    """Until when one account's reason holds, as a reader of the office says it."""
    if moment is not None:
        local = timezone.localtime(moment)
        if local.date() == today:
            return _("today %(time)s") % {"time": f"{local:%H:%M}"}
        return f"{day_text(local.date(), today)} {local:%H:%M}"
    if day is not None:
        return day_text(day, today)
    if rule_of(reason) in FOUND_AGAIN:
        return _("until found")
    if rule_of(reason):
        return _("until that changes")
    return OPEN_ENDED.get(reason, _("until lifted") if reason.startswith(HELD) else "–")


FOUND_AGAIN = {Rule.NO_POINT, Rule.POINT_BAD, Rule.WRONG_PARTY}
OPEN_ENDED = {
    f"{HELD}breathing_space": gettext_lazy("until 30 days after the treatment"),
    **{f"{HELD}{kind}": gettext_lazy("as long as it is so") for kind in LegalFactKind.values},
    DayReason.PLAN: gettext_lazy("while it is kept"),
    DayReason.NOT_RELEASED: gettext_lazy("until released"),
    DayReason.FEED: gettext_lazy("until a file comes"),
    DayReason.SMALL: gettext_lazy("until it grows"),
    DayReason.UNKNOWN: gettext_lazy("until somebody looks"),
    DayReason.PAUSED: gettext_lazy("until resumed"),
    DayReason.NOBODY: gettext_lazy("until assigned"),
}


def span_text(reason: str, first, last, today: date) -> str:
    """Until when the accounts of a reason are held: one day, or from the first to the last.

    `first` and `last` are days or None.
    """
    if first is None:
        return str(until_text(reason, None, None, today))
    if first == last:
        return day_text(first, today)
    return _("%(first)s to %(last)s") % {
        "first": day_text(first, today),
        "last": day_text(last, today),
    }


__all__ = ["Meaning", "meaning_of", "reason_label", "span_text", "until_text"]
