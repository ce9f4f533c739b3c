"""Daily feeds: until when each creditor's books are fed, what a missed feed holds, what to do."""

import django_filters
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.imports.enums import FEED_ALIVE, FeedAlarmStatus, FeedState, ImportStatus
from accounts.imports.feeds import late_feeds
from accounts.imports.models import FeedAlarm, ImportBatch
from accounts.imports.rules import POST_IMPORT, RELEASE_FEED, VIEW_FEED
from accounts.parties.models import Creditor
from accounts.policies.queries import policy
from campaigns.sending.enums import WAITING, Spared
from campaigns.sending.models import Message
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import StepRecord
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import day_and_time_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage


def _late_count(user, as_of) -> int | None:
    return len(late_feeds(user)) or None


navigation.register(
    "feeds",
    gettext_lazy("Feeds"),
    "campaigns:feed_list",
    icon="clock-exclamation",
    permission=VIEW_FEED,
    order=22,
    group="office",
    count=_late_count,
)


class FeedFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="name", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        field_name="alarm_status",
        choices=FeedState.choices,
    )

    class Meta:
        model = Creditor
        fields: list[str] = []


class FeedTable(Table):
    row_label = "name"

    name = LinkColumn(
        "campaigns:feed_detail",
        text="name",
        note="code",
        verbose_name=gettext_lazy("Creditor"),
        order_by=("name", "id"),
    )
    fed_until = MomentColumn(
        verbose_name=gettext_lazy("Books fed until"), order_by=("fed_until", "id"), phone=True
    )
    alarm_status = StatusColumn(FeedState, verbose_name=gettext_lazy("State"), width=212, phone=True)
    raised_at = MomentColumn(verbose_name=gettext_lazy("Late since"))
    released_until = MomentColumn(verbose_name=gettext_lazy("Released until"))

    class Meta:
        order_by = "name"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.alarm_status == FeedState.LATE else ""


class FeedListPage(ListPage):
    permission = VIEW_FEED
    title = gettext_lazy("Feeds")
    lead = gettext_lazy("Until when each creditor's books are fed. Reminders wait while a feed is missing.")
    menu = "feeds"
    filterset_class = FeedFilterSet
    table_class = FeedTable
    list_name = "feeds"
    url_name = "campaigns:feed_list"
    count_label = ngettext_lazy("%(n)s creditor", "%(n)s creditors", "n")
    empty_text = gettext_lazy("No creditor yet, so no books to feed.")
    default_views = ((gettext_lazy("Late"), "state=late"),)

    def get_queryset(self):
        alarm = FeedAlarm.objects.filter(creditor=OuterRef("pk"), status__in=FEED_ALIVE)
        return (
            Creditor.objects.visible_to(self.request.user)
            .filter(is_active=True)
            .annotate(
                alarm_status=Coalesce(Subquery(alarm.values("status")[:1]), Value(FeedState.NOT_LATE.value)),
                raised_at=Subquery(alarm.values("raised_at")[:1]),
                released_until=Subquery(alarm.values("released_until")[:1]),
            )
        )


class FileTable(Table):
    row_label = "filename"

    filename = LinkColumn("accounts:import_detail", text="filename", verbose_name=gettext_lazy("File"))
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), width=110)
    mode = TextColumn(accessor="get_mode_display", verbose_name=gettext_lazy("It holds"), width=190)
    posted_at = MomentColumn(verbose_name=gettext_lazy("Posted"))
    uploaded_by = TextColumn(
        accessor="uploaded_by.full_name", verbose_name=gettext_lazy("By"), width=140, muted=True
    )


class AlarmTable(Table):
    row_label = "raised_at"

    raised_at = MomentColumn(verbose_name=gettext_lazy("Late since"))
    fed_until = MomentColumn(verbose_name=gettext_lazy("Books fed until"))
    status = StatusColumn(FeedAlarmStatus, verbose_name=gettext_lazy("State"), width=204)
    ended_at = MomentColumn(verbose_name=gettext_lazy("Over since"))
    released_by = TextColumn(
        accessor="released_by.full_name", verbose_name=gettext_lazy("Released by"), width=140
    )
    reason = TextColumn(verbose_name=gettext_lazy("Why released"), muted=True)


