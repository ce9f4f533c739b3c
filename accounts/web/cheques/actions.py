"""Which verbs a cheque's page offers, from its status, who has its paper and the user's right."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.cheques.custody import may_give, may_offer
from accounts.cheques.enums import AT_BANK, PAID, UNPAID, ChequeStatus, Place
from accounts.cheques.models import Cheque
from accounts.cheques.rules import ANSWER_CHEQUE, APPROVE_CHEQUE_HOLD, LODGE_CHEQUE, MOVE_CHEQUE
from accounts.returns.enums import ActionClass
from collections_app.core.models import User
from collections_app.core.permissions import has_permission
from collections_app.core.web.parts import Action

S = ChequeStatus
BEFORE = (S.RECEIVED, S.IN_HAND)
TO_PRESENT = (*BEFORE, S.RETURNED)
FOR_THE_BANK = ("submit", "plan", "hold", "collect")


def _here(cheque: Cheque) -> bool:
    return cheque.place == Place.OFFICE and cheque.holder_id is not None


def _usable(cheque: Cheque) -> bool:
    """Nothing on it is missing, and it is no security that nobody released."""
    return not cheque.missing and (not cheque.is_security or cheque.released_on is not None)


def _always(cheque: Cheque) -> bool:
    return True


@dataclass(frozen=True)
class Verb:
    """Offered in these statuses, where `fits` says so, to whom `given_by` lets give the paper; the
    address is `accounts:cheque_` and `name`."""

    name: str
    label: Any
    icon: str
    permission: str
    statuses: tuple[str, ...]
    fits: Callable[[Cheque], bool] = _always
    primary: bool = False
    post: bool = False
    given_by: Callable[[Cheque, User], bool] | None = None

    def action(self, cheque: Cheque, primary: bool) -> Action:
        return Action(
            self.label,
            reverse(f"accounts:cheque_{self.name}", args=[cheque.pk]),
            icon=self.icon,
            permission=self.permission,
            primary=primary,
            post=self.post,
        )


ANY = tuple(status for status in S if status not in (S.IN_BATCH, S.VOID))
VERBS = (
    Verb(
        "take",
        _("Take in hand"),
        "check",
        MOVE_CHEQUE,
        (S.RECEIVED,),
        lambda cheque: not cheque.missing,
        primary=True,
        post=True,
    ),
    Verb(
        "complete",
        _("It was completed"),
        "edit",
        MOVE_CHEQUE,
        (S.RECEIVED,),
        lambda cheque: bool(cheque.missing),
        primary=True,
    ),
    Verb(
        "release",
        _("Release for presentment"),
        "shield",
        APPROVE_CHEQUE_HOLD,
        BEFORE,
        lambda cheque: cheque.is_security and cheque.released_on is None,
    ),
    Verb("clear", _("The bank paid"), "circle-check", ANSWER_CHEQUE, AT_BANK, primary=True),
    Verb("part", _("Paid in part"), "circle-dot", ANSWER_CHEQUE, AT_BANK),
    Verb("return", _("It came back"), "arrow-back-up", ANSWER_CHEQUE, (*AT_BANK, *PAID)),
    Verb("part_back", _("A part came back"), "circle-dot", ANSWER_CHEQUE, PAID),
    Verb(
        "submit",
        _("Submit"),
        "building-bank",
        MOVE_CHEQUE,
        (S.IN_HAND,),
        _usable,
        primary=True,
        given_by=may_give,
    ),
    Verb(
        "submit",
        _("Present again"),
        "building-bank",
        MOVE_CHEQUE,
        (S.RETURNED,),
        _usable,
        primary=True,
        given_by=may_give,
    ),
    Verb("plan", _("Plan submission"), "calendar-event", MOVE_CHEQUE, TO_PRESENT, _usable),
    Verb("hold", _("Hold back"), "clock", LODGE_CHEQUE, TO_PRESENT, _usable),
    Verb(
        "collect",
        _("Give to the bank for collection"),
        "building-bank",
        MOVE_CHEQUE,
        (S.IN_HAND,),
        lambda cheque: _here(cheque) and _usable(cheque),
        given_by=may_give,
    ),
    Verb(
        "fetch",
        _("Fetch from the bank"),
        "arrow-back-up",
        MOVE_CHEQUE,
        (S.IN_HAND,),
        lambda cheque: cheque.place == Place.BANK,
    ),
    Verb("replace", _("Replace"), "copy", MOVE_CHEQUE, (*BEFORE, *UNPAID), given_by=may_give),
    Verb("settle", _("Settle in cash"), "cash", MOVE_CHEQUE, (*BEFORE, *UNPAID)),
    Verb("legal", _("To legal"), "scale", MOVE_CHEQUE, UNPAID, given_by=may_give),
    Verb("hand_over", _("Hand over"), "users", LODGE_CHEQUE, ANY, _here, given_by=may_offer),
    Verb(
        "hand_back", _("Hand back to the debtor"), "mail-forward", MOVE_CHEQUE, ANY, _here, given_by=may_give
    ),
    Verb("paper", _("Add a paper"), "paperclip", LODGE_CHEQUE, tuple(S)),
    Verb("void", _("Entered by mistake"), "circle-x", MOVE_CHEQUE, (S.RECEIVED,)),
)


def _is_early(cheque: Cheque, today: date) -> bool:
    """Its date, or the day until which it is held back, is still to come."""
    days = [day for day in (cheque.cheque_date, cheque.held_until) if day is not None]
    return bool(days) and max(days) > today


# What the reason of the last return asks for, where it is not presenting the cheque again.
ASKED_BY = {
    ActionClass.REPLACE: "replace",
    ActionClass.CALL: "replace",
    ActionClass.LEGAL: "legal",
    ActionClass.FRAUD: "legal",
}


def verbs_of(cheque: Cheque, today: date, user: User) -> list[Action]:
    """The next step first; what the user may not do is left out by the page, as is presenting what no
    bank takes any more, or not yet, and what only the holder of the paper does. Of one that was not paid
    the next step is what the reason asks for."""
    asked = ""
    if cheque.status in UNPAID:
        last = cheque.returns.select_related("reason").order_by("id").last()
        asked = ASKED_BY.get(last.reason.action_class, "") if last is not None else ""
        asked = "replace" if cheque.is_stale(today) else asked
    return [
        verb.action(cheque, primary=verb.name == asked if asked else verb.primary)
        for verb in _possible(cheque, today)
        if verb.given_by is None or verb.given_by(cheque, user)
    ]


def needing_the_paper(cheque: Cheque, today: date, user: User) -> str:
    """Who has the paper and what the user could do if he had it; empty where he lacks nothing."""
    lacking = [
        str(verb.label)
        for verb in _possible(cheque, today)
        if verb.given_by is may_give and not may_give(cheque, user) and has_permission(user, verb.permission)
    ]
    if not lacking:
        return ""
    return gettext("%(holder)s holds the paper. Once you have signed for it, you find here: %(verbs)s.") % {
        "holder": cheque.holder,
        "verbs": ", ".join(lacking),
    }


def _possible(cheque: Cheque, today: date) -> list[Verb]:
    is_stale = cheque.is_stale(today)
    return [
        verb
        for verb in VERBS
        if cheque.status in verb.statuses
        and verb.fits(cheque)
        and not (is_stale and verb.name in FOR_THE_BANK)
        and not (verb.name == "submit" and _is_early(cheque, today))
    ]
