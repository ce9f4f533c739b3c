"""Follow-ups: the day list, what is overdue, planning, and a private calendar feed (D20)."""

from datetime import UTC, datetime, timedelta

import icalendar
from django import forms
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.contacts.enums import FollowUpKind, FollowUpStatus
from accounts.contacts.filtersets import FollowUpFilterSet
from accounts.contacts.models import FollowUp
from accounts.contacts.rules import ASSIGN_FOLLOW_UP, PLAN_FOLLOW_UP
from accounts.contacts.services import (
    assign_follow_ups,
    cancel_follow_up,
    cancel_follow_ups,
    complete_follow_up,
    complete_follow_ups,
    plan_follow_up,
    rotate_calendar_token,
)
from accounts.teams.choices import PersonField
from accounts.teams.enums import WORKS_ACCOUNTS
from accounts.teams.queries import deputised_by, members_of, officers_under
from accounts.web.contact_verbs import VisibleAccountPage
from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.permissions import has_permission
from collections_app.core.statuses import Tone
from collections_app.core.web import navigation
from collections_app.core.web.columns import RowColumn
from collections_app.core.web.figures import day_text, days_ago_text, tag_html
from collections_app.core.web.forms import DayField, ReasonForm, TimeInput
from collections_app.core.web.parts import Action, BulkAction
from collections_app.core.web.tables import LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import (
    PUBLIC,
    SIGNED_IN,
    BulkActionPage,
    ListPage,
    PageView,
    ReasonPage,
    VerbView,
)

QUARTER = timedelta(minutes=15)
FEED_AHEAD = 400


def _mine(user, today):
    """Open follow-ups of the user and of those he stands in for."""
    return FollowUp.objects.open().filter(owner__in=[user.pk, *deputised_by(user, today)])


navigation.register(
    "follow_ups",
    gettext_lazy("Follow-ups"),
    "accounts:follow_up_list",
    icon="calendar-event",
    permission="accounts.view_follow_up",
    order=25,
    letter="f",
    count=lambda user, as_of: _mine(user, as_of).filter(due_on__lte=as_of).count(),
)


def _day(row, context) -> str:
    shown = (
        f'<time class="n" datetime="{row.due_on.isoformat()}">{day_text(row.due_on, context.today)}</time>'
    )
    if row.due_time:
        shown += f' <bdi class="n m">{row.due_time:%H:%M}</bdi>'
    if row.status == FollowUpStatus.OPEN and row.due_on < context.today:
        shown += " " + tag_html(
            _("late, %(days)s") % {"days": days_ago_text(row.due_on, context.today)}, Tone.ATTENTION, "clock"
        )
    return shown


class FollowUpTable(Table):
    due_on = RowColumn(
        _day, accessor="due_on", verbose_name=gettext_lazy("Day"), order_by="due_on", width=188
    )
    debtor = LinkColumn(
        "accounts:account_detail",
        text="debtor.name",
        arg="account_id",
        note="account.number",
        verbose_name=gettext_lazy("Debtor"),
    )
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), width=108)
    note = TextColumn(verbose_name=gettext_lazy("Note"), muted=True, width=260)
    owner = TextColumn(accessor="owner.full_name", verbose_name=gettext_lazy("Officer"), width=140)
    status = StatusColumn(FollowUpStatus, verbose_name=gettext_lazy("Status"), width=124)

    row_label = "debtor.name"

    class Meta:
        order_by = "due_on"


class FollowUpList(ListPage):
    permission = "accounts.view_follow_up"
    title = gettext_lazy("Follow-ups")
    lead = gettext_lazy("What you and your team mean to do, by day.")
    menu = "follow_ups"
    list_name = "follow_ups"
    url_name = "accounts:follow_up_list"
    queryset = FollowUp.objects.select_related("account", "debtor", "owner")
    table_class = FollowUpTable
    filterset_class = FollowUpFilterSet
    count_label = ngettext_lazy("%(n)s follow-up", "%(n)s follow-ups", "n")
    empty_text = gettext_lazy("Nothing planned. Every saved call proposes its next step.")
    bulk_actions = (
        BulkAction(gettext_lazy("Mark done"), "accounts:follow_up_done_many", PLAN_FOLLOW_UP, primary=True),
        BulkAction(gettext_lazy("Cancel"), "accounts:follow_up_cancel_many", PLAN_FOLLOW_UP),
        BulkAction(gettext_lazy("Give to a colleague"), "accounts:follow_up_assign_many", ASSIGN_FOLLOW_UP),
    )
    default_views = (
        (gettext_lazy("My day"), "mine=on&when=today"),
        (gettext_lazy("Overdue"), "mine=on&when=late"),
        (gettext_lazy("Coming"), "mine=on&when=coming"),
        (gettext_lazy("Team's overdue"), "when=late"),
    )

    def get_head_actions(self):
        return [Action(_("Calendar"), reverse("accounts:calendar"), icon="calendar")]


class PlanForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=FollowUpKind.choices)
    due_on = DayField(label=gettext_lazy("Day"), not_before_today=True)
    due_time = forms.TimeField(
        label=gettext_lazy("At"),
        required=False,
        widget=TimeInput,
        help_text=gettext_lazy("On the debtor's own clock."),
    )
    owner = PersonField(
        label=gettext_lazy("Officer"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("myself"),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, owners, **kwargs):
        """Without `owners` one plans for oneself only."""
        super().__init__(*args, **kwargs)
        if owners is None:
            del self.fields["owner"]
        else:
            self.fields["owner"].queryset = owners


class PlanFollowUp(VisibleAccountPage):
    permission = PLAN_FOLLOW_UP
    title = gettext_lazy("Plan a follow-up")
    button = gettext_lazy("Plan follow-up")
    form_class = PlanForm
    two_columns = True
    wide_fields = ("note",)

    def get_form_kwargs(self):
        owners = None
        if has_permission(self.request.user, ASSIGN_FOLLOW_UP):
            team = [self.account.team_id] if self.account.team_id else []
            owners = members_of(team, as_of=self.today).filter(role__in=WORKS_ACCOUNTS)
        return super().get_form_kwargs() | {"owners": owners}

    def perform(self, form):
        data = form.cleaned_data
        return plan_follow_up(
            account=self.account,
            actor=self.request.user,
            as_of=self.today,
            **data | {"owner": data.get("owner") or self.request.user},
        )

    def get_success_message(self, result) -> str:
        if result.owner_id == self.request.user.pk:
            return _("It stands on your day list.")
        return _("It stands on the day list of %(who)s.") % {"who": result.owner.full_name}


class CompleteFollowUp(VerbView):
    permission = PLAN_FOLLOW_UP
    queryset = FollowUp.objects.all()
    success_message = gettext_lazy("Done.")

    def perform(self, form):
        return complete_follow_up(follow_up=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return self.back_url()


class CancelFollowUp(ReasonPage):
    permission = PLAN_FOLLOW_UP
    queryset = FollowUp.objects.select_related("account", "debtor")
    title = gettext_lazy("Cancel a follow-up")
    button = gettext_lazy("Cancel follow-up")
    success_message = gettext_lazy("The follow-up is cancelled.")

    def perform(self, form):
        return cancel_follow_up(
            follow_up=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:follow_up_list")


class CompleteMany(BulkActionPage):
    permission = PLAN_FOLLOW_UP
    list_page = FollowUpList
    title = gettext_lazy("Mark follow-ups done")
    button = gettext_lazy("Mark done")
    success_message = gettext_lazy("They are done.")

    def perform(self, form):
        return complete_follow_ups(follow_ups=self.selected(), actor=self.request.user, as_of=self.today)


class CancelMany(BulkActionPage):
    permission = PLAN_FOLLOW_UP
    list_page = FollowUpList
    title = gettext_lazy("Cancel follow-ups")
    button = gettext_lazy("Cancel follow-ups")
    success_message = gettext_lazy("They are cancelled.")
    form_class = ReasonForm

    def perform(self, form):
        return cancel_follow_ups(
            follow_ups=self.selected(),
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        label=gettext_lazy("Officer"), queryset=None, empty_label=gettext_lazy("Choose")
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)

    def __init__(self, *args, officers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = officers


class AssignMany(BulkActionPage):
    """A colleague is ill, or an area changes hands: what is open goes to another officer."""

    permission = ASSIGN_FOLLOW_UP
    list_page = FollowUpList
    title = gettext_lazy("Give to a colleague")
    button = gettext_lazy("Give to him")
    form_class = AssignForm
    two_columns = True

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"officers": officers_under(self.request.user, as_of=self.today)}

    def perform(self, form):
        return assign_follow_ups(
            follow_ups=self.selected(), actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return handed_over_text(len(result))


def handed_over_text(number: int) -> str:
    return ngettext("%(n)s changed hands.", "%(n)s changed hands.", number) % {"n": number}


# --- the calendar feed ---


class Calendar(PageView):
    """One's own feed address, and how to make it void."""

    permission = SIGNED_IN
    title = gettext_lazy("Calendar feed")
    lead = gettext_lazy("Your follow-ups in Outlook or any calendar. No name of a debtor stands in it.")
    template_name = "accounts/contacts/calendar.html"

    def get_context_data(self, **kwargs):
        address = reverse("accounts:calendar_feed", args=[self.request.user.calendar_token])
        return super().get_context_data(feed_url=self.request.build_absolute_uri(address), **kwargs)


class RotateCalendar(VerbView):
    permission = SIGNED_IN
    success_message = gettext_lazy("The old address no longer works; use the new one.")

    def perform(self, form):
        return rotate_calendar_token(user=self.request.user, actor=self.request.user)

    def get_success_url(self, result):
        return reverse("accounts:calendar")


class CalendarFeed(PageView):
    """The feed itself. Calendars cannot sign in, so the secret address is the key (PUBLIC)."""

    permission = PUBLIC
    template_name = "accounts/contacts/calendar.html"

    def get(self, request, *args, **kwargs):
        user = User.objects.filter(calendar_token=kwargs["token"], is_active=True).first()
        if user is None:
            raise Http404(_("There is no such calendar."))
        content = feed(user, since=self.today - timedelta(days=31)).to_ical()
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="follow-ups.ics"'
        response["Cache-Control"] = "private, max-age=300"
        return response


def feed(user: User, *, since) -> icalendar.Calendar:
    """A user's open follow-ups. Titles name what is to do and the account, never a person."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Collections//Follow-ups//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Follow-ups"))
    rows = (
        FollowUp.objects.open()
        .filter(owner=user, due_on__gte=since, due_on__lte=since + timedelta(days=FEED_AHEAD))
        .select_related("account")
        .order_by("due_on", "pk")
    )
    zone = clock.zone()
    for row in rows:
        event = icalendar.Event()
        event.add("uid", f"follow-up-{row.pk}@collections")
        event.add("dtstamp", row.recorded_at.astimezone(UTC))
        event.add(
            "summary",
            _("%(what)s: account %(number)s")
            % {"what": row.get_kind_display(), "number": row.account.number},
        )
        if row.due_time:
            starts = datetime.combine(row.due_on, row.due_time, zone)
            event.add("dtstart", starts.astimezone(UTC))
            event.add("dtend", (starts + QUARTER).astimezone(UTC))
        else:
            event.add("dtstart", row.due_on)
            event.add("dtend", row.due_on + timedelta(days=1))
            event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar


urlpatterns = [
    path("follow-ups/", FollowUpList.as_view(), name="follow_up_list"),
    path("follow-ups/done/", CompleteMany.as_view(), name="follow_up_done_many"),
    path("follow-ups/cancel/", CancelMany.as_view(), name="follow_up_cancel_many"),
    path("follow-ups/assign/", AssignMany.as_view(), name="follow_up_assign_many"),
    path("follow-ups/<int:pk>/done/", CompleteFollowUp.as_view(), name="follow_up_done"),
    path("follow-ups/<int:pk>/cancel/", CancelFollowUp.as_view(), name="follow_up_cancel"),
    path("accounts/<int:pk>/follow-up/", PlanFollowUp.as_view(), name="follow_up_plan"),
    path("calendar/", Calendar.as_view(), name="calendar"),
    path("calendar/new-address/", RotateCalendar.as_view(), name="calendar_rotate"),
    path("calendar/<uuid:token>.ics", CalendarFeed.as_view(), name="calendar_feed"),
]
