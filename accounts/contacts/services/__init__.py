"""The verbs of contact: call, log, plan, note, stop."""

from accounts.contacts.services.attempts import (
    AccountOfAnother,
    AttemptAlreadyCorrected,
    AttemptOfAColleague,
    ColleagueInTheSameMinute,
    NewAttempt,
    PermitMissing,
    correct_attempt,
    log_attempt,
    log_attempts,
)
from accounts.contacts.services.calls import (
    CallNotAllowed,
    CallNotOpen,
    CallStillOpen,
    UnknownIdentityItem,
    check_right_party,
    open_call,
)
from accounts.contacts.services.follow_ups import (
    FollowUpInThePast,
    cancel_follow_up,
    complete_follow_up,
    plan_follow_up,
    rotate_calendar_token,
)
from accounts.contacts.services.notes import NoteIsEmpty, add_note
from accounts.contacts.services.outcomes import (
    CallBackNeedsTime,
    ClaimedPaymentInFuture,
    DisputeNamesNoItem,
    HardshipNotAsked,
    OutcomeUnknown,
    ReasonMissing,
    RightPartyNotChecked,
    Said,
    save_outcome,
)
from accounts.contacts.services.stops import mark_wrong_party, opt_out

__all__ = [
    "AccountOfAnother",
    "AttemptAlreadyCorrected",
    "AttemptOfAColleague",
    "CallBackNeedsTime",
    "CallNotAllowed",
    "CallNotOpen",
    "CallStillOpen",
    "ClaimedPaymentInFuture",
    "ColleagueInTheSameMinute",
    "DisputeNamesNoItem",
    "FollowUpInThePast",
    "HardshipNotAsked",
    "NewAttempt",
    "NoteIsEmpty",
    "OutcomeUnknown",
    "PermitMissing",
    "ReasonMissing",
    "RightPartyNotChecked",
    "Said",
    "UnknownIdentityItem",
    "add_note",
    "cancel_follow_up",
    "check_right_party",
    "complete_follow_up",
    "correct_attempt",
    "log_attempt",
    "log_attempts",
    "mark_wrong_party",
    "open_call",
    "opt_out",
    "plan_follow_up",
    "rotate_calendar_token",
    "save_outcome",
]
