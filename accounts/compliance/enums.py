from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.policies.enums import dated_lifecycle
from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class Purpose(models.TextChoices):
    DEMAND = "demand", _("Demand or reminder")
    SERVICE = "service", _("Answer, confirmation or thanks")
    LEGAL_NOTICE = "legal_notice", _("Notice the law demands")
    REQUESTED = "requested", _("Asked for by the debtor")


class Judgement(StatusChoices):
    """What the gate says of a contact that happened: with a permit, or judged afterwards.

    Lawful is what had no permit and kept the rules; what the debtor began is not judged.
    """

    PERMITTED = "permitted", Tone.GOOD, "shield-check", _("Permitted")
    LAWFUL = "lawful", Tone.NONE, "check", _("Lawful")
    BREACH = "breach", Tone.STOP, "alert-triangle", _("Breach")
    NOT_JUDGED = "not_judged", Tone.NONE, "phone-incoming", _("Inbound")


class Rule(models.TextChoices):
    """Why the gate says no, the sentence an officer reads. Permits store the value."""

    DECEASED = "deceased", _("The debtor has died")
    INSOLVENT = "insolvent", _("The debtor is insolvent")
    MINOR = "minor", _("The debtor is a minor")
    REPRESENTED = "represented", _("Represented: contact the representative only")
    OPTED_OUT = "opted_out", _("Asked not to be contacted this way")
    HARDSHIP = "hardship", _("On hold: hardship")
    CLAIMS_PAID = "claims_paid", _("On hold: says it is paid")
    DISPUTE = "dispute", _("On hold: dispute")
    HOLD = "hold", _("On hold")
    NOT_RELEASED = "not_released", _("The creditor is not released for contact yet")
    CHANNEL_NOT_WANTED = "channel_not_wanted", _("Wants other channels only")
    NO_POINT = "no_point", _("No number or address")
    POINT_BAD = "point_bad", _("The number or address is bad")
    WRONG_PARTY = "wrong_party", _("Belongs to somebody else")
    BREATHING_SPACE = "breathing_space", _("Breathing space: no contact about these debts")
    CEASED = "ceased", _("Asked for silence: the notices that may still go have gone")
    THIRD_PARTY = "third_party", _("Has no part in this debt")
    CHANNEL_NOT_LAWFUL = "channel_not_lawful", _("The law does not allow this channel")
    MEDIUM_REFUSED = "medium_refused", _("Refused this way of contact")
    EMPLOYER_FORBIDS = "employer_forbids", _("The employer does not allow it at work")
    WORKPLACE = "workplace", _("A workplace address must not be used this way")
    NOT_CHECKED = "not_checked", _("The number was not checked lately")
    VALIDATION_DUE = "validation_due", _("The validation notice has not gone out")
    OVERSHADOWS = "overshadows", _("A text this firm would press within the validation period")
    TIME_BARRED = "time_barred", _("Time-barred: the wording for it is missing, or it may not be asked for")
    LAST_RESORT = "last_resort", _("Only after other ways were tried")
    CONVERSATION = "conversation", _("Spoken to only days ago")
    CAP = "cap", _("Tried often enough for now")
    PUBLIC_HOLIDAY = "public_holiday", _("Public holiday")
    OWN_HOURS = "own_hours", _("Outside the hours the debtor asked for")
    CONTACT_HOURS = "contact_hours", _("Outside contact hours")


class Source(models.TextChoices):
    """Where a refusal comes from that no law and no policy has to say: facts of this office."""

    LEGAL_FACT = "legal fact recorded about the person", _("Legal fact recorded about the person")
    HOLD = "hold in force", _("Hold in force")
    PARTIES = "parties of the account", _("Parties of the account")
    RELEASE = "release of the creditor", _("Release of the creditor")
    WISH = "the debtor's own wish", _("The debtor's own wish")
    POINT = "state of the number or address", _("State of the number or address")
    EMPLOYER = "the employer's prohibition", _("The employer's prohibition")


class Sureness(models.TextChoices):
    """How sure the number of a clause is. What the office decides itself is its own source."""

    READ = "F", _("read in the source")
    QUOTED = "F2", _("read in part, the rest quoted")
    SECOND_HAND = "2", _("second-hand")
    TO_CHECK = "C", _("to be checked")
    UNVERIFIED = "U", _("unverified")


class ClauseKind(models.TextChoices):
    """What a clause of a contact profile decides. A duty is kept elsewhere and only told here."""

    HOURS = "hours", _("Hours")
    HOLIDAYS = "holidays", _("Public holidays")
    CAP = "cap", _("Frequency")
    PAUSE = "pause", _("Pause after a conversation")
    STOP = "stop", _("Stops")
    NOTICES = "notices", _("Notices after a request to cease")
    CHANNELS = "channels", _("Channels allowed")
    PARTIES = "parties", _("Whom a demand may reach")
    WORKPLACE = "workplace", _("Place of work")
    NUMBER_CHECK = "number_check", _("Number checked within")
    VALIDATION = "validation", _("Validation notice within")
    OVERSHADOW = "overshadow", _("No pressing text in the validation period")
    TIME_BAR = "time_bar", _("Time-barred debts")
    LAST_RESORT = "last_resort", _("Last resort")
    SAY = "say", _("Said on the phone")
    DUTY = "duty", _("Duty")


PROFILE = dated_lifecycle("accounts.contactprofile", audit="contact_profile")


class SayWhen(models.TextChoices):
    """At what point of a call a line is said: when somebody answers, or before the debt is spoken of."""

    START = "start", _("when somebody answers")
    DEBT = "debt", _("before the debt is spoken of")


class ContactFactKind(models.TextChoices):
    """What the gate must know beside holds and legal facts."""

    CONSENT = "consent", _("Agreed to be contacted this way")
    REFUSED = "refused", _("Refused this way of contact")
    CHECKED = "checked", _("The number was checked to be his")
    EMPLOYER_FORBIDS = "employer_forbids", _("The employer does not allow it at work")
    VALIDATION = "validation", _("Validation notice is due")
    TIME_BARRED = "time_barred", _("Time-barred")


class FindingKind(StatusChoices):
    """What a replay lists: what does not agree, what broke a rule, what was known only later."""

    DISAGREEMENT = "disagreement", Tone.STOP, "alert-triangle", _("Does not agree")
    BREACH = "breach", Tone.ATTENTION, "hand-stop", _("Breach")
    LEARNED_LATER = "learned_later", Tone.NONE, "clock", _("Protected, told later")


class ReplayStatus(StatusChoices):
    RUNNING = "running", Tone.WAIT, "clock", _("Running")
    AGREES = "agrees", Tone.GOOD, "circle-check", _("Agrees")
    DIFFERS = "differs", Tone.STOP, "alert-triangle", _("Does not agree")


# A result is written once, by the job that found it.
REPLAY = Lifecycle(
    "accounts.contactreplay",
    initial=ReplayStatus.RUNNING,
    edges=[
        Edge(ReplayStatus.RUNNING, ReplayStatus.AGREES, audit="contact_replay.agreed"),
        Edge(ReplayStatus.RUNNING, ReplayStatus.DIFFERS, audit="contact_replay.differed"),
    ],
)
