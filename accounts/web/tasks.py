"""Tasks: what is asked of a person, a team, a department or a role."""

from datetime import datetime

from django import forms
from django.db.models import F
from django.http import Http404
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.contacts.services import TRACE
from accounts.ledger.models import Account
from accounts.parties.models import Debtor
from accounts.tasks.enums import TASK, TaskStatus
from accounts.tasks.filtersets import TaskFilterSet
from accounts.tasks.models import Task
from accounts.tasks.queries import open_tasks
from accounts.tasks.rules import COMPLETE_TASK, VIEW_TASK, addressed_to, visible_to
from accounts.tasks.services import cancel_task, complete_task, raise_task
from accounts.teams.choices import PersonField
from accounts.teams.models import Team
from accounts.teams.queries import members_of, present_team_ids
from accounts.web.steps import steps_section
from collections_app.core import clock, documents
from collections_app.core.enums import Role
from collections_app.core.models import StoredFile, User
from collections_app.core.permissions import OFFICE, has_permission
from collections_app.core.web import navigation
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import LinkColumn, MomentColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage

PAPERS_SHOWN = 5
# what a task is about -> the page of it
SUBJECT_PAGES = {
    "accounts.account": "accounts:account_detail",
    "accounts.debtor": "accounts:debtor_detail",
    "accounts.dispute": "accounts:dispute_detail",
    "accounts.hardshipcase": "accounts:hardship_detail",
    "accounts.promise": "accounts:promise_detail",
    "accounts.paymentplan": "accounts:plan_detail",
    "accounts.hold": "accounts:hold_detail",
    "accounts.policyversion": "accounts:policy_detail",
    "accounts.cheque": "accounts:cheque_detail",
    "accounts.paymentreturn": "accounts:return_detail",
    "accounts.irregularity": "accounts:irregularity_detail",
    "accounts.chequecount": "accounts:cheque_count_detail",
    "accounts.bankline": "accounts:bank_line_detail",
    "accounts.cashday": "accounts:cash_day_detail",
    "accounts.deposit": "accounts:deposit_detail",
    "accounts.ledgerentry": "accounts:entry_detail",
    "campaigns.campaign": "campaigns:campaign_detail",
    "campaigns.message": "campaigns:message_detail",
    "accounts.opencall": "accounts:left_call_end",
    "accounts.cashreceipt": "accounts:cash_receipt_detail",
}


def subject_url(subject_type: str, subject_id: int | None) -> str:
    """The page of what something is about; empty where it has none."""
    name = SUBJECT_PAGES.get(subject_type)
    if name is None or subject_id is None:
        return ""
    try:
        return reverse(name, args=[subject_id])
    except NoReverseMatch:
        return ""


def about_url(task: Task, user: User) -> str:
    """The page of what a task is about. Who owes an account beside its debtor, or stands for him, and
    has none of his own has no page that an officer may see: the account's is it."""
    if task.subject_type != "accounts.debtor" or task.subject_id is None:
        return subject_url(task.subject_type, task.subject_id)
    if Debtor.objects.visible_to(user).filter(pk=task.subject_id).exists():
        return subject_url(task.subject_type, task.subject_id)
    owed = Account.objects.visible_to(user).filter(parties__debtor=task.subject_id)
    newest = F("parties__valid_to").desc(nulls_first=True)
    account_id = owed.order_by(newest, "pk").values_list("pk", flat=True).first()
    return subject_url("accounts.account", account_id)


class TaskTable(Table):
    row_label = "heading"

    title = LinkColumn(
        "accounts:task_detail", text="heading", verbose_name=gettext_lazy("Task"), order_by=("title",)
    )
    whom = TextColumn(accessor="addressee", verbose_name=gettext_lazy("For"), width=228, muted=True)
    due_at = MomentColumn(verbose_name=gettext_lazy("Due"), order_by=("due_at",))
    raised_by = TextColumn(
        accessor="raised_by.full_name", verbose_name=gettext_lazy("Raised by"), width=124, muted=True
    )
    raised_at = MomentColumn(verbose_name=gettext_lazy("Raised"), order_by=("raised_at",), shown=False)
    status = StatusColumn(TaskStatus, verbose_name=gettext_lazy("Status"), width=108, phone=True)

    class Meta:
        order_by = "due_at"

    @staticmethod
    def row_class(row) -> str:
        late = row.status == TaskStatus.OPEN and row.due_at and row.due_at < clock.now()
        return "att" if late else ""


