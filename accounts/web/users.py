"""The people of the office: invite, change, reset, hand over and deactivate."""

import django_filters
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.teams.choices import PersonField
from accounts.teams.models import Department, Team
from accounts.teams.open_work import open_work
from accounts.teams.rules import may_record_absence_of
from accounts.teams.services import (
    change_user,
    deactivate_user,
    invite_user,
    password_link,
    reactivate_user,
    reset_password,
)
from accounts.web.absences import absences_section
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import DateColumn, LinkColumn, MomentColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ConfirmPage, DetailPage, ListPage

navigation.register(
    "users",
    gettext_lazy("Users"),
    "accounts:user_list",
    icon="users",
    permission="core.view_user",
    order=20,
    group="office",
    letter="u",
)

ROLES = [(role.value, role.label) for role in Role if role != Role.SYSTEM]


def people():
    """Everybody but the system."""
    return User.objects.exclude(role=Role.SYSTEM)


class UserFilterSet(FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Search"), field_name="full_name", lookup_expr="icontains"
    )
    role = django_filters.MultipleChoiceFilter(label=gettext_lazy("Role"), choices=ROLES)
    team = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Team"), queryset=Team.objects.order_by("name"), field_name="memberships__team"
    )
    is_active = django_filters.BooleanFilter(label=gettext_lazy("May sign in"))

    class Meta:
        model = User
        fields: list[str] = []


class UserTable(Table):
    row_label = "full_name"

    full_name = LinkColumn(
        "accounts:user_detail", text="full_name", verbose_name=gettext_lazy("Name"), order_by=("full_name",)
    )
    username = TextColumn(verbose_name=gettext_lazy("Sign-in name"), width=140, muted=True, bdi=True)
    role = TextColumn(accessor="get_role_display", verbose_name=gettext_lazy("Role"), width=150)
    email = TextColumn(verbose_name=gettext_lazy("E-mail"), width=220, bdi=True)
    last_login = MomentColumn(verbose_name=gettext_lazy("Last signed in"))
    deactivated_at = DateColumn(verbose_name=gettext_lazy("Deactivated"))

    class Meta:
        order_by = "full_name"


class UserListPage(ListPage):
    permission = "core.view_user"
    title = gettext_lazy("Users")
    lead = gettext_lazy("Who may sign in, in which role.")
    menu = "users"
    queryset = people()
    filterset_class = UserFilterSet
    table_class = UserTable
    list_name = "users"
    url_name = "accounts:user_list"
    count_label = ngettext_lazy("%(n)s user", "%(n)s users", "n")
    default_views = (
        (gettext_lazy("Active"), "is_active=true"),
        (gettext_lazy("Deactivated"), "is_active=false"),
    )

    def get_head_actions(self):
        return [
            Action(
                _("Invite user"),
                reverse("accounts:user_new"),
                icon="user-plus",
                primary=True,
                permission="core.manage_user",
            )
        ]


class UserDetailPage(DetailPage):
    permission = "core.view_user"
    queryset = people()
    menu = "users"
    list_url_name = "accounts:user_list"
    list_title = gettext_lazy("Users")

    @cached_property
    def may_record_absence(self) -> bool:
        return may_record_absence_of(self.request.user, self.object, as_of=self.today)

    def get_lead(self):
        return self.object.get_role_display()

    def get_head_actions(self):
        args = [self.object.pk]
        manage = "core.manage_user"
        if not self.object.is_active:
            return [
                Action(_("Reactivate"), reverse("accounts:user_reactivate", args=args), permission=manage)
            ]
        absence = Action(
            _("Record absence"),
            reverse("accounts:absence_new", args=args),
            icon="calendar-x",
            permission="accounts.manage_absence",
        )
        return [
            *([absence] if self.may_record_absence else []),
            Action(
                _("Reset password"), reverse("accounts:user_reset", args=args), icon="key", permission=manage
            ),
            Action(
                _("Deactivate"),
                reverse("accounts:user_deactivate", args=args),
                icon="user-off",
                permission=manage,
            ),
            Action(
                _("Change"),
                reverse("accounts:user_change", args=args),
                icon="edit",
                primary=True,
                permission=manage,
            ),
        ]

    def sections(self) -> list[Section]:
        user = self.object
        as_of = self.as_of
        teams = ", ".join(row.team.name for row in user.memberships.on(as_of).select_related("team"))
        departments = ", ".join(
            row.department.name for row in user.department_memberships.on(as_of).select_related("department")
        )
        facts = [
            Fact(_("Sign-in name"), user.username),
            Fact(_("Role"), user.get_role_display()),
            Fact(_("E-mail"), user.email or "\u2013"),
            Fact(_("Teams"), teams or "\u2013"),
            Fact(_("Departments"), departments or "\u2013"),
            Fact(_("May sign in"), _("yes") if user.is_active else _("no")),
        ]
        in_hand = [Fact(kind.label, number) for kind, number in open_work(user)]
        return [
            Section(_("Who"), facts=facts),
            Section(
                _("In hand"),
                facts=in_hand or [Fact(_("Open work"), _("none"))],
                note=_("handed over in one action when he leaves"),
            ),
        ]

    def side(self) -> list[Section]:
        return [absences_section(self.object, self.today, is_open=self.may_record_absence)]


def _names(queryset):
    return queryset.order_by("name")