class FeedPage(DetailPage):
    """One creditor's feed: how old, since when late, what waits, what to do about it."""

    permission = VIEW_FEED
    menu = "feeds"
    queryset = Creditor.objects.all()
    list_url_name = "campaigns:feed_list"
    list_title = gettext_lazy("Feeds")
    has_history = False

    def get_object(self):
        creditor = super().get_object()
        self.alarm = FeedAlarm.objects.alive().filter(creditor=creditor).first()
        self.values = policy("feed", as_of=self.today, creditor_id=creditor.pk)
        return creditor

    def get_title(self):
        return _("Feed of %(creditor)s") % {"creditor": self.object.name}

    def get_lead(self):
        creditor, alarm = self.object, self.alarm
        if creditor.fed_until is None:
            return _("No file has fed these books yet, so none is missed.")
        if alarm is None and self.values["expected"] == "never":
            return _("No files are expected: the books are kept here, and no feed is missed.")
        if alarm is None:
            return _("In time.")
        if alarm.status == FeedAlarmStatus.RELEASED:
            return _("The feed is late; reminders go by the old books until %(moment)s.") % {
                "moment": day_and_time_text(alarm.released_until, self.today)
            }
        return _("The feed is late: this creditor's reminders wait until it comes.")

    def get_head_actions(self):
        actions = [
            Action(
                _("Bring in a file"),
                reverse("accounts:import_new"),
                icon="upload",
                primary=True,
                permission=POST_IMPORT,
            )
        ]
        if self.alarm is not None and self.alarm.status == FeedAlarmStatus.LATE:
            actions.insert(
                0,
                Action(
                    _("Release reminders"),
                    reverse("campaigns:feed_release", args=[self.alarm.pk]),
                    icon="player-play",
                    permission=RELEASE_FEED,
                ),
            )
        if self.alarm is not None and self.alarm.status == FeedAlarmStatus.RELEASED:
            actions.insert(
                0,
                Action(
                    _("End the release"),
                    reverse("campaigns:feed_end_release", args=[self.alarm.pk]),
                    icon="player-pause",
                    permission=RELEASE_FEED,
                ),
            )
        return [action for action in actions if action.shown_to(self.request.user)]

    def figures(self):
        creditor = self.object
        held = StepRecord.objects.filter(
            account__creditor=creditor, status=StepStatus.SPARED, spared=Spared.FEED
        )
        messages = Message.objects.filter(creditor=creditor, status__in=WAITING)
        alarm = self.alarm
        return [
            Figure(
                _("Books fed until"),
                ui.moment(creditor.fed_until) if creditor.fed_until else _("never by a file"),
                size="ask" if alarm is not None else "",
            ),
            Figure(_("Late since"), ui.moment(alarm.raised_at) if alarm is not None else "–"),
            Figure(
                _("Accounts whose reminder waits"),
                ui.number(held.values("account").distinct().count() if alarm is not None else 0),
                note=_("as of the last run") if alarm is not None else "",
            ),
            Figure(_("Messages in the outbox"), ui.number(messages.count())),
        ]

    def sections(self):
        creditor = self.object
        files = (
            ImportBatch.objects.visible_to(self.request.user)
            .filter(creditor=creditor, status=ImportStatus.POSTED)
            .select_related("uploaded_by")
            .order_by("-posted_at")[:10]
        )
        alarms = creditor.feed_alarms.select_related("released_by").order_by("-id")[:20]
        found = []
        if self.alarm is not None:
            found.append(
                Section(
                    _("What to do"),
                    facts=[
                        Fact(
                            _("First"),
                            _("Ask the creditor for the file and bring it in: the alarm ends by itself."),
                        ),
                        Fact(
                            _("If it can't come"),
                            _(
                                "A supervisor or manager may release the reminders for some hours, with a"
                                " reason; they then ask for what the old books show."
                            ),
                        ),
                        Fact(
                            _("If none is expected"),
                            _(
                                "Propose another policy «Daily feed» for this creditor: only on business"
                                " days, or never."
                            ),
                        ),
                    ],
                )
            )
        if self.alarm is not None and self.alarm.status == FeedAlarmStatus.RELEASED:
            found.insert(
                0,
                Section(
                    _("Released"),
                    facts=[
                        Fact(_("By"), self.alarm.released_by),
                        Fact(_("Until"), ui.moment(self.alarm.released_until)),
                        Fact(_("Why"), self.alarm.reason),
                    ],
                ),
            )
        return [
            *found,
            Section(
                _("The last files"),
                table=FileTable.draw(
                    list(files),
                    request=self.request,
                    empty_text=_("No file of this creditor that you may see was posted."),
                ),
            ),
            Section(
                _("Missed feeds"),
                table=AlarmTable.draw(
                    list(alarms), request=self.request, empty_text=_("No feed was missed.")
                ),
            ),
        ]

    def side(self):
        values = self.values
        expected = {
            "daily": _("every day"),
            "business": _("on business days"),
            "never": _("never"),
        }[values["expected"]]
        return [
            Section(
                _("What is expected"),
                facts=[
                    Fact(_("Files"), expected),
                    Fact(_("Books may be"), _("%(n)s hours old") % {"n": values["max_age_hours"]}),
                    Fact(
                        _("Policy"),
                        _("Daily feed"),
                        url=reverse("accounts:policy_kind", args=["feed"]),
                    ),
                ],
            )
        ]


urlpatterns = [
    path("feeds/", FeedListPage.as_view(), name="feed_list"),
    path("feeds/<int:pk>/", FeedPage.as_view(), name="feed_detail"),
]
