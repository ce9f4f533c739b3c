"""Teams and departments."""

import django_filters
from django import forms
from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.teams.models import Department, Team
from accounts.teams.services import save_department, save_team
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import LinkColumn, NumberColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage

navigation.register(
    "teams",
    gettext_lazy("Teams"),
    "accounts:team_list",
    icon="users-group",
    permission="accounts.view_team",
    order=30,
    group="office",
)


class TeamFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="name", lookup_expr="icontains")

    class Meta:
        model = Team
        fields: list[str] = []


class TeamTable(Table):
    name = LinkColumn(
        "accounts:team_change",
        text="name",
        verbose_name=gettext_lazy("Team"),
        order_by=("name",),
        permission="accounts.manage_team",
    )
    members = NumberColumn(verbose_name=gettext_lazy("Members"))
    open_accounts = NumberColumn(verbose_name=gettext_lazy("Open accounts"))

    class Meta:
        order_by = "name"


class TeamListPage(ListPage):
    permission = "accounts.view_team"
    title = gettext_lazy("Teams")
    lead = gettext_lazy("An account belongs to a team; who is in the team sees it.")
    menu = "teams"
    queryset = Team.objects.annotate(
        members=Count("memberships", filter=Q(memberships__valid_to__isnull=True), distinct=True),
        open_accounts=Count("accounts", filter=Q(accounts__status="open"), distinct=True),
    )
    filterset_class = TeamFilterSet
    table_class = TeamTable
    list_name = "teams"
    url_name = "accounts:team_list"
    count_label = ngettext_lazy("%(n)s team", "%(n)s teams", "n")
    empty_text = gettext_lazy("No team yet. Accounts belong to teams, so make one first.")

    def get_head_actions(self):
        return [
            Action(_("Departments"), reverse("accounts:department_list"), icon="building"),
            Action(
                _("New team"),
                reverse("accounts:team_new"),
                icon="plus",
                primary=True,
                permission="accounts.manage_team",
            ),
        ]


class TeamForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


class TeamNewPage(ActionPage):
    permission = "accounts.manage_team"
    menu = "teams"
    title = gettext_lazy("New team")
    form_class = TeamForm
    button = gettext_lazy("Save team")

    def get_crumbs(self):
        return [Crumb(_("Teams"), reverse("accounts:team_list"))]

    def perform(self, form):
        return save_team(actor=self.request.user, team=self.object, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:team_list")


class TeamChangePage(TeamNewPage):
    title = gettext_lazy("Change team")
    queryset = Team.objects.all()

    def get_initial(self):
        return {"name": self.object.name, "is_active": self.object.is_active}


class DepartmentTable(Table):
    name = LinkColumn(
        "accounts:department_change",
        text="name",
        verbose_name=gettext_lazy("Department"),
        order_by=("name",),
        permission="accounts.manage_team",
    )
    code = TextColumn(verbose_name=gettext_lazy("Code"), width=140, muted=True)
    answer_days = NumberColumn(verbose_name=gettext_lazy("Days to answer"))
    members = NumberColumn(verbose_name=gettext_lazy("Members"))

    class Meta:
        order_by = "name"


class DepartmentListPage(ListPage):
    permission = "accounts.view_team"
    title = gettext_lazy("Departments")
    lead = gettext_lazy("Who answers the questions that disputes raise.")
    menu = "teams"
    queryset = Department.objects.annotate(
        members=Count("memberships", filter=Q(memberships__valid_to__isnull=True), distinct=True)
    )
    table_class = DepartmentTable
    list_name = "departments"
    url_name = "accounts:department_list"
    count_label = ngettext_lazy("%(n)s department", "%(n)s departments", "n")
    empty_text = gettext_lazy("No department yet. Disputes are put to a person of a department.")

    def get_head_actions(self):
        return [
            Action(
                _("New department"),
                reverse("accounts:department_new"),
                icon="plus",
                primary=True,
                permission="accounts.manage_team",
            )
        ]


class DepartmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=30)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    answer_days = forms.IntegerField(
        label=gettext_lazy("Days to answer"), min_value=1, max_value=90, initial=5
    )


class DepartmentNewPage(ActionPage):
    permission = "accounts.manage_team"
    menu = "teams"
    title = gettext_lazy("New department")
    form_class = DepartmentForm
    button = gettext_lazy("Save department")

    def get_crumbs(self):
        return [Crumb(_("Departments"), reverse("accounts:department_list"))]

    def perform(self, form):
        return save_department(actor=self.request.user, department=self.object, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:department_list")


class DepartmentChangePage(DepartmentNewPage):
    title = gettext_lazy("Change department")
    queryset = Department.objects.all()

    def get_initial(self):
        row = self.object
        return {"name": row.name, "code": row.code, "email": row.email, "answer_days": row.answer_days}


urlpatterns = [
    path("teams/", TeamListPage.as_view(), name="team_list"),
    path("teams/new/", TeamNewPage.as_view(), name="team_new"),
    path("teams/<int:pk>/", TeamChangePage.as_view(), name="team_change"),
    path("departments/", DepartmentListPage.as_view(), name="department_list"),
    path("departments/new/", DepartmentNewPage.as_view(), name="department_new"),
    path("departments/<int:pk>/", DepartmentChangePage.as_view(), name="department_change"),
]
