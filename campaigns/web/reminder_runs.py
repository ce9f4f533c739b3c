"""Reminder runs: what went where, in figures that sum; the start of one; the pause."""

from django import forms
from django.db.models import OuterRef, Subquery
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from accounts.web.own_creditors import OwnCreditors
from campaigns.sending import pausing, stopping
from campaigns.sending import rules as sending_rules
from campaigns.sending.enums import Spared
from campaigns.sending.models import SendingPause
from campaigns.sending.queries import open_pauses, run_figures
from campaigns.treatment import rules
from campaigns.treatment.jobs import SendDueReminders
from campaigns.treatment.models import ReminderRun
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import full_day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MomentColumn,
    NumberColumn,
    RowColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage


def _count(name: str):
    return lambda row, context: f'<bdi class="n">{row.counts.get(name, 0):,}</bdi>'


def _spared(row, context) -> str:
    return f'<bdi class="n">{spared_of(row):,}</bdi>'


def spared_of(run: ReminderRun) -> int:
    """Accounts that the run spared, for whatever reason."""
    return sum(number for name, number in run.counts.items() if name.startswith("spared."))


class RunTable(Table):
    day = LinkColumn(
        "campaigns:reminder_run_detail", text="creditor_name", verbose_name=gettext_lazy("Creditor")
    )
    as_of = DateColumn(verbose_name=gettext_lazy("Day"), order_by=("as_of", "pk"))
    started = MomentColumn(accessor="started_at", verbose_name=gettext_lazy("Started"))
    due = RowColumn(_count("due"), verbose_name=gettext_lazy("Accounts due"), width=108)
    spared = RowColumn(_spared, verbose_name=gettext_lazy("Spared"), width=92)
    messages = RowColumn(_count("messages"), verbose_name=gettext_lazy("Messages"), width=92)
    thanks = RowColumn(_count("thanks"), verbose_name=gettext_lazy("Thanks"), width=76)
    actor = TextColumn(verbose_name=gettext_lazy("By"), width=140, muted=True)

    class Meta:
        order_by = "-as_of"


class RunListPage(ListPage):
    permission = rules.VIEW_RUN
    title = gettext_lazy("Reminder runs")
    lead = gettext_lazy(
        "Each morning every creditor's book is passed over once; nothing is repeated."
    )
    menu = "messages"
    list_name = "reminder_runs"
    url_name = "campaigns:reminder_run_list"
    table_class = RunTable
    count_label = ngettext_lazy("%(n)s run", "%(n)s runs", "n")
    empty_text = gettext_lazy("No run yet. The first comes in the morning, or start one here.")

    def get_queryset(self):
        name = Creditor.objects.filter(code=OuterRef("creditor_code")).values("name")[:1]
        seen = ReminderRun.objects.visible_to(self.request.user)
        return seen.select_related("actor").annotate(creditor_name=Subquery(name))

    def get_crumbs(self):
        return [Crumb(_("Messages"), reverse("campaigns:message_list"))]

    def get_head_actions(self):
        paused = bool(open_pauses(self.request.user))
        return [
            Action(
                _("Resume sending") if paused else _("Pause sending"),
                reverse("campaigns:sending_pause"),
                icon="player-play" if paused else "player-pause",
                permission=sending_rules.PAUSE,
            ),
            Action(
                _("Who would get what"),
                reverse("campaigns:reminder_preview"),
                icon="eye",
                permission=rules.VIEW_RUN,
            ),
            Action(
                _("Run today's reminders"),
                reverse("campaigns:reminder_run_start"),
                icon="send",
                primary=True,
                permission=rules.RUN,
            ),
        ]


class SparedTable(Table):
    reason = TextColumn(verbose_name=gettext_lazy("Spared because"))
    accounts = NumberColumn(verbose_name=gettext_lazy("Accounts"), total=True)