class TaskListPage(ListPage):
    permission = VIEW_TASK
    title = gettext_lazy("Tasks")
    lead = gettext_lazy("What somebody asked of you, your team or your department, with its clock.")
    menu = "tasks"
    filterset_class = TaskFilterSet
    table_class = TaskTable
    list_name = "tasks"
    url_name = "accounts:task_list"
    count_label = ngettext_lazy("%(n)s task", "%(n)s tasks", "n")
    empty_text = gettext_lazy("No task.")
    exportable = False
    default_views = (
        (gettext_lazy("For me"), "mine=true&status=open"),
        (gettext_lazy("Open"), "status=open"),
        (gettext_lazy("Late"), "late=true"),
    )

    @cached_property
    def seen(self):
        """The condition that scopes the rows; asked for once a page."""
        return visible_to(self.request.user, self.today)

    def get_queryset(self):
        return Task.objects.filter(self.seen).select_related("assignee", "team", "department", "raised_by")

    def get_head_actions(self):
        if self.request.user.role not in OFFICE:
            return []
        return [Action(_("New task"), reverse("accounts:task_new"), icon="plus", permission=COMPLETE_TASK)]


class TaskDetailPage(DetailPage):
    permission = VIEW_TASK
    menu = "tasks"
    status_field = "status"
    list_url_name = "accounts:task_list"
    list_title = gettext_lazy("Tasks")

    def get_queryset(self):
        return Task.objects.filter(visible_to(self.request.user, self.today)).select_related(
            "assignee", "team", "department", "raised_by", "done_by"
        )

    def get_head_actions(self):
        task = self.object
        if task.status != TaskStatus.OPEN or not has_permission(self.request.user, COMPLETE_TASK):
            return []
        return [
            Action(_("Cancel task"), reverse("accounts:task_cancel", args=[task.pk]), icon="circle-x"),
            Action(
                _("What the search brought") if task.kind == TRACE else _("Complete task"),
                reverse(f"accounts:{_page_of_completing(task)}", args=[task.pk]),
                icon="check",
                primary=True,
            ),
        ]

    def sections(self):
        task = self.object
        about = about_url(task, self.request.user)
        facts = [
            Fact(_("For"), task.addressee()),
            Fact(_("Due"), _local(task.due_at) if task.due_at else _("no clock")),
            Fact(_("Raised by"), f"{task.raised_by}, {_local(task.raised_at)}"),
        ]
        if about:
            facts.insert(0, Fact(_("About"), _("Open it"), url=about))
        facts += self.papers()
        if task.detail:
            facts.append(Fact(_("Detail"), task.particulars))
        if task.done_at:
            facts.append(
                Fact(_("Outcome"), task.result or "–", note=f"{task.done_by}, {_local(task.done_at)}")
            )
        return [Section(_("The task"), facts=facts), steps_section(TASK, task)]

    def papers(self) -> list[Fact]:
        """The documents of what the task is about that he may read; opening one is recorded."""
        task = self.object
        if task.subject_id is None:
            return []
        files = StoredFile.objects.filter(subject_type=task.subject_type, subject_id=task.subject_id)
        return [
            Fact(_("Paper"), file.filename, url=reverse("core:file_download", args=[file.token]))
            for file in files.order_by("pk")[:PAPERS_SHOWN]
            if documents.may_read(self.request.user, file)
        ]


def _page_of_completing(task: Task) -> str:
    """A search for a debtor closes with what it brought."""
    return "trace_close" if task.kind == TRACE else "task_complete"