class UserForm(forms.Form):
    full_name = forms.CharField(label=gettext_lazy("Full name"), max_length=120)
    username = forms.SlugField(label=gettext_lazy("Sign-in name"), max_length=60)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Teams"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        queryset=_names(Team.objects.filter(is_active=True)),
    )
    departments = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Departments"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        queryset=_names(Department.objects.filter(is_active=True)),
    )


def _mail_link(view, user: User, parts: tuple[str, str]) -> str:
    """Mail the one-time link and say so; show it where the mail reaches nobody."""
    link = view.request.build_absolute_uri(
        reverse("core:password_new", kwargs={"uidb64": parts[0], "token": parts[1]})
    )
    if not user.email:
        return _show_link(view, user, link)
    EmailMessage(
        subject=_("Your access to Collections"),
        body=_(
            "%(name)s,\n\nyour sign-in name is %(username)s. Set your password here:\n%(link)s\n\n"
            "The link works once and for %(hours)s hours."
        )
        % {
            "name": user.full_name,
            "username": user.username,
            "link": link,
            "hours": settings.PASSWORD_RESET_TIMEOUT // 3_600,
        },
        to=[user.email],
    ).send()
    if settings.MAIL_STAYS_HERE:
        return _show_link(view, user, link)
    return _("A link to set a password went to %(email)s.") % {"email": user.email}


def _show_link(view, user: User, link: str) -> str:
    """Put the link on the next page, where it stays until it is closed."""
    messages.info(
        view.request,
        format_html(
            _("Mail does not leave this machine. Give {name} this link: {link}"),
            name=user,
            link=format_html('<a class="u" href="{}">{}</a>', link, link),
        ),
    )
    return _("The link to set a password is made.")


class UserNewPage(ActionPage):
    permission = "core.manage_user"
    menu = "users"
    title = gettext_lazy("Invite user")
    form_class = UserForm
    button = gettext_lazy("Invite user")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Users"), reverse("accounts:user_list"))]

    def perform(self, form):
        user = invite_user(actor=self.request.user, as_of=self.today, **form.cleaned_data)
        self.told = _mail_link(self, user, password_link(user))
        return user

    def get_success_message(self, result):
        return self.told

    def get_success_url(self, result):
        return reverse("accounts:user_detail", args=[result.pk])


class _UserVerb(ActionPage):
    permission = "core.manage_user"
    menu = "users"
    queryset = people()

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:user_detail", args=[self.object.pk]))]

    def get_success_url(self, result):
        return reverse("accounts:user_detail", args=[self.object.pk])


class UserChangeForm(UserForm):
    username = None


class UserChangePage(_UserVerb):
    form_class = UserChangeForm
    title = gettext_lazy("Change user")
    button = gettext_lazy("Save user")
    two_columns = True

    def get_initial(self):
        user, as_of = self.object, self.today
        return {
            "full_name": user.full_name,
            "email": user.email,
            "role": user.role,
            "teams": list(user.memberships.on(as_of).values_list("team_id", flat=True)),
            "departments": list(
                user.department_memberships.on(as_of).values_list("department_id", flat=True)
            ),
        }

    def perform(self, form):
        return change_user(user=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)


class UserResetPage(_UserVerb, ConfirmPage):
    title = gettext_lazy("Reset password")
    button = gettext_lazy("Reset password")

    def consequence(self):
        return _("The old password stops working at once and a link to set a new one goes by mail.")

    def perform(self, form):
        parts = reset_password(user=self.object, actor=self.request.user)
        self.told = _mail_link(self, self.object, parts)
        return self.object

    def get_success_message(self, result):
        return self.told


class DeactivateForm(forms.Form):
    to = PersonField(
        label=gettext_lazy("Who takes over what is in hand"), required=False, queryset=User.objects.none()
    )


class UserDeactivatePage(_UserVerb):
    form_class = DeactivateForm
    title = gettext_lazy("Deactivate user")
    button = gettext_lazy("Deactivate user")
    is_dangerous = True

    def get_form(self):
        form = super().get_form()
        form.fields["to"].queryset = (
            people().filter(is_active=True).exclude(pk=self.object.pk).order_by("full_name")
        )
        return form

    def facts(self):
        return [Fact(kind.label, number) for kind, number in open_work(self.object)]

    def consequence(self):
        return _("Access ends at once. Everything listed goes to the colleague you choose.")

    def perform(self, form):
        return deactivate_user(
            user=self.object, actor=self.request.user, as_of=self.today, to=form.cleaned_data["to"]
        )


class UserReactivatePage(_UserVerb, ConfirmPage):
    title = gettext_lazy("Reactivate user")
    button = gettext_lazy("Reactivate user")

    def consequence(self):
        return _("The user may sign in again after a reset of the password.")

    def perform(self, form):
        return reactivate_user(user=self.object, actor=self.request.user)


urlpatterns = [
    path("users/", UserListPage.as_view(), name="user_list"),
    path("users/new/", UserNewPage.as_view(), name="user_new"),
    path("users/<int:pk>/", UserDetailPage.as_view(), name="user_detail"),
    path("users/<int:pk>/change/", UserChangePage.as_view(), name="user_change"),
    path("users/<int:pk>/reset/", UserResetPage.as_view(), name="user_reset"),
    path("users/<int:pk>/deactivate/", UserDeactivatePage.as_view(), name="user_deactivate"),
    path("users/<int:pk>/reactivate/", UserReactivatePage.as_view(), name="user_reactivate"),
]