class RunPage(DetailPage):
    permission = rules.VIEW_RUN
    menu = "messages"
    queryset = ReminderRun.objects.select_related("actor")
    list_url_name = "campaigns:reminder_run_list"
    list_title = gettext_lazy("Reminder runs")

    def get_title(self):
        return _("%(creditor)s, %(day)s") % {
            "creditor": self.object.creditor_code,
            "day": full_day_text(self.object.as_of),
        }

    def get_head_actions(self):
        if not stopping.waiting_of(self.object.pk):
            return []
        return [
            Action(
                _("Stop this run"),
                reverse("campaigns:reminder_run_stop", args=[self.object.pk]),
                icon="hand-stop",
                permission=sending_rules.PAUSE,
            )
        ]

    def queued(self) -> int:
        return self.object.counts.get("messages", 0) + self.object.counts.get("thanks", 0)

    def figures(self):
        found = run_figures(self.object.pk, self.queued())
        base = reverse("campaigns:message_list") + f"?run={self.object.pk}"
        return [
            Figure(_("Queued"), ui.number(found.queued), size="ask", url=base),
            Figure(_("Sent"), ui.number(found.sent), url=f"{base}&status=sent"),
            Figure(_("Unknown"), ui.number(found.unknown), url=f"{base}&status=unknown"),
            Figure(
                _("Withheld"),
                ui.number(found.withheld),
                url=f"{base}&status=withheld&status=cancelled",
            ),
            Figure(_("Deferred"), ui.number(found.deferred), url=f"{base}&status=deferred"),
            Figure(_("Failed"), ui.number(found.failed), url=f"{base}&status=failed"),
            Figure(
                _("Waiting"), ui.number(found.waiting), url=f"{base}&status=queued&status=sending"
            ),
        ]

    def sections(self):
        run = self.object
        found = run_figures(run.pk, self.queued())
        rows = [
            {"reason": str(Spared(name.partition(".")[2]).label), "accounts": number}
            for name, number in sorted(run.counts.items(), key=lambda row: -row[1])
            if name.startswith("spared.")
        ]
        verdict = Section(
            _("Does it add up?"),
            template="campaigns/run_sum.html",
            context={
                "figures": found,
                "due": run.counts.get("due", 0),
                "spared": spared_of(run),
                "accounts": run.counts.get("accounts", 0),
            },
        )
        return [
            verdict,
            Section(
                _("Whom the run spared"),
                table=SparedTable.draw(
                    rows,
                    request=self.request,
                    with_totals=bool(rows),
                    empty_text=_("Nobody was spared."),
                ),
                note=_("accounts with a due step; each is looked at again on the next day"),
            ),
        ]

    def side(self):
        run = self.object
        return [
            Section(
                _("The run"),
                facts=[
                    Fact(_("Started"), ui.moment(run.started_at)),
                    Fact(_("Finished"), ui.moment(run.finished_at) if run.finished_at else "–"),
                    Fact(_("By"), run.actor),
                    Fact(_("Deferred at once"), run.counts.get("deferred", 0)),
                    Fact(_("Thanks"), run.counts.get("thanks", 0)),
                ],
            )
        ]


class StopRunPage(ReasonPage):
    permission = sending_rules.PAUSE
    title = gettext_lazy("Stop this run")
    menu = "messages"
    button = gettext_lazy("Stop the run")
    is_dangerous = True
    queryset = ReminderRun.objects.all()

    def get_crumbs(self):
        return [Crumb(_("Reminder runs"), reverse("campaigns:reminder_run_list"))]

    def facts(self):
        return [
            Fact(_("Run"), f"{self.object.creditor_code}, {full_day_text(self.object.as_of)}"),
            Fact(_("Messages that wait"), ui.number(stopping.waiting_of(self.object.pk))),
        ]

    def consequence(self):
        return _(
            "They are never sent; the next steps of the strategy come on their days. What is being "
            "handed over this second still goes. To stop everything first, pause sending."
        )

    def perform(self, form):
        return stopping.stop_run(
            run_id=self.object.pk,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("campaigns:reminder_run_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(None)

    def get_success_message(self, result):
        return _("Stopped: %(n)s messages were cancelled.") % {"n": len(result)}


class RunForm(forms.Form):
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.exclude(released_at=None).order_by("name"),
    )


class StartRunPage(ActionPage):
    permission = rules.RUN
    title = gettext_lazy("Run the reminders of today")
    menu = "messages"
    button = gettext_lazy("Run today's reminders")
    form_class = RunForm

    def get_initial(self):
        return {"creditor": self.request.GET.get("creditor")}

    def get_form(self):
        form = super().get_form()
        form.fields["creditor"].queryset = creditor_choices(self.request).exclude(released_at=None)
        return form

    def consequence(self):
        return _(
            "Messages are queued and sent by themselves. A step taken today is not taken twice."
        )

    def perform(self, form):
        return SendDueReminders.enqueue_once(
            scope=form.cleaned_data["creditor"].code, as_of=self.today, actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


class PauseForm(forms.Form):
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("All creditors"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class PausePage(OwnCreditors, ActionPage):
    permission = sending_rules.PAUSE
    template_name = "campaigns/sending_pause.html"
    title = gettext_lazy("Pause sending")
    lead = gettext_lazy("Nothing waiting leaves while a pause is open; queueing goes on.")
    menu = "messages"
    button = gettext_lazy("Pause sending")
    form_class = PauseForm

    def get_context_data(self, **kwargs):
        return super().get_context_data(pauses=open_pauses(self.request.user), **kwargs)

    def perform(self, form):
        return pausing.pause_sending(
            creditor=form.cleaned_data["creditor"],
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
        )

    def get_success_url(self, result):
        return reverse("campaigns:reminder_run_list")

    def get_success_message(self, result):
        return _("Paused. Nothing leaves until it is resumed.")


class ResumeView(ActionPage):
    permission = sending_rules.PAUSE
    http_method_names = ["post", "options"]
    queryset = SendingPause.objects.filter(ended_at=None)

    def perform(self, form):
        return pausing.resume_sending(pause=self.object, actor=self.request.user)

    def get_success_url(self, result) -> str:
        return reverse("campaigns:reminder_run_list")

    def get_success_message(self, result):
        return _("Sending goes on. What waited is judged again before it leaves.")


urlpatterns = [
    path("reminders/", RunListPage.as_view(), name="reminder_run_list"),
    path("reminders/<int:pk>/", RunPage.as_view(), name="reminder_run_detail"),
    path("reminders/<int:pk>/stop/", StopRunPage.as_view(), name="reminder_run_stop"),
    path("reminders/run/", StartRunPage.as_view(), name="reminder_run_start"),
    path("reminders/pause/", PausePage.as_view(), name="sending_pause"),
    path("reminders/pause/<int:pk>/end/", ResumeView.as_view(), name="sending_resume"),
]