def _local(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


class TaskVerb(ActionPage):
    """Only tasks addressed to the user, or raised by him, or of his people."""

    menu = "tasks"
    permission = COMPLETE_TASK

    def get_object(self):
        found = Task.objects.filter(
            visible_to(self.request.user, self.today), status=TaskStatus.OPEN, **self.kwargs
        ).first()
        if found is None:
            raise Http404(_("There is no such open task, or it is somebody else's."))
        return found

    def get_crumbs(self):
        return [Crumb(self.object.heading, reverse("accounts:task_detail", args=[self.object.pk]))]

    def get_success_url(self, result) -> str:
        return reverse("accounts:task_list")

    def get_cancel_url(self) -> str:
        return reverse("accounts:task_detail", args=[self.object.pk])


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label=gettext_lazy("What came of it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CompleteTaskPage(TaskVerb):
    """A search for a debtor has a page of its own: it closes with what it brought."""

    title = gettext_lazy("Complete a task")
    form_class = OutcomeForm
    button = gettext_lazy("Complete task")

    def get_object(self):
        task = super().get_object()
        if task.kind == TRACE:
            raise Http404(_("Say what the search brought."))
        return task

    def perform(self, form):
        return complete_task(
            task=self.object,
            outcome=form.cleaned_data["outcome"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("Done.")


class CancelTaskPage(TaskVerb, ReasonPage):
    title = gettext_lazy("Cancel a task")
    button = gettext_lazy("Cancel task")
    is_dangerous = True

    def perform(self, form):
        return cancel_task(
            task=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The task is cancelled.")


class TaskForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("What"), max_length=200)
    assignee = PersonField(label=gettext_lazy("For"), queryset=User.objects.none(), required=False)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Or for a team"), queryset=Team.objects.none(), required=False
    )
    due_on = DayField(label=gettext_lazy("By"), required=False, not_before_today=True)
    detail = forms.CharField(
        label=gettext_lazy("Detail"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args, user: User, today, **kwargs):
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(is_active=True).order_by("name")
        if user.role != Role.MANAGER:
            teams = teams.filter(pk__in=present_team_ids(user))
        self.fields["team"].queryset = teams
        self.fields["assignee"].queryset = members_of(teams.values_list("pk", flat=True), as_of=today)


class NewTaskPage(ActionPage):
    permission = COMPLETE_TASK
    title = gettext_lazy("New task")
    menu = "tasks"
    form_class = TaskForm
    button = gettext_lazy("Raise task")
    wide_fields = ("title", "detail")
    two_columns = True

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def perform(self, form):
        data = form.cleaned_data
        due_at = None
        if data["due_on"]:
            evening = datetime.combine(data["due_on"], datetime.max.time().replace(microsecond=0))
            due_at = timezone.make_aware(evening)
        return raise_task(
            kind="manual",
            title=data["title"],
            detail=data["detail"],
            assignee=data["assignee"],
            team=data["team"],
            due_at=due_at,
            actor=self.request.user,
        )

    def get_success_message(self, result) -> str:
        return _("The task is raised.")

    def get_success_url(self, result) -> str:
        return reverse("accounts:task_detail", args=[result.pk])


navigation.register(
    "tasks",
    gettext_lazy("Tasks"),
    "accounts:task_list",
    icon="checklist",
    permission=VIEW_TASK,
    order=45,
    letter="k",
    count=lambda user, as_of: open_tasks().filter(addressed_to(user, as_of)).count() or None,
)

urlpatterns = [
    path("tasks/", TaskListPage.as_view(), name="task_list"),
    path("tasks/new/", NewTaskPage.as_view(), name="task_new"),
    path("tasks/<int:pk>/", TaskDetailPage.as_view(), name="task_detail"),
    path("tasks/<int:pk>/complete/", CompleteTaskPage.as_view(), name="task_complete"),
    path("tasks/<int:pk>/cancel/", CancelTaskPage.as_view(), name="task_cancel"),
]
