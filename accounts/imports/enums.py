from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ImportKind(models.TextChoices):
    ACCOUNTS = "accounts", _("Accounts")
    ENTRIES = "entries", _("Entries")
    CONTACTS = "contacts", _("Contacts")
    PROTECTIONS = "protections", _("Protections")


class ImportStatus(StatusChoices):
    UPLOADED = "uploaded", Tone.WAIT, "upload", _("Brought")
    MAPPED = "mapped", Tone.WAIT, "columns-3", _("Columns chosen")
    CHECKED = "checked", Tone.WAIT, "list-check", _("Checked, not posted")
    POSTED = "posted", Tone.GOOD, "circle-check", _("Posted")
    REVERSED = "reversed", Tone.NONE, "arrow-back-up", _("Taken back")
    REFUSED = "refused", Tone.NONE, "trash", _("Put aside")


IMPORT = Lifecycle(
    "accounts.importbatch",
    initial=ImportStatus.UPLOADED,
    edges=[
        Edge([ImportStatus.UPLOADED, ImportStatus.CHECKED], ImportStatus.MAPPED, audit="import.mapped"),
        Edge([ImportStatus.UPLOADED, ImportStatus.MAPPED], ImportStatus.CHECKED, audit="import.checked"),
        Edge(ImportStatus.CHECKED, ImportStatus.POSTED, audit="import.posted"),
        Edge(ImportStatus.POSTED, ImportStatus.REVERSED, audit="import.reversed"),
        Edge(
            [ImportStatus.UPLOADED, ImportStatus.MAPPED, ImportStatus.CHECKED],
            ImportStatus.REFUSED,
            audit="import.refused",
        ),
    ],
)


class ImportMode(models.TextChoices):
    """What a file says about its period (domain: the daily feed)."""

    MOVEMENTS = "movements", _("Movements")
    COMPLETE = "complete", _("Complete for its period")
    SNAPSHOT = "snapshot", _("All open items")


class RowState(models.TextChoices):
    NEW = "new", _("New")
    UNCHANGED = "unchanged", _("Unchanged")
    AMENDED = "amended", _("Amended")
    NO_EFFECT = "no_effect", _("No effect")
    REJECTED = "rejected", _("Rejected")


class MissingStatus(StatusChoices):
    """What became of a document that a list of all open items does not name."""

    WAITING = "waiting", Tone.ATTENTION, "help-circle", _("To decide")
    PAID = "paid", Tone.GOOD, "circle-check", _("Paid to the creditor")
    CREDITED = "credited", Tone.GOOD, "discount", _("Credited by the creditor")
    KEPT = "kept", Tone.NONE, "clock", _("Still open")
    SUPERSEDED = "superseded", Tone.NONE, "repeat", _("A newer list came")


MISSING_ITEM = Lifecycle(
    "accounts.missingitem",
    initial=MissingStatus.WAITING,
    edges=[
        Edge(MissingStatus.WAITING, MissingStatus.PAID, audit="missing_item.paid"),
        Edge(MissingStatus.WAITING, MissingStatus.CREDITED, audit="missing_item.credited"),
        Edge(MissingStatus.WAITING, MissingStatus.KEPT, audit="missing_item.kept"),
        Edge(MissingStatus.WAITING, MissingStatus.SUPERSEDED, audit="missing_item.superseded"),
    ],
)


class FeedAlarmStatus(StatusChoices):
    """A creditor's feed that did not come: reminders wait until it does, or a person lets them go."""

    LATE = "late", Tone.STOP, "alert-triangle", _("Late, reminders wait")
    RELEASED = "released", Tone.ATTENTION, "player-play", _("Late, reminders released")
    OVER = "over", Tone.GOOD, "circle-check", _("Over")


class FeedState(StatusChoices):
    """How a creditor's feed stands today: what its alarm says, or that there is none."""

    LATE = FeedAlarmStatus.LATE.value, Tone.STOP, "alert-triangle", _("Late, reminders wait")
    RELEASED = FeedAlarmStatus.RELEASED.value, Tone.ATTENTION, "player-play", _("Late, reminders released")
    NOT_LATE = "not_late", Tone.GOOD, "circle-check", _("Not late")


FEED_ALARM = Lifecycle(
    "accounts.feedalarm",
    initial=FeedAlarmStatus.LATE,
    edges=[
        Edge(
            FeedAlarmStatus.LATE,
            FeedAlarmStatus.RELEASED,
            verb=_("Release reminders"),
            permission="accounts.release_feed",
            audit="feed_alarm.released",
        ),
        Edge(
            FeedAlarmStatus.RELEASED,
            FeedAlarmStatus.LATE,
            verb=_("End the release"),
            permission="accounts.release_feed",
            audit="feed_alarm.raised_again",
        ),
        Edge(
            [FeedAlarmStatus.LATE, FeedAlarmStatus.RELEASED],
            FeedAlarmStatus.OVER,
            audit="feed_alarm.over",
        ),
    ],
)
FEED_ALIVE = (FeedAlarmStatus.LATE, FeedAlarmStatus.RELEASED)
